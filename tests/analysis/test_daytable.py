from __future__ import annotations

from datetime import date, datetime

from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis.daytable import DayColumn, FreeDay, day_table, free_days, headings_of
from amtspuls.model import (
    Calendar,
    Covered,
    Outcome,
    Slot,
    View,
    day_of_slot,
    local_from_slot,
    slot_from_local,
)

MONDAY = date(2026, 1, 26)
DAYS = (MONDAY, date(2026, 1, 27), date(2026, 2, 2))


def slot(text: str) -> Slot:
    return slot_from_local(datetime.fromisoformat(text))


def column(name: str, *slots: str, days: tuple[date, ...] = DAYS, key: str = "") -> DayColumn:
    return DayColumn(
        Calendar(key or name, name), tuple(slot(text) for text in slots), Covered.from_days(days)
    )


def test_free_taken_and_unknown_have_marks_of_their_own() -> None:
    columns = [
        column("A", "2026-01-26T08:00", "2026-01-26T08:30", "2026-01-27T09:00"),
        column("B", "2026-01-26T08:15", "2026-01-26T08:30"),
        column("C", days=(date(2026, 1, 27),)),
    ]
    table = day_table(columns, MONDAY)
    assert table.headings == ("A", "B", "C")
    assert [(local_from_slot(at).isoformat(), marks) for at, marks in table.rows] == [
        ("2026-01-26T08:00:00", ("X", "", "?")),
        ("2026-01-26T08:15:00", ("", "X", "?")),
        ("2026-01-26T08:30:00", ("X", "X", "?")),
    ]


def test_names_that_occur_twice_get_their_key() -> None:
    columns = [column("Amt", key="a"), column("Büro", key="b"), column("Amt", key="c")]
    assert headings_of(columns) == ("Amt (a)", "Büro", "Amt (c)")


def test_days_in_short() -> None:
    columns = [
        column("A", "2026-01-26T08:00", "2026-02-02T09:00"),
        column("B", "2026-01-26T07:00", "2026-01-26T10:30"),
    ]
    assert free_days(columns) == [
        FreeDay(MONDAY, "A", 1, slot("2026-01-26T08:00"), slot("2026-01-26T08:00")),
        FreeDay(MONDAY, "B", 2, slot("2026-01-26T07:00"), slot("2026-01-26T10:30")),
        FreeDay(DAYS[2], "A", 1, slot("2026-02-02T09:00"), slot("2026-02-02T09:00")),
    ]


def test_a_view_makes_a_column() -> None:
    view = View(
        Calendar("a", "A"),
        Outcome.OK,
        Covered.from_days(DAYS),
        (slot("2026-01-26T08:00"),),
    )
    assert DayColumn.of(view) == column("A", "2026-01-26T08:00", key="a")


_slots = st.sets(
    st.builds(
        lambda day, minute: Slot(
            slot_from_local(datetime.combine(day, datetime.min.time())) + minute
        ),
        st.sampled_from(DAYS),
        st.integers(0, 1439),
    ),
    max_size=20,
).map(lambda found: tuple(sorted(found)))


@given(st.lists(_slots, max_size=4))
def test_the_tables_of_all_days_hold_exactly_the_free_slots(offers: list[tuple[Slot, ...]]) -> None:
    columns = [
        DayColumn(Calendar(f"k{i}", f"K{i}"), slots, Covered.from_days(DAYS))
        for i, slots in enumerate(offers)
    ]
    found: list[set[Slot]] = [set() for _ in columns]
    for day in {free.day for free in free_days(columns)}:
        for at, marks in day_table(columns, day).rows:
            assert day_of_slot(at) == day
            assert "X" in marks
            for slots, mark in zip(found, marks, strict=True):
                slots.update({at} if mark == "X" else ())
    assert found == [set(slots) for slots in offers]
    assert sum(free.free for free in free_days(columns)) == sum(len(slots) for slots in offers)
