"""A portal's week as the predecessor's data frame: one row per snapshot and calendar, one column per slot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.rows import columns_of, on_covered_days, rows_of
from amtspuls.archive.times import Ints
from amtspuls.model import Outcome, Slot, local_from_slot

INDEX = ("date", "location_id")
"""The first columns; the slots follow."""

_BLOCK = 32
"""Slots that are put in order at a time: as much as a processor has at hand."""

_BLOCK = 32
"""Slots that are put in order at a time: as much as a processor has at hand."""


class _Run(NamedTuple):
    """Views of one calendar that cover the same days, from ``first`` to ``last``, both included."""

    calendar: int
    first: int
    last: int
    covered: str


def wide_table(portal: SealedPortal, from_s: int, until_s: int, *, only_shown: bool) -> pa.Table:
    """Put together the frame of the snapshots with ``from_s <= taken_at < until_s``.

    Args:
        portal: The portal's week.
        from_s: Unix second.
        until_s: Unix second.
        only_shown: Leave out slots that are free in no row.

    Returns:
        ``date`` (naive local second), ``location_id`` (calendar key), then a column of booleans per slot,
        named like ``2026-01-26 08:15:00``; rows as in the bundle's file.
    """
    shots = portal.snapshots
    rows = rows_of(portal)
    taken_at = shots.taken_at[rows.ordinal]
    kept = np.flatnonzero((taken_at >= from_s) & (taken_at < until_s))
    ordinal, calendar = rows.ordinal[kept], rows.calendar[kept]
    columns = columns_of(portal)
    order = np.lexsort((ordinal, calendar))
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    cells = _cells(portal, ordinal[order], calendar[order], columns)
    if only_shown:
        shown = cells.any(axis=1)
        cells, columns = cells[shown], columns[shown]
    names = [f"{local_from_slot(Slot(slot)):%Y-%m-%d %H:%M}:00" for slot in columns.tolist()]
    date = (shots.taken_at + shots.utc_offset_s)[ordinal]
    keys = pa.array([one.key for one in portal.calendars], pa.string())
    return pa.Table.from_arrays(
        [
            pa.array(date, pa.timestamp("s")),
            pa.DictionaryArray.from_arrays(pa.array(calendar, pa.int32()), keys),
            *_as_booleans(cells, places),
        ],
        names=[*INDEX, *names],
    )


def _as_booleans(cells: NDArray[np.bool_], places: Ints) -> Iterator[pa.Array]:
    """One Arrow array per row of a matrix, with its cells at some places in their order."""
    for begin in range(0, len(cells), _BLOCK):
        packed = np.packbits(
            cells[begin : begin + _BLOCK].take(places, axis=1, mode="clip"),
            axis=1,
            bitorder="little",
        )
        for bits in packed:
            yield pa.Array.from_buffers(pa.bool_(), len(places), [None, pa.py_buffer(bits)])


def _cells(
    portal: SealedPortal,
    ordinal: NDArray[np.int32],
    calendar: NDArray[np.int32],
    columns: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """What is free: one row per slot, one column per row of the frame, ascending by (calendar, ordinal)."""
    cells = np.zeros((len(columns), len(ordinal)), dtype=np.bool_)
    spans = portal.spans
    numbers = np.arange(len(portal.calendars) + 1)
    bounds = np.searchsorted(calendar, numbers).tolist()
    span_bounds = np.searchsorted(spans.calendar, numbers).tolist()
    for run in _runs(portal):
        own = slice(bounds[run.calendar], bounds[run.calendar + 1])
        low, high = np.searchsorted(ordinal[own], (run.first, run.last + 1)).tolist()
        if low < high:
            rows = slice(own.start + low, own.start + high)
            part = slice(span_bounds[run.calendar], span_bounds[run.calendar + 1])
            _fill(cells, portal, part, rows, ordinal[rows], run.covered, columns)
    return cells


def _runs(portal: SealedPortal) -> Iterator[_Run]:
    """Whole views of each calendar, joined as long as they cover the same days."""
    views = portal.views
    whole = np.flatnonzero(views.outcome == Outcome.OK.value)
    found: _Run | None = None
    for view in whole.tolist():
        run = _Run(
            int(views.calendar[view]),
            int(views.first[view]),
            int(views.last[view]),
            views.covered[view],
        )
        if found is not None and (found.calendar, found.covered) == (run.calendar, run.covered):
            found = found._replace(last=run.last)
            continue
        if found is not None:
            yield found
        found = run
    if found is not None:
        yield found


def _fill(
    cells: NDArray[np.bool_],
    portal: SealedPortal,
    part: slice,
    rows: slice,
    ordinals: NDArray[np.int32],
    covered: str,
    columns: NDArray[np.int32],
) -> None:
    """Mark the spans of one calendar in rows whose views cover the same days."""
    spans = portal.spans
    slots = spans.slot[part]
    begins = np.searchsorted(ordinals, spans.opened[part])
    ends = np.searchsorted(ordinals, spans.closed[part])
    shown = np.flatnonzero((begins < ends) & on_covered_days(slots, covered))
    # As one line of cells, a span is one stretch of it.
    flat = cells.reshape(-1)
    at = np.searchsorted(columns, slots[shown]) * cells.shape[1] + rows.start
    firsts, lasts = at + begins[shown], at + ends[shown]
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        flat[first:last] = True
