"""Filters of ``amtspuls.open``: globs, and ranges of time in each portal's zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.times import Limits, seconds_of, within
from amtspuls.archive.week import IsoWeek
from amtspuls.clock import parse_local_time
from amtspuls.errors import ConfigError

Globs = str | Sequence[str] | None
"""One glob or several; None means all."""
Time = str | datetime | None
"""An aware instant, or local time of the portal as text (``2026-01-26 08:15``; an offset decides)."""


@dataclass(frozen=True)
class Ranges:
    """Half-open ranges of Unix seconds, or everything."""

    bounds: Limits
    parts: tuple[tuple[int, int], ...] = ()

    def pick(self, table: pa.Table, begins: str, ends: str | None = None) -> pa.Table:
        """Rows with an instant, or an interval, inside one of the parts."""
        if not self.parts:
            return table
        first = _seconds(table.column(begins))
        last = first if ends is None else _seconds(table.column(ends))
        kept = np.zeros(table.num_rows, dtype=np.bool_)
        for from_s, until_s in self.parts:
            kept |= (first < until_s) & (last >= from_s)
        return table.filter(pa.array(kept))


def _seconds(column: pa.ChunkedArray) -> np.ndarray:
    filled = pc.fill_null(column.cast(pa.int64()), np.iinfo(np.int64).max)
    values: np.ndarray = filled.to_numpy()
    return values


def ranges_in(
    record: PortalRecord, from_at: Time, until_at: Time, weeks: Sequence[IsoWeek] | None
) -> Ranges:
    """What is asked of a portal, in its own zone; None for ``weeks`` means all.

    Raises:
        ConfigError: A time is none, or the first lies after the last.
    """
    limits = within(instant_in(record, from_at), instant_in(record, until_at))
    first = -(2**53) if limits[0] is None else limits[0]
    until = 2**53 if limits[1] is None else limits[1]
    zone = ZoneInfo(record.zone)
    if first > until:
        # One of them alone is never the later one.
        told = [datetime.fromtimestamp(at, zone).isoformat(" ") for at in (first, until)]
        raise ConfigError(f"from_at ({told[0]}) lies after until_at ({told[1]}): exchange the two")
    if weeks is None:
        everything = limits == (None, None)
        return Ranges(limits, () if everything else ((first, until),))
    parts = tuple(
        (max(first, seconds_of(start)), min(until, seconds_of(end)))
        for start, end in (week.bounds(zone) for week in sorted(weeks))
    )
    if not parts:
        return Ranges((0, 0), ((0, 0),))
    return Ranges((min(p[0] for p in parts), max(p[1] for p in parts)), parts)


def instant_in(record: PortalRecord, at: Time) -> datetime | None:
    """An instant, aware UTC; text and naive times are local to the portal.

    Raises:
        ConfigError: It is no time.
    """
    if at is None:
        return None
    if isinstance(at, str):
        return parse_local_time(at, ZoneInfo(record.zone))
    if at.tzinfo is None:
        return parse_local_time(at.isoformat(), ZoneInfo(record.zone))
    return at.astimezone(UTC)


def globs_of(globs: Globs) -> tuple[str, ...] | None:
    """Several globs, where one may have been given; None means all."""
    if globs is None:
        return None
    return (globs,) if isinstance(globs, str) else tuple(globs)


def matches(text: str, globs: tuple[str, ...] | None) -> bool:
    """Whether one of the globs matches."""
    return globs is None or any(fnmatchcase(text, glob) for glob in globs)


def pick_calendars(table: pa.Table, calendars: Globs, column: str = "calendar") -> pa.Table:
    """Rows of the calendars whose keys match."""
    globs = globs_of(calendars)
    if globs is None:
        return table
    keys = pc.unique(table.column(column).cast(pa.string())).to_pylist()
    wanted = pa.array([key for key in keys if matches(key, globs)], pa.string())
    return table.filter(pc.is_in(table.column(column).cast(pa.string()), wanted))
