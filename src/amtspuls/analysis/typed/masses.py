"""Changes that no citizen makes: pages and days that vanish or appear at once.

What is much is compared with what is usual for the group: a booking closes few start times of one day, and
some bookings may fall between the same two snapshots.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import sort_within
from amtspuls.analysis.typed.blocks import count_starts, number_rows
from amtspuls.analysis.typed.scene import Scene

WHOLE_DAYS = 3
"""So many whole days of at least as many start times each, lost in one step, are a page that shows less."""
FEW = 5
MOST = 0.6
"""A calendar that loses this share of at least ``FEW`` start times on at least two days shows less, too."""
MANY = 8
"""Start times of one day and step that may always be bookings."""
_BOOKINGS_AT_ONCE = 3
_USUAL = 0.97
_ABOVE_USUAL = 1.5
_NEARLY_ALL = 0.8


class FreeCounts:
    """How many start times were free just before a place in time."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._width = np.int64(len(scene.taken_at) + 2)
        self._closed = np.minimum(scene.closed, self._width - 1)

    def of_days(self, calendar: Ints, day: Ints, place: Ints) -> Ints:
        """Of some days of calendars."""
        owner = calendar << 20 | day
        return self._count(self._days, owner, place)

    def of_calendars(self, calendar: Ints, place: Ints) -> Ints:
        """Of whole calendars."""
        return self._count(self._calendars, calendar, place)

    @cached_property
    def _days(self) -> tuple[Ints, Ints]:
        return self._keys(self._scene.calendar << 20 | self._scene.day)

    @cached_property
    def _calendars(self) -> tuple[Ints, Ints]:
        return self._keys(self._scene.calendar)

    def _keys(self, owner: Ints) -> tuple[Ints, Ints]:
        return (
            np.sort(owner * self._width + self._scene.opened),
            np.sort(owner * self._width + self._closed),
        )

    def _count(self, keys: tuple[Ints, Ints], owner: Ints, place: Ints) -> Ints:
        # As many spans of the owners before opened as closed, for all of them have an end.
        opened, closed = (np.searchsorted(one, owner * self._width + place) for one in keys)
        return (opened - closed).astype(np.int64)


class DayLosses(NamedTuple):
    """What calendars lost of single days in single steps; all arrays have shape (n,).

    Attributes:
        number: For each row the place of its loss in the other arrays, which have shape (losses,).
        calendar: Calendar.
        place: Place in time.
        lost: Start times that vanished.
        free: Start times that were free before.
    """

    number: Ints
    calendar: Ints
    place: Ints
    lost: Ints
    free: Ints

    @property
    def whole(self) -> Bools:
        """Whether the day vanished as a whole."""
        found: Bools = self.lost >= self.free
        return found


def find_day_losses(scene: Scene, free: FreeCounts, rows: Ints) -> DayLosses:
    """Count what was lost by calendar, step and day."""
    number = number_rows(scene.day[rows], scene.closed[rows], scene.calendar[rows])
    count = int(number.max(initial=-1)) + 1
    calendar, place, day = (np.zeros(count, np.int64) for _ in range(3))
    calendar[number], place[number] = scene.calendar[rows], scene.closed[rows]
    day[number] = scene.day[rows]
    lost = np.bincount(number, minlength=count)
    return DayLosses(number, calendar, place, lost, free.of_days(calendar, day, place))


def find_lost_pages(losses: DayLosses, free: FreeCounts) -> Bools:
    """Which rows vanished because their calendar showed less: many days at once, as a whole."""
    step = number_rows(losses.place, losses.calendar)
    if not len(step):
        return np.zeros(0, np.bool_)
    days, lost = np.bincount(step), np.bincount(step, losses.lost)
    whole = np.bincount(step, losses.whole & (losses.free >= WHOLE_DAYS))
    mass, many = whole >= WHOLE_DAYS, ((lost >= FEW) & (days >= 2)).nonzero()[0]
    if len(many):
        calendar, place = np.zeros(len(days), np.int64), np.zeros(len(days), np.int64)
        calendar[step], place[step] = losses.calendar, losses.place
        mass[many] |= lost[many] >= MOST * free.of_calendars(calendar[many], place[many])
    # A day that lost little in such a step lost it to somebody else.
    found: Bools = (mass[step] & (losses.lost >= MOST * losses.free))[losses.number]
    return found


def find_lost_days(scene: Scene, rows: Ints, whole: Bools, reach: Ints) -> Bools:
    """Which rows vanished with a day, or a desk's part of it: more at once than bookings explain.

    Args:
        scene: The portal.
        rows: Spans that vanished.
        whole: For each of them whether its calendar lost all of the day.
        reach: Steps by group.
    """
    day = number_rows(scene.day[rows], scene.closed[rows], scene.group[rows])
    if not len(day):
        return np.zeros(0, np.bool_)
    starts = count_starts(day, scene.slot[rows])
    group = np.zeros(len(starts), np.int64)
    group[day] = scene.group[rows]
    one = reach[group] + 1
    limit = np.maximum(
        np.maximum(MANY, _BOOKINGS_AT_ONCE * one), _ABOVE_USUAL * _usual(group, starts)
    )
    all_gone = np.bincount(day, whole) >= _NEARLY_ALL * np.bincount(day)
    found: Bools = ((starts > limit) | (all_gone & (starts >= 2 * one + 2)))[day]
    return found


def find_appeared(scene: Scene, rows: Ints, reach: Ints) -> Bools:
    """Which rows appeared with more others of their day than cancellations explain."""
    day = number_rows(scene.day[rows], scene.opened[rows], scene.group[rows])
    if not len(day):
        return np.zeros(0, np.bool_)
    starts = count_starts(day, scene.slot[rows])
    group = np.zeros(len(starts), np.int64)
    group[day] = scene.group[rows]
    limit = np.maximum(MANY, _BOOKINGS_AT_ONCE * (reach[group] + 1))
    found: Bools = (starts > limit)[day]
    return found


def find_new_pages(scene: Scene, rows: Ints) -> Bools:
    """Which rows appeared because their calendar shows more: on many days at once, and most of what it shows then.

    Args:
        scene: The portal.
        rows: Spans that appeared, but not because time moved on or a hold ended.
    """
    step = number_rows(scene.opened[rows], scene.calendar[rows])
    if not len(step):
        return np.zeros(0, np.bool_)
    day = number_rows(scene.day[rows], scene.opened[rows], scene.calendar[rows])
    step_of_day = np.zeros(int(day.max()) + 1, np.int64)
    step_of_day[day] = step
    days = np.bincount(step_of_day)
    starts = np.bincount(step)
    mass = (days >= WHOLE_DAYS) & (starts >= FEW)
    many = mass.nonzero()[0]
    if len(many):
        chosen = np.zeros(len(starts), np.int64)
        chosen[step] = rows
        calendar, opened = scene.calendar[chosen[many]], scene.opened[chosen[many]]
        mass[many] = starts[many] >= MOST * FreeCounts(scene).of_calendars(calendar, opened + 1)
    found: Bools = mass[step]
    return found


def find_rest_of_day(scene: Scene, rows: Ints, back: Bools) -> Bools:
    """Which rows appeared with a part of their day that comes back.

    Args:
        scene: The portal.
        rows: Spans that appeared, but not because time moved on or a hold ended.
        back: Which of them come back with a page or a day.
    """
    if not back.any():
        return np.zeros(len(rows), np.bool_)
    day = number_rows(scene.day[rows], scene.opened[rows], scene.calendar[rows])
    many = np.bincount(day, back)
    found: Bools = ((many >= FEW) & (many >= MOST * np.bincount(day)))[day]
    return found


def _usual(group: Ints, starts: Ints) -> Ints:
    """For each day loss what is much in its group."""
    size = np.bincount(group)
    begin, place = np.cumsum(size) - size, np.maximum(size - 1, 0) * _USUAL
    lower = place.astype(np.int64)
    ordered = sort_within(group, starts)
    last = len(ordered) - 1
    low = ordered.take(np.minimum(begin + lower, last))
    step = ordered.take(np.minimum(begin + np.minimum(lower + 1, size - 1), last)) - low
    # All groups at once, in the very steps of ``np.quantile``, which goes back from the next where that is nearer.
    share = place - lower
    usual = np.where(share < 0.5, low + step * share, low + step - step * (1 - share))
    found: Ints = usual.astype(np.int64)[group]
    return found
