"""Things that happened, one row each, whatever rule found them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools, Changes, Floats
from amtspuls.analysis.localtime import Ints


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
        doubt: How many of these may be none, or may be missing.
    """

    calendar: Ints
    slot: Ints
    at: Ints
    seen_at: Ints
    lead_s: Ints
    timed: Bools
    weight: Floats
    doubt: Floats

    def only(self, chosen: Bools | Ints) -> Events:
        """The chosen ones of these events."""
        return Events._make(column[chosen] for column in self)

    @property
    def middle(self) -> Ints:
        """The likely instant of each: the middle of ``(seen_at, at]`` where that is covered, else ``at``."""
        found: Ints = self.at - np.where(self.timed, self.at - self.seen_at, 0) // 2
        return found

    @property
    def on_sight(self) -> Events:
        """The same with ``at`` as their instant: right for what offices do on the full hour."""
        return self._replace(seen_at=self.at)


@dataclass(frozen=True)
class Transitions:
    """Everything that happened in one portal in the asked range.

    Attributes:
        bookings: Bookings, each once, however many start times and calendars it closed; the calendar is the
            first of them.
        cancellations: As well.
        openings: Start times that were new on a day that was known before.
        bookings_by_calendar: Bookings, once for each calendar that they closed.
        cancellations_by_calendar: As well.
        hidden: Blocks of start times that vanished across a gap, or with a part of their day: there may be
            bookings among them.
        hidden_by_calendar: As well, once for each calendar that they were in.
        first_sight: Number of slots whose day had not been covered in the week before they were
            seen: whether they are new is unknown, and they count nowhere.
        changes: Every change with its kind.
        rule: Name and version of the rule.
        reasons: What ``changes.reason`` counts: the parts of the rule that decided.
    """

    bookings: Events
    cancellations: Events
    openings: Events
    bookings_by_calendar: Events
    cancellations_by_calendar: Events
    hidden: Events
    hidden_by_calendar: Events
    first_sight: int
    changes: Changes
    rule: str
    reasons: tuple[str, ...]
