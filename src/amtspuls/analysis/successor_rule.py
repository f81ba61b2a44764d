"""The rule of the seed's vaccination figure, for pages that show one slot a day at each place.

Whenever the slot that a place offers for a day is later than the one it offered for that day before, the
one before counts as booked, unless its time had come by then. Where rows are unions of several snapshots, the slots of one row are read as
offered one after the other, earliest first; what went back in between is not seen, so the count is an
upper one (docs/reference/pictures.md#rule-successor).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.evidence import Evidence
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.seed_rule import show_views

RULE = "successor"
"""Name of the rule."""

_MINUTES_PER_DAY = 1440


def count_successors(evidence: Evidence) -> Ints:
    """Apply the rule to one portal.

    Returns:
        Instants of the snapshots in the asked range that showed a later offer, one per booking,
        ascending. The offer before may have been seen up to a week before the range.
    """
    shown = show_views(evidence)
    length = shown.end - shown.begin
    slot = np.repeat(shown.slot, length)
    first = np.repeat(shown.begin - np.cumsum(length) + length, length)
    view = first + np.arange(len(first))
    offered = evidence.covered_days.contains(shown.view[view], slot // _MINUTES_PER_DAY)
    slot, view = slot[offered], view[offered]
    order = np.lexsort((slot, view, slot // _MINUTES_PER_DAY, shown.calendar[view]))
    slot, view = slot[order], view[order]
    day, calendar = slot // _MINUTES_PER_DAY, shown.calendar[view]
    later = slot[1:] > slot[:-1]
    later &= (day[1:] == day[:-1]) & (calendar[1:] == calendar[:-1])
    at = shown.at[view[1:]]
    later &= evidence.offsets.start_of_slots(slot[:-1]) > at
    at = at[later]
    return np.sort(at[evidence.in_range(at)])


class Portals(NamedTuple):
    """Portals by whether the rule can read them.

    Attributes:
        readable: They show one slot a day at each place, or unions of such.
        several: They show more than one slot a day.
        silent: They never answered, so how many they show is not known.
    """

    readable: tuple[Evidence, ...]
    several: tuple[Evidence, ...]
    silent: tuple[Evidence, ...]


def shows_one_a_day(evidence: Evidence) -> bool:
    """Whether no answered view of a portal shows two slots of one day, or its rows are unions of such.

    Decided by counting: a view with more slots than covered days shows two of one day.
    """
    if evidence.record.aggregated:
        return True
    answered = evidence.view_answered
    days = evidence.covered_days
    covered = days.table.sum(axis=1)[days.codes] if len(days.codes) else np.zeros(0, np.int64)
    return bool(answered.any()) and not (evidence.view_free[answered] > covered[answered]).any()


def split_one_a_day(found: Iterable[Evidence]) -> Portals:
    """Tell portals that the rule can read from those that show more, and from those that never answered."""
    readable, several, silent = [], [], []
    for one in found:
        if not one.view_answered.any():
            silent.append(one)
        elif shows_one_a_day(one):
            readable.append(one)
        else:
            several.append(one)
    return Portals(tuple(readable), tuple(several), tuple(silent))
