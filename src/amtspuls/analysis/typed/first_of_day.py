"""Pages that show one start time a day: when it is taken, the next one takes its place.

A later start time in the place of an earlier one: the earlier one was taken. An earlier one in the place of a
later one: the earlier one is free again, and the later one only hidden.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.localtime import Ints
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


def find_successions(scene: Scene) -> Successions:
    """Pair start times that vanished with those that appeared in the same snapshot, calendar and day."""
    owner = scene.calendar << 20 | scene.day
    width = np.int64(len(scene.taken_at) + 2)
    came, went = owner * width + scene.opened, owner * width + np.minimum(scene.closed, width - 1)
    gone = scene.closed < len(scene.taken_at)
    next_slot = _slot_at(came, scene.slot, went)
    before_slot = _slot_at(went[gone], scene.slot[gone], came)
    return Successions(
        taken=gone & ((next_slot < 0) | (next_slot > scene.slot)),
        hidden=gone & (next_slot >= 0) & (next_slot < scene.slot),
        freed=before_slot > scene.slot,
        shown=(before_slot >= 0) & (before_slot < scene.slot),
    )


def _slot_at(keys: Ints, slots: Ints, wanted: Ints) -> Ints:
    """The slot that belongs to a key; -1 where there is none."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(keys, kind="stable")
    place = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    found = order[place]
    return np.where(keys[found] == wanted, slots[found], -1).astype(np.int64)
