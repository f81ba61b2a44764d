"""Behaviour of simulated offices, whose rules are known; seeds below 1000 only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

import pytest

from amtspuls.analysis.behaviour import (
    Behaviour,
    CalendarBehaviour,
    Edge,
    Moves,
    learn_behaviour,
)
from amtspuls.analysis.evidence import load_evidence
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import PortalRecord
from amtspuls.cli.scoring import start_of
from amtspuls.replica.town import Town, make_scenario, require_scenario, take_looks
from amtspuls.replica.town.model import Counter, DeskGroup

pytestmark = pytest.mark.slow

ENDURANCE = bool(os.environ.get("AMTSPULS_ENDURANCE"))
SCENARIOS = (
    "quiet-village",
    "busy-city",
    "batch-releaser",
    "flapper",
    "long-services",
    "shared-desks",
)
SEEDS = range(1, 21) if ENDURANCE else (7,)
STEP_S = 900


@cache
def learned(
    name: str, seed: int, days: int = 28
) -> tuple[Town, dict[str, CalendarBehaviour], Behaviour]:
    """What there is, and what was learned of it by calendar key."""
    town = make_scenario(name, seed, start=start_of(seed), days=days)
    (portal,) = town.portals.values()
    record = PortalRecord(portal.id, portal.name, portal.system, portal.url, portal.zone)
    archive = ScoreArchive(record, take_looks(require_scenario(name), seed, town))
    (evidence,) = load_evidence(archive, Selection())
    found = learn_behaviour(evidence)
    records = archive.calendars(portal.id)
    return town, {one.calendar.key: found.of(one.number) for one in records}, found


def counters(town: Town) -> Iterator[tuple[DeskGroup, Counter]]:
    for group in town.offices[0].groups:
        for counter in group.counters:
            yield group, counter


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [*SCENARIOS, "short-notice", "slow-updater"])
def test_what_is_learned_of_an_office_is_true(name: str, seed: int) -> None:
    town, found, _ = learned(name, seed)
    known = 0
    for group, counter in counters(town):
        one = found[counter.calendar.key]
        assert one.grid_min == group.grid_min
        expected = {"daily": Moves.DAY, "weekly": Moves.WEEK, "by_hand": Moves.UNKNOWN}[group.roll]
        assert one.horizon.moves is expected
        if expected is Moves.DAY:
            assert one.horizon.offset_s == 86_400 * group.horizon_days - 60 * group.release_min
        if one.notice.offset_s is not None:
            known += 1
            _assert_notice(one.notice, 60 * counter.notice_min)
    if name != "busy-city":
        assert known


def _assert_notice(notice: Edge, true_s: int) -> None:
    """Right to a snapshot; where none was seen, the true one is not beyond the bound that is told."""
    assert notice.offset_s is not None
    if notice.offset_s or notice.support:
        assert abs(notice.offset_s - true_s) < STEP_S
    else:
        assert notice.high_s is not None
        assert true_s < notice.high_s + STEP_S


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_calendars_of_one_desk_group_are_found_and_no_others(name: str, seed: int) -> None:
    town, found, behaviour = learned(name, seed)
    groups = {
        tuple(sorted(found[one.calendar.key].calendar for one in group.counters))
        for group in town.offices[0].groups
    }
    assert set(behaviour.mirrors) == {group for group in groups if len(group) > 1}
    assert behaviour.refresh_s is None


@pytest.mark.parametrize("seed", SEEDS)
def test_days_that_come_into_a_narrow_view_are_no_horizon(seed: int) -> None:
    _, found, _ = learned("narrow-view", seed, 10)
    assert {one.horizon.moves for one in found.values()} == {Moves.UNKNOWN}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_copy_is_recognised_by_its_beat(seed: int) -> None:
    town, _, behaviour = learned("slow-updater", seed)
    assert behaviour.refresh_s == 60 * town.offices[0].habits.refresh_min


def test_one_slot_a_day_is_recognised() -> None:
    _, found, _ = learned("vaccination", 1)
    assert all(one.one_a_day for one in found.values())
    assert {one.notice.offset_s for one in found.values()} == {0}
