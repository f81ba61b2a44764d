"""Taking out of a taped visit what must not be shown: cookies, tokens, persons, and prose.

Every replacement is made everywhere at once, in addresses, forms and bodies, so that the requests of a
visit still find their answers.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus, unquote_plus

import httpx2

from amtspuls.errors import ConfigError
from amtspuls.fetch.page import Page
from amtspuls.fetch.tape.layout import Entry, Received, Visit
from amtspuls.fetch.transfer import unpacked

KEPT_FIELDS = frozenset({b"content-type", b"location", b"retry-after"})
"""Header fields of an answer that reading needs; all others are left out."""

_SHORTEST_TOKEN = 6
_NAMES = r"(?:token|csrf|xsrf|nonce|sess|sid|sna|viewstate|verif|eventvalid|hash)"
_NAMED = (
    re.compile(rf"(?i)[?&;\"'][\w\-\[\].$]*{_NAMES}[\w\-\[\].$]*=([^&\"'#;<>\s]{{6,}})"),
    re.compile(
        rf"(?i)<input\b[^>]*?\bname\s*=\s*[\"'][^\"']*{_NAMES}[^\"']*[\"'][^>]*?\bvalue\s*=\s*[\"']([^\"']{{6,}})[\"']"
    ),
    re.compile(
        rf"(?i)<input\b[^>]*?\bvalue\s*=\s*[\"']([^\"']{{6,}})[\"'][^>]*?\bname\s*=\s*[\"'][^\"']*{_NAMES}"
    ),
    re.compile(rf"(?i)\"[\w\-]*{_NAMES}[\w\-]*\"\s*:\s*\"([^\"\\]{{6,}})\""),
    re.compile(rf"(?i)<meta\b[^>]*?{_NAMES}[^>]*?\bcontent\s*=\s*[\"']([^\"']{{6,}})[\"']"),
)
_OPAQUE = re.compile(
    r"(?i)(?<![\w+=-])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(?=[a-z+]*\d)(?=[\d+]*[a-z])[a-z\d+]{20,}={0,2})(?![\w+=-])"
)

_WORDS = re.compile(r"[a-z]?(?:[A-Z]{0,4}[a-z]{2,}|[A-Z]{2,})+\d{0,3}")
"""A name made of words, such as that of a class; no token looks so."""

_HIDDEN = re.compile(
    r"(?i)<input\b(?=[^>]*\btype\s*=\s*[\"']?hidden)[^>]*\bvalue\s*=\s*[\"']([^\"'\s]{20,})[\"']"
)
_MIXED = re.compile(r"(?=\S*[a-z])(?=\S*[A-Z])(?=\S*\d)\S+")

_MAIL = re.compile(r"[\w.+-]+(?:@|%40|&#64;)[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"(?i)(?:(?<=tel:)|(?<=tel\.)|(?<=telefon)|(?<=fax))[:\s]*\+?\d[\d ()/\-]{4,}\d"
    r"|(?<![\w.+-])(?:\+49|0049)[ \d()/\-]{6,}\d|(?<![\w./-])0\d{2,5}\s?[/-]\s?\d{3,}(?:[ -]?\d+)*(?![\w./-])"
)
_PERSON = re.compile(
    r"\b(Herrn?|Frau|(?:Prof\.|Dr\.)(?:\s+Dr\.)?)\s+((?:(?:Prof|Dr)\.\s+)*[A-ZÄÖÜ][a-zäöüß]+(?:-[A-ZÄÖÜ][a-zäöüß]+)?"
    r"(?:\s+[A-ZÄÖÜ][a-zäöüß]+(?:-[A-ZÄÖÜ][a-zäöüß]+)?)?)"
)
_PERSONS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "mail addresses": (_MAIL, "post@musterhausen.example"),
    "phone numbers": (_PHONE, " 01234 567890"),
    "names of persons": (_PERSON, r"\1 Muster"),
}

_PROSE: Mapping[str, tuple[re.Pattern[str], str]] = {
    "comments": (re.compile(r"(?s)<!--.*?-->"), ""),
    "scripts": (re.compile(r"(?is)(<script\b[^>]*>).*?(</script>)"), r"\1\2"),
    "styles": (re.compile(r"(?is)(<style\b[^>]*>).*?(</style>)"), r"\1\2"),
    "descriptions": (re.compile(r"(?is)<meta\b[^>]*\bname\s*=[^>]*>"), ""),
    "prose": (re.compile(r">([^<>{}]{60,})<"), ">…<"),
}
"""Steps that are taken back where the reading needs what they take out."""


@dataclass(slots=True)
class Scrubbed:
    """A visit without secrets.

    Attributes:
        visit: It.
        replaced: How often what was replaced.
        tokens: Old token to new one.
    """

    visit: Visit
    replaced: Counter[str] = field(default_factory=Counter)
    tokens: dict[str, str] = field(default_factory=dict)


def scrub(visit: Visit) -> Scrubbed:
    """Take cookies, tokens and persons out of a visit.

    Raises:
        ConfigError: An answer was cut off in its packing, so it cannot be read through.
    """
    done = Scrubbed(visit)
    tokens = _tokens_of(visit, done.replaced)
    done.tokens = {old: _stand_in(old, nth) for nth, old in enumerate(tokens)}
    done.replaced["tokens"] = len(tokens)
    slim = replace(visit, entries=tuple(_slim(entry, done.replaced) for entry in visit.entries))
    done.visit = change_texts(slim, lambda text: replace_tokens(text, done.tokens))
    for what, (pattern, instead) in _PERSONS.items():
        change = _counting(done.replaced, what, pattern, instead)
        done.visit = _change_told(_change_bodies(done.visit, change), change)
    return done


def prose_steps() -> Iterator[tuple[str, Callable[[Visit], tuple[Visit, int]]]]:
    """Yield (what, step): each step takes one kind of prose out of a visit and counts it."""
    for what, (pattern, instead) in _PROSE.items():

        def step(
            visit: Visit, pattern: re.Pattern[str] = pattern, instead: str = instead
        ) -> tuple[Visit, int]:
            counts: Counter[str] = Counter()
            return _change_bodies(visit, _counting(counts, "", pattern, instead)), counts[""]

        yield what, step


def replace_tokens(text: str, tokens: Mapping[str, str]) -> str:
    """Put stand-ins for tokens, in every way in which pages and addresses write them."""
    for old in sorted(tokens, key=len, reverse=True):
        for write in (str, quote_plus, quote, html.escape, _slashed):
            text = text.replace(write(old), write(tokens[old]))
    return text


def change_texts(visit: Visit, change: Callable[[str], str]) -> Visit:
    """Change every text of a visit: addresses, forms, header fields and bodies."""

    def raw(value: bytes) -> bytes:
        return change(value.decode("latin-1")).encode("latin-1")

    def entry(one: Entry) -> Entry:
        method, url, content, told = one.key
        key = (method, change(url), raw(content), tuple((n, change(v)) for n, v in told))
        refusal = one.refusal and (one.refusal[0], change(one.refusal[1]))
        came = one.received
        if came is not None:
            came = replace(came, fields=tuple((name, raw(value)) for name, value in came.fields))
        return replace(one, key=key, refusal=refusal, received=came, failure=change(one.failure))

    portal = {**visit.about.portal, "url": change(str(visit.about.portal["url"]))}
    slim = Visit(
        replace(visit.about, portal=portal),
        tuple(entry(one) for one in visit.entries),
        visit.ending and replace(visit.ending, reason=change(visit.ending.reason)),
    )
    return _change_bodies(slim, change)


def _change_told(visit: Visit, change: Callable[[str], str]) -> Visit:
    """Change what is told beside the answers: names of calendars, the portal's note, how it ended."""
    known = tuple(replace(one, name=change(one.name)) for one in visit.about.known)
    portal = dict(visit.about.portal)
    if portal.get("note"):
        portal["note"] = change(str(portal["note"]))
    ending = visit.ending and replace(visit.ending, reason=change(visit.ending.reason))
    return replace(visit, about=replace(visit.about, known=known, portal=portal), ending=ending)


def _change_bodies(visit: Visit, change: Callable[[str], str]) -> Visit:
    def entry(one: Entry) -> Entry:
        if one.received is None or not one.received.body:
            return one
        text, encoding = _text_of(one.received)
        body = change(text).encode(
            encoding, "surrogateescape" if encoding == "utf-8" else "replace"
        )
        return replace(one, received=replace(one.received, body=body))

    return replace(visit, entries=tuple(entry(one) for one in visit.entries))


def _text_of(came: Received) -> tuple[str, str]:
    """Decode a body so that what is not changed stays as it is, byte for byte."""
    fields = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in came.fields
    }
    page = Page("", came.status, fields, came.body, datetime.min.replace(tzinfo=UTC))
    for encoding in (page.encoding, "utf-8"):
        errors = "surrogateescape" if encoding == "utf-8" else "strict"
        try:
            text = came.body.decode(encoding, errors)
        except UnicodeError:
            continue
        if text.encode(encoding, errors) == came.body:
            return text, encoding
    return came.body.decode("latin-1"), "latin-1"


def _slim(entry: Entry, replaced: Counter[str]) -> Entry:
    """Unpack a body and leave out the header fields that reading does not need."""
    came = entry.received
    if came is None:
        return entry
    kept = tuple(one for one in came.fields if one[0].lower() in KEPT_FIELDS)
    replaced["header fields"] += len(came.fields) - len(kept)
    try:
        body = unpacked(came.fields, came.body) if not entry.failure else b""
    except httpx2.DecodingError as error:
        raise ConfigError(
            f"the answer to {entry.key[1]} is cut off in its packing: choose another visit"
        ) from error
    return replace(entry, received=replace(came, fields=kept, body=body))


def _tokens_of(visit: Visit, replaced: Counter[str]) -> list[str]:
    """Collect what looks like a secret, in a fixed order."""
    found: dict[str, None] = {}
    for entry in visit.entries:
        for value in _cookies(entry):
            replaced["cookies"] += 1
            found[value] = None
        for text in _texts(entry):
            found.update(dict.fromkeys(_secrets(text)))
    return [value for value in found if len(value) >= _SHORTEST_TOKEN and not value.isalpha()]


def _secrets(text: str) -> Iterator[str]:
    """Yield what looks like a secret in a page, an address or a form."""
    for pattern in _NAMED:
        yield from map(_written_plainly, pattern.findall(text))
    for value in map(html.unescape, _HIDDEN.findall(text)):
        if _MIXED.fullmatch(value):
            yield value
    for match in _OPAQUE.finditer(text):
        if not _WORDS.fullmatch(match.group()):
            yield match.group()


def _written_plainly(value: str) -> str:
    return html.unescape(unquote_plus(value) if "%" in value else value)


def _texts(entry: Entry) -> Iterable[str]:
    # Once as they are, where "&" divides, and once as they are meant.
    for text in (entry.key[1], "&" + entry.key[2].decode("latin-1")):
        yield from (part for part in re.split(r"(?=[&?;])", text) if "%" not in part)
        yield from (unquote_plus(part) for part in re.split(r"[&?]", text) if "%" in part)
    if entry.received is not None:
        for name, value in entry.received.fields:
            if name.lower() == b"location":
                yield value.decode("latin-1")
        try:
            body = unpacked(entry.received.fields, entry.received.body)
        except httpx2.DecodingError:
            return
        yield _text_of(replace(entry.received, body=body))[0]


def _cookies(entry: Entry) -> Iterator[str]:
    for name, value in entry.received.fields if entry.received else ():
        if name.lower() == b"set-cookie":
            yield value.partition(b"=")[2].partition(b";")[0].decode("latin-1")


def _stand_in(old: str, nth: int) -> str:
    """Invent a token of the same length and kind of characters."""
    stream = hashlib.shake_256(f"stand-in {nth}".encode()).digest(len(old))

    def mark(letter: str, number: int) -> str:
        if letter.isdigit():
            return str(number % 10)
        if letter.isascii() and letter.isalpha():
            return "abcdef"[number % 6] if letter.islower() else "ABCDEF"[number % 6]
        return letter

    return "".join(map(mark, old, stream))


def _slashed(text: str) -> str:
    return text.replace("/", "\\/")


def _counting(
    counts: Counter[str], what: str, pattern: re.Pattern[str], instead: str
) -> Callable[[str], str]:
    def change(text: str) -> str:
        text, count = pattern.subn(instead, text)
        counts[what] += count
        return text

    return change
