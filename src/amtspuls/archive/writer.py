"""The writing half of the live archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, func, select

from amtspuls.archive import hosts
from amtspuls.archive.base import Stop, Stored
from amtspuls.archive.failures import archive_errors
from amtspuls.archive.lock import WriterLock
from amtspuls.archive.memory import PortalMemory, read_portal
from amtspuls.archive.plan import plan, remember
from amtspuls.archive.rows import SnapshotRows
from amtspuls.archive.schema import CALENDARS, PORTALS, SNAPSHOTS, VIEWS
from amtspuls.archive.times import instant_of
from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ArchiveError
from amtspuls.model import HostState, KnownCalendar, Outcome, Snapshot

_ANSWERED = tuple(outcome.value for outcome in Outcome if outcome.answered)


class LiveWriter:
    """An ``ArchiveWriter`` on SQL; made by ``live.open_writer``.

    It remembers the open spans of each portal between two snapshots: it is the only writer. Its
    methods may be called from several threads, one after the other.
    """

    def __init__(self, engine: Engine, path: Path, lock: WriterLock) -> None:
        self._engine = engine
        self._path = path
        self._lock = lock
        self._portals: dict[str, PortalMemory] = {}
        self._rows = SnapshotRows()
        self._turn = Lock()
        self._closed = False

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """One transaction; when it fails, everything remembered is read anew."""
        with self._turn, archive_errors(self._path):
            if self._closed:
                raise ArchiveError(f"{self._path}: the writer is closed: open the archive again")
            done = False
            try:
                with self._engine.begin() as connection:
                    yield connection
                done = True
            finally:
                if not done:
                    self._portals.clear()
                    self._rows.forget()

    def store(self, portal: Portal, snapshot: Snapshot) -> Stored:
        """Store one snapshot in one transaction; see ``ArchiveWriter.store``."""
        with self._transaction() as connection:
            memory = self._portals.pop(portal.id, None) or read_portal(connection, portal.id)
            todo = plan(memory, portal, snapshot)
            stored = self._rows.write(connection, memory, todo)
            remember(memory, todo)
            self._portals[portal.id] = memory
        return stored

    def known_calendars(self, portal_id: str) -> tuple[KnownCalendar, ...]:
        """Calendars of a portal, the one seen last first; empty for an unknown portal."""
        newest = (
            select(func.max(VIEWS.c.snapshot))
            .where(VIEWS.c.calendar == CALENDARS.c.number)
            .correlate(CALENDARS)
            .scalar_subquery()
        )
        with self._transaction() as connection:
            rows = connection.execute(
                select(CALENDARS.c.key, CALENDARS.c.name, SNAPSHOTS.c.taken_at)
                .join(PORTALS, PORTALS.c.number == CALENDARS.c.portal)
                .join(SNAPSHOTS, SNAPSHOTS.c.number == newest)
                .where(PORTALS.c.id == portal_id)
                .order_by(SNAPSHOTS.c.taken_at.desc(), CALENDARS.c.key)
            ).all()
        return tuple(KnownCalendar(key, name, instant_of(seen_at)) for key, name, seen_at in rows)

    def host_states(self) -> Mapping[str, HostState]:
        """What is remembered of each origin."""
        with self._transaction() as connection:
            return hosts.read_hosts(connection)

    def save_host_states(self, states: Iterable[HostState]) -> None:
        """Remember origins; those not named stay as they are."""
        with self._transaction() as connection:
            for state in states:
                hosts.write_host(connection, state)

    def stops(self) -> Mapping[str, Stop]:
        """Portals that must not be asked, by id."""
        with self._transaction() as connection:
            return hosts.read_stops(connection)

    def stop(self, stop: Stop) -> None:
        """Stop a portal; a portal that is stopped already keeps its first reason."""
        with self._transaction() as connection:
            hosts.write_stop(connection, stop)

    def lift_stop(self, portal_id: str, at: datetime) -> bool:
        """Lift a stop; False when there was none. The row stays as history."""
        with self._transaction() as connection:
            return hosts.lift_stop(connection, portal_id, at)

    def recent_requests(self, portal_id: str) -> int | None:
        """Requests of the portal's newest answered snapshot; None when there is none."""
        with self._transaction() as connection:
            return connection.scalar(
                select(SNAPSHOTS.c.requests)
                .join(PORTALS, PORTALS.c.number == SNAPSHOTS.c.portal)
                .where(PORTALS.c.id == portal_id, SNAPSHOTS.c.outcome.in_(_ANSWERED))
                .order_by(SNAPSHOTS.c.taken_at.desc())
                .limit(1)
            )

    def newest_snapshot_at(self, portal_id: str) -> datetime | None:
        """``taken_at`` of the portal's newest snapshot of any outcome; None when there is none."""
        with self._transaction() as connection:
            seconds = connection.scalar(
                select(func.max(SNAPSHOTS.c.taken_at))
                .join(PORTALS, PORTALS.c.number == SNAPSHOTS.c.portal)
                .where(PORTALS.c.id == portal_id)
            )
        return None if seconds is None else instant_of(seconds)

    def close(self) -> None:
        """Release the archive for the next writer; a second time does nothing."""
        with self._turn:
            self._closed = True
            self._engine.dispose()
            self._lock.release()
