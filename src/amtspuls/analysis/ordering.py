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
    return ordered.take(starts_of_runs(ordered))


def count_values(values: Ints) -> tuple[Ints, Ints]:
    """The different values, ascending, and how often each comes."""
    ordered = np.sort(values)
    begins = starts_of_runs(ordered)
    return ordered.take(begins), np.append(begins[1:], len(values))[: len(begins)] - begins


def starts_of_runs(values: Ints) -> Ints:
    """Places of values that are not the same as the one before; the first is always one."""
    return _unlike(values).nonzero()[0]


def _unlike(values: Ints) -> Bools:
    """Which values are not the same as the one before."""
    found = np.empty(len(values), np.bool_)
    found[:1] = True
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def number_values(values: Ints) -> tuple[Ints, Ints]:
    """The different values, ascending, and for each value its place among them."""
    order, begins = _runs((values,))
    return values.take(order.take(begins.nonzero()[0])), _numbers(order, begins)


def sort_within(owner: Ints, values: Ints) -> Ints:
    """The values, ascending by (owner, value); owners are numbers from 0."""
    if not len(values):
        return values
    low = int(values.min())
    width = (int(values.max()) - low).bit_length()
    if width + int(owner.max()).bit_length() > _BITS:
        return values[order_by(owner, values)]
    return (np.sort(owner << width | (values - low)) & ((1 << width) - 1)) + low


def order_by(*columns: Ints) -> Ints:
    """Places of rows in ascending order: by the first column, then by the second, and so on; equal rows stay."""
    count = len(columns[0])
    packed = _pack(columns) if count > _FEW else None
    if packed is None:
        return np.lexsort(columns[::-1]).astype(np.int64)
    packed.sort()
    packed &= (1 << count.bit_length()) - 1
    return packed


def number_rows(*columns: Ints) -> Ints:
    """Number equal rows alike, from 0 in ascending order of the first column, then of the second, and so on."""
    return _numbers(*_runs(columns))


def _numbers(order: Ints, begins: Bools) -> Ints:
    """Number of each row, of their order and which of them in it begin another one."""
    ranks = np.cumsum(begins, dtype=np.int64)
    ranks -= 1
    found = np.empty(len(order), np.int64)
    found[order] = ranks
    return found


def _runs(columns: tuple[Ints, ...]) -> tuple[Ints, Bools]:
    """Order of rows, and which of them in this order are unlike the one before."""
    count = len(columns[0])
    packed = _pack(columns) if count > _FEW else None
    if packed is not None:
        bits = count.bit_length()
        packed.sort()
        begins = _unlike(packed >> bits)
        packed &= (1 << bits) - 1
        return packed, begins
    order = np.lexsort(columns[::-1]).astype(np.int64)
    begins = _unlike(columns[0][order])
    for column in columns[1:]:
        begins |= _unlike(column[order])
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


def places_of_runs(moments: Ints, wanted: Ints) -> Ints:
    """As ``places_in``, for wanted values that come in long runs of the same one."""
    if not len(wanted):
        return np.zeros(0, np.int64)
    begins = starts_of_runs(wanted)
    sizes = np.append(begins[1:], len(wanted)) - begins
    return np.searchsorted(moments, wanted.take(begins)).astype(np.int64, copy=False).repeat(sizes)


def places_in(moments: Ints, wanted: Ints) -> Ints:
    """How many of some ascending values lie before each wanted one: ``np.searchsorted`` on the left.

    Moments that lie about evenly are found by a table of where each stretch of time begins.
    """
    count = len(moments)
    if count < _FEW_MOMENTS or len(wanted) < count:
        return np.searchsorted(moments, wanted).astype(np.int64, copy=False)
    first, last = int(moments[0]), int(moments[-1])
    shift = max(0, (last - first).bit_length() - count.bit_length() - 1)
    numbers = np.bincount((moments - first) >> shift)
    table = np.zeros(len(numbers) + 1, np.int64)
    np.cumsum(numbers, out=table[1:])
    # Beyond the last one as well as after it: all lie before.
    inside = np.minimum(np.maximum(wanted, first), last + 1)
    inside -= first
    found: Ints = table.take(np.minimum(inside >> shift, len(numbers)))
    after = np.append(moments - first, last - first + 2)
    most = int(numbers.max())
    for _ in range(min(most, _ROUNDS)):
        found += after.take(found) < inside
    if most > _ROUNDS:
        more = (after.take(found) < inside).nonzero()[0]
        found[more] = np.searchsorted(moments, wanted.take(more))
    return found
