"""The predecessor's rule in closed form: what one portal's rows count as, without walking cells.

The predecessor kept two sets of slots per location, those free and those taken, and changed them while it
walked the cells of a row. What it counted follows from the runs alone:

* a slot that vanishes is an *appointment* unless it was the first or the last of the set at that moment,
  where the set holds the new row up to the slot and the old row from it on. It counts if something lies
  before *and* behind it, and, since the predecessor compared the only member of a set of one with its own
  letters, also if neither does;
* a slot that comes back is a *cancellation*, wherever it lies;
* both only if the row is at most one quarter hour after the location's row before.

Full definition, with the errors in it: docs/reference/legacy-metrics.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.legacy.rows import LegacyRows
from amtspuls.analysis.legacy.runs import (
    NEVER,
    Ints,
    Runs,
    count_open,
    cut,
    join,
    lowest_open,
    same_slot,
)
from amtspuls.analysis.legacy.stash import Stash, buckets_of, location_names
from amtspuls.analysis.legacy.timespans import (
    BASE_METRICS,
    STEPS,
    TIMESPANS,
    UNITS,
    spans_between,
    unit_number,
)

Bools = NDArray[np.bool_]

COUNTED = (
    *BASE_METRICS,
    *(f"{name}_{span}" for name in ("free_dates", "appointments") for span in TIMESPANS),
)
"""Metrics that are calculated; the predecessor's cancellations_* are copies of its appointments_*."""

_BREAK_MIN = 16
"""A row counts if it is less than this after the one before; earlier ones (clock set back) count too."""


class _Carried(NamedTuple):
    """What a stash says of the locations of one portal; shapes (locations,), the pairs (k,).

    Attributes:
        known: Whether it knows the location at all.
        bucket: Quarter hour of the last row before the week.
        lowest: Lowest slot of the carried set that is no column any more; ``NEVER`` where none is.
        highest: The highest one; ``-NEVER`` where none is.
        free: (location, slot) of carried free slots that are columns.
        taken: (location, slot) of carried taken slots.
    """

    known: Bools
    bucket: Ints
    lowest: Ints
    highest: Ints
    free: tuple[Ints, Ints]
    taken: tuple[Ints, Ints]


@dataclass(frozen=True, slots=True)
class _Course:
    """The rows of a portal, with one before those of each location that shows what is carried.

    Attributes:
        first: That row's number, for each location; shape (locations,).
        end: Row after the last one of each location.
        bucket: Each row's quarter hour.
        own: Which rows are really there.
        counts: Whether appointments and cancellations of a row count.
        runs: Runs over these rows.
        returns: Whether each run's slot was free before.
        carried: What is carried into the week.
    """

    first: Ints
    end: Ints
    bucket: Ints
    own: Bools
    counts: Bools
    runs: Runs
    returns: Bools
    carried: _Carried

    @property
    def rows(self) -> int:
        """Number of rows, those before each location included."""
        return len(self.own)

    @property
    def closing(self) -> Runs:
        """Runs that end before their location's last row does."""
        return self.runs.take(self.runs.end < self.end[self.runs.location])


def judge(rows: LegacyRows, stash: Stash) -> NDArray[np.int32]:
    """Count what the predecessor counted.

    Args:
        rows: One portal's week.
        stash: What is carried into it.

    Returns:
        One line per metric of ``COUNTED``, one column per row.
    """
    course = _lay_out(rows, _carry(rows, stash))
    values = {"changed": _changed(course), "cancellations": _cancellations(course)}
    values |= _free(course) | _appointments(course)
    return np.stack([values[name][course.own] for name in COUNTED]).astype(np.int32)


def _carry(rows: LegacyRows, stash: Stash) -> _Carried:
    count = len(rows.locations)
    carried = _Carried(
        known=np.zeros(count, dtype=np.bool_),
        bucket=np.zeros(count, dtype=np.int64),
        lowest=np.full(count, NEVER),
        highest=np.full(count, -NEVER),
        free=_pairs([]),
        taken=_pairs([]),
    )
    free, taken = [], []
    for number, name in enumerate(location_names(rows)):
        known = stash.locations.get(name)
        if known is None:
            continue
        carried.known[number], carried.bucket[number] = True, known.bucket
        stale = np.setdiff1d(known.free, rows.columns)
        carried.lowest[number] = stale.min(initial=NEVER)
        carried.highest[number] = stale.max(initial=-NEVER)
        free.append((number, np.intersect1d(known.free, rows.columns)))
        taken.append((number, known.taken))
    return carried._replace(free=_pairs(free), taken=_pairs(taken))


def _pairs(parts: Sequence[tuple[int, Ints]]) -> tuple[Ints, Ints]:
    """Numbers and slots, one beside the other."""
    numbers = np.repeat([number for number, _ in parts], [len(slots) for _, slots in parts])
    slots = np.concatenate([np.empty(0, dtype=np.int64), *(slots for _, slots in parts)])
    return numbers.astype(np.int64), slots


def _lay_out(rows: LegacyRows, carried: _Carried) -> _Course:
    first = rows.starts + np.arange(len(rows.locations))
    end = rows.ends + np.arange(1, len(rows.locations) + 1)
    own = np.ones(len(rows.location) + len(first), dtype=np.bool_)
    own[first] = False
    bucket = np.empty(len(own), dtype=np.int64)
    bucket[own] = buckets_of(rows.local_s)
    bucket[first] = np.where(carried.known, carried.bucket, bucket[first + 1])
    counts = np.diff(bucket, prepend=bucket[:1]) < _BREAK_MIN
    counts[first + 1] &= carried.known
    shift = rows.runs.location + 1
    runs = rows.runs._replace(begin=rows.runs.begin + shift, end=rows.runs.end + shift)
    where, slots = carried.free
    if len(where):
        before = Runs(where, slots, first[where], first[where] + 1)
        runs = join(Runs(*map(np.concatenate, zip(runs, before, strict=True))))
    returns = np.zeros(len(runs.slot), dtype=np.bool_)
    returns[1:] = same_slot(runs)
    if len(carried.taken[0]):
        returns |= np.isin(_key(runs.location, runs.slot), _key(*carried.taken))
    return _Course(first, end, bucket, own, counts, runs, returns, carried)


def _key(location: Ints, slot: Ints) -> Ints:
    """One number for a location and a slot."""
    return (location << 40) | slot


def _changed(course: _Course) -> Ints:
    """1 where a row differs from the location's row before in this week, however long ago."""
    changed = np.zeros(course.rows, dtype=np.int64)
    changed[course.runs.begin] = 1
    changed[course.closing.end] = 1
    changed[course.first + 1] = 0
    return changed


def _cancellations(course: _Course) -> Ints:
    begin = course.runs.begin[course.returns]
    return np.bincount(begin[course.counts[begin]], minlength=course.rows)


def _appointments(course: _Course) -> dict[str, Ints]:
    runs, rows = course.runs, course.rows
    lowest = lowest_open(runs, runs.slot, rows)
    highest = -lowest_open(runs, -runs.slot, rows)
    gone = course.closing
    gone = gone.take(course.counts[gone.end])
    carried = course.carried
    before = np.minimum(lowest[gone.end], carried.lowest[gone.location]) < gone.slot
    behind = np.maximum(highest[gone.end - 1], carried.highest[gone.location]) > gone.slot
    counted = gone.take(before == behind)
    values = {"appointments": np.bincount(counted.end, minlength=rows)}
    return values | _by_timespan(counted, course)


def _by_timespan(counted: Runs, course: _Course) -> dict[str, Ints]:
    """Per timespan only what lies in the timespans of the row's last counted slot: the rest was dropped."""
    counted = counted.take(np.lexsort((counted.slot, counted.end)))
    last = np.ones(len(counted.end), dtype=np.bool_)
    last[:-1] = counted.end[1:] != counted.end[:-1]
    values = {}
    for span, inside in spans_between(counted.slot, course.bucket[counted.end]):
        sums = np.bincount(counted.end[inside], minlength=course.rows)
        shown = np.zeros(course.rows, dtype=np.bool_)
        shown[counted.end[inside & last]] = True
        values[f"appointments_{span}"] = np.where(shown, sums, 0)
    return values


def _free(course: _Course) -> dict[str, Ints]:
    """Free cells of each row, and those in each timespan of its quarter hour."""
    values = {"free_dates": count_open(course.runs.begin, course.runs.end, course.rows)}
    starts = np.zeros(course.rows, dtype=np.bool_)
    starts[course.first] = True
    starts[1:] |= course.bucket[1:] < course.bucket[:-1]
    # Where a clock is set back the runs are cut, so that the buckets of each piece ascend.
    stretch = np.cumsum(starts) - 1
    runs = cut(course.runs, np.flatnonzero(starts))
    for unit in UNITS:
        values |= _free_in(unit, runs, stretch, course)
    return values


def _free_in(unit: str, runs: Runs, stretch: Ints, course: _Course) -> dict[str, Ints]:
    """Cut each run to the rows from which its slot is 0, 1, ... units ahead, and count what is left."""
    numbers = unit_number(course.bucket, unit)
    origin = numbers.min(initial=NEVER)
    numbers -= origin
    width = int(numbers.max(initial=0)) + 1
    edges = np.searchsorted(
        stretch * width + numbers, np.arange((stretch.max(initial=0) + 1) * width + 1)
    )
    target = unit_number(runs.slot, unit) - origin
    offset = stretch[runs.begin] * width
    values = {}
    for step in STEPS:
        from_row, until_row = (
            edges[offset + np.clip(target - step + more, 0, width)] for more in (0, 1)
        )
        begin, end = np.maximum(runs.begin, from_row), np.minimum(runs.end, until_row)
        some = begin < end
        values[f"free_dates_{step}{unit}"] = count_open(begin[some], end[some], course.rows)
    return values
