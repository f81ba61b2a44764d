"""Tevis v1 step by step: services, the calendar page, weeks as JSON; and real weeks of 2021."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amtspuls.clock import SimulatedClock
from amtspuls.replica.faults import Fault, FaultName, faulty_answer
from amtspuls.replica.portals import make_pages
from amtspuls.replica.recording import load_recording
from amtspuls.replica.wire import Asked
from support.practice import NOW, Offer, Offers, Visitor, slots, visit
from support.practice_tevis import (
    enter,
    error_of,
    go,
    read_weeks,
    tevis,
    v1_calendar,
    v1_concerns,
    v1_units,
    v1_week,
)

BASE = "/egb/"
CALENDARS = (
    ("12", "Meldeamt", ("Anmeldung", "Abmeldung & mehr")),
    ("13", "Meldeamt", ("Abmeldung & mehr",)),
    ("14", "Kfz", ()),
)
OFFER: Offer = {
    "12": slots("2026-01-27 08:30", "2026-01-28 09:00"),
    "13": slots("2026-01-26 10:15"),
    "14": (),
}
WEEK = "caldiv?cal={}&cnc=0&cncdata=&week=202605&json=1&offset=1"


def visitor(offer: Offer = OFFER, **variant: Any) -> Visitor:
    url = "https://tevis.example/egb"
    there = visit(tevis(*CALENDARS, url=url, variant={"generation": "v1", **variant}), offer)
    assert "Schritt" not in enter(there)
    assert there.url.startswith(BASE)
    return there


def test_the_start_page_has_plain_links() -> None:
    page = visitor().get(BASE)
    assert v1_units(page) == {"Meldeamt": "select2?md=1", "Kfz": "select2?md=2"}
    assert "Schritt" not in page


@pytest.mark.parametrize("forms", ["one", "several"])
@pytest.mark.parametrize("titles", ["attribute", "link"])
def test_services_name_their_calendars(forms: str, titles: str) -> None:
    page = go(visitor(forms=forms, titles=titles), "select2?md=1")
    assert [(one.name, one.calendars) for one in v1_concerns(page)] == [
        ("Anmeldung", ("12",)),
        ("Abmeldung & mehr", ("12", "13")),
    ]
    assert page.count("<form") == (1 if forms == "one" else 2)
    assert page.count('<form class="cnc-form"') == (0 if forms == "one" else 2)
    assert ("data-tevis-cncname" in page) == (forms == "one" and titles == "attribute")


@pytest.mark.parametrize(
    ("attribute", "written"),
    [
        ("plural", ['data-tevis-calendars="12"', 'data-tevis-calendars="12|13"']),
        ("singular", ['data-tevis-calendar="12"', 'data-tevis-calendar="12|13"']),
        ("hidden", []),
    ],
)
def test_the_attribute_of_calendars_has_three_forms(attribute: str, written: list[str]) -> None:
    page = go(visitor(calendar_attribute=attribute), "select2?md=1")
    assert re.findall(r'data-tevis-calendars?="[\d|]*"', page) == written


def test_the_calendar_page_names_the_calendar_with_the_earliest_time() -> None:
    there = visitor()
    one, both = v1_concerns(go(there, "select2?md=1"))
    assert v1_calendar(go(there, one.link)) == "12"
    assert v1_calendar(go(there, both.link)) == "13"


def test_a_week_of_a_calendar() -> None:
    there = visitor()
    go(there, v1_concerns(go(there, "select2?md=1"))[0].link)
    page = go(there, WEEK.format("12"))
    week = json.loads(page)
    assert week["days"][0] == "20260126"
    assert week["valid"] == [[], [510], [540], [], [], [], []]
    assert (week["year"], week["month"], week["day"]) == ("2026", "01", "26")
    assert week["html"].startswith("<div")
    assert v1_week(go(there, WEEK.format("13"))) == list(OFFER["13"]), "whatever the service"
    assert v1_week(go(there, WEEK.format("14"))) == []


def test_minutes_may_be_strings() -> None:
    there = visitor(valid="strings")
    go(there, v1_concerns(go(there, "select2?md=1"))[0].link)
    assert json.loads(go(there, WEEK.format("12")))["valid"][1] == ["510"]


def test_without_a_service_a_week_is_the_bare_grid() -> None:
    there = visitor()
    grid = slots("2026-01-27 08:30", "2026-01-27 09:00", "2026-01-28 08:30", "2026-01-28 09:00")
    assert v1_week(go(there, WEEK.format("12"))) == list(grid)
    concern = v1_concerns(go(there, "select2?md=1"))[0]
    go(there, concern.link)
    assert v1_week(go(there, WEEK.format("12"))) == list(OFFER["12"])
    there.cookies.clear()
    assert v1_week(go(there, WEEK.format("12"))) == list(grid)
    assert v1_week(go(there, WEEK.format("14"))) == []


def test_an_idle_session_shows_the_grid_again() -> None:
    offers = Offers(tevis(*CALENDARS, variant={"generation": "v1"}))
    offers.now["rosenau"] = OFFER
    clock = SimulatedClock(NOW)
    there = Visitor(make_pages(offers.portals["rosenau"], offers, clock), "/termine/rosenau/")
    go(there, v1_concerns(go(there, "select2?md=1"))[0].link)
    assert len(v1_week(go(there, WEEK.format("12")))) == 2
    clock.set(NOW + timedelta(seconds=1441))
    assert len(v1_week(go(there, WEEK.format("12")))) == 4


@pytest.mark.parametrize(
    "link",
    [
        WEEK.format("0"),
        WEEK.format("99"),
        "caldiv?cal=12&week=202699&json=1",
        "caldiv?cal=12&week=soon&json=1",
        "caldiv?week=202605&json=1",
        "calendar?mdt=307&select_cnc=1",
        "calendar?mdt=307&select_cnc=1&cnc-9999=1",
    ],
)
def test_what_cannot_be_answered_is_an_html_page_with_status_200(link: str) -> None:
    there = visitor()
    page = go(there, link)
    assert there.answer.status == 200
    assert error_of(page).startswith("Der ausgewählte Kalender existiert nicht")


def test_a_calendar_needs_a_unit() -> None:
    assert error_of(go(visitor(), "calendar?mdt=5")) == "Kein gültiger Mandant gefunden. (0)"
    assert error_of(go(visitor(), "calendar")) == "Es wurde kein Mandantor empfangen"
    assert error_of(go(visitor(), "select2?md=7")) == "Kein gültiger Mandant gefunden. (0)"


def test_personal_data_can_come_first() -> None:
    there = visitor(data_first=True)
    page = go(there, v1_concerns(go(there, "select2?md=1"))[0].link)
    assert "Eingabe der persönlichen Daten für den Termin" in page
    assert "window.tevis" not in page


def test_what_the_offer_does_not_have_is_not_drawn() -> None:
    there = visitor({"13": OFFER["13"]})
    assert list(v1_units(there.get(BASE))) == ["Meldeamt"]
    (concern,) = v1_concerns(go(there, "select2?md=1"))
    assert (concern.name, concern.calendars) == ("Abmeldung & mehr", ("13",))
    assert concern.link.endswith("cnc-1002=1"), "numbers stay"
    assert "Fehlermeldung" in go(there, WEEK.format("12"))


def test_faults() -> None:
    pages = visitor().pages
    asked = Asked("GET", f"{BASE}caldiv", WEEK.format("12").partition("?")[2])
    lost, changed = (
        faulty_answer(Fault(name), asked, pages)
        for name in (FaultName.SESSION_LOST, FaultName.CHANGED)
    )
    assert lost
    assert error_of(lost.body.decode()).startswith("Kein gültiger Mandant")
    assert changed
    assert "days" not in json.loads(changed.body)
    assert pages.session_lost(Asked("GET", f"{BASE}select2", "md=1")) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "at",
    [
        datetime(2021, 7, 20, 8, 15, tzinfo=UTC),  # a Tuesday, bare grids
        datetime(2021, 7, 24, 10, 0, tzinfo=UTC),  # real availability
    ],
)
def test_recorded_portals_are_read_back_whole(shared: Path, at: datetime) -> None:
    raw = shared / "data" / "office-schedule-data" / "raw"
    recording = load_recording(raw / "2021" / "2021-29.tar.gz", raw / "metadata.json")
    portals = [portal for portal in recording.portals.values() if portal.system == "tevis"]
    assert len(portals) == 26
    for portal in portals:
        offer = recording.offer(portal.id, at)
        assert read_weeks(visit(portal, offer, now=at), at.date()) == offer, portal.id
