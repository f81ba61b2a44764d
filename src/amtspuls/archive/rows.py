"""How a planned snapshot becomes rows, all in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, insert, select, update

from amtspuls.archive.base import PortalRecord, Stored
from amtspuls.archive.memory import PortalMemory
from amtspuls.archive.plan import Plan, PlannedCalendar
from amtspuls.archive.schema import (
    CALENDARS,
    CAPACITY_CHANGES,
    FORMER_KEYS,
    PORTALS,
    SNAPSHOTS,
    SPANS,
    TEXTS,
    VIEWS,
)
from amtspuls.archive.times import seconds_of

_TEXTS_REMEMBERED = 20_000

# Made once: building a statement costs as much as running it.
_ADD_PORTAL = insert(PORTALS)
_ADD_CALENDAR = insert(CALENDARS)
_ADD_SNAPSHOT = insert(SNAPSHOTS)
_ADD_VIEW = insert(VIEWS)
_ADD_TEXT = insert(TEXTS)
_ADD_CAPACITY = insert(CAPACITY_CHANGES)
_ADD_FORMER_KEY = insert(FORMER_KEYS)
_OPEN = insert(SPANS)
_CLOSE = (
    update(SPANS)
    .where(
        SPANS.c.calendar == bindparam("of_calendar"),
        SPANS.c.slot == bindparam("of_slot"),
        SPANS.c.opened_at == bindparam("of_opened_at"),
    )
    .values(closed_at=bindparam("at"))
)


class SnapshotRows:
    """Writes plans as rows; remembers the numbers of texts that come again and again."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}

    def forget(self) -> None:
        """Forget all numbers: a transaction failed and some of them may not be stored."""
        self._texts.clear()

    def write(self, connection: Connection, memory: PortalMemory, todo: Plan) -> Stored:
        """Write a plan inside the caller's transaction; fills in the numbers of new rows."""
        _write_portal(connection, memory, todo.record)
        number = _write_snapshot(connection, memory.number, todo)
        for planned in todo.calendars:
            _write_calendar(connection, memory.number, planned, todo.taken_at)
        self._write_views(connection, number, todo.calendars)
        _write_spans(connection, todo)
        return Stored(number, todo.opened, todo.closed)

    def _write_views(
        self, connection: Connection, snapshot: int, calendars: Iterable[PlannedCalendar]
    ) -> None:
        rows = [
            {
                "calendar": planned.memory.number,
                "snapshot": snapshot,
                "outcome": view.outcome.value,
                "covered": self._number_of(connection, str(view.covered)),
                "asked": self._number_of(connection, _as_json(view.asked)),
                "duration_min": view.duration_min,
                "free": planned.changes.free if planned.changes else None,
                "reason": view.reason,
            }
            for planned in calendars
            if (view := planned.view) is not None
        ]
        if rows:
            connection.execute(_ADD_VIEW, rows)

    def _number_of(self, connection: Connection, text: str) -> int:
        """Number of a text, which gets a row at its first use."""
        number = self._texts.get(text)
        if number is None:
            number = connection.scalar(select(TEXTS.c.number).where(TEXTS.c.text == text))
            if number is None:
                number = _insert_one(connection, _ADD_TEXT, {"text": text})
            if len(self._texts) >= _TEXTS_REMEMBERED:
                self._texts.clear()
            self._texts[text] = number
        return number


def _insert_one(connection: Connection, statement: Insert, row: Mapping[str, Any]) -> int:
    key = connection.execute(statement, row).inserted_primary_key
    number: int = key[0] if key else 0
    return number


def _as_json(texts: tuple[str, ...]) -> str:
    return json.dumps(texts, ensure_ascii=False)


def _write_portal(connection: Connection, memory: PortalMemory, record: PortalRecord) -> None:
    if memory.record == record:
        return
    values = {
        "id": record.portal_id,
        "name": record.name,
        "system": record.system,
        "url": record.url,
        "zone": record.zone,
    }
    if memory.record is None:
        memory.number = _insert_one(connection, _ADD_PORTAL, values)
    else:
        connection.execute(update(PORTALS).where(PORTALS.c.number == memory.number).values(values))


def _write_snapshot(connection: Connection, portal: int, todo: Plan) -> int:
    snapshot = todo.snapshot
    return _insert_one(
        connection,
        _ADD_SNAPSHOT,
        {
            "portal": portal,
            "taken_at": todo.taken_at,
            "finished_at": seconds_of(snapshot.finished_at),
            "outcome": snapshot.outcome.value,
            "reason": snapshot.reason,
            "requests": snapshot.requests,
            "bytes": snapshot.bytes,
            "period_s": snapshot.period_s,
            "parser": snapshot.parser,
            "opened": todo.opened,
            "closed": todo.closed,
        },
    )


def _write_calendar(
    connection: Connection, portal: int, planned: PlannedCalendar, taken_at: int
) -> None:
    calendar = planned.calendar
    if planned.memory.number and calendar == planned.memory.calendar:
        return
    values = {
        "portal": portal,
        "key": calendar.key,
        "name": calendar.name,
        "services": _as_json(calendar.services),
    }
    if planned.memory.number:
        if planned.memory.calendar.key != calendar.key:
            # Weeks that are sealed already know it by this key, for ever.
            former = {"until_at": taken_at, "key": planned.memory.calendar.key}
            connection.execute(_ADD_FORMER_KEY, {"calendar": planned.memory.number, **former})
        connection.execute(
            update(CALENDARS).where(CALENDARS.c.number == planned.memory.number).values(values)
        )
    else:
        planned.memory.number = _insert_one(connection, _ADD_CALENDAR, values)


def _write_spans(connection: Connection, todo: Plan) -> None:
    opened: list[dict[str, Any]] = []
    closed: list[dict[str, Any]] = []
    capacities: list[dict[str, Any]] = []
    for planned in todo.calendars:
        changes, number = planned.changes, planned.memory.number
        if changes is None:
            continue
        opened += [
            {"calendar": number, "slot": slot, "opened_at": todo.taken_at}
            for slot in changes.opened.tolist()
        ]
        closed += [
            {"of_calendar": number, "of_slot": slot, "of_opened_at": since, "at": at}
            for slot, since, at in zip(
                changes.closed.tolist(),
                changes.closed_opened_at.tolist(),
                changes.closed_at.tolist(),
                strict=True,
            )
        ]
        capacities += [
            {"calendar": number, "slot": slot, "at": todo.taken_at, "capacity": places}
            for slot, places in changes.capacity_changes
        ]
    if closed:
        connection.execute(_CLOSE, closed)
    if opened:
        connection.execute(_OPEN, opened)
    if capacities:
        connection.execute(_ADD_CAPACITY, capacities)
