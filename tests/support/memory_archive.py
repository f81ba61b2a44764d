"""An archive in plain Python: what ``LiveArchive`` is measured against, and a fake for other rooms.

Nothing clever: every rule of ``archive/base.py`` is written out slot by slot, in dictionaries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from amtspuls.archive.base import (
    STILL_OPEN,
    AnswerColumns,
    ArchiveReader,
    ArchiveWriter,
    CalendarRecord,
    CalendarState,
    CapacityColumns,
    PortalRecord,
    SnapshotColumns,
    SpanColumns,
    Stop,
    Stored,
    ViewColumns,
)
from amtspuls.archive.week import IsoWeek
from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ArchiveError
from amtspuls.model import (
    UNKNOWN_OFFICE,
    Calendar,
    HostState,
    KnownCalendar,
    Slot,
    Snapshot,
    View,
    day_of_slot,
    utc_from_slot,
)


@dataclass
class Span:
    calendar: int
    slot: Slot
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass
class StoredView:
    snapshot: int
    taken_at: datetime
    calendar: int
    view: View
    free: int


@dataclass
class PortalData:
    record: PortalRecord
    calendars: dict[str, CalendarRecord] = field(default_factory=dict)
    snapshots: list[tuple[Stored, Snapshot]] = field(default_factory=list)
    views: list[StoredView] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    places: dict[tuple[int, Slot], int] = field(default_factory=dict)
    capacity_changes: list[tuple[int, int, int, int]] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.record.zone)

    def record_of(self, number: int) -> CalendarRecord:
        return next(c for c in self.calendars.values() if c.number == number)


class MemoryArchive:
    """``ArchiveWriter`` and ``ArchiveReader`` in one; ``close`` does nothing."""

    def __init__(self) -> None:
        self._portals: dict[str, PortalData] = {}
        self._hosts: dict[str, HostState] = {}
        self._stops: dict[str, Stop] = {}
        self._snapshots = 0
        self._calendars = 0

    # Writing

    def store(self, portal: Portal, snapshot: Snapshot) -> Stored:
        self._require_storable(portal, snapshot)
        record = PortalRecord(portal.id, portal.name, portal.system, portal.url, portal.zone)
        data = self._portals.setdefault(portal.id, PortalData(record))
        data.record = record
        self._snapshots += 1
        before = set(data.calendars)
        numbers = [self._number_of(data, before, view, snapshot) for view in snapshot.views]
        closed = self._close_begun(data, snapshot.taken_at)
        opened = 0
        for number, view in zip(numbers, snapshot.views, strict=True):
            opened_here, closed_here = self._apply(data, number, view, snapshot.taken_at)
            opened += opened_here
            closed += closed_here
        stored = Stored(self._snapshots, opened, closed)
        data.snapshots.append((stored, snapshot))
        return stored

    def _require_storable(self, portal: Portal, snapshot: Snapshot) -> None:
        if snapshot.portal_id != portal.id:
            raise ArchiveError("another portal's snapshot")
        newest = self.newest_snapshot_at(portal.id)
        if newest is not None and snapshot.taken_at <= newest:
            raise ArchiveError("not later than the newest snapshot")
        keys = [view.calendar.key for view in snapshot.views]
        if len(set(keys)) != len(keys):
            raise ArchiveError("two views of one calendar")
        for view in snapshot.views:
            if list(view.slots) != sorted(set(view.slots)):
                raise ArchiveError("slots are not ascending and unique")
            if any(day_of_slot(slot) not in view.covered for slot in view.slots):
                raise ArchiveError("a slot on a day that was not covered")

    def _number_of(self, data: PortalData, before: set[str], view: View, snapshot: Snapshot) -> int:
        key = view.calendar.key
        if key in data.calendars:
            known = data.calendars[key]
            if view.outcome.answered:
                data.calendars[key] = replace(known, calendar=view.calendar)
            return known.number
        _office, slash, task = key.partition("/")
        earlier = f"{UNKNOWN_OFFICE}/{task}"
        shown = {other.calendar.key for other in snapshot.views}
        same_task = {k for k in before | shown if k.endswith(f"/{task}") and k != earlier}
        same_task = {k for k in same_task if k.partition("/")[2] == task}
        if slash and earlier in before and earlier not in shown and same_task == {key}:
            known = data.calendars.pop(earlier)
            newest = view.calendar if view.outcome.answered else known.calendar
            calendar = Calendar(key, newest.name, newest.services)
            data.calendars[key] = replace(known, calendar=calendar)
            return known.number
        self._calendars += 1
        data.calendars[key] = CalendarRecord(self._calendars, data.record.portal_id, view.calendar)
        return self._calendars

    def _close_begun(self, data: PortalData, taken_at: datetime) -> int:
        begun = [
            span
            for span in data.spans
            if span.closed_at is None and utc_from_slot(span.slot, data.zone) <= taken_at
        ]
        for span in begun:
            span.closed_at = max(span.opened_at, utc_from_slot(span.slot, data.zone))
            data.places.pop((span.calendar, span.slot), None)
        return len(begun)

    def _apply(
        self, data: PortalData, number: int, view: View, taken_at: datetime
    ) -> tuple[int, int]:
        shown = {slot for slot in view.slots if utc_from_slot(slot, data.zone) > taken_at}
        free = len(shown) if view.outcome.answered else -1
        data.views.append(StoredView(self._snapshots, taken_at, number, view, free))
        still_open = [
            span for span in data.spans if span.calendar == number and span.closed_at is None
        ]
        gone = [
            span
            for span in still_open
            if day_of_slot(span.slot) in view.covered and span.slot not in shown
        ]
        for span in gone:
            span.closed_at = taken_at
        new = sorted(shown - {span.slot for span in still_open})
        data.spans += [Span(number, slot, taken_at) for slot in new]
        now = {slot: places for slot, places in view.capacities.items() if slot in shown}
        self._apply_places(data, number, view, now, _seconds(taken_at))
        return len(new), len(gone)

    def _apply_places(
        self, data: PortalData, number: int, view: View, now: Mapping[Slot, int], at: int
    ) -> None:
        for calendar, slot in list(data.places):
            if calendar == number and day_of_slot(slot) in view.covered and slot not in now:
                del data.places[calendar, slot]
                data.capacity_changes.append((number, slot, at, -1))
        for slot, places in now.items():
            if data.places.get((number, slot)) != places:
                data.places[number, slot] = places
                data.capacity_changes.append((number, slot, at, places))

    def known_calendars(self, portal_id: str) -> tuple[KnownCalendar, ...]:
        if portal_id not in self._portals:
            return ()
        data = self._portals[portal_id]
        seen_at = {view.calendar: view.taken_at for view in data.views}
        known = [
            KnownCalendar(c.calendar.key, c.calendar.name, seen_at[c.number])
            for c in data.calendars.values()
        ]
        known.sort(key=lambda c: c.key)
        known.sort(key=lambda c: c.seen_at, reverse=True)
        return tuple(known)

    def host_states(self) -> Mapping[str, HostState]:
        return {origin: copy(state) for origin, state in sorted(self._hosts.items())}

    def save_host_states(self, states: Iterable[HostState]) -> None:
        for state in states:
            self._hosts[state.origin] = copy(state)

    def stops(self) -> Mapping[str, Stop]:
        return dict(sorted(self._stops.items()))

    def stop(self, stop: Stop) -> None:
        self._stops.setdefault(stop.portal_id, stop)

    def lift_stop(self, portal_id: str, at: datetime) -> bool:
        return self._stops.pop(portal_id, None) is not None

    def recent_requests(self, portal_id: str) -> int | None:
        for _stored, snapshot in reversed(self._snapshots_of(portal_id)):
            if snapshot.outcome.answered:
                return snapshot.requests
        return None

    def newest_snapshot_at(self, portal_id: str) -> datetime | None:
        snapshots = self._snapshots_of(portal_id)
        return snapshots[-1][1].taken_at if snapshots else None

    def close(self) -> None:
        """Nothing to release."""

    # Reading

    def portals(self) -> Sequence[PortalRecord]:
        return [data.record for _id, data in sorted(self._portals.items())]

    def calendars(self, portal_id: str) -> Sequence[CalendarRecord]:
        if portal_id not in self._portals:
            return []
        calendars = self._portals[portal_id].calendars.values()
        return sorted(calendars, key=lambda c: c.calendar.key.encode())

    def _snapshots_of(self, portal_id: str) -> list[tuple[Stored, Snapshot]]:
        return self._portals[portal_id].snapshots if portal_id in self._portals else []

    def snapshots(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SnapshotColumns:
        found = [
            (stored, snapshot)
            for stored, snapshot in self._snapshots_of(portal_id)
            if _within(snapshot.taken_at, from_at, until_at)
        ]

        def ints(values: Iterable[int]) -> NDArray[np.int64]:
            return np.array(list(values), dtype=np.int64)

        return SnapshotColumns(
            number=ints(stored.snapshot for stored, _ in found),
            taken_at=ints(_seconds(snapshot.taken_at) for _, snapshot in found),
            finished_at=ints(_seconds(snapshot.finished_at) for _, snapshot in found),
            outcome=np.array([snapshot.outcome.value for _, snapshot in found], dtype=np.object_),
            requests=ints(snapshot.requests for _, snapshot in found),
            bytes=ints(snapshot.bytes for _, snapshot in found),
            period_s=ints(-1 if s.period_s is None else s.period_s for _, s in found),
            opened=ints(stored.opened for stored, _ in found),
            closed=ints(stored.closed for stored, _ in found),
        )

    def week_counts(self, portal_id: str) -> Mapping[IsoWeek, int]:
        found = (snapshot.taken_at for _, snapshot in self._snapshots_of(portal_id))
        zone = (
            ZoneInfo(self._portals[portal_id].record.zone) if self._snapshots_of(portal_id) else UTC
        )
        return dict(Counter(IsoWeek.of(at.astimezone(zone).date()) for at in found))

    def views(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> ViewColumns:
        data = self._portals.get(portal_id)
        found = [v for v in data.views if _within(v.taken_at, from_at, until_at)] if data else []
        if data:
            keys = {c.number: c.calendar.key.encode() for c in data.calendars.values()}
            found.sort(key=lambda v: (v.taken_at, keys[v.calendar]))
        return ViewColumns(
            snapshot=np.array([v.snapshot for v in found], dtype=np.int64),
            taken_at=np.array([_seconds(v.taken_at) for v in found], dtype=np.int64),
            calendar=np.array([v.calendar for v in found], dtype=np.int64),
            outcome=np.array([v.view.outcome.value for v in found], dtype=np.object_),
            covered=np.array([str(v.view.covered) for v in found], dtype=np.object_),
            free=np.array([v.free for v in found], dtype=np.int64),
        )

    def answers(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> AnswerColumns:
        return AnswerColumns.of(self.views(portal_id, from_at, until_at))

    def spans(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SpanColumns:
        data = self._portals.get(portal_id)
        found = []
        for span in data.spans if data else []:
            end = span.closed_at
            if end is None and data:
                end = utc_from_slot(span.slot, data.zone)
            assert end is not None
            if from_at is not None and end < from_at:
                continue
            if until_at is not None and span.opened_at >= until_at:
                continue
            if from_at is not None and until_at is not None and from_at >= until_at:
                continue
            found.append(span)
        found.sort(key=lambda s: (s.calendar, s.slot, s.opened_at))
        ends = [STILL_OPEN if s.closed_at is None else _seconds(s.closed_at) for s in found]
        return SpanColumns(
            calendar=np.array([s.calendar for s in found], dtype=np.int64),
            slot=np.array([s.slot for s in found], dtype=np.int64),
            opened_at=np.array([_seconds(s.opened_at) for s in found], dtype=np.int64),
            closed_at=np.array(ends, dtype=np.int64),
        )

    def capacity_changes(self, portal_id: str) -> CapacityColumns:
        data = self._portals.get(portal_id)
        rows = np.array(sorted(data.capacity_changes if data else []), dtype=np.int64)
        return CapacityColumns(*rows.reshape(-1, 4).T)

    def state(self, portal_id: str, at: datetime) -> Sequence[CalendarState]:
        data = self._portals.get(portal_id)
        states = []
        for record in self.calendars(portal_id):
            assert data is not None
            views = [v for v in data.views if v.calendar == record.number and v.taken_at <= at]
            if not views:
                continue
            newest = views[-1]
            free = sorted(
                span.slot
                for span in data.spans
                if span.calendar == record.number
                and span.opened_at <= at
                and (span.closed_at is None or span.closed_at > at)
                and utc_from_slot(span.slot, data.zone) > at
            )
            covered = newest.view.covered
            states.append(
                CalendarState(
                    calendar=record.calendar,
                    outcome=newest.view.outcome,
                    taken_at=newest.taken_at,
                    covered=covered,
                    slots=tuple(slot for slot in free if day_of_slot(slot) in covered),
                    unknown=tuple(slot for slot in free if day_of_slot(slot) not in covered),
                )
            )
        return states


def _seconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


def _within(instant: datetime, from_at: datetime | None, until_at: datetime | None) -> bool:
    return (from_at is None or from_at <= instant) and (until_at is None or instant < until_at)


def _is_an_archive(archive: MemoryArchive) -> tuple[ArchiveWriter, ArchiveReader]:
    """Let the type checker compare it with both protocols."""
    return archive, archive
