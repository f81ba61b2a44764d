"""For which time it is known what was free: covered time, and the time in which a calendar was sold out.

A calendar of an imported tempus week is not in a snapshot in which it has nothing to offer. Nobody saw it then, so
the time is not covered. But where ``typed.absences`` reads the absence as sold out, it is known that nothing was
free; waits that left this time out would be the shorter the more often an office had nothing.
"""

from __future__ import annotations

import numpy as np

from amtspuls.analysis.coverage import CoveredTime
from amtspuls.analysis.evidence import JOIN_FACTOR, MEMORY_S, Evidence, answered
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.once import once
from amtspuls.analysis.ordering import order_by
from amtspuls.analysis.typed.absences import SYSTEM, SoldOut, find_sold_out

LONGEST_S = MEMORY_S
"""From then on an absence is no longer read as sold out: the calendar may have been given up."""


@once
def shown_of(one: Watched) -> CoveredTime:
    """Time of which it is known what was free, ascending by (calendar, time); worked out once.

    Where a calendar was sold out ``view`` is that of its last view before.
    """
    if not may_sell_out(one):
        return one.covered
    return _with_sold_out(one.covered, find_sold_out_time(one.evidence, _sold_out(one)))


def may_sell_out(one: Watched) -> bool:
    """Whether absences of the portal's calendars may be read as sold out."""
    return one.evidence.record.system == SYSTEM


@once
def closings_of(one: Watched) -> Ints:
    """When each of ``Evidence.spans`` closed: those of a calendar that sold out when it did; worked out once."""
    return _sold_out(one).closed_at if may_sell_out(one) else one.evidence.spans.closed_at


@once
def _sold_out(one: Watched) -> SoldOut:
    return find_sold_out(one.evidence, one.evidence.spans, one.evidence.span_start_s)


def find_sold_out_time(evidence: Evidence, found: SoldOut) -> CoveredTime:
    """The time in which calendars were sold out: each answered snapshot without them stands for some of it."""
    chosen = np.flatnonzero(found.whole)
    absences = found.absences
    snapshots = evidence.snapshots
    known = np.flatnonzero(answered(snapshots.outcome))
    taken_at, period_s = snapshots.taken_at[known], evidence.period_s[known]
    gap_s = np.append(np.diff(taken_at), np.iinfo(np.int64).max)
    until_s = taken_at + np.where(gap_s <= JOIN_FACTOR * period_s, gap_s, period_s)
    first = np.searchsorted(taken_at, absences.absent_at[chosen])
    end_s = np.minimum(absences.back_at[chosen], absences.absent_at[chosen] + LONGEST_S)
    count = np.searchsorted(taken_at, end_s) - first
    absence = np.repeat(chosen, count)
    place = np.arange(int(count.sum())) + np.repeat(first - np.cumsum(count) + count, count)
    time = CoveredTime(
        absences.view[absence],
        absences.calendar[absence],
        np.maximum(taken_at[place], evidence.asked.from_s),
        np.minimum(until_s[place], evidence.asked.until_s),
    )
    return time.only(time.until_s > time.from_s)


def _with_sold_out(covered: CoveredTime, more: CoveredTime) -> CoveredTime:
    """Both together; a view stands for no time in which the calendar was known to be sold out."""
    if not len(more.view):
        return covered
    whole = CoveredTime._make(map(np.concatenate, zip(covered, more, strict=True)))
    whole = CoveredTime._make(column[order_by(whole.calendar, whole.from_s)] for column in whole)
    until_s = whole.until_s.copy()
    same = whole.calendar[1:] == whole.calendar[:-1]
    until_s[:-1][same] = np.minimum(until_s[:-1], whole.from_s[1:])[same]
    return whole._replace(until_s=until_s)
