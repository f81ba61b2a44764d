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
    order, runs, times = answered_views(evidence)
    if len(order) == 0:
        return np.full(len(slot), -1, np.int64)
    found = np.full(len(slot), -1, np.int64)
    place = times.before(calendar, at) - 1
    rows, day, since = np.arange(len(slot)), slot // _MINUTES_PER_DAY, at - MEMORY_S
    while len(rows):
        alive = (place >= 0) & (times.calendar[place] == calendar.take(rows))
        alive &= times.at[place] >= since.take(rows)
        if not alive.all():
            rows, place = rows[alive], place[alive]
        view = order.take(place)
        found[rows] = view
        left = (~evidence.covered_days.contains(view, day.take(rows))).nonzero()[0]
        rows = rows.take(left)
        found[rows] = -1
        # Those before it that cover the same days need not be asked.
        place = runs.take(place.take(left)) - 1
    return found


class Answered(NamedTuple):
    """The answered views of a portal, ascending by (calendar, instant).

    Attributes:
        order: Place of each in ``Evidence.views``.
        runs: First place of those before it that are of its calendar and cover the same days.
        times: Their calendars and instants.
    """

    order: Ints
    runs: Ints
    times: ViewTimes


_ANSWERED: WeakKeyDictionary[Evidence, Answered] = WeakKeyDictionary()


def answered_views(evidence: Evidence) -> Answered:
    """The answered views; put in order once for all questions."""
    if evidence not in _ANSWERED:
        views, order = evidence.views, evidence.answered_views
        times = ViewTimes(views.calendar[order], views.taken_at[order])
        runs = _starts_of_runs(times.calendar, evidence.covered_days.codes[order])
        _ANSWERED[evidence] = Answered(order, runs, times)
    return _ANSWERED[evidence]


def _starts_of_runs(*columns: Ints) -> Ints:
    """First place of the run of equal rows that each place lies in."""
    count = len(columns[0])
    alike = np.ones(max(0, count - 1), np.bool_)
    for column in columns:
        alike &= column[1:] == column[:-1]
    starts = np.append(np.zeros(min(1, count), np.int64), (~alike).nonzero()[0] + 1)
    return starts.repeat(np.append(starts[1:], count) - starts) if count else starts
