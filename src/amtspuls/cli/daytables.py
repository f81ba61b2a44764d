"""How day tables are printed: what was free at a moment, one day at a time or all days in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amtspuls.cli.output import Format, print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amtspuls.analysis.base import Row
    from amtspuls.analysis.daytable import DayColumn, DayTable
    from amtspuls.archive.base import CalendarState
    from amtspuls.model import View


def print_day_tables(seen: Sequence[CalendarState | View], form: Format = Format.TABLE) -> None:
    """Print one table for every day on which something is free."""
    from amtspuls.analysis.daytable import DayColumn, day_table, free_days

    columns = [DayColumn.of(one) for one in seen]
    for day in sorted({free.day for free in free_days(columns)}):
        print_day_table(day_table(columns, day), form)


def print_day_table(table: DayTable, form: Format, origin: Row | None = None) -> None:
    """Print one day: local slot times, one column per calendar; ``origin`` goes into every row of CSV and JSON."""
    from amtspuls.model import local_from_slot

    # Columns are named by position: two headings may look alike, and one may be called "slot".
    keys = ["slot", *(f"calendar {number}" for number in range(len(table.headings)))]
    titles = dict(zip(keys, ["", *table.headings], strict=True))
    names = keys
    more: Row = {}
    if form in (Format.CSV, Format.JSON):
        names, more = ["slot", *table.headings], origin or {}
    rows = [
        {**more, **dict(zip(names, [local_from_slot(slot).isoformat(), *marks], strict=True))}
        for slot, marks in table.rows
    ]
    print_rows(rows, [*names, *more], form, titles=titles)


def print_free_days(columns: Sequence[DayColumn], form: Format, origin: Row) -> None:
    """Print all days with free slots in short: how many, from when until when; ``origin`` as above."""
    from amtspuls.analysis.daytable import free_days
    from amtspuls.model import local_from_slot

    more = origin if form in (Format.CSV, Format.JSON) else {}
    rows = [
        {
            "day": free.day.isoformat(),
            "calendar": free.heading,
            "free": free.free,
            "first": f"{local_from_slot(free.first):%H:%M}",
            "last": f"{local_from_slot(free.last):%H:%M}",
            **more,
        }
        for free in free_days(columns)
    ]
    print_rows(
        rows,
        ["day", "calendar", "free", "first", "last", *more],
        form,
        titles={"free": "free slots", "first": "from", "last": "until"},
    )
