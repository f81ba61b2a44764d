"""What nobody could see: cancelled and booked again between two snapshots.

Of the times that were freed and seen, some were gone in the very next snapshot; with share ``h`` of them, as many
as ``-ln(1 - h) / h - 1`` per seen one were gone before any snapshot (a constant hazard between two snapshots).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import distinct
from amtspuls.analysis.typed.closings import Closings
from amtspuls.analysis.typed.labels import Side
from amtspuls.analysis.typed.scene import Scene

_LEAST_FREED = 12
_MOST_UNSEEN = 3.0


class Missed(NamedTuple):
    """What fell between two snapshots, per one that was seen; both arrays have shape (groups,).

    Attributes:
        bookings: Bookings.
        cancellations: Cancellations.
    """

    bookings: Floats
    cancellations: Floats


def find_missed(scene: Scene, closings: Closings, openings: Side) -> Missed:
    """Say how much fell between two snapshots.

    Args:
        scene: The portal.
        closings: Why spans closed, with their blocks.
        openings: Why they opened, with their blocks.
    """
    nothing = np.zeros(max(1, scene.group_count))
    if closings.holds.unit > 1:
        return Missed(nothing, nothing)
    freed = _lives(scene, openings, closings.side)
    share = _missed_share(freed, scene.group_count)
    cancelled = _blocks_by_group(scene, openings, Kind.CANCELLED)
    booked = _blocks_by_group(scene, closings.side, Kind.BOOKED)
    return Missed(share * cancelled / np.maximum(booked, 1), share)


class _Lives(NamedTuple):
    """Freed blocks: group, and whether they were gone in the next snapshot."""

    group: Ints
    short: Bools


def _lives(scene: Scene, openings: Side, closings: Side) -> _Lives:
    rows = np.flatnonzero(openings.are(Kind.CANCELLED))
    block = openings.block[rows]
    count = int(block.max(initial=-1)) + 1
    taken = closings.are(Kind.BOOKED) | closings.are(Kind.HELD)
    short = taken[rows] & (scene.closed[rows] - scene.opened[rows] == 1)
    group = np.zeros(count, np.int64)
    group[block] = scene.group[rows]
    return _Lives(group, np.bincount(block, short, minlength=count) > 0)


def _missed_share(lives: _Lives, groups: int) -> Floats:
    """By group; that of the whole portal where a group has too few."""
    overall = _share_of(int(lives.short.sum()), len(lives.short))
    found = np.full(max(1, groups), overall)
    for group in distinct(lives.group).tolist():
        mine = lives.group == group
        if mine.sum() >= _LEAST_FREED:
            found[group] = _share_of(int(lives.short[mine].sum()), int(mine.sum()))
    return found


def _share_of(short: int, freed: int) -> float:
    if not short or not freed:
        return 0.0
    hazard = min(0.9, short / freed)
    return min(_MOST_UNSEEN, float(-np.log(1 - hazard) / hazard - 1))


def _blocks_by_group(scene: Scene, side: Side, kind: Kind) -> Floats:
    rows = np.flatnonzero(side.are(kind))
    group = np.zeros(int(side.block[rows].max(initial=-1)) + 1, np.int64)
    group[side.block[rows]] = scene.group[rows]
    return np.bincount(group, minlength=max(1, scene.group_count)).astype(float)
