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
    BATCH = "batch"
    LAPSED = "lapsed"
    VANISHED = "vanished"
    REAPPEARED = "reappeared"
    REVEALED = "revealed"
    CONCEALED = "concealed"
    NO_SHOW = "no_show"

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
    TruthKind.BATCH: 1,
    TruthKind.LAPSED: 1,
    TruthKind.VANISHED: -1,
    TruthKind.REAPPEARED: 1,
    TruthKind.REVEALED: 1,
    TruthKind.CONCEALED: -1,
    TruthKind.NO_SHOW: 0,
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
        shown_at: When the page shows it, where that is later than ``at``; None where it is not.
    """

    kind: TruthKind
    at: datetime
    portal_id: str
    calendar_key: str
    slots: tuple[Slot, ...]
    citizen: int = 0
    shown_at: datetime | None = None

    @property
    def page_at(self) -> datetime:
        """When the page shows it, aware UTC."""
        return self.at if self.shown_at is None else self.shown_at


@dataclass(frozen=True, slots=True)
class Counter:
    """A calendar and what it is like to use it.

    Attributes:
        calendar: As the portal shows it.
        steps: Grid steps that one appointment takes.
        notice_min: Minutes before a slot's start at which it is no longer offered.
        load: Citizens who want an appointment, as a share of all that the desks could take if they
            served this calendar alone.
        lead_days: Mean distance of the day that citizens who plan wish for.
        urgent: Share of citizens who wish for today.
        other_steps: Further services of the calendar, which the page shows to nobody who asks for the
            first: grid steps and share of the citizens who come for each.
        hours: Weights of the hours of the day (24) among the times of the chosen day; empty: all alike.
        first_of_day: The page shows the first free time of each day only.
    """

    calendar: ReplicaCalendar
    steps: int
    notice_min: int
    load: float
    lead_days: float
    urgent: float = 0.3
    other_steps: tuple[tuple[int, float], ...] = ()
    hours: tuple[float, ...] = ()
    first_of_day: bool = False


@dataclass(frozen=True, slots=True)
class DeskGroup:
    """Desks that serve one or several calendars.

    Attributes:
        counters: Calendars that share the desks.
        desks: How many people can be served at a time.
        grid_min: Minutes between start times.
        opening: Opening blocks by weekday (0 is Monday), local time.
        horizon_days: How far ahead days are released.
        roll: Whether a day is released each midnight, or a week at midnight before each Monday, or
            all days up to the horizon by hand, now and then in office hours.
        release_min: Minutes after local midnight at which days are released; by hand it is drawn.
        batch_days: Fewest and most days from one release by hand to the next.
        holidays: Whether only a few fixed days are holidays, or the nine of all German states.
        starts: Whether start times lie on the grid, or follow one another from the begin of each free
            stretch, an appointment's length apart: they move when a stretch is cut.
    """

    counters: tuple[Counter, ...]
    desks: int
    grid_min: int
    opening: Mapping[int, tuple[tuple[time, time], ...]]
    horizon_days: int
    roll: Literal["daily", "weekly", "by_hand"] = "daily"
    release_min: int = 0
    batch_days: tuple[int, int] = (7, 14)
    holidays: Literal["fixed", "national"] = "fixed"
    starts: Literal["grid", "floating"] = "grid"


@dataclass(frozen=True, slots=True)
class Habits:
    """How citizens and clerks of one portal behave.

    Attributes:
        hold_min: Minutes for which a chosen slot is held while the form is filled in.
        completes: Share of holds that end in a booking.
        cancels: Share of bookings that are cancelled.
        given_back_min_min: A cancelled slot is free again after this many minutes at least.
        given_back_max_min: A cancelled slot is free again after this many minutes at most.
        withdrawals_per_week: Days per week and desk group that are withdrawn.
        activation_min: Minutes in which a citizen must follow the link of an e-mail before the booking
            counts; 0 where no such link is sent.
        activates: Share of those who do.
        no_shows: Share of appointments that nobody comes to; no page shows that.
        sick_leave_per_week: Desks per week and desk group that fall ill in the morning.
        sick_days: Most days on end for which they do.
        closing_days_per_month: Days per month on which a desk group closes, announced before.
        refresh_min: Minutes between two updates of the page; 0: it always shows what is.
        flaps_per_week: How often a week a calendar, or the whole page, shows less than there is.
        flap_min: Fewest and most minutes for which it does.
        flap_calendar: Share of those that hit one calendar only.
        flap_tail: Share of those that hit late days only.
    """

    hold_min: int = 15
    completes: float = 0.8
    cancels: float = 0.12
    given_back_max_min: int = 30
    withdrawals_per_week: float = 0.5
    given_back_min_min: int = 0
    activation_min: int = 0
    activates: float = 1.0
    no_shows: float = 0.0
    sick_leave_per_week: float = 0.0
    sick_days: int = 5
    closing_days_per_month: float = 0.0
    refresh_min: int = 0
    flaps_per_week: float = 0.0
    flap_min: tuple[int, int] = (1, 20)
    flap_calendar: float = 0.5
    flap_tail: float = 0.3

    @property
    def longest_hold_min(self) -> int:
        """Minutes after which a slot that was chosen and not booked is free again at the latest."""
        return self.hold_min + self.activation_min


@dataclass(frozen=True)
class TownPortal:
    """One booking page of the town, and how the snapshots of a scenario read it.

    Attributes:
        id: Slug.
        name: What people read.
        system: Booking system.
        url: Address; nobody is there.
        groups: Who serves whom.
        habits: How citizens and clerks behave.
        variant: What the pages look like.
        sold_out: Whether snapshots hold an empty view of a calendar without a free time, or none at
            all, as old weeks of one system do.
        view_days: Days after today that snapshots read; 0 is all that the collector asks for.
    """

    id: str
    name: str
    system: str
    url: str
    groups: tuple[DeskGroup, ...]
    habits: Habits = field(default_factory=Habits)
    variant: Mapping[str, Any] = field(default_factory=dict)
    sold_out: Literal["empty", "absent"] = "empty"
    view_days: int = 0

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
