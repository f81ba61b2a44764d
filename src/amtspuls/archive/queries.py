"""Questions to the database that several modules ask, and how answers become columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from amtspuls.archive.schema import CALENDARS, PORTALS, SNAPSHOTS, SPANS, TEXTS, VIEWS
from amtspuls.archive.times import Ints, slot_at
from amtspuls.model import Calendar

_MINUTES_PER_DAY = 1440


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


def spans_of(portal_id: str, *further: ColumnElement[Any]) -> Select[Any]:
    """Ask for calendar and slot of a portal's spans, and for further columns."""
    return (
        select(SPANS.c.calendar, SPANS.c.slot, *further)
        .join(CALENDARS, CALENDARS.c.number == SPANS.c.calendar)
        .join(PORTALS, PORTALS.c.number == CALENDARS.c.portal)
        .where(PORTALS.c.id == portal_id)
    )


def slot_from(seconds: int, zone: ZoneInfo) -> ColumnElement[bool]:
    """Leave out slots that had begun long before: spans end there, and the table is sorted by slot."""
    return SPANS.c.slot >= slot_at(seconds, zone) - _MINUTES_PER_DAY
