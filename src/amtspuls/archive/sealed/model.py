"""One portal's week in memory, as arrays: what a sealed week stores and gives back.

Everything inside a week is counted in *ordinals*: the portal's snapshots of the week, ascending by
``taken_at``, have the ordinals 0 … n-1, whatever their outcome. A span that runs from ordinal ``opened``
until (not including) ``closed`` was free in every view of its calendar at an ordinal between the two whose
``covered`` days include the slot's day; a view in between that did not cover it, or a snapshot without the
calendar, cuts nothing (ARCHITECTURE idea 2). Format on disk: docs/reference/sealed-weeks.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.archive.base import PortalRecord

Ints32 = NDArray[np.int32]
Ints64 = NDArray[np.int64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.object_]


class SealedCalendar(NamedTuple):
    """A calendar of one week; its place in ``SealedPortal.calendars`` is its number in the arrays.

    Attributes:
        key: As in the live archive, that of the old bundles.
        copy: 0; 1, 2 … where a bundle holds several rows of one key at one date: each is kept as a
            calendar of its own, and left out of everything but the way back to the bundle.
        name: What people read; empty where nothing told it.
        services: Texts of the services it is for.
    """

    key: str
    copy: int
    name: str
    services: tuple[str, ...]


class SealedSnapshots(NamedTuple):
    """Snapshots of the week, ascending; all arrays have shape (n,).

    ``utc_offset_s`` is what the portal's wall clock was ahead of UTC (``taken_at`` plus it gives the
    naive local second that a bundle shows, also in both passes of the repeated hour). ``time_unsure``
    is True where a bundle's local time lies in the repeated hour and the order of rows did not tell the
    pass. ``period_s`` is -1 where none was planned, ``requests`` and ``bytes`` are -1 where a bundle does
    not tell them; ``finished_at`` equals ``taken_at`` then.
    """

    taken_at: Ints64
    finished_at: Ints64
    utc_offset_s: Ints32
    time_unsure: Bools
    outcome: Texts
    reason: Texts
    requests: Ints64
    bytes: Ints64
    period_s: Ints64
    parser: Texts


class SealedViews(NamedTuple):
    """Runs of equal views, ascending by (calendar, first); all arrays have shape (m,).

    A run says that the calendar had a view in each snapshot from ordinal ``first`` to ``last``, both
    included, with these values. ``covered`` holds ``str(Covered)``, ``asked`` a JSON list of texts,
    ``duration_min`` -1 where unknown. How many slots a view showed follows from the spans.
    """

    calendar: Ints32
    first: Ints32
    last: Ints32
    outcome: Texts
    covered: Texts
    asked: Texts
    duration_min: Ints32
    reason: Texts


class SealedSpans(NamedTuple):
    """Spans of the week, ascending by (calendar, opened, slot); all arrays have shape (k,).

    ``opened`` is the ordinal of the snapshot that opened it, 0 where it was open before
    (``from_before``). ``closed`` is the ordinal of the first snapshot in which it was over (covered
    without it, or its slot had begun by ``taken_at``; in an imported week only the first counts: a row
    that shows a begun slot is kept), n when no snapshot of the week tells that. ``goes_on`` is True
    where the span was open at the end of the week: closed == n and its slot begins after the week.
    """

    calendar: Ints32
    slot: Ints32
    opened: Ints32
    closed: Ints32
    from_before: Bools
    goes_on: Bools


class SealedCapacities(NamedTuple):
    """Changes of free places, ascending by (calendar, slot, at); capacity -1: no longer shown."""

    calendar: Ints32
    slot: Ints32
    at: Ints32
    capacity: Ints32


@dataclass(frozen=True, slots=True)
class SealedPortal:
    """One portal's week.

    Attributes:
        record: The portal as it was known when the week was sealed.
        aggregated: Rows are unions of several snapshots (impfthueringen in the old bundles): kept for
            the way back to the bundle, left out of transitions and estimates.
        calendars: By key in byte order, then copy.
        snapshots: All attempts, failed ones included.
        views: Presence and coverage of calendars.
        spans: What was free when.
        capacities: Changes of places, where the portal shows them.
        extra_columns: Slots that are columns of the imported CSV without ever being free in it.
        row_order: Only where the rows of the imported CSV are not sorted by (date, calendar, copy):
            for each row of the file its place in that order; else empty.
    """

    record: PortalRecord
    aggregated: bool
    calendars: tuple[SealedCalendar, ...]
    snapshots: SealedSnapshots
    views: SealedViews
    spans: SealedSpans
    capacities: SealedCapacities
    extra_columns: Ints32
    row_order: Ints32
