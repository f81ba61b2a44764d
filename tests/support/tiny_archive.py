"""A reader over hand-written columns, so that measures can be tested against values worked out on paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from amtspuls.archive.base import (
    STILL_OPEN,
    AnswerColumns,
    CalendarRecord,
    CalendarState,
    PortalRecord,
    SnapshotColumns,
    SpanColumns,
    Stop,
    ViewColumns,
)
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar, Covered, Slot, slot_from_local

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    """An instant from UTC text such as ``2026-01-26 06:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(text: str) -> int:
    """Unix seconds of UTC text."""
    return int(utc(text).timestamp())


def slot(text: str) -> Slot:
    """A slot from local text."""
    return slot_from_local(datetime.fromisoformat(text))


def days(first: str, last: str) -> Covered:
    """A covered range of days."""
    return Covered.from_ranges([(date.fromisoformat(first), date.fromisoformat(last))])


@dataclass(frozen=True)
class TinyView:
    calendar: int
    outcome: str = "ok"
    covered: Covered | None = None


@dataclass(frozen=True)
class TinySnapshot:
    at: datetime
    views: tuple[TinyView, ...] = (TinyView(1),)
    outcome: str = "ok"
    period_s: int = 900
    opened: int = 0
    closed: int = 0


@dataclass(frozen=True)
class TinySpan:
    calendar: int
    slot: Slot
    opened: datetime
    closed: datetime | None = None


@dataclass(frozen=True)
class TinyPortal:
    """One portal; views without covered days cover ``covered``."""

    portal_id: str
    snapshots: Sequence[TinySnapshot]
    spans: Sequence[TinySpan] = ()
    calendars: Mapping[int, Calendar] = field(
        default_factory=lambda: {1: Calendar("197", "Führerscheinwesen")}
    )
    covered: Covered = field(default_factory=lambda: days("2020-01-01", "2030-12-31"))
    name: str = ""
    system: str = "tevis"
    zone: str = "Europe/Berlin"


def every(first: str, count: int, *, minutes: float = 15, **rest: Any) -> list[TinySnapshot]:
    """Snapshots at even distances; ``rest`` goes to each of them."""
    return [
        TinySnapshot(utc(first) + timedelta(minutes=minutes * step), **rest)
        for step in range(count)
    ]


class TinyReader:
    """An ``ArchiveReader`` over tiny portals."""

    def __init__(self, *portals: TinyPortal) -> None:
        self._portals = {portal.portal_id: portal for portal in portals}

    def portals(self) -> Sequence[PortalRecord]:
        return [
            PortalRecord(
                p.portal_id, p.name or p.portal_id, p.system, "https://example.org", p.zone
            )
            for _, p in sorted(self._portals.items())
        ]

    def calendars(self, portal_id: str) -> Sequence[CalendarRecord]:
        portal = self._portals[portal_id]
        return [
            CalendarRecord(number, portal_id, calendar)
            for number, calendar in portal.calendars.items()
        ]

    def _taken(
        self, portal_id: str, from_at: datetime | None, until_at: datetime | None
    ) -> list[tuple[int, TinySnapshot]]:
        return [
            (number, snapshot)
            for number, snapshot in enumerate(self._portals[portal_id].snapshots, 1)
            if (from_at is None or snapshot.at >= from_at)
            and (until_at is None or snapshot.at < until_at)
        ]

    def snapshots(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SnapshotColumns:
        taken = self._taken(portal_id, from_at, until_at)
        at = _ints([int(s.at.timestamp()) for _, s in taken])
        return SnapshotColumns(
            number=_ints([n for n, _ in taken]),
            taken_at=at,
            finished_at=at,
            outcome=np.array([s.outcome for _, s in taken], object),
            requests=_ints([1] * len(taken)),
            bytes=_ints([1000] * len(taken)),
            period_s=_ints([s.period_s for _, s in taken]),
            opened=_ints([s.opened for _, s in taken]),
            closed=_ints([s.closed for _, s in taken]),
        )

    def week_counts(self, portal_id: str) -> Mapping[IsoWeek, int]:
        portal = self._portals[portal_id]
        zone = ZoneInfo(portal.zone)
        return dict(Counter(IsoWeek.of(one.at.astimezone(zone).date()) for one in portal.snapshots))

    def views(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> ViewColumns:
        portal = self._portals[portal_id]
        rows = [
            (number, snapshot, view)
            for number, snapshot in self._taken(portal_id, from_at, until_at)
            for view in snapshot.views
        ]
        return ViewColumns(
            snapshot=_ints([n for n, _, _ in rows]),
            taken_at=_ints([int(s.at.timestamp()) for _, s, _ in rows]),
            calendar=_ints([v.calendar for _, _, v in rows]),
            outcome=np.array([v.outcome for _, _, v in rows], object),
            covered=np.array([_covered_text(portal, v) for _, _, v in rows], object),
            free=_ints([self._free(portal, s, v) for _, s, v in rows]),
        )

    def answers(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> AnswerColumns:
        return AnswerColumns.of(self.views(portal_id, from_at, until_at))

    def _free(self, portal: TinyPortal, snapshot: TinySnapshot, view: TinyView) -> int:
        if view.outcome not in ("ok", "partial"):
            return -1
        return sum(
            span.calendar == view.calendar
            and span.opened <= snapshot.at
            and (span.closed is None or span.closed > snapshot.at)
            for span in portal.spans
        )

    def spans(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SpanColumns:
        rows = sorted(
            (span.calendar, span.slot, int(span.opened.timestamp()), _closed(span))
            for span in self._portals[portal_id].spans
            if (until_at is None or span.opened < until_at)
            and (from_at is None or span.closed is None or span.closed >= from_at)
        )
        table = np.array(rows, np.int64).reshape(-1, 4)
        return SpanColumns(table[:, 0], table[:, 1], table[:, 2], table[:, 3])

    def state(self, portal_id: str, at: datetime) -> Sequence[CalendarState]:
        raise AssertionError(f"no measure asks for the state of {portal_id} at {at}")

    def stops(self) -> Mapping[str, Stop]:
        return {}

    def close(self) -> None:
        pass


def _closed(span: TinySpan) -> int:
    return STILL_OPEN if span.closed is None else int(span.closed.timestamp())


def _covered_text(portal: TinyPortal, view: TinyView) -> str:
    if view.outcome not in ("ok", "partial"):
        return ""
    return str(portal.covered if view.covered is None else view.covered)


def _ints(values: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)
