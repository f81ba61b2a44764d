"""Calendars that are absent from a snapshot although the portal answered: sold out, or nobody knows.

The predecessor's tempus client left a calendar out when it had no day to choose. So where a tempus calendar showed
at most ``FEW`` slots and was absent in the next snapshot, these slots are read as taken then, unless they
were free again when it came back. From more than that a calendar does not sell out in a quarter of an
hour: the page had a fault, and what happened meanwhile is unknown. (Of the gaps in nine weeks of 2026, 77 %
began with at most three free slots, a median of one; of the others many came back as they were.)
"""

from __future__ import annotations

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.evidence import Evidence, answered
from amtspuls.analysis.localtime import Ints
from amtspuls.archive.base import SpanColumns

FEW = 3
SYSTEM = "tempus"
_NEVER = np.iinfo(np.int64).max


def close_sold_out(evidence: Evidence, spans: SpanColumns, start_s: Ints) -> tuple[Ints, Bools]:
    """Close the spans of calendars that sold out at the first snapshot without them.

    Args:
        evidence: The portal.
        spans: Its spans.
        start_s: Instant at which the slot of each begins.

    Returns:
        When each span closed, and which of them sold out.
    """
    closed_at, sold = spans.closed_at, np.zeros(len(spans.slot), np.bool_)
    if evidence.record.system != SYSTEM or not len(spans.slot):
        return closed_at, sold
    closed_at = closed_at.copy()
    for calendar, last_at, absent_at, back_at in _absences(evidence):
        first, last = np.searchsorted(spans.calendar, [calendar, calendar + 1])
        mine = slice(int(first), int(last))
        free = (spans.opened_at[mine] <= last_at) & (spans.closed_at[mine] > last_at)
        free &= start_s[mine] > absent_at
        if 1 <= int(free.sum()) <= FEW:
            gone = free & (np.minimum(spans.closed_at[mine], start_s[mine]) <= back_at)
            closed_at[mine][gone] = absent_at
            sold[mine][gone] = True
    return closed_at, sold


def _absences(evidence: Evidence) -> list[tuple[int, int, int, int]]:
    """Calendar, its last view, the first snapshot without it, and its next view; ``_NEVER`` where none came."""
    views, snapshots = evidence.views, evidence.snapshots
    taken_at = snapshots.taken_at[answered(snapshots.outcome)]
    known = evidence.view_answered
    calendar, seen_at = views.calendar[known], views.taken_at[known]
    if not len(calendar):
        return []
    taken_at = taken_at[(taken_at >= seen_at.min()) & (taken_at <= seen_at.max())]
    order = np.lexsort((seen_at, calendar))
    calendar, seen_at = calendar[order], seen_at[order]
    following = np.append(seen_at[1:], _NEVER)
    following[np.append(np.diff(calendar) != 0, True)] = _NEVER
    place = np.searchsorted(taken_at, seen_at, "right")
    next_at = np.append(taken_at, _NEVER)[place]
    absent = next_at < following
    columns = (calendar[absent], seen_at[absent], next_at[absent], following[absent])
    return list(zip(*(column.tolist() for column in columns), strict=True))
