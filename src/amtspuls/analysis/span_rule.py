"""The simplest rule that turns spans into bookings: what the typed rule is compared with (docs/reference/score.md).

- a slot that vanished before its start, seen missing on a covered day, is a booking;
- a slot that is seen again after it had vanished is a cancellation;
- a slot seen for the first time, on a day that was covered before without it, is an opening.

No measure rests on it any more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.changes import Changes
from amtspuls.analysis.events import Events, Transitions
from amtspuls.analysis.evidence import JOIN_FACTOR, Evidence
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.sightings import newest_view_before

RULE = "span-1"
"""Name and version of the rule; every row that rests on it carries it."""


def find_by_spans(evidence: Evidence) -> Transitions:
    """Apply the rule to one portal."""
    spans = evidence.old_spans
    start_s = evidence.offsets.start_of_slots(spans.slot)
    booked = (spans.closed_at < start_s) & evidence.in_range(spans.closed_at)
    back = np.zeros(len(spans.slot), np.bool_)
    back[1:] = (spans.slot[1:] == spans.slot[:-1]) & (spans.calendar[1:] == spans.calendar[:-1])
    appeared = evidence.in_range(spans.opened_at)
    openings, known_before = _events(evidence, appeared & ~back, spans.opened_at)
    bookings = _events(evidence, booked, spans.closed_at, since=spans.opened_at)[0]
    cancellations = _events(
        evidence, appeared & back, spans.opened_at, since=np.roll(spans.closed_at, 1)
    )[0]
    openings = openings.only(known_before)
    nothing = bookings.only(np.zeros(len(bookings.at), np.bool_))
    return Transitions(
        bookings=bookings,
        cancellations=cancellations,
        openings=openings,
        bookings_by_calendar=bookings,
        cancellations_by_calendar=cancellations,
        hidden=nothing,
        hidden_by_calendar=nothing,
        first_sight=int((~known_before).sum()),
        changes=_joined(
            _changes(bookings, Kind.BOOKED, opening=False),
            _changes(cancellations, Kind.CANCELLED, opening=True),
            _changes(openings, Kind.HORIZON_ROLL, opening=True),
        ),
        rule=RULE,
        reasons=(RULE,),
    )


def _changes(events: Events, kind: Kind, *, opening: bool) -> Changes:
    count = len(events.slot)
    return Changes(
        events.calendar,
        events.slot,
        events.at,
        events.seen_at,
        start_s=events.at + events.lead_s,
        opening=np.full(count, opening),
        timed=events.timed,
        kind=np.full(count, CODES[kind], np.int64),
        reason=np.zeros(count, np.int64),
        confidence=np.zeros(count, np.float64),
        final=np.zeros(count, np.bool_),
        episode=np.arange(count, dtype=np.int64),
    )


def _joined(*parts: Changes) -> Changes:
    whole = Changes._make(map(np.concatenate, zip(*parts, strict=True)))
    whole = whole._replace(episode=np.arange(len(whole.slot), dtype=np.int64))
    return whole.only(np.lexsort((whole.slot, whole.calendar, whole.at)))


def _events(
    evidence: Evidence, chosen: NDArray[np.bool_], at: Ints, *, since: Ints | None = None
) -> tuple[Events, NDArray[np.bool_]]:
    """Collect the chosen spans as events.

    Args:
        evidence: The portal.
        chosen: Which spans.
        at: Instant of the event of each span (chosen or not).
        since: When the old state was surely there; unknown when None.

    Returns:
        The events, and for which of them an earlier covering view is known.
    """
    spans = evidence.old_spans
    calendar, slot = spans.calendar[chosen], spans.slot[chosen]
    happened_at = at[chosen]
    earlier = newest_view_before(evidence, calendar, slot, happened_at)
    known = earlier >= 0
    views = evidence.views
    seen_at = np.full(len(slot), np.iinfo(np.int64).min, np.int64)
    seen_at[known] = views.taken_at[earlier[known]]
    near = np.zeros(len(slot), np.bool_)
    reach_s = JOIN_FACTOR * evidence.view_period_s[earlier[known]]
    near[known] = happened_at[known] - seen_at[known] <= reach_s
    if since is not None:
        seen_at = np.maximum(seen_at, since[chosen])
    lead_s = evidence.offsets.start_of_slots(slot) - happened_at
    count = len(slot)
    events = Events(
        calendar, slot, happened_at, seen_at, lead_s, near, np.ones(count), np.zeros(count)
    )
    return events, known
