"""Rows of the live archive as one portal's sealed week: what ``seal`` writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from amtspuls.archive.base import STILL_OPEN, PortalRecord
from amtspuls.archive.queries import fetch_columns, ints, objects
from amtspuls.archive.schema import (
    CALENDARS,
    CAPACITY_CHANGES,
    PORTALS,
    SNAPSHOTS,
    SPANS,
    TEXTS,
    VIEWS,
)
from amtspuls.archive.sealed.model import (
    SealedCalendar,
    SealedCapacities,
    SealedPortal,
    SealedSnapshots,
    SealedSpans,
    SealedViews,
)
from amtspuls.archive.times import Ints, starts_of

_NONE: Ints = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class LivePortal:
    """A portal of the live archive: number of its row, and what the row says."""

    number: int
    record: PortalRecord

    @property
    def zone(self) -> ZoneInfo:
        """Zone of its wall time."""
        return ZoneInfo(self.record.zone)


def live_portals(connection: Connection) -> list[LivePortal]:
    """All portals of the live archive, by id."""
    rows = connection.execute(select(PORTALS).order_by(PORTALS.c.id))
    return [
        LivePortal(row.number, PortalRecord(row.id, row.name, row.system, row.url, row.zone))
        for row in rows
    ]


def cut_portal(connection: Connection, portal: LivePortal, until_s: int) -> SealedPortal | None:
    """Take everything of a portal up to an instant, as one sealed week.

    Args:
        connection: Inside a transaction.
        portal: Which portal.
        until_s: Unix second; snapshots before it are taken.

    Returns:
        The portal's week, without calendars that have nothing in it; None when no snapshot is so old.
    """
    shots = _Shots.read(connection, portal, until_s)
    if not len(shots.numbers):
        return None
    return _Cut(connection, portal, shots, until_s).portal()


@dataclass(frozen=True, slots=True)
class _Shots:
    numbers: Ints
    sealed: SealedSnapshots

    @classmethod
    def read(cls, connection: Connection, portal: LivePortal, until_s: int) -> _Shots:
        names = (
            "number", "taken_at", "finished_at", "outcome", "reason", "requests", "bytes", "period_s",
            "parser",
        )  # fmt: skip
        found = fetch_columns(
            connection,
            select(*(SNAPSHOTS.c[name] for name in names))
            .where(SNAPSHOTS.c.portal == portal.number, SNAPSHOTS.c.taken_at < until_s)
            .order_by(SNAPSHOTS.c.taken_at),
            len(names),
        )
        columns: dict[str, Sequence[Any]] = dict(zip(names, found, strict=True))
        taken_at = ints(columns["taken_at"])
        return cls(
            ints(columns["number"]),
            SealedSnapshots(
                taken_at=taken_at,
                finished_at=ints(columns["finished_at"]),
                utc_offset_s=offsets_of(taken_at, portal.zone),
                time_unsure=np.zeros(len(taken_at), dtype=np.bool_),
                outcome=objects(columns["outcome"]),
                reason=objects(columns["reason"]),
                requests=ints(columns["requests"]),
                bytes=ints(columns["bytes"]),
                period_s=ints(columns["period_s"], missing=-1),
                parser=objects(columns["parser"]),
            ),
        )


def offsets_of(instants_s: Ints, zone: ZoneInfo) -> NDArray[np.int32]:
    """What a zone's wall clock was ahead of UTC at Unix seconds, in seconds."""
    offsets = (datetime.fromtimestamp(at, zone).utcoffset() for at in instants_s.tolist())
    return np.array([int(o.total_seconds()) if o else 0 for o in offsets], dtype=np.int32)


class _Cut:
    """One portal's rows, read once; numbers of calendars become places in the order of keys."""

    def __init__(
        self, connection: Connection, portal: LivePortal, shots: _Shots, until_s: int
    ) -> None:
        self._connection = connection
        self._portal = portal
        self._shots = shots
        self._until_s = until_s
        self._taken_at = shots.sealed.taken_at

    def portal(self) -> SealedPortal:
        views, spans, capacities = self._views(), self._spans(), self._capacities()
        used = set(np.concatenate([views[0], spans[0], capacities[0]]).tolist())
        rows = [row for row in self._calendar_rows() if row.number in used]
        places = np.zeros(max(used, default=0) + 1, dtype=np.int32)
        for place, row in enumerate(rows):
            places[row.number] = place
        return SealedPortal(
            record=self._portal.record,
            aggregated=False,
            calendars=tuple(
                SealedCalendar(row.key, 0, row.name, tuple(json.loads(row.services)))
                for row in rows
            ),
            snapshots=self._shots.sealed,
            views=_runs(places[views[0]], *views[1:]),
            spans=self._sealed_spans(places[spans[0]], *spans[1:]),
            capacities=_sealed_capacities(places[capacities[0]], *capacities[1:]),
            extra_columns=np.zeros(0, dtype=np.int32),
            row_order=np.zeros(0, dtype=np.int32),
        )

    def _calendar_rows(self) -> list[Any]:
        rows = self._connection.execute(
            select(CALENDARS).where(CALENDARS.c.portal == self._portal.number)
        ).all()
        return sorted(rows, key=lambda row: row.key.encode())

    def _views(self) -> tuple[Ints, Ints, list[tuple[Any, ...]]]:
        """Number of the calendar, ordinal and all values of each view."""
        asked, covered = TEXTS.alias(), TEXTS.alias()
        columns = fetch_columns(
            self._connection,
            select(
                VIEWS.c.calendar,
                VIEWS.c.snapshot,
                VIEWS.c.outcome,
                covered.c.text,
                asked.c.text,
                VIEWS.c.duration_min,
                VIEWS.c.reason,
            )
            .join(CALENDARS, CALENDARS.c.number == VIEWS.c.calendar)
            .join(covered, covered.c.number == VIEWS.c.covered)
            .join(asked, asked.c.number == VIEWS.c.asked)
            .where(
                CALENDARS.c.portal == self._portal.number,
                VIEWS.c.snapshot <= int(self._shots.numbers[-1]),
            ),
            7,
        )
        # A portal's snapshots are numbered in the order they were taken.
        ordinals = np.searchsorted(self._shots.numbers, ints(columns[1]))
        return ints(columns[0]), ordinals, list(zip(*columns[2:], strict=True))

    def _spans(self) -> tuple[Ints, Ints, Ints, Ints]:
        columns = fetch_columns(
            self._connection,
            select(SPANS.c.calendar, SPANS.c.slot, SPANS.c.opened_at, SPANS.c.closed_at)
            .join(CALENDARS, CALENDARS.c.number == SPANS.c.calendar)
            .where(
                CALENDARS.c.portal == self._portal.number,
                SPANS.c.opened_at <= int(self._taken_at[-1]),
            ),
            4,
        )
        calendar, slot, opened_at = map(ints, columns[:3])
        return calendar, slot, opened_at, ints(columns[3], missing=STILL_OPEN)

    def _sealed_spans(
        self, calendar: NDArray[np.int32], slot: Ints, opened_at: Ints, closed_at: Ints
    ) -> SealedSpans:
        opened = np.searchsorted(self._taken_at, opened_at).astype(np.int32)
        closed = np.searchsorted(self._taken_at, closed_at).astype(np.int32)
        ahead = starts_of(slot, self._portal.zone) >= self._until_s
        order = np.lexsort((slot, opened, calendar))
        return SealedSpans(
            calendar=calendar[order],
            slot=slot[order].astype(np.int32),
            opened=opened[order],
            closed=closed[order],
            from_before=(opened_at < self._taken_at[0])[order],
            goes_on=((closed == len(self._taken_at)) & ahead)[order],
        )

    def _capacities(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Changes of the week; older ones that the writer still needs are sealed already."""
        changes = CAPACITY_CHANGES.c
        first, last = self._taken_at[[0, -1]].tolist()
        columns = fetch_columns(
            self._connection,
            select(changes.calendar, changes.slot, changes.at, changes.capacity)
            .join(CALENDARS, CALENDARS.c.number == changes.calendar)
            .where(CALENDARS.c.portal == self._portal.number, changes.at.between(first, last)),
            4,
        )
        calendar, slot, at = map(ints, columns[:3])
        return calendar, slot, np.searchsorted(self._taken_at, at), ints(columns[3], missing=-1)


def _sealed_capacities(
    calendar: NDArray[np.int32], slot: Ints, at: Ints, capacity: Ints
) -> SealedCapacities:
    order = np.lexsort((at, slot, calendar))
    columns = (calendar, slot, at, capacity)
    return SealedCapacities(*(column[order].astype(np.int32) for column in columns))


def _runs(
    calendar: NDArray[np.int32], ordinal: Ints, values: Sequence[tuple[Any, ...]]
) -> SealedViews:
    """Join views that follow one another snapshot by snapshot with the same values."""
    known: dict[tuple[Any, ...], int] = {}
    codes = np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)
    order = np.lexsort((ordinal, calendar))
    calendar, ordinal, codes = calendar[order], ordinal[order], codes[order]
    same = (np.diff(calendar) == 0) & (np.diff(ordinal) == 1) & (np.diff(codes) == 0)
    begins = np.flatnonzero(np.concatenate(([True], ~same))) if len(codes) else _NONE
    ends = np.flatnonzero(np.concatenate((~same, [True]))) if len(codes) else _NONE
    of_code = list(known)
    outcome, covered, asked, duration_min, reason = (
        (
            list(column)
            for column in zip(*(of_code[code] for code in codes[begins].tolist()), strict=True)
        )
        if len(begins)
        else ([], [], [], [], [])
    )
    return SealedViews(
        calendar=calendar[begins].astype(np.int32),
        first=ordinal[begins].astype(np.int32),
        last=ordinal[ends].astype(np.int32),
        outcome=objects(outcome),
        covered=objects(covered),
        asked=objects(asked),
        duration_min=ints(duration_min, missing=-1).astype(np.int32),
        reason=objects(reason),
    )
