"""How many spans stand open at many moments at once: the ground of stock and wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.coverage import CoveredTime
from amtspuls.analysis.localtime import Ints

_BLOCK = 1024
"""Moments that are worked on together, ten days of quarters of an hour: spans of a year make large tables."""


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
    for begin, end in stretches(covered.calendar):
        number = covered.calendar[begin]
        low, high = np.searchsorted(calendar, [number, number + 1]).tolist()
        at = covered.from_s[begin:end]
        first = np.searchsorted(at, opened_at[low:high])
        after = np.searchsorted(at, ends_s[low:high])
        # In the order in which they open, so that each block looks only at those still open and the new ones.
        coming = np.flatnonzero(after > first)
        coming = coming[np.argsort(first[coming], kind="stable")]
        starts = np.arange(0, end - begin, _BLOCK)
        places = np.searchsorted(first[coming], starts + _BLOCK)
        open_still, known = coming[:0], 0
        for start, place in zip(starts.tolist(), places.tolist(), strict=True):
            stop = min(end - begin, start + _BLOCK)
            near = np.concatenate((open_still[after[open_still] > start], coming[known:place]))
            open_still, known = near, place
            yield Block(
                np.arange(begin + start, begin + stop),
                low + near,
                np.maximum(first[near] - start, 0),
                np.minimum(after[near], stop) - start,
            )


def stretches(calendar: Ints) -> Iterator[tuple[int, int]]:
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
