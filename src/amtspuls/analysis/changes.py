"""Changes of a page, one row per start time of a calendar that appeared or vanished."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.localtime import Ints

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Changes(NamedTuple):
    """Openings and closings of spans of one portal in the asked range; all arrays have shape (n,).

    Attributes:
        calendar: Number of the calendar.
        slot: The start time, minutes of naive local wall time.
        at: Instant of the snapshot that showed the change, Unix seconds; the change itself lies in
            ``(seen_at, at]``. A slot that begins while it is free closes at its start.
        seen_at: Instant of the newest snapshot before it that covered the slot's day; the least integer
            where there is none.
        start_s: Instant at which the slot begins.
        opening: Whether it appeared; else it vanished.
        timed: Whether the time between ``seen_at`` and ``at`` was covered, so that ``at`` tells the hour.
        kind: Place in ``kinds.KINDS``.
        reason: Number of the rule that decided; ``Transitions.reasons`` names them.
        confidence: How sure the kind is, 0 to 1.
        final: Whether it is too late for a hold to end: the kind stays, unless more is learned of the portal.
        episode: Number of the booking, cancellation, release or the like that the change belongs to; the
            same for all its start times, in all calendars.
    """

    calendar: Ints
    slot: Ints
    at: Ints
    seen_at: Ints
    start_s: Ints
    opening: Bools
    timed: Bools
    kind: Ints
    reason: Ints
    confidence: Floats
    final: Bools
    episode: Ints

    def only(self, chosen: Bools | Ints) -> Changes:
        """The chosen rows."""
        rows = chosen.nonzero()[0] if chosen.dtype == np.bool_ else chosen
        return Changes._make(column.take(rows) for column in self)

    def of(self, *kinds: Kind) -> Changes:
        """The rows of some kinds."""
        return self.only(np.isin(self.kind, [CODES[kind] for kind in kinds]))
