from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.model import (
    Calendar,
    Covered,
    Outcome,
    Slot,
    Snapshot,
    View,
    Window,
    day_of_slot,
    local_from_slot,
    slot_from_local,
    utc_from_slot,
)

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))
def test_slots_keep_the_minute(local: datetime) -> None:
    slot = slot_from_local(local)
    assert local_from_slot(slot) == local.replace(second=0, microsecond=0)
    assert day_of_slot(slot) == local.date()


def test_a_slot_of_the_repeated_hour_begins_with_its_second_pass() -> None:
    assert utc_from_slot(slot_from_local(datetime(2026, 10, 25, 2, 30)), BERLIN) == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


@given(st.sets(DAYS))
def test_covered_is_the_set_of_its_days(days: set[date]) -> None:
    covered = Covered.from_days(days)
    assert list(covered) == sorted(days)
    assert len(covered) == len(days)
    assert bool(covered) == bool(days)
    assert Covered.parse(str(covered)) == covered
    assert all(
        (day in covered) == (day in days)
        for day in Window(date(2025, 12, 31), date(2026, 3, 2)).covered()
    )


@given(st.sets(DAYS))
def test_ranges_neither_overlap_nor_touch(days: set[date]) -> None:
    ranges = Covered.from_days(days).ranges
    assert all(
        later[0] - earlier[1] > timedelta(days=1) for earlier, later in itertools.pairwise(ranges)
    )


@given(st.sets(DAYS), st.sets(DAYS))
def test_without_is_the_difference(days: set[date], gone: set[date]) -> None:
    assert set(Covered.from_days(days).without(gone)) == days - gone


@given(st.sets(DAYS, min_size=1), st.datetimes(datetime(2025, 12, 30), datetime(2026, 3, 3)))
def test_slot_bounds_hold_the_slots_of_covered_days(days: set[date], local: datetime) -> None:
    covered, slot = Covered.from_days(days), slot_from_local(local)
    assert any(low <= slot < high for low, high in covered.slot_bounds()) == (local.date() in days)


def test_empty_ranges_are_dropped() -> None:
    assert not Covered.from_ranges([(date(2026, 1, 2), date(2026, 1, 1))])


def test_window_holds_today_and_the_last_day() -> None:
    window = Window.weeks_ahead(date(2026, 1, 26), 6)
    assert date(2026, 1, 26) in window
    assert date(2026, 3, 9) in window
    assert date(2026, 3, 10) not in window
    assert str(window.covered(date(2026, 1, 31))) == "2026-01-26..2026-01-31"


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 1, 26), date(2026, 2, 8)),  # Monday: this week and the next
        (date(2026, 1, 27), date(2026, 2, 15)),  # Tuesday: the rest of this week besides
        (date(2026, 2, 1), date(2026, 2, 15)),  # Sunday
        (date(2026, 2, 2), date(2026, 2, 15)),
        (date(2026, 3, 29), date(2026, 4, 12)),  # the Sunday that lacks an hour
        (date(2026, 10, 25), date(2026, 11, 8)),  # the Sunday that repeats one
        (date(2026, 12, 31), date(2027, 1, 17)),
    ],
)
def test_full_weeks_go_from_monday_to_sunday(today: date, last: date) -> None:
    assert Window.full_weeks(today, 2) == Window(today, last)


@given(st.dates(date(1971, 1, 1), date(2100, 1, 1)), st.integers(1, 53))
def test_full_weeks_are_in_the_window_and_less_than_one_week_more(today: date, weeks: int) -> None:
    window = Window.full_weeks(today, weeks)
    days = list(window.covered())
    assert days[0] == today
    assert days[-1].weekday() == 6
    mondays = [day for day in days if day.weekday() == 0]
    assert len(mondays) == weeks
    assert 7 * weeks <= len(days) < 7 * (weeks + 1)


def test_a_view_that_failed_cannot_show_slots() -> None:
    with pytest.raises(ValueError, match="covers nothing"):
        View(Calendar("a", "A"), Outcome.REFUSED, slots=(Slot(1),))


def test_snapshots_are_taken_in_whole_seconds_of_utc() -> None:
    for wrong in (datetime(2026, 1, 1), datetime(2026, 1, 1, microsecond=5, tzinfo=UTC)):
        with pytest.raises(ValueError, match="aware UTC"):
            Snapshot("demo", wrong, wrong, Outcome.OK)
