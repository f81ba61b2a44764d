"""The estimated requests of a snapshot, beside what replicas were really asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.portal import AskedService, Portal
from amtspuls.model import Slot, Snapshot, day_of_slot
from amtspuls.replica.availability import ReplicaPortal
from amtspuls.replica.requestlog import LoggedRequest
from amtspuls.replica.town import Town, make_town
from amtspuls.systems.cost import (
    GUESSED_REQUESTS,
    SERVICES_OF_ALL,
    USUAL,
    Shape,
    count_requests,
    estimate_requests,
    usual_shape,
)
from support.collecting import collecting
from support.portals import a_portal

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 1, 28, 8, tzinfo=UTC)
WINDOW_MONTHS = 4
"""January to April: nine weeks from 28 January."""

NOTICES = {"hohenau-aus": 2}
"""Notices in the way, one for each category; no entry of the catalogue tells of them."""


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(1, start=date(2026, 1, 26), days=4)


def shape_of(portal: ReplicaPortal, offer: Mapping[str, tuple[Slot, ...]]) -> Shape:
    """The shape of a portal of the town, from its calendars and what is free in them."""
    calendars = len(portal.calendars)
    days = [{day_of_slot(slot) for slot in slots} for slots in offer.values()]
    free_days = sum(map(len, days))
    months = max(len({day.month for day in of_one}) for of_one in days)
    keys = [calendar.key for calendar in portal.calendars]
    match portal.system:
        case "tempus":
            return Shape(len({key.partition("/")[2] for key in keys}), calendars, free_days)
        case "netappoint":
            services = len({key.rpartition("/")[2] for key in keys})
            return Shape(services, calendars, free_days, pages=min(WINDOW_MONTHS, months + 1))
        case "etermin":
            return Shape(1, calendars, free_days, pages=WINDOW_MONTHS)
        case _:
            return Shape(calendars, calendars, free_days)


def tevis_shape(snapshot: Snapshot, log: Sequence[LoggedRequest]) -> Shape:
    """The same of a tevis portal: its lists are all cut into the same number of filter pages."""
    asked = [
        (view.calendar.name.partition(" / ")[0], service)
        for view in snapshot.views
        for service in view.asked
    ]
    pages = sum("filter_date_from" in request.query for request in log)
    assert pages % len(asked) == 0
    units = {unit for unit, _ in asked}
    return Shape(len(set(asked)), len(asked), pages=pages // len(asked), units=len(units))


@pytest.mark.sim
async def test_the_formulas_say_what_replicas_are_asked(town: Town) -> None:
    systems = set()
    async with collecting(town, AT) as running:
        for snapshot in await running.at(AT):
            portal = town.portals[snapshot.portal_id]
            log = running.server.log.of(portal.id)
            asked = len(log) - NOTICES.get(portal.id, 0)
            if portal.system == "tevis":
                shape = tevis_shape(snapshot, log)
            else:
                shape = shape_of(portal, town.offer(portal.id, AT))
            assert count_requests(portal.system, shape) == asked, portal.id
            systems.add(portal.system)
    assert systems == USUAL.keys()


def test_every_system_of_this_distribution_has_a_formula_and_it_is_documented() -> None:
    ours = {
        entry.name
        for entry in entry_points(group="amtspuls.systems")
        if entry.value.startswith("amtspuls.")
    }
    assert ours == USUAL.keys()
    for system, shape in USUAL.items():
        page = (ROOT / f"docs/systems/{system}.md").read_text(encoding="utf-8")
        assert f"; {count_requests(system, shape)} requests (`amtspuls list --cost`)" in page
        assert estimate_requests(a_portal("demo", system)) == count_requests(system, shape)


def with_services(system: str, *names: str) -> Portal:
    services = tuple(AskedService(common="other", name=name) for name in names)
    return a_portal("demo", system).model_copy(update={"services": services})


def with_options(system: str, **options: object) -> Portal:
    return a_portal("demo", system).model_copy(update={"options": options})


def test_an_entry_that_names_services_is_estimated_by_them() -> None:
    assert estimate_requests(with_services("tevis", "Reisepass")) == 1 + 1 + 2 * 3 + 3 * 3
    assert estimate_requests(with_services("tevis", "a", "b", "c")) == 44
    everything = a_portal("demo", "tevis").model_copy(update={"services": "all"})
    assert usual_shape(everything) == Shape(SERVICES_OF_ALL, 54, pages=3)
    assert estimate_requests(with_services("etermin", "Antrag")) == 2 + 1 + 4 + 12
    assert estimate_requests(with_options("netappoint", cur_cause=0)) == 1 + 1 + 2 + 8
    causes = {"0": "Altstadt", "1": "Neustadt"}
    assert estimate_requests(with_options("netappoint", start="calendar", causes=causes)) == 23
    # Of an ekol office one concern is asked, however many are named.
    assert estimate_requests(with_services("ekol", "a", "b")) == 59


def test_a_system_without_a_formula_is_guessed() -> None:
    assert usual_shape(a_portal("demo", "unheard_of")) is None
    assert estimate_requests(a_portal("demo", "unheard_of")) == GUESSED_REQUESTS
    with pytest.raises(KeyError):
        count_requests("unheard_of", Shape(1, 1))


def test_all_packaged_portals_can_be_estimated() -> None:
    portals = load_catalogue().portals.values()
    assert len(portals) > 250
    assert all(1 < estimate_requests(portal) < 500 for portal in portals)
