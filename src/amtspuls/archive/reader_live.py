"""The reading half of the live archive: columns for analysis, and any past moment rebuilt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, Engine, func, select

from amtspuls.archive.base import (
    STILL_OPEN,
    CalendarRecord,
    CalendarState,
    CapacityColumns,
    PortalRecord,
    SnapshotColumns,
    SpanColumns,
    Stop,
    ViewColumns,
)
from amtspuls.archive.changes import on_covered_days
from amtspuls.archive.extent import count_weeks
from amtspuls.archive.failures import archive_errors, damaged
from amtspuls.archive.hosts import read_stops
from amtspuls.archive.queries import (
    Limits,
    calendar_of,
    calendars_of,
    newest_views,
    read_capacities,
    read_free,
    read_snapshots,
    read_spans,
    read_taken_at,
    read_views,
    read_zone,
)
from amtspuls.archive.schema import PORTALS, SNAPSHOTS
from amtspuls.archive.times import Ints, instant_of, seconds_from, seconds_of, starts_of
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar, Covered, Outcome, Slot


class LiveReader:
    """An ``ArchiveReader`` on SQL; made by ``live.open_reader``. May be used from several threads."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One moment of the archive, however long the reading takes.

        Raises:
            ArchiveError: The file is damaged, or cannot be read.
        """
        with archive_errors(self._path):
            try:
                with self._engine.begin() as connection:
                    yield connection
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                raise damaged(self._path, error) from error

    def portals(self) -> Sequence[PortalRecord]:
        """All portals with at least one snapshot, by id."""
        with self.reading() as connection:
            rows = connection.execute(select(PORTALS).order_by(PORTALS.c.id))
            return [PortalRecord(r.id, r.name, r.system, r.url, r.zone) for r in rows]

    def calendars(self, portal_id: str) -> Sequence[CalendarRecord]:
        """Calendars of a portal, by key in byte order; empty for an unknown portal."""
        with self.reading() as connection:
            rows = connection.execute(calendars_of(portal_id))
            return [CalendarRecord(row.number, portal_id, calendar_of(row)) for row in rows]

    def snapshots(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SnapshotColumns:
        """Snapshots with ``from_at <= taken_at < until_at``."""
        wanted = within(from_at, until_at)
        with self.reading() as connection:
            return read_snapshots(connection, portal_id, wanted)

    def week_counts(self, portal_id: str) -> Mapping[IsoWeek, int]:
        """Number of snapshots in each local week of a portal that has one, ascending."""
        with self.reading() as connection:
            zone = read_zone(connection, portal_id)
            return count_weeks(read_taken_at(connection, portal_id), zone)

    def views(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> ViewColumns:
        """Views of the snapshots with ``from_at <= taken_at < until_at``."""
        wanted = within(from_at, until_at)
        with self.reading() as connection:
            snapshots = read_snapshots(connection, portal_id, wanted)
            return read_views(connection, portal_id, snapshots)

    def spans(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SpanColumns:
        """Spans open at some moment of ``[from_at, until_at)``, closing at ``from_at`` included.

        A span that no snapshot has closed ends, for this choice, when its slot begins.
        """
        if is_empty(from_at, until_at):
            return no_spans()
        wanted = within(from_at, until_at)
        with self.reading() as connection:
            return live_spans(connection, portal_id, wanted)

    def capacity_changes(self, portal_id: str) -> CapacityColumns:
        """Every change of the free places per slot, where the portal shows them."""
        with self.reading() as connection:
            return read_capacities(connection, portal_id)

    def state(self, portal_id: str, at: datetime) -> Sequence[CalendarState]:
        """What was free at a moment: each calendar's newest view at or before it, by key."""
        with self.reading() as connection:
            return live_state(connection, portal_id, seconds_of(at))

    def stops(self) -> Mapping[str, Stop]:
        """Portals that must not be asked, by id."""
        with self.reading() as connection:
            return read_stops(connection)

    def close(self) -> None:
        """Release the connections; a second time does nothing."""
        self._engine.dispose()


def live_spans(connection: Connection, portal_id: str, wanted: Limits) -> SpanColumns:
    """Spans of a portal within limits, as ``ArchiveReader.spans`` wants them."""
    zone = read_zone(connection, portal_id)
    spans = SpanColumns(*read_spans(connection, portal_id, wanted, zone))
    return pick_spans(spans, wanted, zone)


def pick_spans(spans: SpanColumns, wanted: Limits, zone: ZoneInfo) -> SpanColumns:
    """Those spans that were open within limits, in their order.

    Limits that are equal here may be a part of a second apart: that the range is not empty was seen before.
    """
    first, until = wanted
    kept = np.ones(len(spans.slot), dtype=np.bool_)
    if until is not None:
        kept &= spans.opened_at < until
    if first is not None:
        ends = spans.closed_at.copy()
        still = ends == STILL_OPEN
        ends[still] = starts_of(spans.slot[still], zone)
        kept &= ends >= first
    order = np.lexsort((spans.opened_at, spans.slot, spans.calendar))
    order = order[kept[order]]
    return SpanColumns(*(column[order] for column in spans))


def live_state(connection: Connection, portal_id: str, seconds: int) -> list[CalendarState]:
    """What was free at a moment, as far as the live archive has views up to it."""
    newest = connection.scalar(
        select(func.max(SNAPSHOTS.c.number))
        .join(PORTALS, PORTALS.c.number == SNAPSHOTS.c.portal)
        .where(PORTALS.c.id == portal_id, SNAPSHOTS.c.taken_at <= seconds)
    )
    if newest is None:
        return []
    zone = read_zone(connection, portal_id)
    views = connection.execute(newest_views(portal_id, newest)).all()
    calendar, slot = read_free(connection, portal_id, seconds, zone)
    return [
        state_of(
            calendar_of(view),
            Outcome(view.outcome),
            view.taken_at,
            view.covered,
            slot[calendar == view.number],
        )
        for view in views
    ]


def is_empty(from_at: datetime | None, until_at: datetime | None) -> bool:
    """Whether no moment lies within limits."""
    return from_at is not None and until_at is not None and from_at >= until_at


def no_spans() -> SpanColumns:
    """No span at all."""
    return SpanColumns(*(np.zeros(0, dtype=np.int64) for _ in range(4)))


def within(from_at: datetime | None, until_at: datetime | None) -> Limits:
    """Limits in whole Unix seconds."""
    return (
        None if from_at is None else seconds_from(from_at),
        None if until_at is None else seconds_from(until_at),
    )


def state_of(
    calendar: Calendar, outcome: Outcome, taken_at: int, covered_text: str, slots: Ints
) -> CalendarState:
    """The state of one calendar out of its newest view and its open slots, ascending."""
    covered = Covered.parse(covered_text)
    known = on_covered_days(slots, covered)
    return CalendarState(
        calendar=calendar,
        outcome=outcome,
        taken_at=instant_of(taken_at),
        covered=covered,
        slots=tuple(Slot(slot) for slot in slots[known].tolist()),
        unknown=tuple(Slot(slot) for slot in slots[~known].tolist()),
    )
