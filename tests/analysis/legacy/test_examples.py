"""The predecessor's rule by example, one for each of its habits and errors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest

from amtspuls.analysis.legacy.render import render_files
from amtspuls.analysis.legacy.week import FRESH, LegacyWeek, calculate_week
from amtspuls.archive.week import IsoWeek
from amtspuls.model import slot_from_local
from support.legacy_weeks import PlainRow, seal_rows

WEEK = IsoWeek(2026, 5)
START = datetime(2026, 1, 26, 10, 3)
QUARTER = timedelta(minutes=15)

Row = tuple[datetime, Sequence[datetime]]


def hours(*hours_of_day: int) -> list[datetime]:
    """Slots of 27 January."""
    return [datetime(2026, 1, 27, hour) for hour in hours_of_day]


def rows(*free: Sequence[datetime], start: datetime = START) -> list[Row]:
    """One row a quarter hour."""
    return [(start + number * QUARTER, slots) for number, slots in enumerate(free)]


def calculate(
    shown: Sequence[Row], week: IsoWeek = WEEK, after: LegacyWeek | None = None
) -> LegacyWeek:
    """The metrics of one calendar's rows."""
    plain = [
        PlainRow(at, "k", sorted(slot_from_local(slot) for slot in slots)) for at, slots in shown
    ]
    return calculate_week(week, [seal_rows("amt", plain)], after.stash if after else FRESH)


def column(legacy: LegacyWeek, metric: str) -> list[int]:
    """A metric of the only calendar, quarter hour after quarter hour."""
    values: list[int] = legacy.tables.values[metric][:, 0].tolist()
    return values


@pytest.mark.parametrize(
    ("free", "appointments", "cancellations"),
    [
        pytest.param([hours(8, 9, 10, 11, 12), hours(8, 12)], [0, 3], [0, 0], id="1 interior"),
        pytest.param([hours(8, 9, 10, 11, 12), hours(11, 12)], [0, 0], [0, 0], id="2 first ones"),
        pytest.param([hours(8, 9, 10, 11, 12), hours(8, 9)], [0, 2], [0, 0], id="3 only the last"),
        pytest.param([hours(8), []], [0, 1], [0, 0], id="4 the only one counts"),
        pytest.param([hours(8, 9, 10, 11, 12), []], [0, 1], [0, 0], id="5 all gone is one"),
        pytest.param([hours(10, 11, 12), hours(8, 12)], [0, 2], [0, 0], id="6 a new one in front"),
        pytest.param([hours(8, 9, 10), hours(8, 9, 11)], [0, 0], [0, 0], id="7 a new one behind"),
        pytest.param(
            [hours(8, 9, 10), hours(10), hours(8, 9, 10, 13)], [0, 0, 0], [0, 0, 2], id="9 return"
        ),
    ],
)
def test_a_slot_that_goes_or_comes_back(
    free: list[list[datetime]], appointments: list[int], cancellations: list[int]
) -> None:
    legacy = calculate(rows(*free))
    assert column(legacy, "appointments") == appointments
    assert column(legacy, "cancellations") == cancellations


def test_8_nothing_counts_across_a_hole_but_the_return_of_what_vanished_in_it() -> None:
    before, after = (
        rows(hours(8, 9, 10)),
        rows(hours(8, 10), hours(8, 9, 10), start=START + 2 * QUARTER),
    )
    legacy = calculate([*before, *after])
    assert column(legacy, "appointments") == [0, 0, 0]
    assert column(legacy, "cancellations") == [0, 0, 1]
    assert column(legacy, "changed") == [0, 1, 1]


MONDAY = datetime(2026, 1, 26)
LATER = [
    datetime(2026, 1, 26, 15),
    datetime(2026, 1, 26, 16),
    datetime(2026, 1, 26, 17),
    datetime(2026, 1, 27, 9),
    datetime(2026, 1, 28, 9),
    datetime(2026, 2, 2, 9),
]


def test_10_timespans_hold_only_what_lies_beside_the_last_one() -> None:
    legacy = calculate(rows(LATER, [LATER[0], LATER[-1]]))
    assert [column(legacy, f"appointments{span}")[1] for span in ("", "_0d", "_1d", "_2d", "_0w")] == [
        4, 0, 0, 1, 4,
    ]  # fmt: skip


def test_10_cancellations_of_timespans_are_copies_of_appointments() -> None:
    texts = dict(render_files(calculate(rows(LATER, [LATER[0], LATER[-1]])).tables))
    assert texts["cancellations_2d.csv"].decode().splitlines()[2] == "2026-01-26 10:15:00,1"
    assert texts["cancellations_0w.csv"].decode().splitlines()[2] == "2026-01-26 10:15:00,4"
    assert texts["cancellations.csv"].decode().splitlines()[2] == "2026-01-26 10:15:00,0"


def test_11_timespans_of_one_day_are_right() -> None:
    legacy = calculate(rows(LATER, [LATER[0], *LATER[3:]]))
    assert [column(legacy, f"appointments{span}")[1] for span in ("", "_0d", "_0w")] == [2, 2, 2]


def test_12_rows_of_one_quarter_hour_are_added() -> None:
    minute = timedelta(minutes=1)
    legacy = calculate([(START, hours(8, 9, 10)), (START + minute, hours(8, 10))])
    assert [column(legacy, name) for name in ("appointments", "free_dates", "changed")] == [
        [1], [5], [1],
    ]  # fmt: skip


def test_12_rows_of_one_moment_are_added_too() -> None:
    legacy = calculate([(START, hours(8, 9, 10)), (START, hours(8, 10))])
    assert [column(legacy, name) for name in ("appointments", "free_dates", "changed")] == [
        [1], [5], [1],
    ]  # fmt: skip


def test_13_cancellations_of_timespans_show_the_moment_of_the_appointment() -> None:
    legacy = calculate(rows(LATER, [LATER[0], LATER[2], LATER[5]], LATER))
    assert column(legacy, "appointments") == [0, 3, 0]
    assert column(legacy, "cancellations") == [0, 0, 3]
    texts = dict(render_files(legacy.tables))
    assert [line[-1] for line in texts["cancellations_0w.csv"].decode().splitlines()[1:]] == [
        "0", "3", "0",
    ]  # fmt: skip


def test_a_calendar_that_is_not_seen_is_blank_not_0() -> None:
    plain = [PlainRow(START, "a", []), PlainRow(START, "b", []), PlainRow(START + QUARTER, "b", [])]
    legacy = calculate_week(WEEK, [seal_rows("amt", plain)])
    assert dict(render_files(legacy.tables))["free_dates.csv"].decode() == (
        "date,amt/a,amt/b\n2026-01-26 10:00:00,0,0\n2026-01-26 10:15:00,,0\n"
    )


def test_15_a_clock_set_back_counts() -> None:
    back = START.replace(hour=2)
    slots = hours(8, 9, 10), hours(8, 10)
    legacy = calculate([(back.replace(minute=48), slots[0]), (back, slots[1])])
    assert column(legacy, "appointments") == [0, 1]


def test_16_a_slot_that_went_last_week_is_a_cancellation_only_if_that_week_is_carried() -> None:
    night = datetime(2026, 1, 25, 23, 33)
    ended = calculate(rows(hours(8, 9, 10), hours(8, 10), start=night), IsoWeek(2026, 4))
    begun = rows(hours(8, 10), hours(8, 9, 10), start=MONDAY)
    assert sum(column(calculate(begun, after=ended), "cancellations")) == 1
    assert sum(column(calculate(begun), "cancellations")) == 0


def test_a_carried_slot_that_is_no_column_any_more_moves_the_edges() -> None:
    # The stale slot of last week stands before all others for ever, so none of them is the first.
    ended = calculate([(MONDAY - QUARTER, [MONDAY, *hours(8, 9)])], IsoWeek(2026, 4))
    begun = rows(hours(8, 9, 10), hours(10), start=MONDAY)
    assert column(calculate(begun), "appointments") == [0, 0]
    assert column(calculate(begun, after=ended), "appointments") == [0, 2]
    assert np.array_equal(
        calculate(begun, after=ended).stash.locations["amt/k"].free,
        [slot_from_local(MONDAY), *map(slot_from_local, hours(10))],
    )


def test_a_first_row_counts_against_a_carried_one_but_is_never_changed() -> None:
    ended = calculate([(MONDAY - QUARTER, hours(8, 9, 10))], IsoWeek(2026, 4))
    legacy = calculate(rows(hours(8, 10), hours(8, 9, 10), start=MONDAY), after=ended)
    assert column(legacy, "appointments") == [1, 0]
    assert column(legacy, "cancellations") == [0, 1]
    assert column(legacy, "changed") == [0, 1]


def test_a_carried_slot_behind_all_others_keeps_them_from_being_the_last() -> None:
    ended = calculate([(MONDAY - QUARTER, hours(8, 9, 12))], IsoWeek(2026, 4))
    begun = rows(hours(8, 9, 10), hours(8), start=MONDAY)
    assert column(calculate(begun), "appointments") == [0, 1]
    assert column(calculate(begun, after=ended), "appointments") == [0, 2]
