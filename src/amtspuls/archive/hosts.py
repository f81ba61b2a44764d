"""Rows about politeness: what is remembered of hosts, robots.txt, and portals that must not be asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from amtspuls.archive.base import Stop
from amtspuls.archive.connect import reading_engine
from amtspuls.archive.failures import archive_errors
from amtspuls.archive.schema import HOSTS, ROBOTS, STOPS
from amtspuls.archive.times import instant_of, seconds_from, seconds_of
from amtspuls.archive.week import DATABASE_NAME
from amtspuls.model import HostState


def read_hosts(connection: Connection) -> Mapping[str, HostState]:
    """Return what is remembered of each origin."""
    rows = connection.execute(
        select(HOSTS, ROBOTS.c.status, ROBOTS.c.text)
        .join_from(HOSTS, ROBOTS, ROBOTS.c.number == HOSTS.c.robots, isouter=True)
        .order_by(HOSTS.c.origin)
    )
    return {
        row.origin: HostState(
            origin=row.origin,
            robots_status=row.status,
            robots_text=row.text or "",
            robots_at=_instant(row.robots_at),
            silent_until=_instant(row.silent_until),
            budget_on=None if row.budget_on is None else date.fromisoformat(row.budget_on),
            budget_spent=row.budget_spent,
        )
        for row in rows
    }


def load_hosts(folder: Path) -> Mapping[str, HostState]:
    """Return what an archive remembers of each origin, while a writer is at work or not.

    Args:
        folder: An archive that ``live.open_reader`` has opened; sealed weeks alone remember nothing.

    Raises:
        ArchiveError: It cannot be read.
    """
    path = folder / DATABASE_NAME
    if not path.is_file():
        return {}
    with archive_errors(path):
        engine = reading_engine(path)
        try:
            with engine.begin() as connection:
                return read_hosts(connection)
        finally:
            engine.dispose()


def write_host(connection: Connection, state: HostState) -> None:
    """Replace what is remembered of one origin; robots.txt gets a row when it changed."""
    values = {
        "origin": state.origin,
        "robots": _robots_number(connection, state),
        "robots_at": None if state.robots_at is None else seconds_of(state.robots_at),
        # Rounded up: never earlier than the host asked for.
        "silent_until": None if state.silent_until is None else seconds_from(state.silent_until),
        "budget_on": None if state.budget_on is None else state.budget_on.isoformat(),
        "budget_spent": state.budget_spent,
    }
    connection.execute(delete(HOSTS).where(HOSTS.c.origin == state.origin))
    connection.execute(insert(HOSTS).values(values))


def _robots_number(connection: Connection, state: HostState) -> int | None:
    if state.robots_status is None or state.robots_at is None:
        return None
    sha256 = hashlib.sha256(state.robots_text.encode()).hexdigest()
    newest = connection.execute(
        select(ROBOTS.c.number, ROBOTS.c.sha256, ROBOTS.c.status)
        .where(ROBOTS.c.origin == state.origin)
        .order_by(ROBOTS.c.number.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and (newest.sha256, newest.status) == (sha256, state.robots_status):
        kept: int = newest.number
        return kept
    key = connection.execute(
        insert(ROBOTS).values(
            origin=state.origin,
            fetched_at=seconds_of(state.robots_at),
            sha256=sha256,
            status=state.robots_status,
            text=state.robots_text,
        )
    ).inserted_primary_key
    return None if key is None else key[0]


def read_stops(connection: Connection) -> Mapping[str, Stop]:
    """Return the stops that nobody has lifted, by portal id."""
    rows = connection.execute(
        select(STOPS).where(STOPS.c.lifted_at.is_(None)).order_by(STOPS.c.portal_id)
    )
    return {row.portal_id: Stop(row.portal_id, instant_of(row.since), row.reason) for row in rows}


def write_stop(connection: Connection, stop: Stop) -> None:
    """Stop a portal unless it is stopped already."""
    if stop.portal_id in read_stops(connection):
        return
    connection.execute(
        insert(STOPS).values(
            portal_id=stop.portal_id, since=seconds_of(stop.since), reason=stop.reason
        )
    )


def lift_stop(connection: Connection, portal_id: str, at: datetime) -> bool:
    """Lift a stop; False when there was none."""
    result = connection.execute(
        update(STOPS)
        .where(STOPS.c.portal_id == portal_id, STOPS.c.lifted_at.is_(None))
        .values(lifted_at=seconds_of(at))
    )
    return bool(result.rowcount)


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else instant_of(seconds)
