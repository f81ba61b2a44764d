"""Snapshots by the fast path are those that the collector takes of the same office over HTTP."""

from __future__ import annotations

import os
from datetime import date, timedelta
from itertools import islice

import pytest

from amtspuls.model import Outcome, Snapshot
from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.portals.etermin_map import wire_of
from amtspuls.replica.town import SCENARIOS, Town, make_scenario, take_looks
from amtspuls.replica.town.watch import Look, plan_looks, take_look, unread_days
from support.collecting import Collecting, collecting

pytestmark = pytest.mark.slow

MONDAY = date(2026, 3, 30)
SEED = 1
ENDURANCE = os.environ.get("AMTSPULS_ENDURANCE") == "1"
HOURS = 6
DAYS = 3
STRIDE = 1 if ENDURANCE else 10
"""Every snapshot of the hours, or every tenth."""


def contents(snapshot: Snapshot) -> tuple[object, ...]:
    """What counts of a snapshot; how a failure is called is the collector's own business."""
    views = sorted(
        (view.calendar.key, view.calendar.name, view.outcome, str(view.covered), view.slots)
        for view in snapshot.views
    )
    outcome = snapshot.outcome if snapshot.outcome.answered else "failed"
    return snapshot.taken_at, outcome, snapshot.period_s, views


def faults_of(town: Town, look: Look) -> list[Fault]:
    """The planned trouble as fault switches of the real pages."""
    if look.fails:
        return [Fault(FaultName.MAINTENANCE)]
    if look.unread is None:
        return []
    (portal,) = town.portals.values()
    whole = take_look(town, Look(look.at), 900)
    services = {
        calendar.key: service.number
        for service in wire_of(portal).services.values()
        for calendar in service.calendars
    }
    return [
        Fault(
            FaultName.MAINTENANCE,
            where=f"date={day}&serviceid={services[key]}&capacity=1&caching",
        )
        for key, days in unread_days(look, whole.views).items()
        for day in days
    ]


async def ask(running: Collecting, look: Look, faults: list[Fault], portal_id: str) -> Snapshot:
    running.server.faults.set(portal_id, *faults)
    (snapshot,) = await running.at(look.at)
    return snapshot


READ_WHOLE = [
    name
    for name, scenario in SCENARIOS.items()
    if scenario.sold_out == ("empty",) and scenario.view_days == (0, 0)
]
"""The others are read as the predecessor read them; no collector of ours does so."""


@pytest.mark.sim
@pytest.mark.parametrize("name", READ_WHOLE)
async def test_the_fast_path_sees_what_the_collector_reads(name: str) -> None:
    scenario = SCENARIOS[name]
    town = make_scenario(name, SEED, start=MONDAY, days=1)
    (portal_id,) = town.portals
    begins_at = town.first_at + timedelta(hours=7)
    looks = [
        look
        for look in plan_looks(scenario, SEED, town)
        if begins_at <= look.at < begins_at + timedelta(hours=HOURS)
    ]
    changed = set()
    async with collecting(town, begins_at) as running:
        running.job.periods = {portal_id: scenario.step_s}
        stride = STRIDE * max(1, 240 // scenario.step_s)
        if name in {"busy-city", "shared-desks", "floating-grid"} and not ENDURANCE:
            stride = 16  # two hundred requests each
        for look in looks[::stride]:
            expected = take_look(town, look, scenario.step_s)
            snapshot = await ask(running, look, faults_of(town, look), portal_id)
            assert contents(snapshot) == contents(expected)
            changed.add(tuple((view.calendar.key, view.slots) for view in snapshot.views))
    assert len(changed) >= 2 or name in {"quiet-village", "slow-updater"}


@pytest.mark.sim
@pytest.mark.parametrize("look", ["fails", "gap"])
async def test_planned_trouble_is_what_real_trouble_looks_like(look: str) -> None:
    scenario = SCENARIOS["quiet-village"]
    town = make_scenario(scenario.name, SEED, start=MONDAY, days=1)
    at = town.first_at + timedelta(hours=9)
    planned = Look(at, fails=True) if look == "fails" else Look(at, unread=12345)
    expected = take_look(town, planned, scenario.step_s)
    async with collecting(town, at) as running:
        faults = faults_of(town, planned)
        snapshot = await ask(running, planned, faults, scenario.name)

    assert faults
    assert contents(snapshot) == contents(expected)
    assert expected.outcome is (Outcome.UNREACHABLE if look == "fails" else Outcome.PARTIAL)


@pytest.mark.parametrize("name", ["flapper", "vaccination"])
def test_snapshots_come_at_their_step_and_fail_as_planned(name: str) -> None:
    scenario = SCENARIOS[name]
    town = make_scenario(name, SEED, start=MONDAY, days=DAYS)
    snapshots = list(take_looks(scenario, SEED, town))
    distances = {
        (later.taken_at - earlier.taken_at).total_seconds()
        for earlier, later in zip(snapshots, islice(snapshots, 1, None), strict=False)
    }
    failed = sum(not snapshot.outcome.answered for snapshot in snapshots) / len(snapshots)

    assert len(snapshots) == DAYS * 86_400 // scenario.step_s
    assert all(abs(distance - scenario.step_s) <= 20 for distance in distances)
    assert failed <= 2 * scenario.missed[1]
    assert failed > 0
    assert any(one.outcome is Outcome.PARTIAL for one in snapshots) == (name == "flapper")


def test_a_portal_that_shows_no_calendar_is_not_an_empty_one() -> None:
    town = make_scenario("vaccination", SEED, start=MONDAY, days=1)
    snapshot = take_look(town, Look(town.last_at + timedelta(days=60)), 60)

    assert snapshot.outcome is Outcome.CHANGED
    assert snapshot.views == ()
