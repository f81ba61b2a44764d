"""Calendars with floating grids over the same desks: they seldom show the same start times.

Appointments of different lengths that follow one another fall on different start times, so calendars over one desk
are not told by what they lose together at the same start. But a booking takes time: where one calendar lost a start
time that was taken, another one over the same desk loses every start time that would overlap with it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amtspuls.analysis.behaviour.mirrors import LEAST_CHANCES, SAME_SHARE
from amtspuls.analysis.localtime import HOUR_S, Ints
from amtspuls.analysis.typed.scene import Scene
from amtspuls.analysis.typed.shifts import Shifts

_AHEAD_S = 12 * HOUR_S
"""Start times of the same day move in all calendars as time passes, which says nothing."""


def join_floating(scene: Scene, shifts: Shifts) -> Scene:
    """Join groups of calendars with floating grids that lose overlapping time together.

    Args:
        scene: The portal.
        shifts: What moved.

    Returns:
        The portal itself where no two groups are joined.
    """
    floating = np.flatnonzero(shifts.length)
    if not len(floating):
        return scene
    ahead = scene.start_s[shifts.taken] - scene.closed_at[shifts.taken] >= _AHEAD_S
    taken = shifts.taken[ahead]
    groups = scene.groups.copy()
    for one in floating.tolist():
        rows = taken[scene.calendar[taken] == one]
        for other in floating.tolist():
            if groups[one] != groups[other] and _share_desks(scene, rows, other, shifts.length):
                groups[groups == groups[other]] = groups[one]
    if (groups == scene.groups).all():
        return scene
    numbers = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    return replace(scene, groups=numbers)


def _share_desks(scene: Scene, rows: Ints, other: int, length: Ints) -> bool:
    """Whether another calendar mostly loses time that was taken in the calendar of some rows.

    Args:
        scene: The portal.
        rows: Spans of one calendar whose start time was taken.
        other: The other calendar.
        length: Minutes that a start time stands for, by calendar.
    """
    had, lost = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    calendar = np.full(len(rows), other, np.int64)
    step = int(scene.grid_min[other])
    mine = int(length[scene.calendar[rows[:1]]].sum())
    for minutes in range(step - int(length[other]), mine, step):
        beside = scene.span_at(calendar, scene.slot[rows] + minutes, scene.closed[rows])
        free = beside >= 0
        had |= free
        lost |= free & (scene.closed[np.maximum(beside, 0)] == scene.closed[rows])
    chances = int(had.sum())
    return chances >= LEAST_CHANCES and int(lost.sum()) >= SAME_SHARE * chances


def reach_of_floating(scene: Scene, shifts: Shifts) -> Ints:
    """Steps by group within which start times that change in one step are one booking: those that overlap."""
    reach = np.zeros(scene.group_count, np.int64)
    if not shifts.length.any():
        return reach
    steps = np.maximum(shifts.length // scene.grid_min - 1, 0)
    np.maximum.at(reach, scene.groups, steps)
    return reach
