"""Order and places of whole columns of integers, quicker than the general ways of numpy and with the same result.

Sorting plain integers is many times quicker than sorting rows, so the columns of a row and its place are packed
into one integer where they fit; where they do not, the general ways are taken.
"""

from __future__ import annotations

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.localtime import Ints

_FEW = 400
"""Shorter columns are sorted before packing them would pay."""
_BITS = 63
_ROUNDS = 4
_FEW_MOMENTS = 32


def distinct(values: Ints) -> Ints:
    """The different values, ascending; sorting large numbers is quicker than hashing them."""
    ordered = np.sort(values)
    return ordered[np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])]


def number_values(values: Ints) -> tuple[Ints, Ints]:
    """The different values, ascending, and for each value its place among them."""
    order, begins = _runs((values,))
    numbers = np.empty(len(values), np.int64)
    numbers[order] = np.cumsum(begins) - 1
    return values[order[begins]], numbers


def order_by(*columns: Ints) -> Ints:
    """Places of rows in ascending order: by the first column, then by the second, and so on; equal rows stay."""
    count = len(columns[0])
    packed = _pack(columns) if count > _FEW else None
    if packed is None:
        return np.lexsort(columns[::-1]).astype(np.int64)
    return np.sort(packed) & ((1 << count.bit_length()) - 1)


def number_rows(*columns: Ints) -> Ints:
    """Number equal rows alike, from 0 in ascending order of the first column, then of the second, and so on."""
    order, begins = _runs(columns)
    found = np.empty(len(order), np.int64)
    found[order] = np.cumsum(begins) - 1
    return found


def _runs(columns: tuple[Ints, ...]) -> tuple[Ints, Bools]:
    """Order of rows, and which of them in this order are unlike the one before."""
    count = len(columns[0])
    begins = np.ones(count, np.bool_)
    packed = _pack(columns) if count > _FEW else None
    if packed is not None:
        bits = count.bit_length()
        ordered = np.sort(packed)
        rows = ordered >> bits
        begins[1:] = rows[1:] != rows[:-1]
        return ordered & ((1 << bits) - 1), begins
    order = np.lexsort(columns[::-1]).astype(np.int64)
    unlike = np.zeros(max(0, count - 1), np.bool_)
    for column in columns:
        ordered = column[order]
        unlike |= ordered[1:] != ordered[:-1]
    begins[1:] = unlike
    return order, begins


def _pack(columns: tuple[Ints, ...]) -> Ints | None:
    """One number for each row, in the same order, with its place in the lowest bits; None where they do not fit."""
    count = len(columns[0])
    lows = [int(column.min()) for column in columns]
    widths = [
        (int(column.max()) - low).bit_length() for column, low in zip(columns, lows, strict=True)
    ]
    if sum(widths) + count.bit_length() > _BITS:
        return None
    packed = np.subtract(columns[0], lows[0], dtype=np.int64)
    for column, low, width in zip(columns[1:], lows[1:], widths[1:], strict=True):
        packed <<= width
        packed += column
        packed -= low
    packed <<= count.bit_length()
    packed += np.arange(count)
    return packed


def places_in(moments: Ints, wanted: Ints) -> Ints:
    """How many of some ascending values lie before each wanted one: ``np.searchsorted`` on the left.

    Moments that lie about evenly are found by a table of where each stretch of time begins.
    """
    count = len(moments)
    if count < _FEW_MOMENTS or len(wanted) < count:
        return np.searchsorted(moments, wanted).astype(np.int64)
    first, last = int(moments[0]), int(moments[-1])
    shift = max(0, (last - first).bit_length() - count.bit_length() - 1)
    stretch = (moments - first) >> shift
    table = np.zeros(int(stretch[-1]) + 2, np.int64)
    np.cumsum(np.bincount(stretch), out=table[1:])
    # Beyond the last one as well as after it: all lie before.
    inside = np.minimum(np.maximum(wanted, first), last + 1)
    inside -= first
    found: Ints = table[np.minimum(inside >> shift, len(table) - 1)]
    after = np.append(moments - first, last - first + 2)
    for _ in range(_ROUNDS):
        more = after[found] < inside
        if not more.any():
            return found
        found += more
    more = after[found] < inside
    found[more] = np.searchsorted(moments, wanted[more])
    return found
