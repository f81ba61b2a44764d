"""The predecessor's metrics of one week: tables of quarter hours and locations, and the summary rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.legacy.rows import LegacyRows, read_rows
from amtspuls.analysis.legacy.rule import COUNTED, judge
from amtspuls.analysis.legacy.runs import Ints
from amtspuls.analysis.legacy.stash import Stash, buckets_of, location_names
from amtspuls.analysis.legacy.summary import SummaryRow
from amtspuls.analysis.legacy.timespans import unit_number
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ArchiveError
from amtspuls.model import slot_from_local

DATE_FORM = "%Y-%m-%d %H:%M:%S"
"""How all files of the predecessor write moments."""

_EPOCH = datetime(1970, 1, 1)

FRESH = Stash()


@dataclass(frozen=True, slots=True)
class LegacyTables:
    """Metrics as tables.

    Attributes:
        buckets: Quarter hours in naive local minutes, in the order in which the files show them: that
            of their first row, so not always ascending.
        locations: ``portal/calendar key`` of the columns, in the order of the files.
        seen: Whether a location has a row in a quarter hour; shape (buckets, locations).
        values: Sums by metric, 0 where nothing was seen; all have that shape. The metrics of
            ``rule.COUNTED``.
    """

    buckets: Ints
    locations: tuple[str, ...]
    seen: NDArray[np.bool_]
    values: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class LegacyWeek:
    """All that the predecessor published of one week.

    Attributes:
        week: Which one.
        tables: Its metrics.
        summary: Its rows of the weekly summary, by portal.
        stash: What it leaves to the next week.
    """

    week: IsoWeek
    tables: LegacyTables
    summary: tuple[SummaryRow, ...]
    stash: Stash


def calculate_week(
    week: IsoWeek, portals: Iterable[SealedPortal], stash: Stash = FRESH
) -> LegacyWeek:
    """Calculate the predecessor's metrics of one sealed week.

    Args:
        week: Which one.
        portals: The portals of the sealed week, in any order.
        stash: What the week before left; the published weeks nearly all began with an empty one.

    Raises:
        ArchiveError: No calendar of the week was ever read whole, so that a bundle would be empty.
    """
    all_rows = [rows for rows in map(read_rows, portals) if len(rows.location)]
    all_rows.sort(key=lambda rows: f"{rows.portal_id}.csv")
    if not all_rows:
        raise ArchiveError(
            f"week {week}: no calendar was ever read whole, so there is nothing to count",
            week=str(week),
        )
    counted = [judge(rows, stash) for rows in all_rows]
    tables = _sum_up(all_rows, np.concatenate(counted, axis=1))
    summary = _summarise(week, all_rows, counted, tables)
    for rows in all_rows:
        stash = stash.after(rows)
    return LegacyWeek(week, tables, tuple(summary), stash)


def _sum_up(all_rows: list[LegacyRows], values: NDArray[np.int32]) -> LegacyTables:
    """Add up the rows of each location in each quarter hour, in the predecessor's order of both."""
    ahead = np.cumsum([0, *(len(rows.location) for rows in all_rows)])
    columns_ahead = np.cumsum([0, *(len(rows.locations) for rows in all_rows)])
    place, column, local_s = (
        np.concatenate(parts)
        for parts in zip(
            *(
                (rows.place + before, rows.location + columns_before, rows.local_s)
                for rows, before, columns_before in zip(
                    all_rows, ahead, columns_ahead, strict=False
                )
            ),
            strict=True,
        )
    )
    buckets, line = _in_order(buckets_of(local_s), place)
    # A column comes where a walk over the lines meets its location first.
    met = np.full(columns_ahead[-1], np.iinfo(np.int64).max)
    np.minimum.at(met, column, line * len(place) + place)
    order = np.argsort(met)
    moved = np.empty_like(order)
    moved[order] = np.arange(len(order))
    names = [name for rows in all_rows for name in location_names(rows)]
    shape = (len(buckets), len(names))
    cell = line * shape[1] + moved[column]
    size = shape[0] * shape[1]
    tables = {
        name: np.bincount(cell, weights=line_values, minlength=size).astype(np.int64).reshape(shape)
        for name, line_values in zip(COUNTED, values, strict=True)
    }
    return LegacyTables(
        buckets=buckets,
        locations=tuple(names[number] for number in order.tolist()),
        seen=np.bincount(cell, minlength=size).reshape(shape) > 0,
        values=MappingProxyType(tables),
    )


def _in_order(values: Ints, place: Ints) -> tuple[Ints, Ints]:
    """Distinct values by the place where they come first, and the number of each value among them."""
    distinct, number = np.unique(values, return_inverse=True)
    first = np.full(len(distinct), np.iinfo(np.int64).max)
    np.minimum.at(first, number, place)
    order = np.argsort(first)
    moved = np.empty_like(order)
    moved[order] = np.arange(len(order))
    return distinct[order], moved[number]


def _summarise(
    week: IsoWeek,
    all_rows: list[LegacyRows],
    counted: list[NDArray[np.int32]],
    tables: LegacyTables,
) -> Iterator[SummaryRow]:
    """Rows of the weekly summary; quarter hours of another ISO week do not count."""
    monday = np.array([slot_from_local(datetime.combine(week.start, time()))], dtype=np.int64)
    in_week = unit_number(tables.buckets, "w") == unit_number(monday, "w")
    quarters = {
        name: dict(zip(tables.locations, _quarters(tables.values[name][in_week]), strict=True))
        for name in ("appointments", "cancellations")
    }
    for rows, values in zip(all_rows, counted, strict=True):
        names = location_names(rows)
        yield SummaryRow(
            week=str(week),
            source_id=rows.portal_id,
            num_locations=len(rows.locations),
            num_snapshots=len(np.unique(rows.local_s)),
            num_changes=int(values[COUNTED.index("changed")].sum()),
            num_appointments=sum(quarters["appointments"][name] for name in names),
            num_cancellations=sum(quarters["cancellations"][name] for name in names),
            min_date=_date(rows.local_s.min()),
            max_date=_date(rows.local_s.max()),
        )


def _quarters(values: NDArray[np.int64]) -> list[int]:
    """In how many quarter hours each location has one at least."""
    found: list[int] = (values > 0).sum(axis=0).tolist()
    return found


def _date(local_s: np.int64) -> str:
    return f"{_EPOCH + timedelta(seconds=int(local_s)):{DATE_FORM}}"
