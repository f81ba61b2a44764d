"""What a sealed portal showed: its free slots at one snapshot, and the rows of its CSV. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from amtspuls.archive.sealed.model import Bools, Ints32, Ints64, SealedPortal
from amtspuls.model import Covered, Outcome


class Rows(NamedTuple):
    """Rows of a portal's CSV in the order of the file; both arrays have shape (n,).

    ``ordinal`` is the snapshot, ``calendar`` the number of the calendar.
    """

    ordinal: Ints32
    calendar: Ints32


def free_at(portal: SealedPortal, ordinal: int) -> Mapping[int, Ints32]:
    """What a portal showed in one snapshot.

    Args:
        portal: The portal's week.
        ordinal: Which snapshot.

    Returns:
        By number of the calendar, slots ascending: every calendar whose view was answered (ok or
        partial), an empty array where nothing was free. A calendar without a view, or with a failed
        one, is missing.
    """
    views, spans = portal.views, portal.spans
    shown = np.flatnonzero((views.first <= ordinal) & (ordinal <= views.last))
    open_now = (spans.opened <= ordinal) & (ordinal < spans.closed)
    slots = spans.slot[open_now]
    # Spans are sorted by calendar: those of one lie side by side.
    bounds = np.searchsorted(spans.calendar[open_now], np.arange(len(portal.calendars) + 1))
    found = {}
    for view in shown.tolist():
        if Outcome(views.outcome[view]).answered:
            calendar = int(views.calendar[view])
            own = slots[bounds[calendar] : bounds[calendar + 1]]
            found[calendar] = np.sort(own[on_covered_days(own, views.covered[view])])
    return found


def on_covered_days(slots: Ints32 | Ints64, covered: str) -> Bools:
    """Which slots lie on the days of a ``str(Covered)``."""
    inside = np.zeros(len(slots), dtype=np.bool_)
    for first, until in _slot_bounds(covered):
        inside |= (slots >= first) & (slots < until)
    return inside


@lru_cache(maxsize=4096)
def _slot_bounds(covered: str) -> tuple[tuple[int, int], ...]:
    return tuple((int(first), int(until)) for first, until in Covered.parse(covered).slot_bounds())


def rows_of(portal: SealedPortal) -> Rows:
    """The rows that the portal's CSV has: one for each view that was read whole (outcome ok)."""
    views = portal.views
    whole = views.outcome == Outcome.OK.value
    first = views.first[whole].astype(np.int64)
    lengths = views.last[whole] - first + 1
    begins = np.cumsum(lengths) - lengths
    ordinal = np.arange(int(lengths.sum())) - np.repeat(begins - first, lengths)
    calendar = np.repeat(views.calendar[whole], lengths)
    order = np.lexsort((calendar, ordinal))
    if len(portal.row_order):
        order = order[portal.row_order]
    return Rows(ordinal[order].astype(np.int32), calendar[order].astype(np.int32))


def columns_of(portal: SealedPortal) -> Ints32:
    """Slots that are columns of the portal's CSV, ascending.

    Of an imported week these are exactly the columns of its file; of a live one also slots that were
    open in no view that was read whole.
    """
    columns: Ints32 = np.unique(np.concatenate([portal.spans.slot, portal.extra_columns]))
    return columns
