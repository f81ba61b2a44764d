"""What storing a snapshot will do, worked out without the database; then what is remembered of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.changes import CalendarChanges, CalendarMemory, changes_of
from amtspuls.archive.memory import PortalMemory, learned_key
from amtspuls.archive.times import instant_of, seconds_of
from amtspuls.errors import ArchiveError
from amtspuls.model import Calendar, Snapshot, View

if TYPE_CHECKING:
    from amtspuls.catalogue.portal import Portal


@dataclass(slots=True)
class PlannedCalendar:
    """A calendar that a snapshot touches.

    Attributes:
        memory: What was stored of it; its number is 0 when it is new.
        known_as: Key it is stored under; None when it is new.
        calendar: Key, name and services it has from now on.
        view: Its view; None when the snapshot has none.
        changes: What becomes of its slots; None for nothing.
    """

    memory: CalendarMemory
    known_as: str | None
    calendar: Calendar
    view: View | None
    changes: CalendarChanges | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that storing a snapshot will do; nothing is remembered before the database has it."""

    snapshot: Snapshot
    record: PortalRecord
    taken_at: int
    calendars: tuple[PlannedCalendar, ...]

    @property
    def opened(self) -> int:
        """Spans that will open."""
        return sum(len(c.changes.opened) for c in self.calendars if c.changes)

    @property
    def closed(self) -> int:
        """Spans that will close."""
        return sum(len(c.changes.closed) for c in self.calendars if c.changes)


def plan(memory: PortalMemory, portal: Portal, snapshot: Snapshot) -> Plan:
    """Work out what a snapshot changes.

    Raises:
        ArchiveError: It is another portal's, not later than the newest one, has two views of one
            calendar, or a view breaks the rules of ``model.View``.
    """
    taken_at = seconds_of(snapshot.taken_at)
    _require_next(memory, portal, snapshot, taken_at)
    views = {view.calendar.key: view for view in snapshot.views}
    if len(views) != len(snapshot.views):
        raise ArchiveError(
            f"{portal.id}: two views of one calendar in the snapshot of {snapshot.taken_at}: report this"
            " as a fault of the booking system's reader",
            portal=portal.id,
        )
    planned = [
        _plan_view(memory, view, learned_key(key, memory.calendars, views))
        for key, view in views.items()
    ]
    touched = {calendar.known_as for calendar in planned}
    planned += [
        PlannedCalendar(calendar, key, calendar.calendar, None, None)
        for key, calendar in memory.calendars.items()
        if key not in touched
    ]
    for calendar in planned:
        calendar.changes = changes_of(calendar.memory, calendar.view, taken_at, portal.zone_info)
    return Plan(
        snapshot,
        PortalRecord(portal.id, portal.name, portal.system, portal.url, portal.zone),
        taken_at,
        tuple(planned),
    )


def _require_next(memory: PortalMemory, portal: Portal, snapshot: Snapshot, taken_at: int) -> None:
    if snapshot.portal_id != portal.id:
        raise ArchiveError(
            f"a snapshot of {snapshot.portal_id!r} cannot be stored as one of {portal.id!r}",
            portal=portal.id,
        )
    if memory.newest_at is not None and taken_at <= memory.newest_at:
        raise ArchiveError(
            f"{portal.id}: the archive has a snapshot of {instant_of(memory.newest_at)} already; one of"
            f" {snapshot.taken_at} is not later: use another archive, or set the clock right",
            portal=portal.id,
        )


def _plan_view(memory: PortalMemory, view: View, learned: str | None) -> PlannedCalendar:
    key = learned or view.calendar.key
    known = memory.calendars.get(key)
    if known is None:
        return PlannedCalendar(CalendarMemory(0, view.calendar), None, view.calendar, view, None)
    # A page that failed may not name the services; what is known then stays.
    newest = view.calendar if view.outcome.answered else known.calendar
    calendar = Calendar(view.calendar.key, newest.name, newest.services)
    return PlannedCalendar(known, key, calendar, view, None)


def remember(memory: PortalMemory, done: Plan) -> None:
    """Bring the memory up to a plan that is stored."""
    memory.record = done.record
    memory.newest_at = done.taken_at
    for planned in done.calendars:
        calendar, changes = planned.memory, planned.changes
        if planned.known_as != planned.calendar.key:
            if planned.known_as is not None:
                del memory.calendars[planned.known_as]
            memory.calendars[planned.calendar.key] = calendar
        calendar.calendar = planned.calendar
        if changes is not None:
            calendar.slots, calendar.opened_at = changes.slots, changes.opened_at
            calendar.capacities = changes.capacities
