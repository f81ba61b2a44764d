"""Calendars that are absent from a snapshot although the portal answered: sold out, or nobody knows.

The predecessor's tempus client left a calendar out when it had no day to choose. So where a tempus calendar showed
at most ``FEW`` slots and was absent in the next snapshot, these slots are read as taken then, unless they
were free again when it came back. From more than that a calendar does not sell out in a quarter of an
hour: the page had a fault, and what happened meanwhile is unknown. (Of the gaps in nine weeks of 2026, 77 %
began with at most three free slots, a median of one; of the others many came back as they were.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.evidence import Evidence, answered
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import places_in
from amtspuls.analysis.view_times import ViewTimes
from amtspuls.archive.base import SpanColumns

FEW = 3
SYSTEM = "tempus"
_NEVER = np.iinfo(np.int64).max


class SoldOut(NamedTuple):
    """What was read as sold out.

    Attributes:
        closed_at: When each span closed: at the first snapshot without its calendar where it sold out; shape (n,).
        sold: Which spans did; shape (n,).
        absences: All absences.
        whole: In which of them nothing was left that came back, so that the calendar was sold out as long as it
            was away; shape (absences,).
    """

    closed_at: Ints
    sold: Bools
    absences: Absences
    whole: Bools


def close_sold_out(evidence: Evidence, spans: SpanColumns, start_s: Ints) -> tuple[Ints, Bools]:
    """Close the spans of calendars that sold out at the first snapshot without them.

    Args:
        evidence: The portal.
        spans: Its spans.
        start_s: Instant at which the slot of each begins.

    Returns:
        When each span closed, and which of them sold out.
    """
    found = find_sold_out(evidence, spans, start_s)
    return found.closed_at, found.sold


def find_sold_out(evidence: Evidence, spans: SpanColumns, start_s: Ints) -> SoldOut:
    """Tell calendars that sold out from those that were away for another reason; see ``close_sold_out``."""
    closed_at, sold = spans.closed_at, np.zeros(len(spans.slot), np.bool_)
    absences = find_absences(evidence) if evidence.record.system == SYSTEM else _NO_ABSENCES
    away = len(absences.calendar)
    rows = np.flatnonzero(np.isin(spans.calendar, absences.calendar))
    if not len(rows):
        return SoldOut(closed_at, sold, absences, np.ones(away, np.bool_))
    mine = SpanColumns._make(column[rows] for column in spans)
    first, beyond = _while_free(absences, mine, start_s[rows])
    some = beyond > first
    rows, first, beyond = rows[some], first[some], beyond[some]
    free = np.cumsum(
        np.bincount(first, minlength=away + 1) - np.bincount(beyond, minlength=away + 1)
    )
    # One that was still free in the absence before was there when the calendar came back from it.
    last = beyond - 1
    gone = free[last] <= FEW
    gone &= np.minimum(closed_at[rows], start_s[rows]) <= absences.back_at[last]
    closed_at = closed_at.copy()
    closed_at[rows[gone]] = absences.absent_at[last[gone]]
    sold[rows[gone]] = True
    whole = np.bincount(last[gone], minlength=away + 1)[:away] == free[:away]
    return SoldOut(closed_at, sold, absences, whole & (free[:away] <= FEW))


def _while_free(absences: Absences, spans: SpanColumns, start_s: Ints) -> tuple[Ints, Ints]:
    """The first absence of its calendar in which each span was free and had not begun, and the first after these."""
    seen, absent = (
        ViewTimes(absences.calendar, at) for at in (absences.seen_at, absences.absent_at)
    )
    opened = seen.before(spans.calendar, spans.opened_at)
    closed = seen.before(spans.calendar, spans.closed_at)
    return opened, np.minimum(closed, absent.before(spans.calendar, start_s))


class Absences(NamedTuple):
    """Calendars that were absent from a snapshot, ascending by (calendar, time); all arrays have shape (n,).

    Attributes:
        calendar: Number.
        view: Index of its last view before (into ``Evidence.views``).
        seen_at: When that was.
        absent_at: The first snapshot without it.
        back_at: Its next view; the greatest integer where none came.
    """

    calendar: Ints
    view: Ints
    seen_at: Ints
    absent_at: Ints
    back_at: Ints


_NO_ABSENCES = Absences(*(np.zeros(0, np.int64) for _ in Absences._fields))


def find_absences(evidence: Evidence) -> Absences:
    """Find out when calendars were absent although the portal answered."""
    views, snapshots = evidence.views, evidence.snapshots
    taken_at = snapshots.taken_at[answered(snapshots.outcome)]
    order = evidence.answered_views
    calendar, seen_at = views.calendar[order], views.taken_at[order]
    if not len(calendar):
        return _NO_ABSENCES
    taken_at = taken_at[(taken_at >= seen_at.min()) & (taken_at <= seen_at.max())]
    following = np.append(seen_at[1:], _NEVER)
    following[np.append(calendar[1:] != calendar[:-1], True)] = _NEVER
    next_at = np.append(taken_at, _NEVER)[places_in(taken_at, seen_at + 1)]
    absent = next_at < following
    return Absences(
        calendar[absent], order[absent], seen_at[absent], next_at[absent], following[absent]
    )
