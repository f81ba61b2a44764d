"""Blocks: start times near each other that changed in the same snapshot, in all calendars over the same desks.

A booking closes its own start and those around it that no longer leave room for an appointment. How far
that reaches is learned: of the start times ``d`` steps away from one that vanished, which share vanished
with it? For ``d`` within reach that is far above what chance gives.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from amtspuls.analysis import ordering
from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import distinct, order_by
from amtspuls.analysis.typed.scene import Scene
from amtspuls.archive.median import median_by_column

FARTHEST = 12
"""Steps up to which the reach of a booking is looked for."""
_CHANCE_FROM = 8
ABOVE_CHANCE = 0.08
"""A share above chance by less than this says nothing."""
_LEAST = 4
"""So many blocks must show a distance beyond the first before it is taken for reach."""
_SMALL = 12
"""Blocks of a day with more start times teach nothing about single bookings."""
_AT_ONCE = 8192
"""Start times whose neighbours are looked for at once."""


def learn_reach(scene: Scene, rows: Ints) -> Ints:
    """Learn how many steps around its start a booking closes.

    Args:
        scene: The portal.
        rows: Spans that vanished for no known reason.

    Returns:
        Steps by group; 0 where a booking closes nothing but its start.
    """
    shares = shares_by_distance(scene, rows)
    if shares is None:
        return np.zeros(scene.group_count, np.int64)
    chance = median_by_column(shares.share[_CHANCE_FROM:])
    known = (shares.blocks >= _LEAST) | (np.arange(FARTHEST) == 0)[:, None]
    near = np.cumprod((shares.share > chance + ABOVE_CHANCE) & known, axis=0)
    found: Ints = near.sum(axis=0).astype(np.int64)
    return found


class Shares(NamedTuple):
    """What vanished with a start time, by the distance from it; arrays of shape (FARTHEST, groups).

    Attributes:
        share: Of the start times so many steps later that were free, those that vanished with it.
        blocks: Blocks of a day that had a free start time there.
    """

    share: Floats
    blocks: Ints


def shares_by_distance(scene: Scene, rows: Ints) -> Shares | None:
    """Count what vanished together, one to ``FARTHEST`` steps apart; None where few blocks teach nothing.

    Args:
        scene: The portal.
        rows: Spans that vanished.
    """
    days = number_rows(scene.group[rows], scene.closed[rows], scene.day[rows])
    few = np.bincount(days)[days] <= _SMALL if len(rows) else np.zeros(0, np.bool_)
    rows, days = rows[few], days[few]
    if not len(rows):
        return None
    if scene not in _BESIDE:
        _BESIDE[scene] = _Beside(len(scene.slot))
    return _shares(scene, rows, days, *_BESIDE[scene].of(scene, rows))


class _Beside:
    """Start times one to ``FARTHEST`` steps after those that vanished; each is looked for once."""

    def __init__(self, count: int) -> None:
        """Nothing is looked for yet.

        Args:
            count: Number of spans of the scene.
        """
        self._known = np.zeros(count, np.bool_)
        # One bit for each distance.
        self._free, self._both = np.zeros(count, np.int64), np.zeros(count, np.int64)

    def of(self, scene: Scene, rows: Ints) -> tuple[Bools, Bools]:
        """Where they were free when some spans closed, and where they vanished with them; shape (FARTHEST, rows)."""
        new = rows[~self._known[rows]]
        for begin in range(0, len(new), _AT_ONCE):
            self._look(scene, new[begin : begin + _AT_ONCE])
        bits = 1 << np.arange(FARTHEST)[:, None]
        return (self._free[rows] & bits) > 0, (self._both[rows] & bits) > 0

    def _look(self, scene: Scene, rows: Ints) -> None:
        calendar, at = (np.tile(one[rows], FARTHEST) for one in (scene.calendar, scene.closed))
        slot = scene.slot[rows] + np.arange(1, FARTHEST + 1)[:, None] * scene.grid[rows]
        beside = scene.span_at(calendar, slot.ravel(), at)
        free = beside >= 0
        both = free & (scene.closed[np.maximum(beside, 0)] == at)
        bits = 1 << np.arange(FARTHEST)
        self._free[rows] = bits @ free.reshape(FARTHEST, -1)
        self._both[rows] = bits @ both.reshape(FARTHEST, -1)
        self._known[rows] = True


_BESIDE: WeakKeyDictionary[Scene, _Beside] = WeakKeyDictionary()


def _shares(scene: Scene, rows: Ints, days: Ints, free: Bools, both: Bools) -> Shares:
    """By distance and group: of free starts so many steps away, the share that vanished; each block counts once."""
    blocks, groups = int(days.max()) + 1, scene.group_count
    of_block = (days + blocks * np.arange(FARTHEST)[:, None]).ravel()
    had = np.bincount(of_block, free.ravel(), minlength=FARTHEST * blocks)
    share = np.bincount(of_block, both.ravel(), minlength=FARTHEST * blocks) / np.maximum(had, 1)
    owner = np.zeros(blocks, np.int64)
    owner[days] = scene.group[rows]
    of_group, some = (owner + groups * np.arange(FARTHEST)[:, None]).ravel(), had.nonzero()[0]
    of_group, share, shape = of_group[some], share[some], (FARTHEST, groups)
    number = np.bincount(of_group, minlength=FARTHEST * groups)
    total = np.bincount(of_group, share, minlength=FARTHEST * groups)
    return Shares((total / (number + 1)).reshape(shape), number.reshape(shape))


def find_blocks(
    scene: Scene, rows: Ints, place: Ints, reach: Ints, owner: Ints | None = None
) -> Ints:
    """Number the blocks that rows belong to, from 0 in the order of (group, place, day, slot).

    Args:
        scene: The portal.
        rows: Spans.
        place: Place in time of the change, of all spans.
        reach: Steps by group.
        owner: What keeps blocks apart, of all spans; their groups when missing.
    """
    owners, at = (scene.group if owner is None else owner).take(rows), place.take(rows)
    slot = scene.slot.take(rows)
    order = order_by(owners, at, slot)
    ordered = rows.take(order)
    slot = slot.take(order)
    near = (reach[scene.groups] * scene.grid_min).take(scene.calendar.take(ordered))
    alike = slot[1:] - slot[:-1] <= near[1:]
    for column in (owners.take(order), at.take(order), scene.day.take(ordered)):
        alike &= column[1:] == column[:-1]
    numbers = np.zeros(len(rows), np.int64)
    np.cumsum(~alike, out=numbers[1:])
    found = np.empty(len(rows), np.int64)
    found[order] = numbers
    return found


def count_starts(blocks: Ints, slot: Ints) -> Ints:
    """How many different start times each block has."""
    if not len(blocks):
        return np.zeros(0, np.int64)
    pairs = distinct(blocks << 28 | slot)
    return np.bincount(pairs >> 28, minlength=int(blocks.max()) + 1)


def count_bookings(scene: Scene, rows: Ints, blocks: Ints, reach: Ints) -> Ints:
    """How many bookings a block must be at least: one, or as many as cover its length.

    A booking that reaches ``r`` steps to either side closes starts over at most ``2 r`` steps from first to last.
    """
    if not len(blocks):
        return np.zeros(0, np.int64)
    count, slot = int(blocks.max()) + 1, scene.slot[rows]
    first, last = np.full(count, np.iinfo(np.int64).max), np.zeros(count, np.int64)
    np.minimum.at(first, blocks, slot)
    np.maximum.at(last, blocks, slot)
    width = np.ones(count, np.int64)
    width[blocks] = (scene.grid_min * (2 * reach[scene.groups] + 1)).take(scene.calendar.take(rows))
    found: Ints = 1 + (last - first) // width
    return found


def number_rows(*columns: Ints) -> Ints:
    """Number equal rows alike, from 0 in ascending order of the last column first."""
    return ordering.number_rows(*columns[::-1])
