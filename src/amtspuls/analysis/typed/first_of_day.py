"""Pages that show one start time a day: when it is taken, the next one takes its place.

A later start time in the place of an earlier one: the earlier one was taken. An earlier one in the place of a
later one: the earlier one is free again, and the later one only hidden.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import order_by
from amtspuls.analysis.typed.scene import Scene


class Successions(NamedTuple):
    """What took the place of what; all arrays have one entry per span.

    Attributes:
        taken: A later start time took its place, or none.
        hidden: An earlier one did.
        freed: It took the place of a later one.
        shown: It took the place of an earlier one.
    """

    taken: Bools
    hidden: Bools
    freed: Bools
    shown: Bools


def find_successions(scene: Scene, one_a_day: Bools) -> Successions:
    """Pair start times that vanished with those that appeared in the same snapshot, calendar and day.

    Args:
        scene: The portal.
        one_a_day: Spans of the calendars that show one start time a day; nothing is said of others.
    """
    rows = np.flatnonzero(one_a_day)
    found = Successions(*(np.zeros(len(one_a_day), np.bool_) for _ in Successions._fields))
    if not len(rows):
        return found
    slot, closed = scene.slot[rows], scene.closed[rows]
    owner = scene.calendar[rows] << 20 | scene.day[rows]
    width = np.int64(len(scene.taken_at) + 2)
    came, went = owner * width + scene.opened[rows], owner * width + np.minimum(closed, width - 1)
    gone = closed < len(scene.taken_at)
    next_slot = _slot_at(came, slot, went)
    before_slot = _slot_at(went[gone], slot[gone], came)
    found.taken[rows] = gone & ((next_slot < 0) | (next_slot > slot))
    found.hidden[rows] = gone & (next_slot >= 0) & (next_slot < slot)
    found.freed[rows] = before_slot > slot
    found.shown[rows] = (before_slot >= 0) & (before_slot < slot)
    return found


def _slot_at(keys: Ints, slots: Ints, wanted: Ints) -> Ints:
    """The slot that belongs to a key; -1 where there is none."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    order = order_by(keys)
    place = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    found = order[place]
    return np.where(keys[found] == wanted, slots[found], -1).astype(np.int64)
