"""Words and small helpers that the pages of all replica portals need."""

from __future__ import annotations

import html
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from amtspuls.errors import ConfigError
from amtspuls.model import Slot, day_of_slot, local_from_slot, slot_from_local
from amtspuls.replica.availability import ReplicaPortal

MONTHS_DE = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
WEEKDAYS_DE = (
    "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag",
)  # fmt: skip

USUAL_HORIZON_DAYS = 63
"""Calendars reach at least the month of this day after today."""

Month = tuple[int, int]
"""Year and month; compares as time does."""


def month_of(day: date) -> Month:
    """Return year and month of a day."""
    return day.year, day.month


def month_after(month: Month, count: int = 1) -> Month:
    """Return the month ``count`` months later (earlier when negative)."""
    number = month[0] * 12 + month[1] - 1 + count
    return number // 12, number % 12 + 1


def months_between(first: Month, last: Month) -> Iterator[Month]:
    """Yield the months from first to last, both included."""
    while first <= last:
        yield first
        first = month_after(first)


def month_name_de(month: Month) -> str:
    """Return a month as pages write it, e.g. ``Juni 2021``."""
    return f"{MONTHS_DE[month[1] - 1]} {month[0]}"


def days_with_slots(slots: Sequence[Slot]) -> list[date]:
    """Return the days of ascending slots, ascending, each once."""
    days: list[date] = []
    position = 0
    while position < len(slots):
        day = day_of_slot(slots[position])
        days.append(day)
        position = bisect_left(slots, _midnight_after(day), position)
    return days


def times_on(slots: Sequence[Slot], day: date) -> list[str]:
    """Return the times (``HH:MM``) of ascending slots on one day."""
    first = bisect_left(slots, slot_from_local(datetime(day.year, day.month, day.day)))
    last = bisect_left(slots, _midnight_after(day), first)
    return [f"{local_from_slot(slot):%H:%M}" for slot in slots[first:last]]


def _midnight_after(day: date) -> Slot:
    return slot_from_local(datetime(day.year, day.month, day.day) + timedelta(days=1))


def last_month_shown(today: date, days: Sequence[date], months_ahead: int | None = None) -> Month:
    """Return the last month a calendar reaches.

    Args:
        today: Local day.
        days: Days with free slots, ascending; the last one is always reached.
        months_ahead: Months after the current one; None means 63 days from today.
    """
    usual = (
        month_of(today + timedelta(days=USUAL_HORIZON_DAYS))
        if months_ahead is None
        else month_after(month_of(today), months_ahead)
    )
    return max(usual, month_of(days[-1])) if days else usual


def escape(text: str) -> str:
    """Escape text for use between tags and inside double-quoted attributes."""
    return html.escape(text).replace("\xa0", "&nbsp;")


def plain_query(parameters: Iterable[tuple[str, str]]) -> str:
    """Join parameters as the portals do: nothing is percent-encoded."""
    return "&".join(f"{name}={value}" for name, value in parameters)


def check_variant(portal: ReplicaPortal, known: Mapping[str, Sequence[Any] | None]) -> None:
    """Refuse variant switches that nobody reads.

    Args:
        portal: The portal with its ``variant``.
        known: Switches and the values they may have; None where any value is fine.

    Raises:
        ConfigError: A switch or a value is unknown; the message names the known ones.
    """
    for name, value in portal.variant.items():
        if name not in known:
            raise ConfigError(
                f"replica portal {portal.id}: unknown variant {name!r}; known: {', '.join(known)}"
            )
        values = known[name]
        if values is not None and value not in values:
            raise ConfigError(
                f"replica portal {portal.id}: variant {name} cannot be {value!r}; "
                f"it is one of {', '.join(map(repr, values))}"
            )


def rows_of(cells: Sequence[str], width: int) -> str:
    """Lay table cells out in rows of ``width``."""
    rows = (cells[start : start + width] for start in range(0, len(cells), width))
    return "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows)
