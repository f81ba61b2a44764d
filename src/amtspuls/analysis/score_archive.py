"""An archive of one portal in memory, filled with snapshots of a town: thousands in a second.

It answers like the archive on disk that stored the same snapshots; a test compares the two.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from amtspuls.archive.base import (
    STILL_OPEN,
    ArchiveReader,
    CalendarRecord,
    CalendarState,
    PortalRecord,
    SnapshotColumns,
    SpanColumns,
    Stop,
    ViewColumns,
)
from amtspuls.archive.extent import count_weeks
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar, Covered, Outcome, Slot, Snapshot, View, utc_from_slot

_Row = tuple[int | str, ...]


class ScoreArchive(ArchiveReader):
    """Spans of one portal (``archive.base.ArchiveReader``), worked out once from its snapshots.

    Attributes:
        record: The portal.
    """

    def __init__(self, record: PortalRecord, snapshots: Iterable[Snapshot]) -> None:
        """Store snapshots, ascending by ``taken_at``."""
        self.record = record
        self._zone = ZoneInfo(record.zone)
        self._calendars: dict[str, CalendarRecord] = {}
        self._open: dict[int, dict[Slot, int]] = {}
        self._shown: dict[int, tuple[Slot, ...]] = {}
        self._starts: dict[Slot, int] = {}
        self._begin: list[tuple[int, int, Slot]] = []
        self._spans: list[tuple[int, int, int, int]] = []
        self._snapshots: list[_Row] = []
        self._views: list[_Row] = []
        self._opened = self._closed = 0
        for snapshot in snapshots:
            self._store(snapshot)

    def _store(self, snapshot: Snapshot) -> None:
        taken_at = int(snapshot.taken_at.timestamp())
        self._opened = self._closed = 0
        self._close_begun(taken_at)
        number = len(self._snapshots) + 1
        for view in snapshot.views:
            calendar = self._calendar(view.calendar)
            if view.outcome.answered:
                self._apply(calendar, view, taken_at)
            free = len(view.slots) if view.outcome.answered else -1
            self._views.append(
                (number, taken_at, calendar, view.outcome.value, str(view.covered), free)
            )
        finished_at = int(snapshot.finished_at.timestamp())
        self._snapshots.append(
            (
                *(number, taken_at, finished_at, snapshot.outcome.value, snapshot.requests),
                *(snapshot.bytes, snapshot.period_s or -1, self._opened, self._closed),
            )
        )

    def _calendar(self, calendar: Calendar) -> int:
        known = self._calendars.get(calendar.key)
        if known is None:
            number = len(self._calendars) + 1
            known = CalendarRecord(number, self.record.portal_id, calendar)
            self._calendars[calendar.key] = known
            self._open[number] = {}
        return known.number

    def _close_begun(self, taken_at: int) -> None:
        """Close what has begun, at its start; entries of spans that ended before are skipped."""
        while self._begin and self._begin[0][0] <= taken_at:
            start_s, calendar, slot = heapq.heappop(self._begin)
            opened_at = self._open[calendar].pop(slot, None)
            if opened_at is not None:
                self._spans.append((calendar, slot, opened_at, max(opened_at, start_s)))
                self._closed += 1

    def _apply(self, calendar: int, view: View, taken_at: int) -> None:
        whole = view.outcome is Outcome.OK
        if whole and self._shown.get(calendar) == view.slots and self._covers_all(calendar, view):
            return
        still_open = self._open[calendar]
        shown = set(view.slots)
        bounds = view.covered.slot_bounds()
        for slot in still_open.keys() - shown:
            if any(first <= slot < until for first, until in bounds):
                self._spans.append((calendar, slot, still_open.pop(slot), taken_at))
                self._closed += 1
        for slot in shown - still_open.keys():
            still_open[slot] = taken_at
            heapq.heappush(self._begin, (self._start_s(slot), calendar, slot))
            self._opened += 1
        self._shown[calendar] = view.slots

    def _covers_all(self, calendar: int, view: View) -> bool:
        """Whether nothing is open beside what is shown, so that equal slots mean no change."""
        return len(self._open[calendar]) == len(view.slots)

    def _start_s(self, slot: Slot) -> int:
        if slot not in self._starts:
            self._starts[slot] = int(utc_from_slot(slot, self._zone).timestamp())
        return self._starts[slot]

    # Reading

    def portals(self) -> Sequence[PortalRecord]:
        """The one portal, once it has a snapshot."""
        return [self.record] if self._snapshots else []

    def calendars(self, portal_id: str) -> Sequence[CalendarRecord]:
        """Its calendars, by key in byte order."""
        if portal_id != self.record.portal_id:
            return []
        return sorted(self._calendars.values(), key=lambda one: one.calendar.key.encode())

    def snapshots(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SnapshotColumns:
        """Snapshots with ``from_at <= taken_at < until_at``."""
        columns = self._all_snapshots
        chosen = self._chosen(portal_id, columns.taken_at, from_at, until_at)
        return SnapshotColumns._make(column[chosen] for column in columns)

    def week_counts(self, portal_id: str) -> Mapping[IsoWeek, int]:
        """Number of snapshots in each local week that has one, ascending."""
        return count_weeks(self.snapshots(portal_id).taken_at, self._zone)

    def views(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> ViewColumns:
        """Views of the snapshots with ``from_at <= taken_at < until_at``."""
        columns = self._all_views
        chosen = self._chosen(portal_id, columns.taken_at, from_at, until_at)
        return ViewColumns._make(column[chosen] for column in columns)

    def spans(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SpanColumns:
        """Spans that were open at some moment of ``[from_at, until_at)``."""
        columns, ends = self._all_spans
        is_empty = from_at is not None and until_at is not None and from_at >= until_at
        chosen = np.full(len(ends), portal_id == self.record.portal_id and not is_empty)
        if from_at is not None:
            chosen &= ends >= int(from_at.timestamp())
        if until_at is not None:
            chosen &= columns.opened_at < int(until_at.timestamp())
        return SpanColumns(*(column[chosen] for column in columns))

    def state(self, portal_id: str, at: datetime) -> Sequence[CalendarState]:
        """What was free at a moment: each calendar's newest view at or before it, by key."""
        at_s = int(at.timestamp())
        found = []
        views, (spans, _) = self._all_views, self._all_spans
        for one in self.calendars(portal_id):
            mine = np.flatnonzero((views.calendar == one.number) & (views.taken_at <= at_s))
            if not len(mine):
                continue
            newest = mine[-1]
            free = (spans.calendar == one.number) & (spans.opened_at <= at_s)
            free &= spans.closed_at > at_s
            slots = [Slot(slot) for slot in spans.slot[free].tolist()]
            slots = [slot for slot in slots if self._start_s(slot) > at_s]
            found.append(_state(one.calendar, views, int(newest), slots))
        return found

    def stops(self) -> Mapping[str, Stop]:
        """Nobody stops a town."""
        return {}

    def close(self) -> None:
        """Nothing is held."""

    def _chosen(
        self,
        portal_id: str,
        taken_at: NDArray[np.int64],
        from_at: datetime | None,
        until_at: datetime | None,
    ) -> NDArray[np.bool_]:
        chosen = np.full(len(taken_at), portal_id == self.record.portal_id)
        if from_at is not None:
            chosen &= taken_at >= from_at.timestamp()
        if until_at is not None:
            chosen &= taken_at < until_at.timestamp()
        return chosen

    @cached_property
    def _all_snapshots(self) -> SnapshotColumns:
        return SnapshotColumns._make(_columns(self._snapshots, 9, texts={3}))

    @cached_property
    def _all_views(self) -> ViewColumns:
        ranks = {one.number: n for n, one in enumerate(self.calendars(self.record.portal_id))}
        rows = sorted(self._views, key=lambda row: (row[1], ranks[int(row[2])]))
        return ViewColumns._make(_columns(rows, 6, texts={3, 4}))

    @cached_property
    def _all_spans(self) -> tuple[SpanColumns, NDArray[np.int64]]:
        """All spans, and when each ends at the latest."""
        rows = list(self._spans)
        for number, still_open in self._open.items():
            rows += [(number, slot, at, STILL_OPEN) for slot, at in still_open.items()]
        rows.sort()
        table = np.array(rows, dtype=np.int64).reshape(-1, 4)
        columns = SpanColumns(*(np.ascontiguousarray(column) for column in table.T))
        starts = [self._start_s(Slot(slot)) for slot in columns.slot.tolist()]
        return columns, np.minimum(columns.closed_at, np.array(starts, dtype=np.int64))


def _columns(rows: Sequence[_Row], count: int, texts: set[int]) -> list[NDArray[np.generic]]:
    columns: list[Sequence[int | str]] = list(zip(*rows, strict=True)) or [()] * count
    return [
        np.array(column, dtype=np.object_ if place in texts else np.int64)
        for place, column in enumerate(columns)
    ]


def _state(
    calendar: Calendar, views: ViewColumns, newest: int, slots: Sequence[Slot]
) -> CalendarState:
    covered = Covered.parse(str(views.covered[newest]))
    bounds = covered.slot_bounds()
    inside = [any(first <= slot < until for first, until in bounds) for slot in slots]
    return CalendarState(
        calendar=calendar,
        outcome=Outcome(views.outcome[newest]),
        taken_at=_instant(int(views.taken_at[newest])),
        covered=covered,
        slots=tuple(slot for slot, is_in in zip(slots, inside, strict=True) if is_in),
        unknown=tuple(slot for slot, is_in in zip(slots, inside, strict=True) if not is_in),
    )


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
