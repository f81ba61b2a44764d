"""Notice and horizon: planted and found again."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.behaviour import Behaviour, Moves, learn_behaviour
from amtspuls.model import Slot, utc_from_slot
from support.planted import (
    MONDAY,
    ZONE,
    Plan,
    When,
    evidence_of,
    lead,
    monday,
    night,
    slots_of,
    snapshots,
)

pytestmark = pytest.mark.slow

HOUR_S, DAY_S = 3600, 86_400


def learned(*plans: Plan, days: int = 7, shift_s: int = 180) -> Behaviour:
    return learn_behaviour(evidence_of(snapshots(plans, days=days, shift_s=shift_s)))


@settings(max_examples=8, deadline=None)
@given(
    hours=st.sampled_from([0.0, 0.5, 1.0, 4.0, 8.0, 26.0, 36.0, 80.0]),
    booked=st.floats(0.1, 0.8),
    shift_s=st.integers(0, 890),
)
def test_a_notice_is_found_again(hours: float, booked: float, shift_s: int) -> None:
    plan = Plan(leaves=lead(timedelta(hours=hours)), booked=booked)
    notice = learned(plan, shift_s=shift_s).of(1).notice
    assert notice.moves is Moves.START
    assert notice.offset_s == hours * HOUR_S
    assert notice.low_s is not None
    assert notice.high_s is not None
    assert notice.low_s <= notice.offset_s <= notice.high_s < notice.low_s + 900
    assert notice.against == 0


@pytest.mark.parametrize(("days", "minute"), [(0, 0), (1, 0), (2, 0), (1, 720), (3, 1080)])
def test_a_notice_of_whole_days_is_found_again(days: int, minute: int) -> None:
    notice = learned(Plan(leaves=night(days, minute), booked=0.3)).of(1).notice
    assert notice.moves is Moves.DAY
    assert notice.offset_s == days * DAY_S - minute * 60


@settings(max_examples=6, deadline=None)
@given(hours=st.integers(24 * 7, 24 * 34), booked=st.floats(0.1, 0.8))
def test_a_horizon_that_rolls_slot_by_slot_is_found_again(hours: int, booked: float) -> None:
    plan = Plan(appears=lead(timedelta(hours=hours)), booked=booked)
    found = learned(plan).of(1)
    assert found.horizon.moves is Moves.START
    assert found.horizon.offset_s == hours * HOUR_S
    assert found.release_minutes == ()


@settings(max_examples=6, deadline=None)
@given(days=st.integers(5, 34), minute=st.sampled_from([0, 30, 420, 720]))
def test_a_horizon_that_rolls_by_day_is_found_again(days: int, minute: int) -> None:
    found = learned(Plan(appears=night(days, minute))).of(1)
    assert found.horizon.moves is Moves.DAY
    assert found.horizon.offset_s == days * DAY_S - minute * 60
    assert found.release_minutes == (minute,)


def test_weeks_that_come_on_mondays_are_told_from_days() -> None:
    plan = Plan(appears=monday(2, 30), booked=0.3)
    found = learned(plan, days=21).of(1)
    assert found.horizon.moves is Moves.WEEK
    assert found.horizon.offset_s == 14 * DAY_S - 30 * 60
    assert found.release_minutes == (30,)
    assert learned(plan, days=7).of(1).horizon.moves is Moves.UNKNOWN


@pytest.mark.parametrize(
    ("leaves", "appears"),
    [
        (lead(timedelta(hours=26)), night(20, 420)),
        (night(1), lead(timedelta(days=20, hours=1))),
    ],
)
def test_the_instants_of_slots_follow_from_the_rules(leaves: When, appears: When) -> None:
    plan = Plan(leaves=leaves, appears=appears)
    found = learned(plan)
    slots = np.array(list(slots_of(plan, MONDAY, 90)), np.int64)  # over the change of the clocks
    numbers = np.ones(len(slots), np.int64)
    assert found.leaves_at(numbers, slots).tolist() == [
        int(leaves(slot).timestamp()) for slot in slots.tolist()
    ]
    assert found.appears_at(numbers, slots).tolist() == [
        int(appears(slot).timestamp()) for slot in slots.tolist()
    ]
    strangers = found.leaves_at(numbers + 9, slots)
    assert strangers[0] == int(utc_from_slot(slots[0], ZONE).timestamp())


def test_slots_that_are_opened_late_do_not_move_the_edge() -> None:
    """On two days one slot is shown until it begins, in spite of a notice of eight hours."""
    notice = lead(timedelta(hours=8))

    def leaves(slot: Slot) -> datetime:
        late = slot % 1440 == 10 * 60 and slot // 1440 % 7 in (5, 6)
        return utc_from_slot(slot, ZONE) if late else notice(slot)

    found = learned(Plan(leaves=leaves, booked=0.3)).of(1).notice
    assert found.offset_s == 8 * HOUR_S
    assert found.against in (1, 2)


def test_a_calendar_that_is_booked_out_long_before_has_an_unknown_notice() -> None:
    def soon(slot: Slot) -> datetime:
        return night(28)(slot) + timedelta(hours=2 + slot // 1440 * 7 % 40, minutes=slot % 50)

    found = learned(Plan(leaves=soon)).of(1)
    assert found.notice.moves is Moves.UNKNOWN
    assert found.notice.offset_s is None
    assert found.horizon.offset_s == 28 * DAY_S


def test_calendars_share_a_notice_only_where_three_others_agree() -> None:
    rule = lead(timedelta(hours=4))
    seldom = Plan(key="z", desk="z", leaves=rule, weekdays=frozenset({6}), hours=(9, 10))
    others = [Plan(key=key, desk=key, leaves=rule) for key in "abc"]
    shared = learned(*others, seldom).of(4).notice
    assert (shared.offset_s, shared.shared, shared.support) == (4 * HOUR_S, True, 0)
    assert learned(*others[:2], seldom).of(3).notice.offset_s is None
