"""Every system on its replica, in every form that the replica can take: gates, keys, and nothing reserved."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from amtspuls.fetch.page import Page
from amtspuls.model import KnownCalendar, Outcome, Reading, Slot
from amtspuls.replica.availability import ReplicaPortal
from amtspuls.replica.portals import PAGES
from amtspuls.systems.registry import load_systems, require_system
from conftest import ROOT
from support.contract import PagesSession, read_by_hand
from support.contract_portals import FREE_VALUES, PORTALS, SWITCHES, forms_of
from support.practice import NOW, Offer, slots

pytestmark = pytest.mark.sim

SYSTEMS = sorted(PORTALS)
FORMS = {name: portal for system in SYSTEMS for name, portal in forms_of(system).items()}
FIRST = slots("2026-01-27 08:00", "2026-01-27 09:30", "2026-02-03 10:00")
SECOND = slots("2026-01-28 08:30", "2026-02-03 15:30")
LATER = slots("2026-02-10 11:00", "2026-02-12 08:00")


def offer_of(portal: ReplicaPortal, *shown: tuple[Slot, ...]) -> Offer:
    return {calendar.key: times for calendar, times in zip(portal.calendars, shown, strict=True)}


def read(portal: ReplicaPortal, session: PagesSession, known: Reading | None = None) -> Reading:
    before = known.views if known is not None else ()
    seen = tuple(KnownCalendar(view.calendar.key, view.calendar.name, NOW) for view in before)
    return read_by_hand(require_system(portal.system), session, seen)


def test_every_shipped_system_has_a_replica() -> None:
    shipped = {
        name
        for name, system in load_systems().items()
        if type(system).__module__.startswith("amtspuls.")
    }
    assert shipped == set(PAGES) == set(PORTALS)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_switch_is_documented_and_every_documented_switch_is_tried(system: str) -> None:
    page = (ROOT / "docs" / "how-to" / "practise-on-replicas.md").read_text("utf-8")
    (table,) = re.findall(rf"\n\| {system} \| values[^\n]*\n\|:[^\n]*\n((?:\|[^\n]*\n)+)", page)
    documented = {
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert documented | {"robots"} == set(SWITCHES[system])
    assert {name for name, values in SWITCHES[system].items() if values is None} == set(
        FREE_VALUES[system]
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_reading_goes_through_its_session_and_reserves_nothing(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = FORMS[form]
    session = PagesSession(portal, offer_of(portal, FIRST, SECOND))
    with monkeypatch.context() as closed:
        closed.setattr(socket, "socket", None)
        reading = read(portal, session)
    assert session.log
    assert [request for request, reserving in session.log if reserving] == []
    if form == "tevis data_first True":
        assert {problem.outcome for problem in reading.problems} == {Outcome.SKIPPED}
        return
    assert {view.outcome for view in reading.views} == {Outcome.OK}, reading
    found = {slot for view in reading.views for slot in view.slots}
    assert found
    assert found <= {*FIRST, *SECOND}


class Forgetful(PagesSession):
    """A client that keeps no cookies at all."""

    def _follow(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Page:
        self.clear_cookies()
        return super()._follow(method, url, body, headers)


@pytest.mark.parametrize("system", ["ekol", "etermin", "impfthueringen", "tempus"])
def test_cookies_are_not_needed_where_the_protocol_has_none(system: str) -> None:
    portal = PORTALS[system]
    offer = offer_of(portal, FIRST, SECOND)
    usual, forgetful = (read(portal, kind(portal, offer)) for kind in (PagesSession, Forgetful))
    assert [(view.calendar, view.slots) for view in forgetful.views] == [
        (view.calendar, view.slots) for view in usual.views
    ]


def keys_of(reading: Reading) -> dict[str, str]:
    return {view.calendar.key: view.calendar.name for view in reading.views}


@pytest.mark.parametrize("system", SYSTEMS)
def test_keys_are_those_of_the_archive_and_stay(system: str) -> None:
    portal = PORTALS[system]
    first = read(portal, PagesSession(portal, offer_of(portal, FIRST, SECOND)))
    assert set(keys_of(first)) == {calendar.key for calendar in portal.calendars}
    again = read(portal, PagesSession(portal, offer_of(portal, FIRST, SECOND)), first)
    other_offer = read(portal, PagesSession(portal, offer_of(portal, LATER, LATER)), first)
    days_later = read(
        portal,
        PagesSession(portal, offer_of(portal, LATER, SECOND), NOW + timedelta(days=6)),
        first,
    )
    turned = replace(portal, calendars=portal.calendars[::-1])
    other_order = read(turned, PagesSession(turned, offer_of(turned, SECOND, FIRST)), first)
    for reading in (again, other_offer, days_later, other_order):
        assert keys_of(reading) == keys_of(first)
    shown = {view.calendar.key: view.slots for view in first.views}
    assert {view.calendar.key: view.slots for view in other_order.views} == shown


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_free_no_more_leaves_its_key(system: str) -> None:
    """A calendar that shows nothing is not mistaken for another one, nor does it change the other's key."""
    portal = PORTALS[system]
    first = read(portal, PagesSession(portal, offer_of(portal, FIRST, SECOND)))
    half = read(portal, PagesSession(portal, {portal.calendars[1].key: SECOND}), first)
    assert set(keys_of(half)) <= set(keys_of(first))
    (shown,) = (view for view in half.views if view.slots)
    assert shown.calendar.key == portal.calendars[1].key
    # One visit to the vaccination portal shows a part of what is free.
    assert shown.slots == SECOND or (system == "impfthueringen" and set(shown.slots) <= set(SECOND))
