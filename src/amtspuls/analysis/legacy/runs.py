"""Runs: a slot that is free in rows ``begin`` to ``end`` (not included) of a table. Cut, joined, counted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

NEVER = np.iinfo(np.int64).max
"""Lowest slot of a row in which nothing is free."""


class Runs(NamedTuple):
    """Runs of many locations; all arrays have shape (k,).

    ``location`` is the number of the location, whose rows follow one another; ``begin < end`` are row
    numbers of the whole table.
    """

    location: Ints
    slot: Ints
    begin: Ints
    end: Ints

    def take(self, which: NDArray[np.bool_] | Ints) -> Runs:
        """Some of them."""
        return Runs(*(part[which] for part in self))


def cut(runs: Runs, rows: Ints) -> Runs:
    """Cut runs before each of some rows (ascending): no run of the result reaches over such a place."""
    first = np.searchsorted(rows, runs.begin, side="right")
    inside = np.searchsorted(rows, runs.end, side="left") - first
    if not inside.any():
        return runs
    which = np.repeat(np.arange(len(inside)), inside + 1)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(inside + 1) - inside - 1, inside + 1)
    edges = np.append(rows, NEVER)
    pieces = runs.take(which)
    at = first[which] + nth
    begin = np.where(nth == 0, pieces.begin, edges[at - 1])
    end = np.where(nth == inside[which], pieces.end, edges[at])
    return pieces._replace(begin=begin, end=end)


def join(runs: Runs) -> Runs:
    """Sort by (location, slot, begin) and join runs of one slot that touch."""
    runs = runs.take(np.lexsort((runs.begin, runs.slot, runs.location)))
    apart = np.ones(len(runs.slot), dtype=np.bool_)
    apart[1:] = ~same_slot(runs) | (runs.begin[1:] != runs.end[:-1])
    if apart.all():
        return runs
    last = np.append(np.flatnonzero(apart)[1:] - 1, len(apart) - 1)
    return runs.take(apart)._replace(end=runs.end[last])


def same_slot(runs: Runs) -> NDArray[np.bool_]:
    """For each run but the first whether the one before is of the same location and slot; sorted ones."""
    same: NDArray[np.bool_] = (runs.slot[1:] == runs.slot[:-1]) & (
        runs.location[1:] == runs.location[:-1]
    )
    return same


def count_open(begin: Ints, end: Ints, rows: int) -> Ints:
    """How many runs are open in each of some rows."""
    change = np.bincount(begin, minlength=rows + 1) - np.bincount(end, minlength=rows + 1)
    return np.cumsum(change[:rows])


def lowest_open(runs: Runs, values: Ints, rows: int) -> Ints:
    """The lowest value of the runs that are open in each row; ``NEVER`` where none is.

    A run of length n is two overlapping blocks whose length is a power of two; blocks are handed down
    from the longest to single rows, so the cost is rows x log(rows), not cells.
    """
    size = np.frexp((runs.end - runs.begin).astype(np.float64))[1].astype(np.int64) - 1
    levels = int(size.max(initial=0)) + 1
    lowest = np.full((levels, rows), NEVER, dtype=np.int64)
    flat = lowest.reshape(-1)
    for start in (runs.begin, runs.end - (1 << size)):
        np.minimum.at(flat, size * rows + start, values)
    for level in range(levels - 1, 0, -1):
        half = 1 << (level - 1)
        below = lowest[level - 1]
        np.minimum(below, lowest[level], out=below)
        np.minimum(below[half:], lowest[level][: rows - half], out=below[half:])
    found: Ints = lowest[0]
    return found
