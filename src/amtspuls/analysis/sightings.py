"""When the state before a change was last seen."""

from __future__ import annotations

import numpy as np

from amtspuls.analysis.evidence import MEMORY_S, Evidence
from amtspuls.analysis.localtime import Ints

_MINUTES_PER_DAY = 1440


def newest_view_before(evidence: Evidence, calendar: Ints, slot: Ints, at: Ints) -> Ints:
    """Find for each event the newest view before it that covered the slot's day.

    Returns:
        Index into ``Evidence.views``; -1 where there is none within ``MEMORY_S``.
    """
    views = evidence.views
    order = np.flatnonzero(evidence.view_answered)
    order = order[np.lexsort((views.taken_at[order], views.calendar[order]))]
    if len(order) == 0:
        return np.full(len(slot), -1, np.int64)
    place = _place_before(views.calendar[order], views.taken_at[order], calendar, at)
    runs = _starts_of_runs(views.calendar[order], evidence.covered_days.codes[order])
    day = slot // _MINUTES_PER_DAY
    while True:
        held = order[np.maximum(place, 0)]
        alive = (place >= 0) & (views.calendar[held] == calendar)
        alive &= views.taken_at[held] >= at - MEMORY_S
        place = np.where(alive, place, -1)
        skip = alive & ~evidence.covered_days.contains(held, day)
        if not skip.any():
            return np.where(place >= 0, held, -1).astype(np.int64)
        place = np.where(skip, runs[np.maximum(place, 0)] - 1, place)


def _place_before(calendars: Ints, instants: Ints, calendar: Ints, at: Ints) -> Ints:
    """Last place in columns sorted by (calendar, instant) that is before (calendar, at)."""
    low = int(min(instants.min(), at.min(initial=int(instants.min()))))
    width = int(max(instants.max(), at.max(initial=int(instants.max())))) - low + 1
    keys = calendars * width + (instants - low)
    return (np.searchsorted(keys, calendar * width + (at - low)) - 1).astype(np.int64)


def _starts_of_runs(*columns: Ints) -> Ints:
    """First place of the run of equal rows that each place lies in."""
    begins = np.ones(len(columns[0]), np.bool_)
    begins[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0)).astype(np.int64)
