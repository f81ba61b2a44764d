"""Behaviour as a whole: little data, no data, and the calendars of one portal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

import numpy as np
import pytest

from amtspuls.analysis.behaviour import Behaviour, Moves, learn_behaviour
from amtspuls.model import Outcome, Snapshot
from support.planted import Plan, evidence_of, lead, snapshots


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
