"""Scenarios that joined later, offices drawn from all ranges, and that older ones stayed as they were."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import pytest

from amtspuls.errors import ConfigError
from amtspuls.model import Outcome, Snapshot, day_of_slot
from amtspuls.replica.town import (
    FIRST_SCENARIOS,
    RANDOM,
    SCENARIOS,
    Town,
    TruthKind,
    days_read,
    make_scenario,
    scenario_of,
    take_looks,
)
from amtspuls.replica.town.model import TOWN_ZONE
from amtspuls.replica.town.scenario import Scenario

pytestmark = pytest.mark.slow

START = date(2026, 3, 23)

DIGESTS = {
    "quiet-village": "e4957ceeeea5786a",
    "busy-city": "00ac3f20b44b6697",
    "batch-releaser": "b630cee21106d34c",
    "flapper": "b5a28af2a719ab72",
    "slow-updater": "10bcd7bb4da005ed",
    "long-services": "583e0eec02af7268",
    "shared-desks": "158c8b002440a7c8",
    "short-notice": "effa5809541f7157",
    "vaccination": "c58dab2cb64eb245",
}
"""Of one week's truth with seed 7, as it was before any estimator was written."""


@cache
def town_of(name: str, seed: int = 7, days: int = 7) -> Town:
    return make_scenario(name, seed, start=START, days=days)


@cache
def snapshots_of(name: str, seed: int = 7) -> tuple[Snapshot, ...]:
    return tuple(take_looks(scenario_of(name, seed), seed, town_of(name, seed)))


@pytest.mark.parametrize("name", FIRST_SCENARIOS)
def test_the_first_scenarios_are_what_they_were_before_any_estimator(name: str) -> None:
    lines = "\n".join(
        f"{one.kind} {one.at.isoformat()} {one.page_at.isoformat()} {one.calendar_key} {one.slots}"
        f" {one.citizen}"
        for one in town_of(name).truth
    )

    assert hashlib.sha256(lines.encode()).hexdigest()[:16] == DIGESTS[name]


def test_every_first_scenario_has_a_digest() -> None:
    assert set(DIGESTS) == set(FIRST_SCENARIOS)
    assert len(SCENARIOS) == len(FIRST_SCENARIOS) + 3


# --- drawn from all ranges -----------------------------------------------------------------------


def test_a_random_office_has_each_parameter_from_a_range_of_some_scenario() -> None:
    drawn = [scenario_of(RANDOM, seed) for seed in range(400)]
    for field in fields(Scenario):
        if field.name in {"name", "about"}:
            continue
        listed = {getattr(one, field.name) for one in SCENARIOS.values()}
        assert {getattr(one, field.name) for one in drawn} == listed, field.name
    assert scenario_of(RANDOM, 3) == drawn[3]
    assert len(set(drawn)) > 380


def test_how_a_page_shows_what_it_has_goes_together() -> None:
    pages = {(one.system, one.step_s, one.calendars) for one in SCENARIOS.values()}

    for seed in range(100):
        one = scenario_of(RANDOM, seed)
        assert (one.system, one.step_s, one.calendars) in pages


def test_trouble_is_as_frequent_as_in_the_list() -> None:
    drawn = [scenario_of(RANDOM, seed) for seed in range(400)]
    flaps = sum(one.flaps_per_week[1] > 0 for one in drawn)
    both = sum(one.flaps_per_week[1] > 0 and one.missed[1] > 0.01 for one in drawn)

    assert 15 < flaps < 60, "one scenario of twelve"
    assert both < flaps / 2, "whether a page flaps says nothing of whether snapshots fail"


def test_random_is_an_office_like_any_other_and_no_name_of_a_scenario() -> None:
    assert RANDOM not in SCENARIOS
    assert town_of(RANDOM, 43, 2).truth == make_scenario(RANDOM, 43, start=START, days=2).truth
    with pytest.raises(ConfigError, match=r"did you mean random\?.* floating-grid, random"):
        scenario_of("Randomly", 1)


# --- calendars that are missing when sold out -----------------------------------------------------


def test_a_sold_out_calendar_is_missing_and_the_truth_knows_better() -> None:
    name = "absent-when-sold-out"
    town = make_scenario(name, 3, start=START, days=7)
    (portal_id,) = town.portals
    absent = shown = 0
    for snapshot in take_looks(SCENARIOS[name], 3, town):
        if snapshot.outcome is not Outcome.OK:
            continue
        offer = town.offer(portal_id, snapshot.taken_at)
        keys = {view.calendar.key for view in snapshot.views}
        assert keys == {key for key, slots in offer.items() if slots}
        absent += len(town.portals[portal_id].calendars) - len(keys)
        shown += len(keys)
    assert absent > 20
    assert shown > 200


# --- snapshots that do not reach far enough --------------------------------------------------------


def test_a_narrow_view_covers_its_days_and_shows_no_slot_beyond() -> None:
    (office,) = town_of("narrow-view").offices
    beyond = 0
    for snapshot in snapshots_of("narrow-view")[::5]:
        today = snapshot.taken_at.astimezone(TOWN_ZONE).date()
        last = today + timedelta(days=office.view_days)
        offer = town_of("narrow-view").offer(office.id, snapshot.taken_at)
        for view in snapshot.views:
            whole = offer.get(view.calendar.key, ())
            inside = tuple(slot for slot in whole if day_of_slot(slot) <= last)
            if view.outcome is Outcome.OK:
                assert view.slots == inside
                assert str(view.covered) == f"{today}..{last}"
                beyond += len(whole) - len(inside)
    assert 7 <= office.view_days <= 14
    assert beyond > 200


# --- start times that move ------------------------------------------------------------------------


def test_a_booking_in_the_middle_moves_the_start_times_behind_it() -> None:
    """An office with one desk and appointments of 15 and, for others, 10 minutes."""
    town = town_of("floating-grid", 2)
    moved = [line for line in town.truth if line.kind in {TruthKind.REVEALED, TruthKind.CONCEALED}]
    caused = {line.citizen for line in moved} - {0}
    kinds = Counter(line.kind for line in moved)

    assert kinds[TruthKind.REVEALED] > 50
    assert kinds[TruthKind.CONCEALED] > 50
    assert len(caused) >= 5


def test_start_times_of_a_free_day_are_an_appointment_apart() -> None:
    town = town_of("floating-grid", 2)
    (office,) = town.offices
    steps = {
        counter.calendar.key: group.grid_min * counter.steps
        for group in office.groups
        for counter in group.counters
        if group.desks == 1
    }
    apart = 0
    for key, slots in town.offer(office.id, town.first_at).items():
        if key not in steps:
            continue
        for earlier, later in pairwise(slots):
            assert later - earlier >= steps[key], "no two appointments at one desk overlap"
            apart += later - earlier == steps[key]
    assert apart > 20


def test_what_comes_back_after_a_flap_is_no_shift() -> None:
    flapping = replace(
        SCENARIOS["floating-grid"], flaps_per_week=(20, 20), desks=(1, 1), other_steps=()
    )
    assert flapping.draw(1).habits.flaps_per_week == 20
    from amtspuls.replica.town.timeline import Timeline

    lines = Timeline(flapping.draw(1), 1, START, START + timedelta(days=14)).run()
    vanished = sum(len(one.slots) for one in lines if one.kind is TruthKind.VANISHED)
    back = sum(len(one.slots) for one in lines if one.kind is TruthKind.REAPPEARED)

    assert vanished > 100
    assert back > 0.9 * vanished


def test_truth_reaches_as_far_as_views_do() -> None:
    """The vaccination portal's reader takes what the page shows, however few days are asked of others."""
    (office,) = town_of("narrow-view").offices
    assert days_read(office) == office.view_days
    assert days_read(replace(office, view_days=0)) is None
    assert days_read(replace(office, system="impfthueringen")) is None
