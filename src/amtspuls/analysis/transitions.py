"""The rule that turns spans into bookings, cancellations and openings. It is written here and nowhere else.

The rule of this release is the simplest one that can be written down (docs/reference/measures.md#rule):

- a slot that vanished before its start, seen missing on a covered day, is a booking;
- a slot that is seen again after it had vanished is a cancellation;
- a slot seen for the first time, on a day that was covered before without it, is an opening.

Nobody outside an office knows which vanished slot was a booking, so every figure that rests on this rule
is provisional.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.changes import Changes, Floats
from amtspuls.analysis.evidence import JOIN_FACTOR, Evidence
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.sightings import newest_view_before

RULE = "span-1"
"""Name and version of the rule; every row that rests on it carries it."""


class Events(NamedTuple):
    """What happened to slots of one portal, in the asked range; all arrays have shape (n,).

    Attributes:
        calendar: Number of the calendar.
        slot: The slot concerned.
        at: Instant of the snapshot that showed the change; the change itself lies in
            ``(seen_at, at]``.
        seen_at: Instant of the newest snapshot before it that covered the slot's day and still
            showed the old state.
        lead_s: From ``at`` to the slot's start.
        timed: Whether the time between ``seen_at`` and ``at`` was covered, so that ``at`` tells the
            hour. Across a gap it does not.
        weight: For how many bookings (cancellations, openings) an event stands; sums are counts.
    """

    calendar: Ints
    slot: Ints
    at: Ints
    seen_at: Ints
    lead_s: Ints
    timed: NDArray[np.bool_]
    weight: Floats

    def only(self, chosen: NDArray[np.bool_]) -> Events:
        """The chosen ones of these events."""
        return Events._make(column[chosen] for column in self)


@dataclass(frozen=True)
class Transitions:
    """Everything that happened in one portal in the asked range.

    Attributes:
        bookings: Slots that vanished before their start.
        cancellations: Slots that came back.
        openings: Slots that were new on a day that was known before.
        first_sight: Number of slots whose day had not been covered in the week before they were
            seen: whether they are new is unknown, and they count nowhere.
        changes: Every change with its kind.
        rule: Name and version of the rule.
        reasons: What ``changes.reason`` counts: the parts of the rule that decided.
    """

    bookings: Events
    cancellations: Events
    openings: Events
    first_sight: int
    changes: Changes
    rule: str
    reasons: tuple[str, ...]


def find_transitions(evidence: Evidence) -> Transitions:
    """Apply the rule to one portal."""
    spans = evidence.spans
    booked = (spans.closed_at < evidence.span_start_s) & evidence.in_range(spans.closed_at)
    back = np.zeros(len(spans.slot), np.bool_)
    back[1:] = (spans.slot[1:] == spans.slot[:-1]) & (spans.calendar[1:] == spans.calendar[:-1])
    appeared = evidence.in_range(spans.opened_at)
    openings, known_before = _events(evidence, appeared & ~back, spans.opened_at)
    bookings = _events(evidence, booked, spans.closed_at, since=spans.opened_at)[0]
    cancellations = _events(
        evidence, appeared & back, spans.opened_at, since=np.roll(spans.closed_at, 1)
    )[0]
    openings = openings.only(known_before)
    return Transitions(
        bookings=bookings,
        cancellations=cancellations,
        openings=openings,
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
    calendar, slot = evidence.spans.calendar[chosen], evidence.spans.slot[chosen]
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
    lead_s = evidence.span_start_s[chosen] - happened_at
    return Events(calendar, slot, happened_at, seen_at, lead_s, near, np.ones(len(slot))), known
