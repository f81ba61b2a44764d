"""What an archive is to the rest of the house: one writer, many readers.

``LiveWriter`` writes SQL, ``Reader`` shows it and the sealed weeks as one, ``MemoryArchive`` in the tests does both. Instants are
whole Unix seconds UTC inside column tables and aware UTC ``datetime`` everywhere else; slots are minutes
of naive local wall time (``model.Slot``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar, Covered, HostState, KnownCalendar, Outcome, Slot, Snapshot

if TYPE_CHECKING:
    from amtspuls.catalogue.portal import Portal

STILL_OPEN = np.iinfo(np.int64).max
"""``closed_at`` of a span whose end is not known yet."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing one snapshot changed.

    Attributes:
        snapshot: Number of the snapshot row.
        opened: Spans opened.
        closed: Spans closed, those whose slot's start had come included.
    """

    snapshot: int
    opened: int
    closed: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A portal that must not be asked until a person lifts the stop."""

    portal_id: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class PortalRecord:
    """A portal as the archive knows it: what the catalogue said when it was last stored.

    ``aggregated``: its rows are unions of several snapshots (impfthueringen in the old bundles); they can
    be looked at, but when something was booked cannot be told from them.
    """

    portal_id: str
    name: str
    system: str
    url: str
    zone: str
    aggregated: bool = False


@dataclass(frozen=True, slots=True)
class CalendarRecord:
    """A calendar as the archive knows it; ``number`` is the key of the column tables."""

    number: int
    portal_id: str
    calendar: Calendar


class SnapshotColumns(NamedTuple):
    """Snapshots of one portal, ascending by ``taken_at``; all arrays have shape (n,).

    ``outcome`` holds ``Outcome`` values as str objects, ``period_s`` -1 where none was planned,
    ``requests`` and ``bytes`` -1 where a bundle does not say, ``opened`` and ``closed`` the spans that each one opened and closed.
    """

    number: NDArray[np.int64]
    taken_at: NDArray[np.int64]
    finished_at: NDArray[np.int64]
    outcome: NDArray[np.object_]
    requests: NDArray[np.int64]
    bytes: NDArray[np.int64]
    period_s: NDArray[np.int64]
    opened: NDArray[np.int64]
    closed: NDArray[np.int64]


class ViewColumns(NamedTuple):
    """Views of one portal, ascending by (taken_at, calendar key); all arrays have shape (n,).

    ``covered`` holds ``str(Covered)``, ``free`` the number of free slots (-1: not answered).
    """

    snapshot: NDArray[np.int64]
    taken_at: NDArray[np.int64]
    calendar: NDArray[np.int64]
    outcome: NDArray[np.object_]
    covered: NDArray[np.object_]
    free: NDArray[np.int64]


class AnswerColumns(NamedTuple):
    """Views without the number of free slots, which takes as long to count as all the rest to read.

    As ``ViewColumns``, in the same order.
    """

    snapshot: NDArray[np.int64]
    taken_at: NDArray[np.int64]
    calendar: NDArray[np.int64]
    outcome: NDArray[np.object_]
    covered: NDArray[np.object_]

    @classmethod
    def of(cls, views: ViewColumns) -> AnswerColumns:
        """Leave the number away."""
        return cls(views.snapshot, views.taken_at, views.calendar, views.outcome, views.covered)


class SpanColumns(NamedTuple):
    """Spans of one portal, ascending by (calendar, slot, opened_at); all arrays have shape (n,).

    ``closed_at`` is ``STILL_OPEN`` where no snapshot has closed it and its slot had not begun at the
    newest snapshot.
    """

    calendar: NDArray[np.int64]
    slot: NDArray[np.int64]
    opened_at: NDArray[np.int64]
    closed_at: NDArray[np.int64]


class CapacityColumns(NamedTuple):
    """Changes of the free places of slots, ascending by (calendar, slot, at); all have shape (n,).

    ``capacity`` is -1 where the places, or the slot, were no longer shown. A slot that begins while its
    places are known has no such row.
    """

    calendar: NDArray[np.int64]
    slot: NDArray[np.int64]
    at: NDArray[np.int64]
    capacity: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CalendarState:
    """One calendar at a past moment.

    Attributes:
        calendar: Which one.
        outcome: Outcome of its newest view at or before the moment.
        taken_at: When that view was taken.
        covered: Days it answered for.
        slots: Slots free on covered days, ascending.
        unknown: Slots that were free when their day was last covered, on days not covered now.
    """

    calendar: Calendar
    outcome: Outcome
    taken_at: datetime
    covered: Covered
    slots: tuple[Slot, ...]
    unknown: tuple[Slot, ...] = ()


class ArchiveWriter(Protocol):
    """The writing half; at most one at a time per archive."""

    def store(self, portal: Portal, snapshot: Snapshot) -> Stored:
        """Store one snapshot in one transaction.

        Raises:
            ArchiveError: It is not later than the portal's newest snapshot, or the disk failed; the
                archive is as before.
        """
        ...

    def known_calendars(self, portal_id: str) -> tuple[KnownCalendar, ...]:
        """Calendars of a portal, the one seen last first; empty for an unknown portal."""
        ...

    def host_states(self) -> Mapping[str, HostState]:
        """What is remembered of each origin."""
        ...

    def save_host_states(self, states: Iterable[HostState]) -> None:
        """Remember origins; those not named stay as they are."""
        ...

    def stops(self) -> Mapping[str, Stop]:
        """Portals that must not be asked, by id."""
        ...

    def stop(self, stop: Stop) -> None:
        """Stop a portal; a portal that is stopped already keeps its first reason."""
        ...

    def lift_stop(self, portal_id: str, at: datetime) -> bool:
        """Lift a stop; False when there was none. The row stays as history."""
        ...

    def recent_requests(self, portal_id: str) -> int | None:
        """Requests of the portal's newest answered snapshot; None when there is none."""
        ...

    def newest_snapshot_at(self, portal_id: str) -> datetime | None:
        """``taken_at`` of the portal's newest snapshot of any outcome; None when there is none."""
        ...

    def close(self) -> None:
        """Release the archive for the next writer."""
        ...


class ArchiveReader(Protocol):
    """The reading half; never blocks the writer and is never blocked by it."""

    def portals(self) -> Sequence[PortalRecord]:
        """All portals with at least one snapshot, by id."""
        ...

    def calendars(self, portal_id: str) -> Sequence[CalendarRecord]:
        """Calendars of a portal, by key in byte order; empty for an unknown portal."""
        ...

    def snapshots(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SnapshotColumns:
        """Snapshots with ``from_at <= taken_at < until_at``."""
        ...

    def week_counts(self, portal_id: str) -> Mapping[IsoWeek, int]:
        """Number of snapshots in each local week of a portal that has one, ascending.

        Of a sealed week nothing is read but what ``week.json`` says.
        """
        ...

    def views(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> ViewColumns:
        """Views of the snapshots with ``from_at <= taken_at < until_at``."""
        ...

    def answers(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> AnswerColumns:
        """As ``views``, without how much was free."""
        return AnswerColumns.of(self.views(portal_id, from_at, until_at))

    def spans(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SpanColumns:
        """Spans that were open at some moment of ``[from_at, until_at)``, closing at ``from_at`` included."""
        ...

    def state(self, portal_id: str, at: datetime) -> Sequence[CalendarState]:
        """What was free at a moment: each calendar's newest view at or before it, by key.

        A slot that had begun at ``at`` is never shown.
        """
        ...

    def stops(self) -> Mapping[str, Stop]:
        """Portals that must not be asked, by id."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...
