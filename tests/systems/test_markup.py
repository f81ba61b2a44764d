from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from amtspuls.errors import PageChangedError, RefusedError, UnknownValueError
from amtspuls.model import local_from_slot
from amtspuls.systems.markup import (
    Markup,
    attribute,
    clean_text,
    day_of_numbers,
    is_time,
    month_end,
    month_in,
    query_of,
    slot_at,
    slug,
    text_of,
)
from support.fake_session import make_page


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Kfz-Zulassungswesen", "kfz-zulassungswesen"),
        ("Führerscheinwesen", "fuhrerscheinwesen"),
        ("Probe- / Punktemaßnahmen", "probe-punktemassnahmen"),
        ("(1.) Zulassungs- und Änderungsanträge", "1-zulassungs-und-anderungsantrage"),
        ("Auskunft / AuszÃ¼ge Planungsrechtskarten", "auskunft-ausza14ge-planungsrechtskarten"),
        ("…", ""),
    ],
)
def test_slugs_follow_the_old_rule(name: str, key: str) -> None:
    assert slug(name) == key


def test_slugs_are_those_of_the_old_bundles(shared: Path) -> None:
    path = shared / "data" / "office-schedule-data" / "raw" / "metadata.json"
    portals = json.loads(path.read_text("utf-8"))
    pairs = [
        (key, calendar["name"])
        for portal in portals.values()
        if portal["scraper"] == "netappoint"
        for key, calendar in portal["locations"].items()
    ]
    assert len(pairs) > 100
    assert [(key, name) for key, name in pairs if slug(name) != key] == []


@given(st.text())
def test_slugs_are_stable_ascii(name: str) -> None:
    once = slug(name)
    assert once.isascii()
    assert slug(once) == once


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("Juni 2021", date(2021, 6, 1)),
        ("Verfügbare Tage im März\u00a02026", date(2026, 3, 1)),
        ("MAERZ 2026", date(2026, 3, 1)),
        ("23 . Dezember 1999", date(1999, 12, 1)),
        ("Termine 2026 im Mai 2027", date(2027, 5, 1)),
        ("Juni", None),
        ("Juny 2021", None),
        ("Juni 0000", None),
        ("", None),
    ],
)
def test_german_months(text: str, month: date | None) -> None:
    assert month_in(text) == month


@given(st.dates(max_value=date(9999, 12, 1)))
def test_month_end_is_the_day_before_the_next_month(day: date) -> None:
    end = month_end(day)
    assert (end.year, end.month) == (day.year, day.month)
    assert date.fromordinal(end.toordinal() + 1).day == 1


def test_month_end_of_the_last_month_of_all() -> None:
    assert month_end(date(9999, 12, 5)) == date(9999, 12, 31)


@pytest.mark.parametrize(
    ("text", "time"), [("08:10", "08:10"), (" 8:10 ", "08:10"), ("23:59 Uhr", "23:59")]
)
def test_times_of_day(text: str, time: str) -> None:
    assert is_time(text)
    slot = slot_at(date(2026, 2, 3), text, url="u", where="w")
    assert local_from_slot(slot).isoformat(" ", "minutes") == f"2026-02-03 {time}"


@pytest.mark.parametrize("text", ["", "24:00", "08:60", "8", "08:10 - 08:20", "٠٨:١٠"])
def test_no_times_of_day(text: str) -> None:
    assert not is_time(text)
    with pytest.raises(UnknownValueError):
        slot_at(date(2026, 2, 3), text, url="u", where="w")


def test_days_of_numbers() -> None:
    assert day_of_numbers("2021", "6", "24") == date(2021, 6, 24)
    for parts in [("2021", "2", "30"), ("0", "1", "1"), ("", "1", "1"), ("²", "1", "1")]:
        assert day_of_numbers(*parts) is None


def test_text_joins_white_space_and_drops_soft_hyphens() -> None:
    assert clean_text(" PASS\u00adWESEN\u00a0\n und  mehr ") == "PASSWESEN und mehr"
    li = LexborHTMLParser(
        "<ul><li>Ab<b>mel</b>dung<br>ins Ausland<select><option>0</option></select>"
        "<script>var x;</script></li></ul>"
    ).css_first("li")
    assert li is not None
    assert text_of(li, skip=("select",)) == "Abmeldung ins Ausland"
    assert text_of(li) == "Abmeldung ins Ausland0"
    assert attribute(li, "id") == ""


def test_text_of_deep_trees_does_not_recurse() -> None:
    deep = LexborHTMLParser("<div>" * 5000 + "x").css_first("div")
    assert deep is not None
    assert text_of(deep) == "x"


def test_queries_take_the_first_of_a_repeated_parameter() -> None:
    assert query_of("?a=1&a=2&b=&c=%C3%A4") == {"a": "1", "b": "", "c": "ä"}
    assert query_of("http://[") == {}


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("?x=1#top", "https://termine.example/a/index.php?x=1"),
        ("index.php?x=1", "https://termine.example/a/index.php?x=1"),
        ("/b?x=1", "https://termine.example/b?x=1"),
        (" https://termine.example/c ", "https://termine.example/c"),
    ],
)
def test_links_become_absolute(href: str, url: str) -> None:
    page = make_page("<p>x</p>", "https://termine.example/a/index.php?y=2")
    assert Markup(page, "page").link(href) == url


@pytest.mark.parametrize(
    "href",
    [
        "https://other.example/",
        "//other.example/",
        "javascript:void(0)",
        "http://termine.example/",
        "https://termine.example:8443/",
        "http://[",
        "mailto:amt@termine.example",
    ],
)
def test_links_stay_on_the_host(href: str) -> None:
    markup = Markup(make_page("<p>x</p>", "https://termine.example/"), "page")
    with pytest.raises(PageChangedError, match="leaves the portal"):
        markup.link(href)


def test_a_link_may_turn_to_https() -> None:
    markup = Markup(make_page("<p>x</p>", "http://termine.example/"), "page")
    assert markup.link("https://termine.example/x") == "https://termine.example/x"


@pytest.mark.parametrize(
    "captcha",
    [
        '<div class="g-recaptcha"></div>',
        '<script src="https://js.hcaptcha.com/1/api.js"></script>',
        '<div class="frc-captcha"></div>',
        '<script src="/friendly-challenge/widget.min.js"></script>',
        '<img src="/securimage/show.php">',
        '<input name="Captcha_Code">',
        "<altcha-widget></altcha-widget>",
        '<div class="cf-turnstile"></div>',
    ],
)
def test_captchas_are_refused(captcha: str) -> None:
    with pytest.raises(RefusedError, match="captcha"):
        Markup(make_page(captcha), "page")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('<input type="PASSWORD">', "RefusedError"),
        ("<p>Wartungsarbeiten</p>", "UnreachableError"),
        ("<p>Das Buchungssystem ist zur Zeit nicht erreichbar</p>", "UnreachableError"),
        ("<p>Technische Störung</p>", "UnreachableError"),
        ("<p>Ungültige Session</p>", "SessionLostError"),
        ("<p>Ihre Sitzung wurde beendet</p>", "SessionLostError"),
        ("<p>Ratssitzung am Montag</p>", "PageChangedError"),
        ("<p>x</p><script>var session = 1; // Wartungsarbeiten</script>", "PageChangedError"),
        ("", "PageChangedError"),
    ],
)
def test_pages_without_their_shape(body: str, error: str) -> None:
    markup = Markup(make_page(body), "page")
    assert type(markup.unreadable("a calendar")).__name__ == error


def test_evidence_is_short() -> None:
    markup = Markup(make_page("<p>" + "Text " * 1000), "page")
    assert len(str(markup.changed("lacks all").context["evidence"])) == 160
