"""Pages that no portal sends: composed pages broken at random, and pages made to be expensive.

Everything comes from a number, so that a page that breaks a parser can be made again.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from amtspuls.fetch.page import Page
from support.pages import Case

Mutation = Callable[[random.Random, bytes], bytes]

_TAG = re.compile(rb"<[^>]{0,300}>")
_NUMBER = re.compile(rb"[0-9]+")
_ELEMENT = re.compile(rb"<(\w+)[^>]{0,300}>[^<]{0,200}</\1>")
_ATTRIBUTE = re.compile(rb'="[^"]{0,200}"')
_ODD_BYTES = [
    b"<",
    b">",
    b'"',
    b"'",
    b"&",
    b"\x00",
    b"\xff",
    b"=",
    b"<!--",
    b"]]>",
    b"<table>",
    b"</td>",
]
_ENTITIES = [
    b"&#0;",
    b"&#xD800;",
    b"&#x10FFFF;",
    b"&nbsp;",
    b"&shy;",
    b"&unknown;",
    b"&#99999999999;",
    b"&lt;",
]
_ODD_NUMBERS = [
    b"0",
    b"-1",
    b"00",
    b"9" * 30,
    b"9" * 5000,
    b"1e400",
    b"1.5",
    b"31",
    b"32",
    b"13",
    b"9999",
    b"\xd9\xa3",
]
_ODD_DATES = [
    b"0000-00-00", b"2026-02-30", b"99999-01-01", b"30.02.2026", b"2026-13-01T25:61:00", b"2026-W05-1",
    b"20260230", b"24:00", b"25:61", b"Februar 0000", b"Juni 99999", b"1e9",
]  # fmt: skip
_DATE = re.compile(rb"\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4}|\b\d\d:\d\d\b|\b20\d{6}\b|[A-Z]\w+ 20\d\d")
_CHARSETS = [
    "utf-16",
    "utf-7",
    "latin-1",
    "utf-8",
    "shift_jis",
    "ascii",
    "idna",
    "no-such-charset",
    "hex",
]
_ODD_VALUES: list[Any] = [
    None, True, -1, 10**40, 1.5, float("nan"), float("inf"), "", " ", "0", "\ud800", "<b>" * 50, [], {}, [[]],
    [None], {"": ""}, "2026-02-30T25:00:00", "9" * 400, "\x00", "&amp;", [{}] * 20,
]  # fmt: skip


def _flip(rng: random.Random, body: bytes) -> bytes:
    raw = bytearray(body or b" ")
    for _ in range(rng.randrange(1, 12)):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw)


def _cut(rng: random.Random, body: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(body) + 1) for _ in range(2))
    return rng.choice([body[:start], body[end:], body[:start] + body[end:]])


def _insert(rng: random.Random, body: bytes) -> bytes:
    at = rng.randrange(len(body) + 1)
    return body[:at] + rng.choice(_ODD_BYTES + _ENTITIES) * rng.choice([1, 1, 1, 40]) + body[at:]


def _block(pattern: re.Pattern[bytes], rng: random.Random, body: bytes) -> tuple[int, int]:
    found = [match.span() for match in pattern.finditer(body)]
    return rng.choice(found) if found else (0, min(len(body), 20))


def _swap_tags(rng: random.Random, body: bytes) -> bytes:
    (a, b), (c, d) = sorted((_block(_TAG, rng, body), _block(_TAG, rng, body)))
    return body if b > c else body[:a] + body[c:d] + body[b:c] + body[a:b] + body[d:]


def _repeat(rng: random.Random, body: bytes) -> bytes:
    start, end = _block(rng.choice([_TAG, _ELEMENT]), rng, body)
    return body[:end] + body[start:end] * rng.choice([0, 1, 2, 30]) + body[end:]


def _drop(rng: random.Random, body: bytes) -> bytes:
    start, end = _block(rng.choice([_TAG, _ELEMENT, _ATTRIBUTE]), rng, body)
    return body[:start] + body[end:]


def _fill(rng: random.Random, body: bytes) -> bytes:
    start, end = _block(_ATTRIBUTE, rng, body)
    return (
        body[:start]
        + b'="'
        + rng.choice([b"x", b"1 ", b"&amp;", b"\xc3\xa4"]) * 5000
        + b'"'
        + body[end:]
    )


def _nest(rng: random.Random, body: bytes) -> bytes:
    start, end = _block(_TAG, rng, body)
    return body[:end] + body[start:end] * 150 + body[end:]


def _odd_number(rng: random.Random, body: bytes) -> bytes:
    start, end = _block(_NUMBER, rng, body)
    return body[:start] + rng.choice(_ODD_NUMBERS) + body[end:]


def _odd_date(rng: random.Random, body: bytes) -> bytes:
    start, end = _block(_DATE, rng, body)
    return body[:start] + rng.choice(_ODD_DATES) + body[end:]


def _recode(rng: random.Random, body: bytes) -> bytes:
    text = body.decode("utf-8", "replace")
    how: list[Callable[[], bytes]] = [
        lambda: text.encode("utf-16"),
        lambda: text.encode("latin-1", "replace"),
        lambda: b"\xef\xbb\xbf" + body,
        lambda: body.replace(b"\xc3", b"\xc3\xc3"),
        lambda: text.upper().encode(),
        lambda: b'<meta charset="' + rng.choice(_CHARSETS).encode() + b'">' + body,
    ]
    return rng.choice(how)()


def _odd_json(rng: random.Random, body: bytes) -> bytes:
    """Put something else at one place of a JSON answer; pages of HTML become JSON."""
    try:
        found = json.loads(body)
    except ValueError:
        found = [{"days": body.decode("latin-1")[:50], "valid": [[480]]}]
    odd = rng.choice(_ODD_VALUES)
    places = list(_places(found))
    if not places:
        return json.dumps(odd).encode("utf-8", "replace")
    holder, key = rng.choice(places)
    holder[key] = rng.choice([odd, odd, {"deep": odd}, [odd], str(holder[key])])
    return json.dumps(found).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, below in inner:
        yield value, key
        yield from _places(below)


HTML_MUTATIONS: tuple[Mutation, ...] = (
    _flip, _cut, _insert, _swap_tags, _repeat, _drop, _fill, _nest, _odd_number, _odd_date, _recode,
)  # fmt: skip
JSON_MUTATIONS: tuple[Mutation, ...] = (
    _odd_json,
    _odd_json,
    _flip,
    _cut,
    _insert,
    _odd_number,
    _odd_date,
    _recode,
)


def generated(rng: random.Random, words: list[bytes]) -> bytes:
    """Make a page out of the tags, texts and numbers of composed pages, in no order at all."""
    return b"".join(
        rng.choices([*words, *_ODD_BYTES, *_ENTITIES, *_ODD_DATES], k=rng.randrange(1, 60))
    )


def words_of(cases: list[Case]) -> list[bytes]:
    """The tags and the texts between them of composed pages."""
    words = {word for case in cases for word in re.split(rb"(<[^>]*>|[,{}\[\]])", case.page.body)}
    return sorted(word for word in words if word.strip())


def hostile_page(
    cases: list[Case], other: list[Case], words: list[bytes], number: int
) -> tuple[Case, Page]:
    """Return page ``number``: the case whose parser reads it, and what it reads.

    Nine of ten are a composed page, mutated one to three times; now and then that of another kind. The
    tenth is generated.
    """
    rng = random.Random(number)
    case = rng.choice(cases)
    if rng.randrange(10) == 0:
        return case, replace(case.page, body=generated(rng, words))
    body = case.page.body if rng.randrange(10) else rng.choice(other).page.body
    is_json = body.lstrip()[:1] in {b"[", b"{"}
    for _ in range(rng.randrange(1, 4)):
        body = rng.choice(JSON_MUTATIONS if is_json else HTML_MUTATIONS)(rng, body)
    headers = dict(case.page.headers)
    if rng.randrange(20) == 0:
        headers["content-type"] = f"text/html; charset={rng.choice(_CHARSETS)}"
    return case, replace(case.page, body=body, headers=headers)


_MB = 1 << 20


def _numbered(text: str, count: int) -> str:
    return "".join(text.format(n=n) for n in range(count))


EXPENSIVE: Mapping[str, Callable[[], str]] = {
    "nested div": lambda: "<div>" * 100_000,
    "nested div below the bound": lambda: "<div>" * 3_900,
    "nested and closed": lambda: "<div>" * 50_000 + "</div>" * 50_000,
    "nesting hidden in comments": lambda: "<div><!--</div>-->" * 25_000,
    "nesting hidden in attributes": lambda: "<div><br title='</div>'>" * 25_000,
    "nesting hidden behind tables": lambda: "<div><table><tr><td></div></table>" * 9_000,
    "nested lists": lambda: '<ul class="menuepunkt"><li><ul class="untermenuepunkt"><li>' * 14_000,
    "nested lists below the bound": lambda: '<ul class="menuepunkt"><li>' * 1_900,
    "nested tables": lambda: '<table class="cal nat_calendar termine nat_timeslist"><tr><td>' * 1_300,
    "nested forms": lambda: '<form id="contextForm" class="suggestion_form"><table><tr><td>' * 900,
    "nested locations": lambda: _numbered(
        '<div><form method="post"><input name="loc" value="{n}"><input name="select_location"></form>', 1_200
    ),
    "nested units": lambda: _numbered("<div onclick=\"window.location.href='select2?md={n}'\">", 3_000),
    "open letters": lambda: _numbered("<b a{n}>", 2_000) + "<p>x" * 1_900,
    "concerns": lambda: '<form action="location"><input name="mdt" value="1">'
    + _numbered('<input name="cnc-{n}">', 30_000)
    + "</form>",
    "slots": lambda: _numbered(
        '<form class="suggestion_form"><input name="date" value="20260203"><input name="start" value="480">'
        '<button class="suggest_btn">08:00</button></form>', 5_000
    ),
    "free days": lambda: '<table class="nat_calendar cal">'
    + '<td class="nat_calendar monatevent"><a class="nat_calendar_weekday_bookable" href="?datum=2026-02-03">3</a>'
    * 9_000,
    "options": lambda: '<div class="select-ort-area"><select>' + _numbered('<option value="{n}">x', 35_000),
    "options below the bound": lambda: '<div class="select-ort-area"><select>'
    + _numbered('<option value="{n}">x', 2_400),
    "dates": lambda: '<option value="2026-02-03 08:00">' * 2_400,
    "bodies": lambda: _numbered("<body a{n}=1>", 35_000),
    "buttons": lambda: _numbered('<button name="ACTION_CALENDARVIEW1||DAY_SELECT||{n}">08:00</button>', 20_000),
    "scripts": lambda: "window.tevis = window.tevis || { " * 70_000,
    "session words": lambda: "Sitzung nicht verfügbar Fehlermeldung: " * 60_000,
    "errors": lambda: '<h1 class="error">' + "Fehlermeldung: Kein gültiger Mandant gefunden " * 50_000,
    "blanks": lambda: "window.tevis =" + " " * _MB + "Fehlermeldung: " + " " * _MB,
    "words": lambda: "Uhr 10:00 " * 240_000,
    "flat": lambda: "<p>x</p>" * 1_000_000,
    "flat below the bound": lambda: "<p>x</p>" * 29_000,
    "attributes": lambda: "<p " + _numbered("a{n}=1 ", 100_000) + ">",
    "attributes without values": lambda: _numbered("<p>", 3_000).replace(">", " " + _numbered("a{n} ", 120) + ">"),
    "attributes behind a quote": lambda: '<p x=">" ' + _numbered("a{n} ", 100_000) + ">",
    "open quote": lambda: '<p x="' + "a=' " * 500_000,
    "quotes": lambda: "=\"='" * 500_000,
    "long attribute": lambda: '<a class="infolink" href="' + "?a=1&" * 450_000 + '">',
    "entities": lambda: "&amp;&#1234;&nbsp;" * 120_000,
    "open comments": lambda: "<!--" * 50_000,
    "open comments without bound": lambda: "<!--" * 600_000,
    "open tags": lambda: "<div " * 39_000,
    "open tags in quotes": lambda: '<a ="<a" ' * 19_000,
    "comments in a row": lambda: "<!---->" * 39_000,
    "open comment": lambda: "<p>" * 5_000 + "<!--" * 30_000,
    "eight megabytes": lambda: "x " * (4 * _MB),
    "deep json": lambda: "[" * 200_000,
    "deep objects": lambda: '{"a":' * 200_000,
    "deep closed json": lambda: "[" * 50_000 + "]" * 50_000,
    "long number": lambda: '{"days":["20260203"],"valid":[[' + "1" * 1_000_000 + "]]}",
    "long number in a row": lambda: '[{"start":' + "1" * 4_000 + "}]",
    "empty rows": lambda: "[" + "{}," * 800_000 + "{}]",
    "rows": lambda: "[" + '{"calendarid":1},' * 140_000 + "{}]",
    "empty lists": lambda: "[" + "[]," * 800_000 + "[]]",
    "keys": lambda: "[{" + _numbered('"a{n}":1,', 200_000).replace("{{", "{") + '"b":1}]',
    "titles with markup": lambda: "["
    + _numbered('{{"sgid":{n},"sid":{n},"sg":"<b>x</b>","s":"<i>y</i>","duration":5}},', 35_000)
    + '{"sgid":1,"sid":1,"sg":"a","s":"b","duration":5}]',
    "nested titles": lambda: "["
    + ('{"sgid":1,"sid":1,"sg":"' + "<div>" * 390 + '","s":"b","duration":5},') * 1_100
    + '{"sgid":1,"sid":1,"sg":"a","s":"b","duration":5}]',
    "days": lambda: '{"days":[' + '"20260203",' * 100_000 + '"20260203"],"valid":[' + "[480]," * 100_000 + "[480]]}",
    "json of eight megabytes": lambda: "[" + "{}," * (8 * _MB // 3) + "{}]",
}  # fmt: skip
"""Pages whose cost could grow faster than their size, or whose size could."""
