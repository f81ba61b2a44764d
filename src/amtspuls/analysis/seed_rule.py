"""The rule of the seed's first figure: what vanished or appeared between two pictures of a calendar.

Consecutive distinct non-empty snapshots of a calendar are compared. A vanished slot counts as an
appointment if it lies between the first and the last slot of the newer snapshot, an appeared one as a
cancellation if it lies between those of the older: changes at the edges are time going by and new days.
The rule knows nothing of bookings of several slots, of calendars over the same desks or of releases; it is
kept to draw that figure again (docs/reference/pictures.md#rule-seed), not to estimate.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.evidence import Evidence
from amtspuls.analysis.localtime import Ints

RULE = "seed"
"""Name of the rule."""

_NEVER = np.iinfo(np.int64).max


class SeedEvents(NamedTuple):
    """What the rule counts in the asked range: instants of the newer snapshots, one per slot."""

    appointments: Ints
    cancellations: Ints


class Shown(NamedTuple):
    """The answered views of a portal, calendar after calendar, and what they show.

    Attributes:
        view: Index of each view into ``Evidence.views``; shape (n,).
        calendar: Of each view; shape (n,), ascending.
        at: Instant of each view, ascending in each calendar; shape (n,).
        slot: Slot of each run; shape (m,).
        begin: First view of each run of views that show the slot.
        end: View after the last one of the run; in the same calendar, or the first of the next.
    """

    view: Ints
    calendar: Ints
    at: Ints
    slot: Ints
    begin: Ints
    end: Ints


def count_seed(evidence: Evidence) -> SeedEvents:
    """Apply the rule to one portal.

    The newer snapshot lies in the asked range; the older may lie up to a week before it. Slots on days
    that a snapshot did not cover are taken as they were last seen.
    """
    shown = _without_empty(show_views(evidence))
    smallest = _extremes(shown, np.minimum, _NEVER)
    largest = _extremes(shown, np.maximum, -1)
    appeared, vanished = _changes(shown)
    newer, slot = shown.end[vanished], shown.slot[vanished]
    inside = (smallest[newer] <= slot) & (slot <= largest[newer])
    appointments = shown.at[newer[inside]]
    newer, slot = shown.begin[appeared], shown.slot[appeared]
    inside = (smallest[newer - 1] <= slot) & (slot <= largest[newer - 1])
    cancellations = shown.at[newer[inside]]
    return SeedEvents(*(np.sort(at[evidence.in_range(at)]) for at in (appointments, cancellations)))


def show_views(evidence: Evidence) -> Shown:
    """Lay out which views show which slots, of all views of the evidence that were answered."""
    views, spans = evidence.views, evidence.spans
    chosen = np.flatnonzero(evidence.view_answered)
    chosen = chosen[np.lexsort((views.taken_at[chosen], views.calendar[chosen]))]
    calendar, at = views.calendar[chosen], views.taken_at[chosen]
    if not len(chosen):
        nothing = np.zeros(0, np.int64)
        return Shown(*[nothing] * 6)
    low, high = int(at.min()), int(at.max())
    width = high - low + 2

    def place(of: Ints, instants: Ints) -> Ints:
        """First view of the calendar at or after the instant."""
        keys = of * width + np.clip(instants, low, high + 1) - low
        return np.searchsorted(calendar * width + (at - low), keys).astype(np.int64)

    begin, end = place(spans.calendar, spans.opened_at), place(spans.calendar, spans.closed_at)
    seen = begin < end
    return Shown(chosen, calendar, at, spans.slot[seen], begin[seen], end[seen])


def _without_empty(shown: Shown) -> Shown:
    """The same without the views that show nothing."""
    number = len(shown.at)
    change = np.bincount(shown.begin, minlength=number + 1)
    change -= np.bincount(shown.end, minlength=number + 1)
    full = np.cumsum(change[:number]) > 0
    rank = np.concatenate([[0], np.cumsum(full)])
    return Shown(
        shown.view[full],
        shown.calendar[full],
        shown.at[full],
        shown.slot,
        rank[shown.begin].astype(np.int64),
        rank[shown.end].astype(np.int64),
    )


def _changes(shown: Shown) -> tuple[Ints, Ints]:
    """Runs that begin, and runs that end, between two views of one calendar.

    A slot that was gone only between two views, or only while nothing was shown, did not change.
    """
    runs = len(shown.slot)
    of = shown.calendar[shown.begin]
    joined = np.zeros(runs + 1, np.bool_)
    joined[1:-1] = (shown.slot[1:] == shown.slot[:-1]) & (shown.begin[1:] == shown.end[:-1])
    begins = np.flatnonzero((shown.begin > 0) & ~joined[:-1])
    begins = begins[shown.calendar[shown.begin[begins] - 1] == of[begins]]
    ends = np.flatnonzero((shown.end < len(shown.at)) & ~joined[1:])
    ends = ends[shown.calendar[shown.end[ends]] == of[ends]]
    return begins, ends


def _extremes(shown: Shown, pick: np.ufunc, none: int) -> Ints:
    """Smallest or largest slot of every view.

    Each run is written as two overlapping pieces whose length is a power of two; pieces are then halved,
    longest first, until they are single views.
    """
    number = len(shown.at)
    found = np.full(number, none, np.int64)
    power = np.frexp((shown.end - shown.begin).astype(np.float64))[1] - 1
    for level in range(int(power.max(initial=0)), -1, -1):
        runs = np.flatnonzero(power == level)
        for start in (shown.begin[runs], shown.end[runs] - (1 << level)):
            pick.at(found, start, shown.slot[runs])
        if level:
            half = 1 << (level - 1)
            halved = found.copy()
            halved[half:] = pick(found[half:], found[:-half])
            found = halved
    return found
