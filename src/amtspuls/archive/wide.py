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

_BLOCK = 64
"""Slots that are done at a time: as many as a number has bits."""

_WORD = np.dtype("<u8")
_SWAPS = ((7, 0x00AA00AA00AA00AA), (14, 0x0000CCCC0000CCCC), (28, 0x00000000F0F0F0F0))
"""Steps that turn a square of 8 x 8 bits in one number (H. S. Warren, Hacker's Delight, 7-3)."""


class _Stretches(NamedTuple):
    """Slot ``column`` is free in rows ``first`` to ``last`` (not included); all have shape (n,)."""

    column: Ints
    first: Ints
    last: Ints


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
    free = _stretches(portal, ordinal[order], calendar[order], columns)
    if only_shown:
        shown = np.unique(free.column)
        columns = columns[shown]
        free = free._replace(column=np.searchsorted(shown, free.column))
    names = [f"{local_from_slot(Slot(slot)):%Y-%m-%d %H:%M}:00" for slot in columns.tolist()]
    date = (shots.taken_at + shots.utc_offset_s)[ordinal]
    keys = pa.array([one.key for one in portal.calendars], pa.string())
    return pa.Table.from_arrays(
        [
            pa.array(date, pa.timestamp("s")),
            pa.DictionaryArray.from_arrays(pa.array(calendar, pa.int32()), keys),
            *_as_booleans(free, len(columns), order),
        ],
        names=[*INDEX, *names],
    )


def _as_booleans(free: _Stretches, columns: int, order: Ints) -> Iterator[pa.Array]:
    """One Arrow array per slot, its rows in the order of the file.

    Each slot of a block has its bit in a number for every row: where it becomes free and where it is no
    longer free the bit changes, so that all 64 are filled in one pass over the rows.
    """
    rows = len(order)
    # Eight rows fill a byte; what fills up the last byte shows the place behind the last row: nothing is free.
    places = np.full(-(-rows // 8) * 8, rows)
    places[order] = np.arange(rows)
    by_column = np.argsort(free.column, kind="stable")
    column, first, last = (part[by_column] for part in free)
    for begin in range(0, columns, _BLOCK):
        part = slice(*np.searchsorted(column, (begin, begin + _BLOCK)).tolist())
        bits = np.left_shift(1, (column[part] - begin).astype(_WORD), dtype=_WORD)
        changes = np.zeros(rows + 1, dtype=_WORD)
        np.bitwise_xor.at(changes, first[part], bits)
        np.bitwise_xor.at(changes, last[part], bits)
        for cells in _by_slot(np.bitwise_xor.accumulate(changes)[places])[: columns - begin]:
            yield pa.Array.from_buffers(pa.bool_(), rows, [None, pa.py_buffer(cells)])


def _by_slot(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Turn 64 bits for each of n rows into n bits for each of 64 slots, shape (64, n / 8)."""
    lanes = np.ascontiguousarray(words.view(np.uint8).reshape(-1, 8).T).view(_WORD)
    for shift, mask in _SWAPS:
        moved = (lanes ^ (lanes >> shift)) & mask
        lanes ^= moved ^ (moved << shift)
    squares = lanes.view(np.uint8).reshape(8, len(words) // 8, 8)
    return np.ascontiguousarray(squares.transpose(0, 2, 1)).reshape(_BLOCK, len(words) // 8)


def _stretches(
    portal: SealedPortal,
    ordinal: NDArray[np.int32],
    calendar: NDArray[np.int32],
    columns: NDArray[np.int32],
) -> _Stretches:
    """What is free in rows that ascend by (calendar, ordinal)."""
    spans = portal.spans
    numbers = np.arange(len(portal.calendars) + 1)
    bounds = np.searchsorted(calendar, numbers).tolist()
    span_bounds = np.searchsorted(spans.calendar, numbers).tolist()
    found = [_Stretches(*[np.zeros(0, dtype=np.int64)] * 3)]
    for run in _runs(portal):
        own = slice(bounds[run.calendar], bounds[run.calendar + 1])
        low, high = np.searchsorted(ordinal[own], (run.first, run.last + 1)).tolist()
        rows = slice(own.start + low, own.start + high)
        part = slice(span_bounds[run.calendar], span_bounds[run.calendar + 1])
        begins = np.searchsorted(ordinal[rows], spans.opened[part])
        ends = np.searchsorted(ordinal[rows], spans.closed[part])
        slots = spans.slot[part]
        shown = np.flatnonzero((begins < ends) & on_covered_days(slots, run.covered))
        where = np.searchsorted(columns, slots[shown])
        found.append(_Stretches(where, begins[shown] + rows.start, ends[shown] + rows.start))
    return _Stretches(*map(np.concatenate, zip(*found, strict=True)))


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
