"""The writing half of the live archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

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
from amtspuls.archive.week import WEEKS_NAME, IsoWeek, is_sealed
from amtspuls.errors import ArchiveError
from amtspuls.model import HostState, KnownCalendar, Outcome, Snapshot

if TYPE_CHECKING:
    from amtspuls.catalogue.portal import Portal

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

    @property
    def weeks(self) -> Path:
        """Folder of the archive's sealed weeks."""
        return self._path.parent / WEEKS_NAME

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction; when it fails, everything remembered is read anew.

        Raises:
            ArchiveError: The writer is closed, or the database failed.
        """
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

    @contextmanager
    def unchecked(self) -> Iterator[None]:
        """Transactions inside do not look for references; only for changes that keep them by themselves."""
        self._pragma("PRAGMA foreign_keys=OFF")
        try:
            yield
        finally:
            self._rows.forget()
            self._pragma("PRAGMA foreign_keys=ON")

    def compact(self) -> None:
        """Shrink the file to what it holds; needs as much room again while it runs.

        Raises:
            ArchiveError: The disk is full; the archive is as before.
        """
        self._pragma("VACUUM")
        self._pragma("PRAGMA wal_checkpoint(TRUNCATE)")

    def _pragma(self, statement: str) -> None:
        with self._turn, archive_errors(self._path), self._engine.connect() as connection:
            # The plain connection: SQLite ignores or refuses these inside a transaction.
            connection.connection.cursor().execute(statement).close()

    def store(self, portal: Portal, snapshot: Snapshot) -> Stored:
        """Store one snapshot in one transaction; see ``ArchiveWriter.store``."""
        with self.transaction() as connection:
            memory = self._portals.pop(portal.id, None) or read_portal(connection, portal.id)
            todo = plan(memory, portal, snapshot)
            self._require_unsealed(portal, snapshot)
            stored = self._rows.write(connection, memory, todo)
            remember(memory, todo)
            self._portals[portal.id] = memory
        return stored

    def _require_unsealed(self, portal: Portal, snapshot: Snapshot) -> None:
        week = IsoWeek.of(snapshot.taken_at.astimezone(portal.zone_info).date())
        if is_sealed(self.weeks, week):
            raise ArchiveError(
                f"{portal.id}: week {week} is sealed, so a snapshot of {snapshot.taken_at} cannot be"
                " stored: use another archive, or set the clock right",
                portal=portal.id,
                week=str(week),
            )

    def known_calendars(self, portal_id: str) -> tuple[KnownCalendar, ...]:
        """Calendars of a portal, the one seen last first; empty for an unknown portal."""
        newest = (
            select(func.max(VIEWS.c.snapshot))
            .where(VIEWS.c.calendar == CALENDARS.c.number)
            .correlate(CALENDARS)
            .scalar_subquery()
        )
        seen_at = func.coalesce(SNAPSHOTS.c.taken_at, CALENDARS.c.sealed_at)
        with self.transaction() as connection:
            rows = connection.execute(
                select(CALENDARS.c.key, CALENDARS.c.name, seen_at)
                .join(PORTALS, PORTALS.c.number == CALENDARS.c.portal)
                .join(SNAPSHOTS, SNAPSHOTS.c.number == newest, isouter=True)
                .where(PORTALS.c.id == portal_id)
                .order_by(seen_at.desc(), CALENDARS.c.key)
            ).all()
        return tuple(KnownCalendar(key, name, instant_of(seconds)) for key, name, seconds in rows)

    def host_states(self) -> Mapping[str, HostState]:
        """What is remembered of each origin."""
        with self.transaction() as connection:
            return hosts.read_hosts(connection)

    def save_host_states(self, states: Iterable[HostState]) -> None:
        """Remember origins; those not named stay as they are."""
        with self.transaction() as connection:
            for state in states:
                hosts.write_host(connection, state)

    def stops(self) -> Mapping[str, Stop]:
        """Portals that must not be asked, by id."""
        with self.transaction() as connection:
            return hosts.read_stops(connection)

    def stop(self, stop: Stop) -> None:
        """Stop a portal; a portal that is stopped already keeps its first reason."""
        with self.transaction() as connection:
            hosts.write_stop(connection, stop)

    def lift_stop(self, portal_id: str, at: datetime) -> bool:
        """Lift a stop; False when there was none. The row stays as history."""
        with self.transaction() as connection:
            return hosts.lift_stop(connection, portal_id, at)

    def recent_requests(self, portal_id: str) -> int | None:
        """Requests of the portal's newest answered snapshot; None when there is none."""
        with self.transaction() as connection:
            requests = connection.scalar(
                select(SNAPSHOTS.c.requests)
                .join(PORTALS, PORTALS.c.number == SNAPSHOTS.c.portal)
                .where(PORTALS.c.id == portal_id, SNAPSHOTS.c.outcome.in_(_ANSWERED))
                .order_by(SNAPSHOTS.c.taken_at.desc())
                .limit(1)
            )
            if requests is None:
                requests = connection.scalar(
                    select(PORTALS.c.sealed_requests).where(PORTALS.c.id == portal_id)
                )
        return requests

    def newest_snapshot_at(self, portal_id: str) -> datetime | None:
        """``taken_at`` of the portal's newest snapshot of any outcome; None when there is none."""
        with self.transaction() as connection:
            newest = (
                select(func.max(SNAPSHOTS.c.taken_at))
                .where(SNAPSHOTS.c.portal == PORTALS.c.number)
                .scalar_subquery()
            )
            seconds = connection.scalar(
                select(func.coalesce(newest, PORTALS.c.sealed_at)).where(PORTALS.c.id == portal_id)
            )
        return None if seconds is None else instant_of(seconds)

    def close(self) -> None:
        """Release the archive for the next writer; a second time does nothing."""
        with self._turn:
            self._closed = True
            self._engine.dispose()
            self._lock.release()
