"""Floating grids: start times that move because the stretch of free time before or after them changed.

On such a page appointments follow one another from the begin of each free stretch. A booking, or the passing of
time, then lets many start times vanish and as many others appear, though nearly all of the time is as free as
before. What counts is therefore the free time: a start time moved when a part of the time that it stood for is
covered by start times that are shown after it vanished (before it appeared).

The first one of such a row tells why: when the first to vanish lies before the first to appear, and time has not
come for it, it was taken; when it lies after it, the first to appear is free again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import distinct, order_by
from amtspuls.analysis.typed.blocks import number_rows
from amtspuls.analysis.typed.scene import MINUTES_PER_DAY, Scene

_LOOKS = 48
"""Each is one bit of a number."""
_SLOT_BITS = 26
_LEAST_GAPS = 20
_CHECKS = (4, 8, 16, 32, 64, 128)
"""After so many steps there may be enough."""
_USUAL = 0.5
_STEPS_APART = 2
_OFTEN = 0.18
_FLAPPED = 3
"""So many days of a calendar that lose start times in one step do not because one moved."""
_EDGE_S = 120


class Shifts(NamedTuple):
    """What moved on floating grids.

    Attributes:
        closed: Which spans closed because start times moved.
        opened: Which opened for that reason.
        taken: Spans whose taking made others move.
        length: Minutes that a start time stands for, by calendar; 0 where its grid does not float.
    """

    closed: Bools
    opened: Bools
    taken: Ints
    length: Ints


def find_shifts(scene: Scene) -> Shifts:
    """Tell start times that moved from those that were taken or given back."""
    closed, opened = np.zeros(len(scene.slot), np.bool_), np.zeros(len(scene.slot), np.bool_)
    length = usual_gaps(scene)
    length[~_are_floating(scene, length)] = 0
    if not length.any():
        return Shifts(closed, opened, np.zeros(0, np.int64), length)
    floating = length[scene.calendar] > 0
    went = np.flatnonzero(floating & (scene.closed < len(scene.taken_at)))
    came = np.flatnonzero(floating & (scene.opened > 0))
    closed[went] = _have_moved(scene, went, length, vanished=True)
    opened[came] = _have_moved(scene, came, length, vanished=False)
    taken, freed = _causes(scene, went, came)
    closed[taken] = False
    opened[freed] = False
    return Shifts(closed, opened, taken, length)


def _causes(scene: Scene, went: Ints, came: Ints) -> tuple[Ints, Ints]:
    """The start times whose taking, or freeing, made the others of their day move."""
    both = np.concatenate((went, came))
    if not len(both):
        return went, came
    place = np.concatenate((scene.closed[went], scene.opened[came]))
    step = number_rows(scene.day[both], place, scene.calendar[both])
    count = int(step.max()) + 1
    gone, new = (
        _first(scene, went, step[: len(went)], count),
        _first(scene, came, step[len(went) :], count),
    )
    known = (gone >= 0) & (new >= 0)
    gone, new = gone[known], new[known]
    due = scene.leaves_at(gone) <= scene.closed_at[gone] + _EDGE_S
    due |= ~scene.vanished[gone]
    later = scene.slot[new] > scene.slot[gone]
    return gone[later & ~due], new[~later]


def _first(scene: Scene, rows: Ints, step: Ints, count: int) -> Ints:
    """The row with the earliest start time of each step; -1 where there is none."""
    found = np.full(count, -1, np.int64)
    order = order_by(step, -scene.slot[rows])
    found[step[order]] = rows[order]
    return found


def _are_floating(scene: Scene, length: Ints) -> Bools:
    """Which calendars have a floating grid.

    Their neighbouring start times are steps of the finest grid apart, and where one vanishes another one that
    would overlap with it often appears at once. On a fixed grid that is chance.
    """
    apart = length >= _STEPS_APART * scene.grid_min
    if not apart.any():
        return apart
    width = np.int64(len(scene.taken_at) + 2)
    went = np.flatnonzero(apart[scene.calendar] & scene.vanished)
    came = np.flatnonzero(apart[scene.calendar] & (scene.opened > 0))
    step = (scene.calendar[went] << 20 | scene.day[went]) * width + scene.closed[went]
    other = (scene.calendar[came] << 20 | scene.day[came]) * width + scene.opened[came]
    minute, other_minute = (scene.slot[rows] % MINUTES_PER_DAY for rows in (went, came))
    near = _distance(step << 11 | minute, np.sort(other << 11 | other_minute))
    gone = distinct(step)
    moved = distinct(step[near < length[scene.calendar[went]]])
    # A page that flaps loses many days at once, and none of them moves.
    calendar_step = (gone // width >> 20) * width + gone % width
    _, number, days = np.unique(calendar_step, return_inverse=True, return_counts=True)
    gone = gone[days[number] < _FLAPPED]
    # A portal draws all its calendars alike.
    often = int(np.isin(gone, moved).sum()) >= _OFTEN * max(1, len(gone))
    found: Bools = apart & often
    return found


def _distance(values: Ints, ordered: Ints) -> Ints:
    """How far each value is from the nearest of some that are in order; far where there are none."""
    far = np.iinfo(np.int64).max
    if not len(ordered):
        return np.full(len(values), far)
    place = np.searchsorted(ordered, values)
    after = np.abs(ordered[np.minimum(place, len(ordered) - 1)] - values)
    before = np.abs(ordered[np.maximum(place - 1, 0)] - values)
    found: Ints = np.minimum(after, before)
    return found


def usual_gaps(scene: Scene) -> Ints:
    """Learn the usual distance of neighbouring start times that are free at once.

    Args:
        scene: The portal.

    Returns:
        Minutes by calendar; 0 where there are too few, or none is usual.
    """
    count = len(scene.calendars)
    numbers = _count_gaps(*_free_in_looks(scene), count)
    total, best = numbers.sum(axis=1), numbers.argmax(axis=1)
    usual = (total >= _LEAST_GAPS) & (numbers.max(axis=1) >= _USUAL * total)
    return np.where(usual, best, 0).astype(np.int64)


def _free_in_looks(scene: Scene) -> tuple[Ints, Ints]:
    """Look at the portal in a few snapshots, spread evenly.

    Returns:
        Start times as minutes in a row of all calendars, ascending and different; and for each of them a number
        with one bit for each look in which it was free.
    """
    count = len(scene.taken_at)
    looks = distinct(np.linspace(0, max(0, count - 1), min(count, _LOOKS)).astype(np.int64))
    # How many looks lie before each place in time; a span that is open has a place beyond all.
    before = np.searchsorted(looks, np.arange(count + 1))
    first, last = before[scene.opened], before[scene.closed]
    bits = (1 << np.maximum(first, last)) - (1 << first)
    seen = np.flatnonzero(bits)
    start = scene.calendar[seen] << _SLOT_BITS | scene.slot[seen]
    begins = np.flatnonzero(np.append(True, start[1:] != start[:-1])[: len(start)])
    if not len(begins):
        return start, start
    return start[begins], np.bitwise_or.reduceat(bits[seen], begins)


def _count_gaps(start: Ints, bits: Ints, calendars: int) -> Ints:
    """How often neighbours in one look and day are so many minutes apart; shape (calendars, minutes).

    Distances that cannot change which is usual may be missing.
    """
    calendar, slot = start >> _SLOT_BITS, start & ((1 << _SLOT_BITS) - 1)
    day, key = start - slot % MINUTES_PER_DAY, calendar * MINUTES_PER_DAY - slot
    keys, times = [], []
    row, left = np.arange(len(start)), bits
    # Of each start time the next one, the next but one and so on, until every look has had its neighbour.
    for step in range(1, MINUTES_PER_DAY):
        inside = row[: np.searchsorted(row, len(start) - step)]
        near = day[inside + step] == day[inside]
        row, left = inside[near], left[: len(inside)][near]
        if not len(row):
            break
        other = row + step
        both = left & bits[other]
        keys.append(key[row] + slot[other])
        times.append(np.bitwise_count(both))
        left = left & ~both
        some = left.nonzero()[0]
        row, left = row[some], left[some]
        if step in _CHECKS and _are_decided(keys, times, calendar[row], left, calendars):
            break
    return _add_up(keys, times, calendars)


def _add_up(keys: list[Ints], times: list[NDArray[np.uint8]], calendars: int) -> Ints:
    """How often each distance came; shape (calendars, minutes)."""
    if not keys:
        return np.zeros((calendars, MINUTES_PER_DAY), np.int64)
    weights, width = np.concatenate(times).astype(np.float64), calendars * MINUTES_PER_DAY
    numbers = np.bincount(np.concatenate(keys), weights, minlength=width)
    return numbers.astype(np.int64).reshape(calendars, MINUTES_PER_DAY)


def _are_decided(
    keys: list[Ints], times: list[NDArray[np.uint8]], calendar: Ints, left: Ints, calendars: int
) -> bool:
    """Whether no look that still wants its neighbour can change what is usual."""
    numbers = _add_up(keys, times, calendars)
    total, most = numbers.sum(axis=1), numbers.max(axis=1)
    more = np.bincount(calendar, np.bitwise_count(left), minlength=calendars)
    usual = (total >= _LEAST_GAPS) & (most > _USUAL * (total + more))
    none = (total + more < _LEAST_GAPS) | (most + more < _USUAL * total)
    return bool((usual | none).all())


def _have_moved(scene: Scene, rows: Ints, length: Ints, *, vanished: bool) -> Bools:
    """Which start times of some spans moved when these closed (or opened).

    A part of its time must be covered by others afterwards (before). That others are of other desks, which do
    not change, is no sign of moving: one of them must have appeared (vanished) in the same step, or two that follow one
    another must cover all of it, or the start time before it must have gone (come) with it.

    Args:
        scene: The portal.
        rows: Spans.
        length: Minutes that a start time stands for, by calendar.
        vanished: Whether the spans closed; else they opened.
    """
    ours, theirs = (scene.closed, scene.opened) if vanished else (scene.opened, scene.closed)
    place = ours[rows]
    minutes, grid = length[scene.calendar[rows]], scene.grid[rows]

    def find(shift: Ints | int, at: Ints) -> Ints:
        return scene.span_at(scene.calendar[rows], scene.slot[rows] + shift, at)

    covered, changed, whole = (np.zeros(len(rows), np.bool_) for _ in range(3))
    for steps in range(1, int((minutes / grid).max(initial=0)) + 1):
        near = steps * grid < minutes
        for shift in (-steps * grid, steps * grid):
            beside = find(shift, place + vanished)
            there = near & (beside >= 0)
            covered |= there
            changed |= there & (theirs[np.maximum(beside, 0)] == place)
            if (shift < 0).all():
                whole |= there & (find(shift + minutes, place + vanished) >= 0)
    before = find(-minutes, place + (not vanished))
    together = (before >= 0) & (ours[np.maximum(before, 0)] == place)
    found: Bools = covered & (changed | whole | together)
    return found
