"""Blocks: start times near each other that changed in the same snapshot, in all calendars over the same desks.

A booking closes its own start and those around it that no longer leave room for an appointment. How far
that reaches is learned: of the start times ``d`` steps away from one that vanished, which share vanished
with it? For ``d`` within reach that is far above what chance gives.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis import ordering
from amtspuls.analysis.changes import Floats
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
_AT_ONCE = 100_000
"""Start times that are looked for at once."""


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
    # Of few rows all distances at once, of many one after the other.
    size = max(1, _AT_ONCE // len(rows))
    steps = np.arange(1, FARTHEST + 1)
    found = [_shares(scene, rows, days, steps[n : n + size]) for n in range(0, FARTHEST, size)]
    return Shares(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _shares(scene: Scene, rows: Ints, days: Ints, steps: Ints) -> Shares:
    """By distance and group: of free starts so many steps away, the share that vanished; each block counts once."""
    count, closed = len(steps), np.tile(scene.closed[rows], len(steps))
    slot = scene.slot[rows] + steps[:, None] * scene.grid[rows]
    beside = scene.span_at(np.tile(scene.calendar[rows], count), slot.ravel(), closed)
    free = beside >= 0
    both = free & (scene.closed[np.maximum(beside, 0)] == closed)
    blocks, groups = int(days.max()) + 1, scene.group_count
    of_block = (days + blocks * np.arange(count)[:, None]).ravel()
    had = np.bincount(of_block, free, minlength=count * blocks)
    share = np.bincount(of_block, both, minlength=count * blocks) / np.maximum(had, 1)
    owner = np.zeros(blocks, np.int64)
    owner[days] = scene.group[rows]
    of_group, some = (owner + groups * np.arange(count)[:, None]).ravel(), had > 0
    number = np.bincount(of_group[some], minlength=count * groups)
    total = np.bincount(of_group[some], share[some], minlength=count * groups)
    return Shares((total / (number + 1)).reshape(count, groups), number.reshape(count, groups))


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
    owners = (scene.group if owner is None else owner)[rows]
    at, day, slot = place[rows], scene.day[rows], scene.slot[rows]
    order = order_by(owners, at, slot)
    ordered = slot[order]
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = (
        ordered[1:] - ordered[:-1] > (reach[scene.group[rows]] * scene.grid[rows])[order][1:]
    )
    for column in (owners, at, day):
        ordered = column[order]
        begins[1:] |= ordered[1:] != ordered[:-1]
    found = np.empty(len(rows), np.int64)
    found[order] = np.cumsum(begins) - 1
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
    steps, span = np.ones(count, np.int64), np.ones(count, np.int64)
    steps[blocks] = scene.grid[rows]
    span[blocks] = 2 * reach[scene.group[rows]] + 1
    found: Ints = 1 + (last - first) // (steps * span)
    return found


def number_rows(*columns: Ints) -> Ints:
    """Number equal rows alike, from 0 in ascending order of the last column first."""
    return ordering.number_rows(*columns[::-1])
