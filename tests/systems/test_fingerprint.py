"""Every page that we have is recognised as what it is, and other pages as nothing."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.portal import Portal
from amtspuls.fetch.page import Page
from amtspuls.model import Reading
from amtspuls.systems.base import Ask, Session
from amtspuls.systems.fingerprint import MOST_LEADS, Candidate, find_leads, rank
from amtspuls.systems.foreign import FOREIGN
from amtspuls.systems.marks import SURE, Evidence, Fingerprint, Place, Recognises, Seen
from amtspuls.systems.registry import load_systems
from support.pages import REQUIRED_CASES, Case, find_cases

SYSTEMS = load_systems()
CASES = find_cases()
NOWHERE = "https://termine.example/"


def page(url: str, body: str | bytes = b"<html></html>", **headers: str) -> Page:
    raw = body if isinstance(body, bytes) else body.encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Page(url, 200, named, raw, datetime(2026, 1, 26, 6, tzinfo=UTC))


def likeliest(shown: Page) -> Candidate:
    candidates = rank(shown, SYSTEMS)
    assert candidates
    assert [one.score for one in candidates] == sorted((c.score for c in candidates), reverse=True)
    return candidates[0]


def test_every_system_of_this_distribution_knows_its_pages() -> None:
    ours = {case.system for case in CASES}
    assert len(ours) >= 6
    for name in ours:
        assert isinstance(SYSTEMS[name], Recognises), name


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.system}:{case.name}")
def test_a_composed_page_is_recognised(case: Case) -> None:
    found = likeliest(case.page)
    assert (found.system, found.readable, found.is_sure) == (case.system, True, True)


# What a visitor sees first. JSON, answers of one line and error pages show nothing of their system.
_BARE = [
    case
    for case in CASES
    if case.name in {"full", "sparse", "concerns", "info"} or "entry" in case.kind
    if case.system != "etermin" and "login" not in case.name
]


@pytest.mark.parametrize("case", _BARE, ids=lambda case: f"{case.system}:{case.name}")
def test_pages_with_markup_are_recognised_at_any_address(case: Case) -> None:
    found = likeliest(replace(case.page, url=NOWHERE))
    assert (found.system, found.is_sure) == (case.system, True)
    assert all(one.place is not Place.ADDRESS for one in found.evidence)


def test_there_were_bare_pages_of_most_systems() -> None:
    assert {case.system for case in _BARE} >= {"tevis", "netappoint", "tempus", "ekol"}
    assert len(CASES) >= 6 * len(REQUIRED_CASES)


_RECORDED = {
    "netappoint": "netappoint",
    "smartcjm": "smartcjm",
    "terminland": "terminland",
    "tevis": "tevis",
    "zms_berlin": "zms",
    "zms_munich": "zms",
}


def test_recorded_pages_are_recognised_by_what_they_show(shared: Path) -> None:
    seen = 0
    for folder, system in _RECORDED.items():
        for file in sorted((shared / "recorded" / folder).glob("*.*")):
            if "captcha_challenge" in file.name:
                continue  # the answer of a captcha service, of no booking system
            found = likeliest(page(NOWHERE, file.read_bytes()))
            assert (found.system, found.is_sure) == (system, True), file.name
            seen += 1
    assert seen >= 30


def test_addresses_of_the_catalogue_are_recognised_and_never_as_another_system() -> None:
    silent = []
    for portal in load_catalogue().portals.values():
        candidates = rank(page(portal.url, b""), SYSTEMS)
        if not candidates:
            silent.append(portal.id)  # nothing in the address tells; the page has to
        elif candidates[0].is_sure:
            assert candidates[0].system == portal.system, portal.id
    assert len(silent) <= 25, silent


@pytest.mark.parametrize("system", sorted({case.system for case in CASES}))
def test_the_entry_of_a_known_portal_is_its_address(system: str) -> None:
    """What is proposed for an address of the catalogue is that address, up to the order of parameters."""
    client = SYSTEMS[system]
    assert isinstance(client, Recognises)
    different = []
    for portal in load_catalogue().portals.values():
        if portal.system == system:
            found = client.fingerprint(Seen(page(portal.url)))
            if _unordered(found.url) != _unordered(portal.url):
                different.append((portal.url, found.url))
            client.check_portal(portal.model_copy(update={"url": found.url}))
    assert not different


def _unordered(url: str) -> tuple[str, frozenset[str]]:
    folder, _, query = url.replace("%2C", ",").replace("%7C", "|").partition("?")
    return folder.rstrip("/").removesuffix("/index.php"), frozenset(query.split("&"))


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("https://a.example/x/location?mdt=7&cnc-1=1", "https://a.example/x/"),
        ("https://a.example/x/select2?md=5&extra=1", "https://a.example/x/select2?md=5"),
        ("https://a.example/index.php?company=b&step=3&day=1", "https://a.example/index.php?company=b"),
        (
            "https://a.example/termine/index.php?anr=39&sna=T00112233445566778899aabbccddeeff&page=x",
            "https://a.example/termine/index.php?anlagennr=39",
        ),
        ("https://a.example/tnv/bgr;jsessionid=AB12?START_OFFICE=kfz", "https://a.example/tnv/?START_OFFICE=kfz"),
        ("https://www.etermin.net/o/Stadt?x=1", "https://www.etermin.net/o/Stadt"),
        (
            "https://www.impfen-thueringen.de/terminvergabe/func.php",
            "https://www.impfen-thueringen.de/terminvergabe/",
        ),
    ],
)  # fmt: skip
def test_what_belongs_to_one_visit_is_left_out(url: str, entry: str) -> None:
    assert likeliest(page(url)).found.url == entry


@pytest.mark.parametrize(
    ("cookies", "system"),
    [
        ("tvo_session=abc; path=/, other=1", "tevis"),
        ("x=1; expires=Thu, 01 Jan 2026 00:00:00 GMT, TVWebSession=2", "tevis"),
        ("Zmsappointment=1", "zms"),
    ],
)
def test_cookies_give_systems_away(cookies: str, system: str) -> None:
    found = likeliest(page(NOWHERE, set_cookie=cookies))
    assert found.system == system
    assert [one.place for one in found.evidence] == [Place.COOKIE]


def test_other_pages_are_nothing() -> None:
    assert (
        rank(page("https://www.example.org/rathaus", "<h1>Rathaus</h1><form></form>"), SYSTEMS)
        == ()
    )


def test_names_of_systems_fit_the_catalogue_and_those_of_others_are_no_clients_of_ours() -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in FOREIGN)
    assert not set(FOREIGN) & {case.system for case in CASES}
    catalogued = {portal.system for portal in load_catalogue().portals.values()}
    assert catalogued <= set(FOREIGN) | set(SYSTEMS)


class Brought:
    """A system of another distribution."""

    name = "brought"
    version = 1

    def check_portal(self, portal: Portal) -> None: ...

    async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
        return Reading(())


class Knowing(Brought):
    def fingerprint(self, seen: Seen) -> Fingerprint:
        if "brought" not in seen.url:
            return Fingerprint()
        return Fingerprint((Evidence(Place.ADDRESS, "its name", SURE),), options={"desk": 1})


def test_a_system_of_another_distribution_may_recognise_its_pages() -> None:
    shown = page("https://brought.example/")
    assert [c.system for c in rank(shown, {"knowing": Knowing()})] == ["knowing"]
    assert rank(shown, {"brought": Brought()}) == ()


def test_a_client_takes_over_the_marks_of_a_system_that_had_none() -> None:
    shown = page("https://a.example/m/stadt/extern/calendar/?uid=1")
    assert not likeliest(shown).readable
    (found,) = rank(shown, {"smartcjm": Brought()})
    assert (found.system, found.readable) == ("smartcjm", True)


def test_a_city_page_leads_to_booking_pages() -> None:
    shown = page(
        "https://www.stadt.example/termine",
        '<iframe src="https://tempus-termine.com/termine/index.php?anlagennr=7"></iframe>'
        '<a href="https://tempus-termine.com/termine/index.php?anlagennr=7&amp;standort=">again</a>'
        '<a href="/rathaus">no</a><a href="http://[broken">no</a><a href="mailto:a@b.example">no</a>'
        '<a href="https://stadt.smartcjm.com/m/a/extern/calendar">other</a>',
    )
    assert [(lead.url, lead.system, lead.readable) for lead in find_leads(shown, SYSTEMS)] == [
        ("https://tempus-termine.com/termine/index.php?anlagennr=7", "tempus", True),
        ("https://stadt.smartcjm.com/m/a/extern/calendar", "smartcjm", False),
    ]


def test_leads_are_few() -> None:
    links = "".join(f'<a href="https://a.example/select2?md={n}">x</a>' for n in range(50))
    assert len(find_leads(page(NOWHERE, links), SYSTEMS)) == MOST_LEADS


_MEAN_URLS = [
    "https://a.example/" + part * (900 // len(part))
    for part in ("?", "&md", "/select2?md", "/m/", "//a.", "HamburgGateway/", "?company", "sna=T0")
]


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 400_000,
        "x" * 9_000_000,
        "".join(f'<a href="{url}{n}">x</a>' for n in range(100) for url in _MEAN_URLS),
    ],
    ids=["nested", "long", "links"],
)
def test_mean_pages_cost_little(body: str) -> None:
    """Bounded by what the machine gives this process, not by the clock on the wall."""
    begun = time.process_time()
    shown = page(_MEAN_URLS[0], body)
    rank(shown, SYSTEMS)
    find_leads(shown, SYSTEMS)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    "url",
    ["https://jobs.example/?company=a", "https://a.example/search?md=1", "https://tevis.example/"],
)
def test_a_hint_is_not_enough(url: str) -> None:
    assert not any(one.is_sure for one in rank(page(url), SYSTEMS))


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=400),
    path=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    cookies=st.text(max_size=60),
)
def test_no_page_breaks_a_fingerprint(body: bytes, path: str, cookies: str) -> None:
    shown = Page(
        f"{NOWHERE}{path}", 200, {"set-cookie": cookies}, body, datetime(2026, 1, 1, tzinfo=UTC)
    )
    rank(shown, SYSTEMS)
    find_leads(shown, SYSTEMS)
