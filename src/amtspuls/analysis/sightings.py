"""When the state before a change was last seen."""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from amtspuls.analysis.evidence import MEMORY_S, Evidence
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.view_times import ViewTimes

_MINUTES_PER_DAY = 1440


def newest_view_before(evidence: Evidence, calendar: Ints, slot: Ints, at: Ints) -> Ints:
    """Find for each event the newest view before it that covered the slot's day.

    Returns:
        Index into ``Evidence.views``; -1 where there is none within ``MEMORY_S``.
    """
    order, runs, times = _answered_views(evidence)
    if len(order) == 0:
        return np.full(len(slot), -1, np.int64)
    found = np.full(len(slot), -1, np.int64)
    place = times.before(calendar, at) - 1
    rows, day, since = np.arange(len(slot)), slot // _MINUTES_PER_DAY, at - MEMORY_S
    while len(rows):
        alive = (place >= 0) & (times.calendar[place] == calendar[rows])
        alive &= times.at[place] >= since[rows]
        rows, place = rows[alive], place[alive]
        view = order[place]
        covers = evidence.covered_days.contains(view, day[rows])
        found[rows[covers]] = view[covers]
        # Those before it that cover the same days need not be asked.
        rows, place = rows[~covers], runs[place[~covers]] - 1
    return found


class _Answered(NamedTuple):
    """The answered views of a portal, ascending by (calendar, instant).

    Attributes:
        order: Place of each in ``Evidence.views``.
        runs: First place of those before it that are of its calendar and cover the same days.
        times: Their calendars and instants.
    """

    order: Ints
    runs: Ints
    times: ViewTimes


_ANSWERED: WeakKeyDictionary[Evidence, _Answered] = WeakKeyDictionary()


def _answered_views(evidence: Evidence) -> _Answered:
    """The answered views; put in order once for all questions."""
    if evidence not in _ANSWERED:
        views, order = evidence.views, evidence.answered_views
        times = ViewTimes(views.calendar[order], views.taken_at[order])
        runs = _starts_of_runs(times.calendar, evidence.covered_days.codes[order])
        _ANSWERED[evidence] = _Answered(order, runs, times)
    return _ANSWERED[evidence]


def _starts_of_runs(*columns: Ints) -> Ints:
    """First place of the run of equal rows that each place lies in."""
    begins = np.ones(len(columns[0]), np.bool_)
    begins[1:] = False
    for column in columns:
        begins[1:] |= column[1:] != column[:-1]
    return np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0)).astype(np.int64)
