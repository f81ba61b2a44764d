"""Mirrored calendars: different calendars over the same desks, told by what they lose together.

A booking at a desk closes its start in all calendars of the desk that still show it. So for two calendars the
question is: of the starts that one of them lost while the other showed them too, how many did the other lose
in the same snapshot? Starts that went because time passed, and those of snapshots in which a page
lost most of what it showed, say nothing and are left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.behaviour.sightings import TIME_BITS, Bools, Sightings
from amtspuls.analysis.localtime import HOUR_S, Ints

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
    owner, other = np.repeat(rows.calendar[closings], count), np.tile(_range(count), len(closings))
    at = np.repeat(rows.closed_at[closings], count)
    place = _open_at(seen, other, np.repeat(rows.slot[closings], count), at)
    chance = (place >= 0) & (owner != other)
    np.add.at(pairs.chances, (owner[chance], other[chance]), 1)
    together = chance & (rows.closed_at[place] == at) & rows.ended[place]
    np.add.at(pairs.shared, (owner[together], other[together]), 1)
    return pairs


def _range(count: int) -> Ints:
    return np.arange(count, dtype=np.int64)


def _open_at(seen: Sightings, calendar: Ints, slot: Ints, at: Ints) -> Ints:
    """Row of each calendar's span of a slot that was open just before an instant; -1 if there is none."""
    rows = seen.rows
    of_rows = rows.calendar << _SLOT_BITS | rows.slot
    new = np.concatenate(([True], of_rows[1:] != of_rows[:-1]))
    names, number = of_rows[new], np.cumsum(new) - 1
    wanted = calendar << _SLOT_BITS | slot
    named = np.minimum(np.searchsorted(names, wanted), len(names) - 1)
    keys = number << TIME_BITS | rows.opened_at
    place = np.searchsorted(keys, named << TIME_BITS | at) - 1
    good = (names[named] == wanted) & (place >= 0)
    place = np.maximum(place, 0)
    good &= (number[place] == named) & (rows.closed_at[place] >= at)
    return np.where(good, place, -1)


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
    owner = calendar[places]
    begins = np.searchsorted(owner, owner)
    size = np.searchsorted(owner, owner, "right") - begins
    rank = _range(len(places)) - begins
    stride = -(-size // most)
    return places[np.flatnonzero(rank % np.maximum(stride, 1) == 0)]


def group_mirrors(pairs: Pairs) -> Ints:
    """Join calendars that share desks: the place of the first calendar of each calendar's group.

    The strongest pairs come first; two groups with calendars that surely have different desks are not joined,
    so that one doubtful pair does not make one group of everything.
    """
    count = len(pairs.chances)
    share = np.where(
        pairs.chances >= LEAST_CHANCES, pairs.shared / np.maximum(pairs.chances, 1), np.nan
    )
    both = np.fmax(share, share.T)
    apart = both <= OTHER_SHARE
    group = _range(count)
    one, other = np.nonzero(np.triu(np.nan_to_num(both) >= SAME_SHARE, 1))
    for place in np.argsort(-both[one, other], kind="stable"):
        first, second = sorted((group[one[place]], group[other[place]]))
        if first == second:
            continue
        between = apart[np.ix_(group == first, group == second)]
        if between.mean() < _MOST_APART:
            group[group == second] = first
    return group
