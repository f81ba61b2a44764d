"""Questions that the reader asks the database, and how answers become columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from amtspuls.archive.base import STILL_OPEN, CapacityColumns, SnapshotColumns, ViewColumns
from amtspuls.archive.schema import (
    CALENDARS,
    CAPACITY_CHANGES,
    PORTALS,
    SNAPSHOTS,
    SPANS,
    TEXTS,
    VIEWS,
)
from amtspuls.archive.times import Ints, slot_at, starts_of
from amtspuls.model import Calendar

_MINUTES_PER_DAY = 1440
Limits = tuple[int | None, int | None]
"""First Unix second wanted, and the first one no longer wanted; None: no limit."""


def read_zone(connection: Connection, portal_id: str) -> ZoneInfo:
    """Return a portal's zone; UTC for an unknown portal, which has no slots."""
    name = connection.scalar(select(PORTALS.c.zone).where(PORTALS.c.id == portal_id))
    return ZoneInfo(name or "UTC")


def calendars_of(portal_id: str) -> Select[Any]:
    """Ask for the calendars of a portal, by key."""
    return (
        select(CALENDARS)
        .join(PORTALS, PORTALS.c.number == CALENDARS.c.portal)
        .where(PORTALS.c.id == portal_id)
        .order_by(CALENDARS.c.key)
    )


def calendar_of(row: Row[Any]) -> Calendar:
    """Turn a row of ``calendars`` into the model."""
    return Calendar(row.key, row.name, tuple(json.loads(row.services)))


def fetch_columns(
    connection: Connection, statement: Select[Any], width: int
) -> list[Sequence[Any]]:
    """Fetch columns as plain tuples of the driver, which is several times as fast as rows."""
    cursor = connection.execute(statement).cursor
    rows = cursor.fetchall()
    return list(zip(*rows, strict=True)) if rows else [()] * width


def ints(values: Sequence[int | None], *, missing: int = 0) -> Ints:
    """Make a column of integers; ``missing`` stands for NULL."""
    if None in values:
        values = [missing if value is None else value for value in values]
    return np.array(values, dtype=np.int64)


def objects(values: Sequence[str]) -> NDArray[np.object_]:
    """Make a column of texts."""
    return np.array(values, dtype=np.object_)


def read_snapshots(connection: Connection, portal_id: str, wanted: Limits) -> SnapshotColumns:
    """Read the snapshots of a portal taken within limits."""
    first, until = wanted
    limits: list[ColumnElement[bool]] = []
    if first is not None:
        limits.append(SNAPSHOTS.c.taken_at >= first)
    if until is not None:
        limits.append(SNAPSHOTS.c.taken_at < until)
    names = SnapshotColumns._fields
    columns = fetch_columns(
        connection,
        select(*(SNAPSHOTS.c[name] for name in names))
        .join(PORTALS, PORTALS.c.number == SNAPSHOTS.c.portal)
        .where(PORTALS.c.id == portal_id, *limits)
        .order_by(SNAPSHOTS.c.taken_at),
        len(names),
    )
    number, taken_at, finished_at, outcome, requests, size, period_s, opened, closed = columns
    return SnapshotColumns(
        number=ints(number),
        taken_at=ints(taken_at),
        finished_at=ints(finished_at),
        outcome=objects(outcome),
        requests=ints(requests),
        bytes=ints(size),
        period_s=ints(period_s, missing=-1),
        opened=ints(opened),
        closed=ints(closed),
    )


def read_taken_at(connection: Connection, portal_id: str) -> Ints:
    """Read when all snapshots of a portal were taken, ascending."""
    (taken_at,) = fetch_columns(
        connection,
        select(SNAPSHOTS.c.taken_at)
        .join(PORTALS, PORTALS.c.number == SNAPSHOTS.c.portal)
        .where(PORTALS.c.id == portal_id)
        .order_by(SNAPSHOTS.c.taken_at),
        1,
    )
    return ints(taken_at)


def read_views(connection: Connection, portal_id: str, snapshots: SnapshotColumns) -> ViewColumns:
    """Read the views of snapshots that follow one another."""
    bounds = snapshots.number[[0, -1]].tolist() if len(snapshots.number) else [1, 0]
    calendars = [row.number for row in connection.execute(calendars_of(portal_id))]
    columns = fetch_columns(
        connection,
        select(VIEWS.c.snapshot, VIEWS.c.calendar, VIEWS.c.outcome, TEXTS.c.text, VIEWS.c.free)
        .join(CALENDARS, CALENDARS.c.number == VIEWS.c.calendar)
        .join(PORTALS, PORTALS.c.number == CALENDARS.c.portal)
        .join(TEXTS, TEXTS.c.number == VIEWS.c.covered)
        .where(PORTALS.c.id == portal_id, VIEWS.c.snapshot.between(*bounds)),
        5,
    )
    snapshot, calendar = ints(columns[0]), ints(columns[1])
    # A portal's snapshots are numbered in the order they were taken.
    taken_at = snapshots.taken_at[np.searchsorted(snapshots.number, snapshot)]
    rank = {number: place for place, number in enumerate(calendars)}
    by_key = ints([rank[number] for number in columns[1]])
    order = np.lexsort((by_key, taken_at))
    return ViewColumns(
        snapshot=snapshot[order],
        taken_at=taken_at[order],
        calendar=calendar[order],
        outcome=objects(columns[2])[order],
        covered=objects(columns[3])[order],
        free=ints(columns[4], missing=-1)[order],
    )


def read_spans(
    connection: Connection, portal_id: str, wanted: Limits, zone: ZoneInfo
) -> tuple[Ints, Ints, Ints, Ints]:
    """Read calendar, slot, opened_at and closed_at of spans that may lie within limits."""
    first, until = wanted
    limits: list[ColumnElement[bool]] = []
    if until is not None:
        limits.append(SPANS.c.opened_at < until)
    if first is not None:
        limits.append(SPANS.c.closed_at.is_(None) | (SPANS.c.closed_at >= first))
        limits.append(_slot_from(first, zone))
    calendar, slot, opened_at, closed_at = fetch_columns(
        connection, _spans_of(portal_id, SPANS.c.opened_at, SPANS.c.closed_at).where(*limits), 4
    )
    return ints(calendar), ints(slot), ints(opened_at), ints(closed_at, missing=STILL_OPEN)


def read_free(
    connection: Connection, portal_id: str, seconds: int, zone: ZoneInfo
) -> tuple[Ints, Ints]:
    """Read calendar and slot, ascending, of all spans open at a moment whose slot had not begun."""
    closed_at = SPANS.c.closed_at
    columns = fetch_columns(
        connection,
        _spans_of(portal_id)
        .where(
            _slot_from(seconds, zone),
            SPANS.c.opened_at <= seconds,
            closed_at.is_(None) | (closed_at > seconds),
        )
        .order_by(SPANS.c.calendar, SPANS.c.slot),
        2,
    )
    calendar, slot = ints(columns[0]), ints(columns[1])
    ahead = starts_of(slot, zone) > seconds
    return calendar[ahead], slot[ahead]


def read_capacities(connection: Connection, portal_id: str) -> CapacityColumns:
    """Read all changes of places of a portal's slots."""
    changes = CAPACITY_CHANGES.c
    calendar, slot, at, capacity = fetch_columns(
        connection,
        select(changes.calendar, changes.slot, changes.at, changes.capacity)
        .join(CALENDARS, CALENDARS.c.number == changes.calendar)
        .join(PORTALS, PORTALS.c.number == CALENDARS.c.portal)
        .where(PORTALS.c.id == portal_id)
        .order_by(changes.calendar, changes.slot, changes.at),
        4,
    )
    return CapacityColumns(ints(calendar), ints(slot), ints(at), ints(capacity, missing=-1))


def newest_views(portal_id: str, snapshot: int) -> Select[Any]:
    """Each calendar of a portal with its newest view up to a snapshot, by key."""
    newest = (
        select(func.max(VIEWS.c.snapshot))
        .where(VIEWS.c.calendar == CALENDARS.c.number, VIEWS.c.snapshot <= snapshot)
        .correlate(CALENDARS)
        .scalar_subquery()
    )
    return (
        select(
            CALENDARS,
            VIEWS.c.outcome,
            TEXTS.c.text.label("covered"),
            SNAPSHOTS.c.taken_at,
        )
        .join(PORTALS, PORTALS.c.number == CALENDARS.c.portal)
        .join(VIEWS, (VIEWS.c.calendar == CALENDARS.c.number) & (VIEWS.c.snapshot == newest))
        .join(TEXTS, TEXTS.c.number == VIEWS.c.covered)
        .join(SNAPSHOTS, SNAPSHOTS.c.number == VIEWS.c.snapshot)
        .where(PORTALS.c.id == portal_id)
        .order_by(CALENDARS.c.key)
    )


def _spans_of(portal_id: str, *further: ColumnElement[Any]) -> Select[Any]:
    return (
        select(SPANS.c.calendar, SPANS.c.slot, *further)
        .join(CALENDARS, CALENDARS.c.number == SPANS.c.calendar)
        .join(PORTALS, PORTALS.c.number == CALENDARS.c.portal)
        .where(PORTALS.c.id == portal_id)
    )


def _slot_from(seconds: int, zone: ZoneInfo) -> ColumnElement[bool]:
    """Leave out slots that had begun long before: spans end there, and the table is sorted by slot."""
    return SPANS.c.slot >= slot_at(seconds, zone) - _MINUTES_PER_DAY
