"""Smaller habits of a calendar: grid of start times, hours, one slot a day, flapping, renewals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.behaviour.sightings import Bools, Floats, Sightings
from amtspuls.analysis.localtime import DAY_S, Ints, weekday_of
from amtspuls.analysis.ordering import (
    count_values,
    number_values,
    order_by,
    sort_within,
    starts_of_runs,
)

UNKNOWN_MIN = 0
"""A grid that could not be learned."""
_STEPS_MIN: Ints = np.array(
    [
        *(1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 18, 20, 24, 25, 30, 35, 36, 40, 45, 48, 50, 60),
        *(75, 80, 90, 120),
    ]
)
_FITTING = 0.97
_LEAST_DISTANCES = 5
_DAY_MIN = 1440
_LEAST_DAYS = 3
_ONE_A_DAY = 0.98
_EDGE = 0.005


def learn_grids(seen: Sightings) -> tuple[Ints, Ints]:
    """Learn the distance of start times, in minutes; ``UNKNOWN_MIN`` where there are too few.

    Returns:
        By calendar, shape (calendars,); and by calendar and weekday, shape (calendars, 7).
    """
    rows, count = seen.rows, len(seen.calendars)
    key = rows.calendar << 26 | rows.slot
    key = key.take(starts_of_runs(key))
    distance, slot, owner = np.diff(key), key[:-1] & ((1 << 26) - 1), key[:-1] >> 26
    same = (owner == key[1:] >> 26) & (slot // _DAY_MIN == (slot + distance) // _DAY_MIN)
    owner, distance, slot = owner[same], distance[same], slot[same]
    weekday = weekday_of(slot * 60)
    by_day = _grid(count * 7, owner * 7 + weekday, distance)
    return _grid(count, owner, distance), by_day.reshape(count, 7)


def _grid(count: int, owner: Ints, distance: Ints) -> Ints:
    """The greatest step that nearly all distances of an owner are multiples of."""
    keys, numbers = count_values(owner * _DAY_MIN + distance)
    owner, distance = keys // _DAY_MIN, keys % _DAY_MIN
    fits = np.where(distance % _STEPS_MIN[:, None] == 0, numbers, 0)
    upto = np.concatenate((np.zeros((len(fits), 1), np.int64), np.cumsum(fits, axis=1)), axis=1)
    edges = np.searchsorted(owner, np.arange(count + 1))
    fitting = np.diff(upto[:, edges], axis=1)
    # All distances are multiples of the first step, one minute.
    good = (fitting >= _FITTING * fitting[0]) & (fitting[0] >= _LEAST_DISTANCES)
    found: Ints = np.where(good, _STEPS_MIN[:, None], UNKNOWN_MIN).max(axis=0)
    return found


class Hours(NamedTuple):
    """Local minutes of day of the earliest and the latest start of each calendar; -1 without a slot."""

    first_min: Ints
    last_min: Ints


def learn_hours(seen: Sightings) -> Hours:
    """Say between which local times a calendar has slots; the rarest half per cent is left out."""
    rows, count = seen.rows, len(seen.calendars)
    minute = sort_within(rows.calendar, rows.slot - seen.day * _DAY_MIN)
    size = np.bincount(rows.calendar, minlength=count)
    begins = np.cumsum(size) - size
    found = []
    for share in (_EDGE, 1 - _EDGE):
        place = begins + np.rint(share * np.maximum(size - 1, 0)).astype(np.int64)
        ordered = np.append(minute, -1)
        found.append(np.where(size > 0, ordered[np.minimum(place, len(minute))], -1))
    return Hours(*found)


def learn_one_a_day(seen: Sightings) -> Bools:
    """Which calendars never show two slots of the same day at once, although days changed theirs."""
    rows, count = seen.rows, len(seen.calendars)
    order = order_by(rows.calendar, seen.day, rows.opened_at)
    day = (rows.calendar << 26 | seen.day).take(order)
    opened, closed = rows.opened_at.take(order), rows.closed_at.take(order)
    same = day[1:] == day[:-1]
    alone = opened[1:] >= np.where(same, closed[:-1], 0)
    owner = day[1:] >> 26
    followers = np.bincount(owner[same], minlength=count)
    single = np.bincount(owner[(same & alone).nonzero()[0]], minlength=count)
    found: Bools = (followers >= _LEAST_DAYS) & (single >= _ONE_A_DAY * followers)
    return found


def learn_flaky(seen: Sightings) -> Floats:
    """Share of a calendar's snapshots in which it lost most of what it showed and got it back in a day."""
    rows, count = seen.rows, len(seen.calendars)
    mass = seen.mass
    if not mass.any():
        return np.zeros(count)
    back = np.zeros(len(mass), np.bool_)
    back[:-1] = ~rows.first[1:] & (rows.opened_at[1:] - rows.closed_at[:-1] <= DAY_S)
    key = rows.calendar << 36 | rows.closed_at
    events, places = number_values(key[mass])
    lost = np.bincount(places, minlength=len(events))
    came_back = np.bincount(places, back[mass], minlength=len(events))
    flaps = np.bincount(events[came_back >= lost / 2] >> 36, minlength=count)
    share: Floats = flaps / np.maximum(seen.view_counts, 1)
    return share
