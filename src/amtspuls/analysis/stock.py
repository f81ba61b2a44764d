"""What is free at covered moments: slots, and days with at least one.

Only days that the moment's view covers count. A view that is whole knows everything that its page
offered; a partial one may have missed something, so its stock is a lower bound.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import Ints
from amtspuls.model import Outcome

_MINUTES_PER_DAY = 1440


class Stock(NamedTuple):
    """What is free at the covered moments of one portal; all arrays have shape (n,).

    Attributes:
        calendar: Number of the calendar.
        at: The moment, Unix seconds.
        weight_s: Seconds that it stands for.
        slots: Free slots on the days that its view covers.
        days: Local days with at least one of them.
        whole: Whether the view is ok, not partial.
    """

    calendar: Ints
    at: Ints
    weight_s: Ints
    slots: Ints
    days: Ints
    whole: Bools


_FOUND: WeakKeyDictionary[Watched, Stock] = WeakKeyDictionary()


def find_stock(one: Watched) -> Stock:
    """Return what is free at every covered moment of a portal; worked out once."""
    if one not in _FOUND:
        _FOUND[one] = _work_out(one)
    return _FOUND[one]


def _work_out(one: Watched) -> Stock:
    covered, evidence = one.covered, one.evidence
    spans, covered_days = evidence.spans, evidence.covered_days
    codes = covered_days.codes[covered.view]
    ends_s = np.maximum(spans.opened_at, np.minimum(spans.closed_at, evidence.span_start_s))
    day = spans.slot // _MINUTES_PER_DAY
    slots, days = np.zeros((2, len(covered.view)), np.int64)
    for number in np.unique(covered.calendar).tolist():
        here = covered.calendar == number
        mine = np.flatnonzero(spans.calendar == number)
        for code in np.unique(codes[here]).tolist():
            at = np.flatnonzero(here & (codes == code))
            shown = mine[covered_days.contains(covered.view[np.full(len(mine), at[0])], day[mine])]
            opened_s, closed_s = spans.opened_at[shown], ends_s[shown]
            moments_s = covered.from_s[at]
            slots[at] = _open_at(moments_s, opened_s, closed_s)
            days[at] = _open_at(moments_s, *_joined(day[shown], opened_s, closed_s))
    whole = evidence.views.outcome[covered.view] == Outcome.OK.value
    return Stock(covered.calendar, covered.from_s, covered.seconds, slots, days, whole)


def _open_at(moments_s: Ints, opened_s: Ints, closed_s: Ints) -> Ints:
    """How many intervals, each without its end, hold each moment."""
    begun = np.searchsorted(np.sort(opened_s), moments_s, "right")
    over = np.searchsorted(np.sort(closed_s), moments_s, "right")
    return (begun - over).astype(np.int64)


def _joined(day: Ints, opened_s: Ints, closed_s: Ints) -> tuple[Ints, Ints]:
    """The times in which each day has anything free, from those of its slots."""
    if len(day) == 0:
        return opened_s, closed_s
    order = np.lexsort((opened_s, day))
    # One line for all days: each gets a stretch of its own, longer than any time in it.
    low = int(opened_s.min())
    stretch = (day[order] - int(day.min())) * (int(closed_s.max()) - low + 1)
    begin, until = stretch + opened_s[order] - low, stretch + closed_s[order] - low
    reached = np.maximum.accumulate(until)
    first = np.ones(len(begin), np.bool_)
    first[1:] = begin[1:] > reached[:-1]
    last = np.append(first[1:], True)
    return (begin - stretch)[first] + low, (reached - stretch)[last] + low
