"""The live part of an archive in one transaction: what readers ask of it.

All questions of readers to SQL stand here and in what this module calls. Modules that serve sealed weeks too
are handed a ``LivePart`` where there is one, and import it for its type only: an archive of sealed weeks
alone is read without SQLAlchemy, which takes longer to load than a week takes to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, Connection, func, select

from amtspuls.archive.answers import pick_spans, state_of
from amtspuls.archive.base import (
    STILL_OPEN,
    CalendarState,
    CapacityColumns,
    SnapshotColumns,
    SpanColumns,
    ViewColumns,
)
from amtspuls.archive.cutting import LivePortal, cut_portal, live_portals
from amtspuls.archive.extent import count_weeks
from amtspuls.archive.queries import (
    calendar_of,
    calendars_of,
    fetch_columns,
    ints,
    newest_views,
    objects,
    slot_from,
    spans_of,
)
from amtspuls.archive.schema import (
    CALENDARS,
    CAPACITY_CHANGES,
    FORMER_KEYS,
    PORTALS,
    SEALED_WEEKS,
    SNAPSHOTS,
    SPANS,
    TEXTS,
    VIEWS,
)
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.times import Ints, Limits, starts_of
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar, Outcome


@dataclass(frozen=True, slots=True)
class LiveCalendar:
    """A calendar of the live part: its number, and what it is called now."""

    number: int
    calendar: Calendar


class LivePart:
    """The live part inside one transaction; ``LiveReader.part`` gives one.

    Attributes:
        connection: The transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def moved_weeks(self) -> frozenset[IsoWeek]:
        """Weeks that are sealed and whose rows have left the live part."""
        return frozenset(map(IsoWeek.parse, self.connection.scalars(select(SEALED_WEEKS.c.week))))

    def portals(self) -> list[LivePortal]:
        """All portals, by id."""
        return live_portals(self.connection)

    def portal(self, portal_id: str) -> LivePortal | None:
        """A portal; None where it is not known."""
        return next((one for one in self.portals() if one.record.portal_id == portal_id), None)

    def zone(self, portal_id: str) -> ZoneInfo:
        """Zone of a portal; UTC for an unknown portal, which has no slots."""
        name = self.connection.scalar(select(PORTALS.c.zone).where(PORTALS.c.id == portal_id))
        return ZoneInfo(name or "UTC")

    def cut(self, portal: LivePortal, until_s: int) -> SealedPortal | None:
        """Everything of a portal up to an instant, as one sealed week; see ``cutting.cut_portal``."""
        return cut_portal(self.connection, portal, until_s)

    def calendars(self, portal_id: str) -> dict[str, LiveCalendar]:
        """Calendars of a portal by key; they are never sealed."""
        rows = self.connection.execute(calendars_of(portal_id))
        return {row.key: LiveCalendar(row.number, calendar_of(row)) for row in rows}

    def former_keys(self, portal_id: str) -> list[tuple[int, str, int]]:
        """When, from which key and which calendar was renamed; ascending."""
        rows = self.connection.execute(
            select(FORMER_KEYS.c.until_at, FORMER_KEYS.c.key, FORMER_KEYS.c.calendar)
            .join(CALENDARS, CALENDARS.c.number == FORMER_KEYS.c.calendar)
            .join(PORTALS, PORTALS.c.number == CALENDARS.c.portal)
            .where(PORTALS.c.id == portal_id)
            .order_by(FORMER_KEYS.c.until_at)
        )
        return [(row.until_at, row.key, row.calendar) for row in rows]

    def snapshots(self, portal_id: str, wanted: Limits = (None, None)) -> SnapshotColumns:
        """Snapshots of a portal taken within limits."""
        first, until = wanted
        limits: list[ColumnElement[bool]] = []
        if first is not None:
            limits.append(SNAPSHOTS.c.taken_at >= first)
        if until is not None:
            limits.append(SNAPSHOTS.c.taken_at < until)
        names = SnapshotColumns._fields
        columns = fetch_columns(
            self.connection,
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

    def taken_at(self, portal_id: str) -> Ints:
        """When all snapshots of a portal were taken, ascending."""
        (taken_at,) = fetch_columns(
            self.connection,
            select(SNAPSHOTS.c.taken_at)
            .join(PORTALS, PORTALS.c.number == SNAPSHOTS.c.portal)
            .where(PORTALS.c.id == portal_id)
            .order_by(SNAPSHOTS.c.taken_at),
            1,
        )
        return ints(taken_at)

    def weeks(self, portal_id: str) -> set[IsoWeek]:
        """Weeks in which a portal has snapshots, by its own zone."""
        return set(count_weeks(self.taken_at(portal_id), self.zone(portal_id)))

    def newest_at(
        self, portal_id: str, at_s: int, without: Sequence[tuple[int, int]]
    ) -> int | None:
        """When the newest snapshot of a portal up to a Unix second was taken; None where there is none.

        Args:
            portal_id: The portal.
            at_s: The second, itself included.
            without: First and last ``taken_at`` of what is left out.
        """
        newest: int | None = self.connection.scalar(
            select(func.max(SNAPSHOTS.c.taken_at))
            .join(PORTALS, PORTALS.c.number == SNAPSHOTS.c.portal)
            .where(
                PORTALS.c.id == portal_id,
                SNAPSHOTS.c.taken_at <= at_s,
                *(~SNAPSHOTS.c.taken_at.between(first, last) for first, last in without),
            )
        )
        return newest

    def views(self, portal_id: str, snapshots: SnapshotColumns) -> ViewColumns:
        """Views of snapshots of a portal that follow one another."""
        bounds = snapshots.number[[0, -1]].tolist() if len(snapshots.number) else [1, 0]
        calendars = [row.number for row in self.connection.execute(calendars_of(portal_id))]
        columns = fetch_columns(
            self.connection,
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

    def all_spans(self, portal_id: str) -> SpanColumns:
        """All spans of a portal, in no particular order."""
        return self._spans(portal_id, ())

    def spans(self, portal_id: str, wanted: Limits) -> SpanColumns:
        """Spans of a portal within limits, as ``ArchiveReader.spans`` wants them."""
        zone = self.zone(portal_id)
        first, until = wanted
        limits: list[ColumnElement[bool]] = []
        if until is not None:
            limits.append(SPANS.c.opened_at < until)
        if first is not None:
            limits.append(SPANS.c.closed_at.is_(None) | (SPANS.c.closed_at >= first))
            limits.append(slot_from(first, zone))
        return pick_spans(self._spans(portal_id, limits), wanted, zone)

    def _spans(self, portal_id: str, limits: Sequence[ColumnElement[bool]]) -> SpanColumns:
        calendar, slot, opened_at, closed_at = fetch_columns(
            self.connection,
            spans_of(portal_id, SPANS.c.opened_at, SPANS.c.closed_at).where(*limits),
            4,
        )
        return SpanColumns(
            ints(calendar), ints(slot), ints(opened_at), ints(closed_at, missing=STILL_OPEN)
        )

    def free(self, portal_id: str, at_s: int) -> tuple[Ints, Ints]:
        """Calendar and slot, ascending, of all spans open at a Unix second whose slot had not begun."""
        zone, closed_at = self.zone(portal_id), SPANS.c.closed_at
        columns = fetch_columns(
            self.connection,
            spans_of(portal_id)
            .where(
                slot_from(at_s, zone),
                SPANS.c.opened_at <= at_s,
                closed_at.is_(None) | (closed_at > at_s),
            )
            .order_by(SPANS.c.calendar, SPANS.c.slot),
            2,
        )
        calendar, slot = ints(columns[0]), ints(columns[1])
        ahead = starts_of(slot, zone) > at_s
        return calendar[ahead], slot[ahead]

    def capacities(self, portal_id: str) -> CapacityColumns:
        """All changes of places of a portal's slots."""
        changes = CAPACITY_CHANGES.c
        calendar, slot, at, capacity = fetch_columns(
            self.connection,
            select(changes.calendar, changes.slot, changes.at, changes.capacity)
            .join(CALENDARS, CALENDARS.c.number == changes.calendar)
            .join(PORTALS, PORTALS.c.number == CALENDARS.c.portal)
            .where(PORTALS.c.id == portal_id)
            .order_by(changes.calendar, changes.slot, changes.at),
            4,
        )
        return CapacityColumns(ints(calendar), ints(slot), ints(at), ints(capacity, missing=-1))

    def state(self, portal_id: str, at_s: int) -> list[CalendarState]:
        """What was free at a Unix second, as far as the live part has views up to it, by key."""
        newest = self.connection.scalar(
            select(func.max(SNAPSHOTS.c.number))
            .join(PORTALS, PORTALS.c.number == SNAPSHOTS.c.portal)
            .where(PORTALS.c.id == portal_id, SNAPSHOTS.c.taken_at <= at_s)
        )
        if newest is None:
            return []
        views = self.connection.execute(newest_views(portal_id, newest)).all()
        calendar, slot = self.free(portal_id, at_s)
        return [
            state_of(
                calendar_of(view),
                Outcome(view.outcome),
                view.taken_at,
                view.covered,
                slot[calendar == view.number],
            )
            for view in views
        ]
