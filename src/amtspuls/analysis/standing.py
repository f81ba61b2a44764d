"""How many spans stand open at many moments at once: the ground of stock and wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.coverage import CoveredTime
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.once import once
from amtspuls.analysis.ordering import order_by
from amtspuls.analysis.shown import closings_of, shown_of

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


class Standing(NamedTuple):
    """Spans of a portal that are open at some covered moment; all arrays have shape (n,).

    Attributes:
        spans: Indexes of the spans, ascending.
        first: Index of the first covered time at whose begin it is open.
        after: Index of the first of the same calendar at which it is no longer open, or of the next calendar.
    """

    spans: Ints
    first: Ints
    after: Ints


@once
def find_standing(one: Watched) -> Standing:
    """Say from which to which moment of ``shown_of`` the spans of a portal are open; worked out once."""
    spans = one.evidence.spans
    ends_s = np.minimum(closings_of(one), one.evidence.span_start_s)
    return place_spans(shown_of(one), spans.calendar, spans.opened_at, ends_s)


def place_spans(covered: CoveredTime, calendar: Ints, opened_at: Ints, ends_s: Ints) -> Standing:
    """As ``find_standing``.

    Args:
        covered: Ascending by (calendar, time), each calendar in one piece; ``from_s`` are the moments.
        calendar: Calendars of the spans, ascending.
        opened_at: Instants from which they are open.
        ends_s: Instants from which they are no longer open.
    """
    first, after = np.zeros((2, len(calendar)), np.int64)
    for begin, end in stretches(covered.calendar):
        number = covered.calendar[begin]
        low, high = np.searchsorted(calendar, [number, number + 1]).tolist()
        at = covered.from_s[begin:end]
        first[low:high] = begin + np.searchsorted(at, opened_at[low:high])
        after[low:high] = begin + np.searchsorted(at, ends_s[low:high])
    spans = np.flatnonzero(after > first)
    return Standing(spans, first[spans], after[spans])


def blocks_of(covered: CoveredTime, standing: Standing) -> Iterator[Block]:
    """Cut the covered moments of a portal into blocks, each with its spans.

    Args:
        covered: Ascending by (calendar, time), each calendar in one piece.
        standing: The spans that are open then.
    """
    # In the order in which they open, so that each block looks only at those still open and the new ones.
    order = order_by(standing.first)
    first, after = standing.first[order], standing.after[order]
    for begin, end in stretches(covered.calendar):
        open_still = order[:0]
        for start in range(begin, end, _BLOCK):
            stop = min(end, start + _BLOCK)
            low, high = np.searchsorted(first, [start, stop]).tolist()
            near = np.concatenate((open_still[after[open_still] > start], np.arange(low, high)))
            open_still = near
            yield Block(
                np.arange(start, stop),
                standing.spans[order[near]],
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
