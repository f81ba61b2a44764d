"""Wall time of whole columns at once: offsets of a zone, local cells of a range, starts of slots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

HOUR_S = 3600
DAY_S = 86_400
_FEW_CHANGES = 4
CELL_S = 900
"""Every zone in use today differs from UTC by whole quarters of an hour."""

_THURSDAY = 3
"""Weekday of 1970-01-01, Monday being 0."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Ints = NDArray[np.int64]


class TimeRange(NamedTuple):
    """Half-open range of instants, whole Unix seconds UTC."""

    from_s: int
    until_s: int

    @property
    def seconds(self) -> int:
        """Length in seconds."""
        return self.until_s - self.from_s


@dataclass(frozen=True, eq=False)
class Offsets:
    """Offsets of one zone over a stretch of time.

    ``offsets_s[0]`` holds before ``changes_s[0]``, ``offsets_s[k]`` from ``changes_s[k - 1]`` on.
    """

    changes_s: Ints
    offsets_s: Ints

    def to_local(self, instants_s: Ints) -> Ints:
        """Local seconds (seconds after 1970-01-01 00:00 of wall time) of instants."""
        return instants_s + self._step_at(self.changes_s, instants_s)

    def start_of_slots(self, slots: Ints) -> Ints:
        """Instants from which slots have certainly begun, as ``model.utc_from_slot`` says."""
        local_s = slots * 60
        first_local_s = self.changes_s + np.minimum(self.offsets_s[:-1], self.offsets_s[1:])
        return local_s - self._step_at(first_local_s, local_s)

    def _step_at(self, begins_s: Ints, seconds: Ints) -> Ints | np.int64:
        """Offset at each of some times, or of them all, for changes at the given ones."""
        if not seconds.size:
            return seconds
        first, last = begins_s.searchsorted((seconds.min(), seconds.max()), "right").tolist()
        if first == last:
            offset_s: np.int64 = self.offsets_s[first]
            return offset_s
        if last - first > _FEW_CHANGES:
            return self.offsets_s[np.searchsorted(begins_s, seconds, "right")]
        # Most columns lie within a year: comparing all of it with two changes is quicker than a search for each.
        found = np.full(seconds.shape, self.offsets_s[first])
        for place in range(first, last):
            found[seconds >= begins_s[place]] = self.offsets_s[place + 1]
        return found


@lru_cache(maxsize=64)
def _offsets_between(zone: ZoneInfo, first_day: int, last_day: int) -> Offsets:
    def offset_s(instant_s: int) -> int:
        there = (_EPOCH + timedelta(seconds=instant_s)).astimezone(zone)
        return int((there.utcoffset() or timedelta(0)).total_seconds())

    changes: list[int] = []
    offsets = [offset_s(first_day * DAY_S)]
    for day in range(first_day, last_day):
        low, high = day * DAY_S, (day + 1) * DAY_S
        after = offset_s(high)
        if after == offsets[-1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_s(middle) == offsets[-1] else (low, middle)
        changes.append(high)
        offsets.append(after)
    return Offsets(np.array(changes, np.int64), np.array(offsets, np.int64))


def offsets_of(zone: ZoneInfo, stretch: TimeRange) -> Offsets:
    """Offsets of a zone, right for every instant and every wall time of the stretch."""
    return _offsets_between(zone, stretch.from_s // DAY_S - 2, stretch.until_s // DAY_S + 3)


def hour_of(local_s: Ints) -> Ints:
    """Hour of day, 0 to 23, of local seconds."""
    return local_s // HOUR_S % 24


def weekday_of(local_s: Ints) -> Ints:
    """Weekday, Monday 0 to Sunday 6, of local seconds."""
    return (local_s // DAY_S + _THURSDAY) % 7


def day_of(local_s: Ints) -> Ints:
    """Local days after 1970-01-01 of local seconds."""
    return local_s // DAY_S


def week_of(local_s: Ints) -> Ints:
    """Number of the ISO week of local seconds; the one with 1970-01-01 in it is 0."""
    return (local_s // DAY_S + _THURSDAY) // 7


def monday_of(week: int) -> int:
    """Day after 1970-01-01 of the Monday of such a week."""
    return 7 * week - _THURSDAY


class Cells(NamedTuple):
    """A range cut into pieces that each lie in one local quarter of an hour.

    ``edges_s`` has one element more than ``local_s``, the local seconds of each piece's start.
    """

    edges_s: Ints
    local_s: Ints


def local_cells(stretch: TimeRange, zone: ZoneInfo) -> Cells:
    """Cut a range so that hours, weekdays and days of wall time are unions of cells.

    A local day then has 23, 24 or 25 hours of cells, as the clocks had it.
    """
    first = (stretch.from_s // CELL_S + 1) * CELL_S
    inner = np.arange(first, stretch.until_s, CELL_S, dtype=np.int64)
    edges_s = np.concatenate(([stretch.from_s], inner, [stretch.until_s])).astype(np.int64)
    return Cells(edges_s, offsets_of(zone, stretch).to_local(edges_s[:-1]))
