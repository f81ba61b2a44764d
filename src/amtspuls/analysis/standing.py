"""How many spans stand open at many moments at once: the ground of stock and wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.coverage import CoveredTime
from amtspuls.analysis.localtime import Ints

_BLOCK = 2048
"""Moments that are worked on together: three weeks of quarters of an hour; tables of a year would be large."""


class Block(NamedTuple):
    """Some moments of one calendar with the spans that are open at any of them.

    Attributes:
        moments: Indexes of covered times, ascending in time; shape (m,).
        spans: Indexes of spans; shape (n,).
        first: For each span, the place among the moments of the first at which it is open; shape (n,).
        after: The place of the first at which it is no longer open; greater than ``first``.
    """

    moments: Ints
    spans: Ints
    first: Ints
    after: Ints


def blocks_of(
    covered: CoveredTime, calendar: Ints, opened_at: Ints, ends_s: Ints
) -> Iterator[Block]:
    """Cut the covered moments of a portal into blocks, each with its spans.

    Args:
        covered: Ascending by (calendar, time), each calendar in one piece; ``from_s`` are the moments.
        calendar: Calendars of the spans, ascending.
        opened_at: Instants from which they are open.
        ends_s: Instants from which they are no longer open.
    """
    for begin, end in _stretches(covered.calendar):
        number = covered.calendar[begin]
        low, high = np.searchsorted(calendar, [number, number + 1]).tolist()
        for start in range(begin, end, _BLOCK):
            moments = np.arange(start, min(end, start + _BLOCK))
            at = covered.from_s[moments]
            first = np.searchsorted(at, opened_at[low:high])
            after = np.searchsorted(at, ends_s[low:high])
            near = np.flatnonzero(after > first)
            yield Block(moments, low + near, first[near], after[near])


def _stretches(calendar: Ints) -> Iterator[tuple[int, int]]:
    """First and end of each run of equal numbers."""
    edges = np.flatnonzero(np.diff(calendar)) + 1
    ends = [*edges.tolist(), len(calendar)] if len(calendar) else []
    yield from zip([0, *ends[:-1]], ends, strict=False)


def count_standing(block: Block, column: Ints, width: int) -> NDArray[np.int64]:
    """Count the spans that are open at each moment, apart for each column that they belong to.

    Args:
        block: Moments and spans.
        column: Column of each span, from 0; shape (n,).
        width: Number of columns.

    Returns:
        Counts of shape (m, width).
    """
    size = (len(block.moments) + 1) * width
    change = np.bincount(block.first * width + column, minlength=size)
    change -= np.bincount(block.after * width + column, minlength=size)
    table = change.reshape(len(block.moments) + 1, width)[:-1]
    return np.cumsum(table, axis=0, out=table)
