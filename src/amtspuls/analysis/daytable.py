"""Day tables in the seed's form: slot time x calendar, ``X`` where free, ``?`` where it is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from amtspuls.archive.base import CalendarState
from amtspuls.model import Calendar, Covered, Slot, View, day_of_slot

FREE = "X"
UNKNOWN = "?"
TAKEN = ""


@dataclass(frozen=True, slots=True)
class DayColumn:
    """What a day table needs of one calendar, from a view, a state, or a test.

    Attributes:
        calendar: Which one; its name is the heading.
        slots: Free slots of any days, ascending.
        covered: Days that are known; all slots of other days are unknown.
    """

    calendar: Calendar
    slots: Sequence[Slot]
    covered: Covered

    @classmethod
    def of(cls, seen: CalendarState | View) -> DayColumn:
        """Make a column of what the archive rebuilt, or of what a snapshot has just shown."""
        return cls(seen.calendar, seen.slots, seen.covered)


@dataclass(frozen=True, slots=True)
class DayTable:
    """One day of one portal.

    Attributes:
        day: Local day.
        headings: One per calendar, each different from the others.
        rows: Slot and its marks, one per calendar; only slots that are free somewhere, ascending.
    """

    day: date
    headings: tuple[str, ...]
    rows: tuple[tuple[Slot, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class FreeDay:
    """The free slots of one calendar on one day.

    Attributes:
        day: Local day.
        heading: The calendar.
        free: How many, at least one.
        first: The earliest.
        last: The latest.
    """

    day: date
    heading: str
    free: int
    first: Slot
    last: Slot


def day_table(columns: Sequence[DayColumn], day: date) -> DayTable:
    """Arrange one day; calendars keep their order, and a day not covered is unknown all through."""
    free = [{slot for slot in column.slots if day_of_slot(slot) == day} for column in columns]
    absent = [TAKEN if day in column.covered else UNKNOWN for column in columns]
    return DayTable(
        day,
        headings_of(columns),
        tuple(
            (
                slot,
                tuple(
                    FREE if slot in slots else other
                    for slots, other in zip(free, absent, strict=True)
                ),
            )
            for slot in sorted(set[Slot]().union(*free))
        ),
    )


def free_days(columns: Sequence[DayColumn]) -> list[FreeDay]:
    """List the days with free slots, by day, then in the order of the calendars."""
    found = []
    for heading, column in zip(headings_of(columns), columns, strict=True):
        for day, slots in groupby(column.slots, key=day_of_slot):
            of_day = list(slots)
            found.append(FreeDay(day, heading, len(of_day), of_day[0], of_day[-1]))
    return sorted(found, key=lambda free: free.day)


def headings_of(columns: Iterable[DayColumn]) -> tuple[str, ...]:
    """Name the calendars; names that occur twice get the calendar's key behind them."""
    calendars = [column.calendar for column in columns]
    names = Counter(calendar.name for calendar in calendars)
    return tuple(
        calendar.name if names[calendar.name] == 1 else f"{calendar.name} ({calendar.key})"
        for calendar in calendars
    )
