"""Floating grids: start times that move because the stretch of free time before or after them changed.

On such a page appointments follow one another from the begin of each free stretch. A booking, or the passing of
time, then lets many start times vanish and as many others appear, though nearly all of the time is as free as
before. What counts is therefore the free time: a start time moved when a part of the time that it stood for is
covered by start times that are shown after it vanished (before it appeared).

The first one of such a row tells why: when the first to vanish lies before the first to appear, and time has not
come for it, it was taken; when it lies after it, the first to appear is free again.
"""

from __future__ import annotations

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.typed.blocks import number_rows
from amtspuls.analysis.typed.scene import Scene

_LOOKS = 48
_LEAST_GAPS = 20
_USUAL = 0.5
_STEPS_APART = 3
_OFTEN = 0.25
_EDGE_S = 120


def find_shifts(scene: Scene) -> tuple[Bools, Bools]:
    """Which spans closed, and which opened, because start times moved."""
    closed, opened = np.zeros(len(scene.slot), np.bool_), np.zeros(len(scene.slot), np.bool_)
    length = _lengths(scene)
    floating = _are_floating(scene, length)[scene.calendar]
    went = np.flatnonzero(floating & (scene.closed < len(scene.taken_at)))
    came = np.flatnonzero(floating & (scene.opened > 0))
    closed[went] = _is_covered(scene, went, scene.closed[went] + 1, length)
    opened[came] = _is_covered(scene, came, scene.opened[came], length)
    taken, freed = _causes(scene, went, came)
    closed[taken] = False
    opened[freed] = False
    return closed, opened


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
    due = scene.leaves_at[gone] <= scene.closed_at[gone] + _EDGE_S
    due |= ~scene.vanished[gone]
    later = scene.slot[new] > scene.slot[gone]
    return gone[later & ~due], new[~later]


def _first(scene: Scene, rows: Ints, step: Ints, count: int) -> Ints:
    """The row with the earliest start time of each step; -1 where there is none."""
    found = np.full(count, -1, np.int64)
    order = np.lexsort((-scene.slot[rows], step))
    found[step[order]] = rows[order]
    return found


def _are_floating(scene: Scene, length: Ints) -> Bools:
    """Which calendars have a floating grid.

    Their neighbouring start times are several steps of the finest grid apart, and where one vanishes another one
    often appears on the same day at once. On a fixed grid that is chance.
    """
    apart = length >= _STEPS_APART * scene.grid_min
    width = np.int64(len(scene.taken_at) + 2)
    went = np.flatnonzero(apart[scene.calendar] & scene.vanished)
    came = np.flatnonzero(apart[scene.calendar] & (scene.opened > 0))
    gone = np.unique((scene.calendar[went] << 20 | scene.day[went]) * width + scene.closed[went])
    new = np.unique((scene.calendar[came] << 20 | scene.day[came]) * width + scene.opened[came])
    # A portal draws all its calendars alike.
    often = int(np.isin(gone, new).sum()) >= _OFTEN * max(1, len(gone))
    found: Bools = apart & often
    return found


def _lengths(scene: Scene) -> Ints:
    """Usual distance of neighbouring start times that are free at once, by calendar, minutes; 0: unknown."""
    found = np.zeros(len(scene.calendars), np.int64)
    owners: list[Ints] = []
    gaps: list[Ints] = []
    count = len(scene.taken_at)
    for place in np.unique(np.linspace(0, max(0, count - 1), min(count, _LOOKS)).astype(int)):
        free = np.flatnonzero((scene.opened <= place) & (scene.closed > place))
        same = (np.diff(scene.calendar[free]) == 0) & (np.diff(scene.day[free]) == 0)
        owners.append(scene.calendar[free][1:][same])
        gaps.append(np.diff(scene.slot[free])[same])
    if not owners:
        return found
    owner, gap = np.concatenate(owners), np.concatenate(gaps)
    for calendar in np.unique(owner).tolist():
        sizes, numbers = np.unique(gap[owner == calendar], return_counts=True)
        best = int(np.argmax(numbers))
        if numbers.sum() >= _LEAST_GAPS and numbers[best] >= _USUAL * numbers.sum():
            found[calendar] = sizes[best]
    return found


def _is_covered(scene: Scene, rows: Ints, place: Ints, length: Ints) -> Bools:
    """Whether a part of the time of each start is covered by others that were free just before a place in time."""
    calendar, slot = scene.calendar[rows], scene.slot[rows]
    minutes, grid = length[calendar], scene.grid[rows]
    covered = np.zeros(len(rows), np.int64)
    for steps in range(1, int((minutes / grid).max(initial=0)) + 1):
        overlap = np.maximum(0, minutes - steps * grid)
        for side in (-steps, steps):
            beside = scene.span_at(calendar, slot + side * grid, place) >= 0
            covered += np.where(beside, overlap, 0)
    found: Bools = covered > 0
    return found
