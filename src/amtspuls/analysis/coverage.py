"""Coverage: for how much of the time do we know what a calendar showed?

Let t1 < t2 < ... be the moments at which a calendar's view is ok or partial, and p_i the planned period
of the i-th. The view covers ``[t_i, t_i + w_i)`` with ``w_i = t_(i+1) - t_i`` where that is at most
1.5 p_i, else ``w_i = p_i``: two snapshots close together cover the time between them, an isolated one or
one before a gap covers its planned period. Coverage is the sum of these times, cut to the asked range,
divided by the length of the range (docs/reference/measures.md#covered-time).

Rates divide by less: what happened after the last view before a gap shows up behind it, at an unknown hour, and is
left out. So the planned periods before gaps, and that of the newest view, are left out below the line as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.evidence import JOIN_FACTOR, Evidence
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import distinct

_NEVER = np.iinfo(np.int64).max // 2


class CoveredTime(NamedTuple):
    """Covered time of one portal's calendars, cut to the asked range; all arrays have shape (n,).

    Intervals are half-open, in Unix seconds, and do not overlap within a calendar. ``view`` is the
    index (into ``Evidence.views``) of the view that each one follows from.
    """

    view: Ints
    calendar: Ints
    from_s: Ints
    until_s: Ints

    @property
    def seconds(self) -> Ints:
        """Length of each interval."""
        return self.until_s - self.from_s

    def only(self, chosen: NDArray[np.bool_]) -> CoveredTime:
        """The chosen intervals."""
        return CoveredTime._make(column[chosen] for column in self)


class Looks(NamedTuple):
    """What the views of one portal say of how well it was watched.

    Attributes:
        covered: Covered time, ascending by (calendar, time).
        joined: Covered time between two close views, so that what happens in it has a known hour.
        tried: Numbers of the calendars with a view of any outcome in the range, ascending; shape (c,).
        answered: How many views of each of them in the range were answered; shape (c,).
        compared: Whether one of these has an answered view before it, in the range or earlier; shape (c,).
    """

    covered: CoveredTime
    joined: CoveredTime
    tried: Ints
    answered: Ints
    compared: NDArray[np.bool_]


def find_looks(evidence: Evidence) -> Looks:
    """Say when the calendars of a portal were watched."""
    views, known = evidence.views, evidence.answered_views
    calendar, taken_at = views.calendar[known], views.taken_at[known]
    period_s = evidence.view_period_s[known]
    gap_s = np.full(len(known), _NEVER, np.int64)
    same = calendar[1:] == calendar[:-1]
    gap_s[:-1][same] = np.diff(taken_at)[same]
    close = gap_s <= JOIN_FACTOR * period_s
    from_s = np.maximum(taken_at, evidence.asked.from_s)

    def time_of(width_s: Ints) -> CoveredTime:
        until_s = np.minimum(taken_at + width_s, evidence.asked.until_s)
        kept = until_s > from_s
        return CoveredTime(known[kept], calendar[kept], from_s[kept], until_s[kept])

    tried = distinct(views.calendar[evidence.in_range(views.taken_at)])
    inside = evidence.in_range(taken_at)
    later = inside & np.append(False, same)
    return Looks(
        covered=time_of(np.where(close, gap_s, period_s)),
        joined=time_of(np.where(close, gap_s, 0)),
        tried=tried,
        answered=_count(tried, calendar[inside]),
        compared=_count(tried, calendar[later]) > 0,
    )


def _count(tried: Ints, calendar: Ints) -> Ints:
    """How often each of some calendars, all that there are, stands in an ascending column."""
    return np.diff(np.append(np.searchsorted(calendar, tried), len(calendar)))


def seconds_before(from_s: Ints, until_s: Ints, instants_s: Ints) -> Ints:
    """Seconds of some intervals (which may overlap) that lie before each instant."""
    return _ramp(from_s, instants_s) - _ramp(until_s, instants_s)


def seconds_between(from_s: Ints, until_s: Ints, edges_s: Ints) -> Ints:
    """Seconds of some intervals that lie in each piece between two neighbouring edges."""
    return np.diff(seconds_before(from_s, until_s, edges_s))


def _ramp(begins_s: Ints, instants_s: Ints) -> Ints:
    """Sum over all begins b and each instant t of max(0, t - b)."""
    ordered = np.sort(begins_s)
    sums = np.concatenate(([0], np.cumsum(ordered)))
    before = np.searchsorted(ordered, instants_s)
    return (before * instants_s - sums[before]).astype(np.int64)
