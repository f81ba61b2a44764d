"""Mirrored calendars: different calendars over the same desks, told by what they lose together.

A booking at a desk closes its start in all calendars of the desk that still show it. So for two calendars the
question is: of the starts that one of them lost while the other showed them too, how many did the other lose
in the same snapshot? Starts that went because time passed, and those of snapshots in which a page
lost most of what it showed, say nothing and are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.behaviour.sightings import TIME_BITS, Bools, Rows, Sightings
from amtspuls.analysis.localtime import HOUR_S, Ints
from amtspuls.analysis.ordering import order_by

LEAST_CHANCES = 4
"""With fewer chances to change together nothing is said."""
SAME_SHARE = 0.6
"""Of the chances of one of the two calendars, in the direction that shares more."""
OTHER_SHARE = 0.2
"""At or under this share two calendars surely have different desks."""
_MOST_CLOSINGS = 150
_FEWEST_CLOSINGS = 40
_ALL_CLOSINGS = 2400
_SOON_S = 4 * HOUR_S
_MOST_APART = 0.2
_SLOT_BITS = 26
_UNTOLD = -1.0
"""Less than any share."""


class Pairs(NamedTuple):
    """Chances of calendars to change together; all arrays have shape (calendars, calendars).

    Attributes:
        chances: Closings of the row's calendar whose start the column's calendar showed as well.
        shared: Those of them that the column's calendar lost in the same snapshot.
    """

    chances: Ints
    shared: Ints


def count_pairs(seen: Sightings, leaves_at: Ints) -> Pairs:
    """Count how often calendars lost the same start together.

    Args:
        seen: The portal.
        leaves_at: Instant at which each row's slot leaves the page by itself.
    """
    count = len(seen.calendars)
    pairs = Pairs(np.zeros((count, count), np.int64), np.zeros((count, count), np.int64))
    rows = seen.rows
    early = rows.ended & (rows.closed_at < rows.start_s) & (rows.closed_at < leaves_at)
    closings = _thinned(count, rows.calendar, early & ~seen.disturbed & ~_soon_back(seen))
    if count < 2 or not len(closings):
        return pairs
    closing, place = _open_beside(rows, closings)
    owner, other = rows.calendar[closing], rows.calendar[place]
    together = (rows.closed_at[place] == rows.closed_at[closing]) & rows.ended[place]
    return Pairs(
        _count_both(count, owner, other), _count_both(count, owner[together], other[together])
    )


def _count_both(count: int, one: Ints, other: Ints) -> Ints:
    """How often each two calendars come together; shape (calendars, calendars)."""
    numbers = np.bincount(one * count + other, minlength=count * count)
    return numbers.astype(np.int64).reshape(count, count)


def _open_beside(rows: Rows, closings: Ints) -> tuple[Ints, Ints]:
    """Rows of other calendars that showed the start of a closing just before it.

    Args:
        rows: All rows.
        closings: Places of the rows that close.

    Returns:
        Places of a closing and of a row beside it, of the same length.
    """
    of_rows = rows.calendar << _SLOT_BITS | rows.slot
    new = np.ones(len(of_rows), np.bool_)
    new[1:] = of_rows[1:] != of_rows[:-1]
    cell, firsts = np.cumsum(new) - 1, new.nonzero()[0]
    cells = order_by(rows.slot[firsts])
    closings = closings[order_by(rows.closed_at[closings])]
    slots, wanted = rows.slot[firsts][cells], rows.slot[closings]
    begins, ends = np.searchsorted(slots, wanted), np.searchsorted(slots, wanted, "right")
    sizes = ends - begins
    number = np.repeat(_range(len(closings)), sizes)
    beside = cells[np.repeat(begins - np.cumsum(sizes) + sizes, sizes) + _range(len(number))]
    # By cell and instant, as the rows stand: what ascends is looked up several times as quickly.
    bits = len(closings).bit_length()
    pairs = np.sort(beside << bits | number)
    beside, closing = pairs >> bits, closings[pairs & (1 << bits) - 1]
    keys, at = cell << TIME_BITS | rows.opened_at, rows.closed_at[closing]
    place = np.searchsorted(keys, beside << TIME_BITS | at) - 1
    good = (place >= 0) & (cell[place] == beside) & (rows.closed_at[place] >= at)
    good &= rows.calendar[place] != rows.calendar[closing]
    return closing[good], place[good]


def _range(count: int) -> Ints:
    return np.arange(count, dtype=np.int64)


def _soon_back(seen: Sightings) -> Bools:
    """Which rows are followed by another one of their slot within hours: pages that flap do that."""
    rows = seen.rows
    back = np.zeros(len(rows.slot), np.bool_)
    back[:-1] = ~rows.first[1:] & (rows.opened_at[1:] - rows.closed_at[:-1] <= _SOON_S)
    return back


def _thinned(count: int, calendar: Ints, chosen: Bools) -> Ints:
    """Some of the chosen rows of each calendar, spread evenly; fewer where there are many calendars."""
    most = max(_FEWEST_CLOSINGS, min(_MOST_CLOSINGS, _ALL_CLOSINGS // max(1, count)))
    places = np.flatnonzero(chosen)
    # Rows ascend by calendar.
    sizes = np.bincount(calendar[places], minlength=count)
    rank = _range(len(places)) - (np.cumsum(sizes) - sizes).repeat(sizes)
    strides = np.maximum(-(-sizes // most), 1)
    return places[np.flatnonzero(rank % strides.repeat(sizes) == 0)]


def group_mirrors(pairs: Pairs) -> Ints:
    """Join calendars that share desks: the place of the first calendar of each calendar's group.

    The strongest pairs come first; two groups with calendars that surely have different desks are not joined,
    so that one doubtful pair does not make one group of everything.
    """
    count = len(pairs.chances)
    if count < 2:
        return _range(count)
    told = pairs.chances >= LEAST_CHANCES
    share = np.where(told, pairs.shared / np.maximum(pairs.chances, 1), _UNTOLD)
    both = np.maximum(share, share.T)
    apart = (both <= OTHER_SHARE) & (both > _UNTOLD)
    one, other = np.nonzero(np.triu(both >= SAME_SHARE, 1))
    order = np.argsort(-both[one, other], kind="stable")
    group, members = list(range(count)), [[place] for place in range(count)]
    # How many of the pairs between two groups are surely apart.
    between = apart.astype(np.int64)
    for pair in zip(one[order].tolist(), other[order].tolist(), strict=True):
        first, second = sorted((group[pair[0]], group[pair[1]]))
        every = len(members[first]) * len(members[second])
        if first == second or between[first, second] / every >= _MOST_APART:
            continue
        for place in members[second]:
            group[place] = first
        members[first] += members[second]
        between[first] += between[second]
        between[:, first] += between[:, second]
    return np.array(group, np.int64)
