"""Behaviour as a whole: little data, no data, and the calendars of one portal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

import numpy as np
import pytest

from amtspuls.analysis.behaviour import Behaviour, Moves, learn_behaviour
from amtspuls.model import Outcome, Snapshot, utc_from_slot
from support.planted import ZONE, Plan, evidence_of, lead, snapshots

pytestmark = pytest.mark.slow


def learned(*plans: Plan, first: date = date(2026, 1, 26), days: int = 7) -> Behaviour:
    return learn_behaviour(evidence_of(snapshots(plans, first, days)))


def test_one_snapshot_teaches_no_rule() -> None:
    found = learn_behaviour(evidence_of(list(islice(snapshots([Plan()]), 1)))).of(1)
    assert found.notice.moves is found.horizon.moves is Moves.UNKNOWN
    assert found.notice.offset_s is None
    assert found.grid_min == 20
    assert not found.one_a_day


def test_a_portal_that_never_answered_has_no_calendar() -> None:
    def failed(one: Snapshot) -> Snapshot:
        return replace(one, outcome=Outcome.UNREACHABLE, views=())

    found = learn_behaviour(evidence_of([failed(one) for one in islice(snapshots([Plan()]), 9)]))
    assert len(found.calendars) == 0
    assert found.mirrors == ()
    assert found.refresh_s is None
    some = np.array([1, 2])
    assert found.leaves_at(some, np.array([29_500_000, 29_500_060])).shape == (2,)
    with pytest.raises(KeyError):
        found.of(1)


def test_a_calendar_without_a_slot_is_unknown_in_everything() -> None:
    found = learned(Plan(weekdays=frozenset())).of(1)
    assert found.notice.moves is found.horizon.moves is Moves.UNKNOWN
    assert found.notice.high_s is None
    assert found.grid_min is None
    assert found.first_min is found.last_min is None
    assert found.mirrors == (1,)


@pytest.mark.parametrize("first", [date(2026, 3, 23), date(2026, 10, 19)])
def test_the_week_of_a_clock_change_teaches_the_same(first: date) -> None:
    everyday = Plan(leaves=lead(timedelta(hours=4)), weekdays=frozenset(range(7)))
    found = learned(everyday, first=first).of(1)
    assert found.notice.offset_s == 4 * 3600
    assert found.horizon.offset_s == 28 * 86_400
    assert found.release_minutes == (0,)


def test_hours_and_grid_are_those_of_the_calendar() -> None:
    found = learned(Plan(grid_min=15, hours=(9, 12)), Plan(key="b", grid_min=30, desk="2"))
    assert found.grid_min.tolist() == [15, 30]
    one = found.of(1)
    assert (one.first_min, one.last_min) == (9 * 60, 11 * 60 + 45)
    assert one.grid_by_weekday == (15, 15, 15, 15, 15, None, None)


def test_calendars_of_one_desk_are_mirrors_and_others_are_not() -> None:
    plans = [Plan(key=key, desk=desk) for key, desk in zip("abcd", "1212", strict=True)]
    found = learned(*plans)
    assert found.mirrors == ((1, 3), (2, 4))
    assert found.of(3).mirrors == (1, 3)


@pytest.mark.parametrize("hours", [6, 24])
def test_a_page_that_is_a_copy_renewed_now_and_then_gives_itself_away(hours: int) -> None:
    plan = Plan(weekdays=frozenset(range(7)), booked=0.7, leaves=lead(timedelta(hours=26)))
    fresh = list(snapshots([plan], days=11))
    step = hours * 4
    copies = [
        without_begun(replace(fresh[place - place % step], taken_at=one.taken_at))
        for place, one in enumerate(fresh)
    ]
    found = learn_behaviour(evidence_of(copies))
    assert found.refresh_s == hours * 3600
    renewed_at = {int(one.taken_at.timestamp()) for one in copies[::step]}
    assert set(found.refresh_at.tolist()) <= renewed_at
    assert len(found.refresh_at) > 8
    assert learn_behaviour(evidence_of(fresh)).refresh_s is None
    # Rules are those of the original, instants those of the copy.
    slots = np.array(copies[40].views[0].slots)
    leaves_at = found.leaves_at(np.ones(len(slots), np.int64), slots)
    assert found.refresh.next(leaves_at, found.offsets).tolist() == leaves_at.tolist()
    assert found.of(1).horizon.offset_s == 28 * 86_400
    notice = found.of(1).notice
    if hours < 24:  # Else all of a day go at midnight, and no other rule can be seen.
        assert notice.low_s is not None
        assert notice.high_s is not None
        assert notice.low_s <= 26 * 3600 <= notice.high_s


def without_begun(snapshot: Snapshot) -> Snapshot:
    """Pages show no slot that has begun."""
    (view,) = snapshot.views
    slots = tuple(slot for slot in view.slots if utc_from_slot(slot, ZONE) > snapshot.taken_at)
    return replace(snapshot, views=(replace(view, slots=slots),))


def test_a_page_with_one_slot_a_day_is_recognised() -> None:
    def first_of_each_day(snapshot: Snapshot) -> Snapshot:
        (view,) = snapshot.views
        firsts = {slot // 1440: slot for slot in reversed(view.slots)}
        return replace(snapshot, views=(replace(view, slots=tuple(sorted(firsts.values()))),))

    shown = list(snapshots([Plan(booked=0.9)]))
    assert learn_behaviour(evidence_of([first_of_each_day(one) for one in shown])).of(1).one_a_day
    assert not learn_behaviour(evidence_of(shown)).of(1).one_a_day


def test_a_page_that_is_empty_for_a_while_again_and_again_is_flaky() -> None:
    def emptied(place: int, one: Snapshot) -> Snapshot:
        views = tuple(replace(view, slots=()) for view in one.views)
        return replace(one, views=views) if place % 50 == 49 else one

    plans = [Plan(key="a", desk="1"), Plan(key="b", desk="2")]
    shown = [emptied(place, one) for place, one in enumerate(snapshots(plans))]
    found = learn_behaviour(evidence_of(shown))
    flaky = found.of(1).flaky
    assert flaky == pytest.approx(13 / 672)
    assert found.mirrors == ()
    assert found.of(1).notice.offset_s == 0
    assert learned(*plans).of(1).flaky == 0
