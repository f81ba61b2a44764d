"""What the writer remembers of a portal between two snapshots, and how it is read back."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection, func, select

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.changes import CalendarMemory
from amtspuls.archive.schema import CALENDARS, CAPACITY_CHANGES, PORTALS, SNAPSHOTS, SPANS
from amtspuls.model import UNKNOWN_OFFICE, Calendar


@dataclass(slots=True)
class PortalMemory:
    """A portal as stored.

    Attributes:
        number: Number of its row; 0 before it has one.
        record: What the row says; None before it has one.
        newest_at: ``taken_at`` of its newest snapshot, Unix seconds; None before the first.
        calendars: Its calendars by key.
    """

    number: int = 0
    record: PortalRecord | None = None
    newest_at: int | None = None
    calendars: dict[str, CalendarMemory] = field(default_factory=dict)


def read_portal(connection: Connection, portal_id: str) -> PortalMemory:
    """Read back what is stored of a portal; work proportional to what is open, not to the past."""
    row = connection.execute(select(PORTALS).where(PORTALS.c.id == portal_id)).one_or_none()
    if row is None:
        return PortalMemory()
    memory = PortalMemory(row.number, PortalRecord(row.id, row.name, row.system, row.url, row.zone))
    newest_at = connection.scalar(
        select(func.max(SNAPSHOTS.c.taken_at)).where(SNAPSHOTS.c.portal == row.number)
    )
    memory.newest_at = row.sealed_at if newest_at is None else newest_at
    for found in connection.execute(select(CALENDARS).where(CALENDARS.c.portal == row.number)):
        calendar = Calendar(found.key, found.name, tuple(json.loads(found.services)))
        memory.calendars[found.key] = _read_open(connection, found.number, calendar)
    return memory


def _read_open(connection: Connection, number: int, calendar: Calendar) -> CalendarMemory:
    is_open = (SPANS.c.calendar == number) & SPANS.c.closed_at.is_(None)
    rows = connection.execute(
        select(SPANS.c.slot, SPANS.c.opened_at).where(is_open).order_by(SPANS.c.slot)
    ).all()
    columns = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 2)
    change, later = CAPACITY_CHANGES.alias(), CAPACITY_CHANGES.alias()
    newest = (
        select(func.max(later.c.at))
        .where(later.c.calendar == number, later.c.slot == SPANS.c.slot)
        .scalar_subquery()
    )
    capacities = connection.execute(
        select(change.c.slot, change.c.capacity)
        .join(SPANS, (SPANS.c.calendar == change.c.calendar) & (SPANS.c.slot == change.c.slot))
        .where(
            is_open,
            change.c.capacity.is_not(None),
            change.c.at == newest,
            change.c.at >= SPANS.c.opened_at,
        )
    )
    return CalendarMemory(
        number,
        calendar,
        slots=np.ascontiguousarray(columns[:, 0]),
        opened_at=np.ascontiguousarray(columns[:, 1]),
        capacities={row.slot: row.capacity for row in capacities},
    )


def learned_key(key: str, known: Collection[str], shown: Collection[str]) -> str | None:
    """Return the key under which a calendar was stored before its office was known.

    Args:
        key: Key of a view.
        known: Keys of all stored calendars of the portal.
        shown: Keys of all views of the snapshot.

    Returns:
        ``-/task`` when ``key`` is ``office/task``, new, and the only office known for that task;
        else None: whose past it is then cannot be told.
    """
    task = _task_of(key)
    unknown = f"{UNKNOWN_OFFICE}/{task}"
    if task is None or key in known or unknown not in known or unknown in shown:
        return None
    offices = {other for other in (*known, *shown) if _task_of(other) == task} - {unknown}
    return unknown if offices == {key} else None


def _task_of(key: str) -> str | None:
    _office, slash, task = key.partition("/")
    return task if slash else None
