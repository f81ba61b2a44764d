"""Tevis v2 and v2b: five steps, and the list under the address of the services."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support.practice import Offer, Visitor, slots, visit
from support.practice_tevis import (
    choose,
    concerns,
    error_of,
    form_link,
    go,
    heading,
    listed,
    panels,
    tevis,
    units,
)

BASE = "/termine/rosenau/"
CALENDARS = (
    ("197", "Bürgerbüro / Rathaus", ("Anmeldung",)),
    ("198", "Bürgerbüro / Nord", ("Anmeldung", "Ausweis")),
)
OFFER: Offer = {
    "197": slots("2026-01-27 08:30", "2026-01-28 09:00"),
    "198": slots("2026-01-26 14:00"),
}


def visitor(generation: str, offer: Offer = OFFER, **variant: Any) -> Visitor:
    return visit(tevis(*CALENDARS, variant={"generation": generation, **variant}), offer)


def at_concerns(there: Visitor, service: str = "Anmeldung") -> str:
    """The link that the form of step 2 leads to."""
    (link,) = units(there.get(BASE)).values()
    page = go(there, link)
    return form_link(page, concerns(page)[service])


@pytest.mark.parametrize("generation", ["v2", "v2b"])
def test_steps_are_five_and_the_second_cookie_is_valid(generation: str) -> None:
    there = visitor(generation)
    page = there.get(BASE)
    assert heading(page) == (1, 5, "Auswahl der Funktionseinheit")
    assert '<a href="select2?md=1">' in page
    names = [re.match(r"TVWebSession=([a-z0-9]{26});", value) for _, value in there.answer.headers]
    first, second = (name[1] for name in names if name)
    assert first != second
    link = at_concerns(there)
    assert link.startswith("suggest?mdt=307&")
    there.cookies["TVWebSession"] = first
    assert error_of(go(there, link)) == "Kein gültiger Mandant gefunden. (0)"


def test_v2_lists_the_times_of_all_locations_at_once() -> None:
    there = visitor("v2")
    page = go(there, at_concerns(there))
    assert heading(page) == (3, 5, "Terminvorschläge - Auswahl der Zeit")
    assert sorted(key for key, _ in listed(page)) == ["197", "197", "198"]
    assert "checksum" not in page
    assert 'id="sugg_accordion"' in page
    only = go(there, "suggest?cnc-1001=1&loc=41")
    assert {key for key, _ in listed(only)} == {"197"}


def test_one_day_is_an_accordion_as_well() -> None:
    there = visitor("v2")
    page = go(there, at_concerns(there, "Ausweis"))
    assert len(listed(page)) == 1
    assert 'id="sugg_accordion"' in page
    assert "details_suggest_times" not in page


def test_v2_can_be_filtered_after_step_2_alone() -> None:
    there = visitor("v2")
    go(there, "select2?md=1")
    page = go(
        there,
        "suggest?loc=41&mdt=0&cnc-1001=1&filter_date_from=28.01.2026&filter_date_to=31.03.2026"
        "&suggest_filter=Filtern",
    )
    assert listed(page) == [("197", slots("2026-01-28 09:00")[0])]


def test_v2b_asks_for_the_location_under_the_address_of_the_list() -> None:
    there = visitor("v2b")
    link = at_concerns(there)
    page = go(there, link)
    assert heading(page) == (3, 5, "Terminvorschläge - Standortauswahl")
    assert [panel.rows["Name"] for panel in panels(page)] == ["Nord", "Rathaus"]
    times = choose(there, link, panels(page)[1])
    assert there.answer.status == 200
    assert heading(times) == (3, 5, "Terminvorschläge - Auswahl der Zeit")
    assert {key for key, _ in listed(times)} == {"197"}
    wrong = there.post(BASE + link, {**panels(page)[0].fields, "loc": "99"})
    assert error_of(wrong) == "Kein gültiger Standort gefunden."


@pytest.mark.parametrize("generation", ["v2", "v2b"])
def test_nothing_free(generation: str) -> None:
    there = visitor(generation, {})
    link = at_concerns(there, "Ausweis")
    page = go(there, link)
    if generation == "v2b":
        page = choose(there, link, panels(page)[0])
    assert heading(page) == (3, 5, "Terminvorschläge - Keine Zeiten verfügbar")
    assert "Kein freier Termin verfügbar" in page
    assert "historyGoBack('select2?md=1');" in page


@pytest.mark.parametrize("generation", ["v2", "v2b"])
def test_what_a_session_lacks_is_said(generation: str) -> None:
    there = visitor(generation)
    assert error_of(go(there, "suggest?cnc-1001=1")) == "Kein gültiger Mandant gefunden. (0)"
    assert error_of(go(there, "location?cnc-1001=1")) == "Kein gültiger Mandant gefunden. (0)"
    go(there, "select2?md=1")
    assert heading(go(there, "suggest?mdt=307&select_cnc=1"))[0] == 2


def test_choosing_a_time_is_reserving() -> None:
    there = visitor("v2")
    go(there, at_concerns(there))
    page = there.post(f"{BASE}suggest", {"start": "510", "date": "20260127", "cal": "197"})
    assert there.answer.reserving
    assert heading(page) == (4, 5, "Eingabe der persönlichen Daten")
