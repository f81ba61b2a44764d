"""The words of the town: counters, desks, habits, and the truth log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

from amtspuls.model import Slot
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal

TOWN_ZONE = ZoneInfo("Europe/Berlin")
"""Zone of every office of the town."""


class TruthKind(StrEnum):
    """Why slots appeared or vanished, or what a citizen decided."""

    RELEASED = "released"
    RETURNED = "returned"
    HOLD_EXPIRED = "hold_expired"
    GIVEN_BACK = "given_back"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    NOTICE = "notice"
    BOOKED = "booked"
    CANCELLED = "cancelled"

    @property
    def effect(self) -> int:
        """1 when its slots become free, -1 when they are no longer, 0 when the page stays as it is."""
        return _EFFECT[self]


_EFFECT = {
    TruthKind.RELEASED: 1,
    TruthKind.RETURNED: 1,
    TruthKind.HOLD_EXPIRED: 1,
    TruthKind.GIVEN_BACK: 1,
    TruthKind.HELD: -1,
    TruthKind.WITHDRAWN: -1,
    TruthKind.NOTICE: -1,
    TruthKind.BOOKED: 0,
    TruthKind.CANCELLED: 0,
}


@dataclass(frozen=True, slots=True)
class Truth:
    """One line of the truth log.

    What one citizen does is one line per calendar that shows it: calendars over shared desks change
    together. ``booked`` and ``cancelled`` are single lines of the calendar that the citizen used; the
    page changed before (``held``) and changes later (``given_back``).

    Attributes:
        kind: What happened.
        at: When, aware UTC, whole seconds.
        portal_id: Where.
        calendar_key: Calendar concerned.
        slots: Slots that appear or vanish; for ``booked`` and ``cancelled`` the one start time.
        citizen: Number of the citizen within the portal; 0 where the office acted.
    """

    kind: TruthKind
    at: datetime
    portal_id: str
    calendar_key: str
    slots: tuple[Slot, ...]
    citizen: int = 0


@dataclass(frozen=True, slots=True)
class Counter:
    """A calendar and what it is like to use it.

    Attributes:
        calendar: As the portal shows it.
        steps: Grid steps that one appointment takes.
        notice_min: Minutes before a slot's start at which it is no longer offered.
        load: Citizens who want an appointment, as a share of all that the desks could take if they
            served this calendar alone.
        lead_days: Mean distance of the day that citizens wish for.
    """

    calendar: ReplicaCalendar
    steps: int
    notice_min: int
    load: float
    lead_days: float


@dataclass(frozen=True, slots=True)
class DeskGroup:
    """Desks that serve one or several calendars.

    Attributes:
        counters: Calendars that share the desks.
        desks: How many people can be served at a time.
        grid_min: Minutes between start times.
        opening: Opening blocks by weekday (0 is Monday), local time.
        horizon_days: How far ahead days are released.
        roll: Whether a day is released each midnight, or a week at midnight before each Monday.
    """

    counters: tuple[Counter, ...]
    desks: int
    grid_min: int
    opening: Mapping[int, tuple[tuple[time, time], ...]]
    horizon_days: int
    roll: Literal["daily", "weekly"] = "daily"


@dataclass(frozen=True, slots=True)
class Habits:
    """How citizens and clerks of one portal behave.

    Attributes:
        hold_min: Minutes for which a chosen slot is held while the form is filled in.
        completes: Share of holds that end in a booking.
        cancels: Share of bookings that are cancelled.
        given_back_max_min: A cancelled slot is free again after 0 to this many minutes.
        withdrawals_per_week: Days per week and desk group that are withdrawn.
    """

    hold_min: int = 15
    completes: float = 0.8
    cancels: float = 0.12
    given_back_max_min: int = 30
    withdrawals_per_week: float = 0.5


@dataclass(frozen=True)
class TownPortal:
    """One booking page of the town."""

    id: str
    name: str
    system: str
    url: str
    groups: tuple[DeskGroup, ...]
    habits: Habits = field(default_factory=Habits)
    variant: Mapping[str, Any] = field(default_factory=dict)

    @property
    def counters(self) -> tuple[Counter, ...]:
        """All calendars of the portal."""
        return tuple(counter for group in self.groups for counter in group.counters)

    def as_replica(self) -> ReplicaPortal:
        """The portal as the pages need it."""
        return ReplicaPortal(
            id=self.id,
            name=self.name,
            system=self.system,
            url=self.url,
            calendars=tuple(counter.calendar for counter in self.counters),
            zone=TOWN_ZONE.key,
            variant=self.variant,
        )
