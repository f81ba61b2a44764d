"""The words of the project as types: slot, covered, view, snapshot, outcome.

Free, taken and unknown are three things. A view says which local days it ``covered``; a slot that is
missing on a covered day is taken, a slot on any other day is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NewType
from zoneinfo import ZoneInfo

Slot = NewType("Slot", int)
"""A bookable start time: minutes after 1970-01-01 00:00 of naive local wall time."""

UNKNOWN_OFFICE = "-"
"""Office part of a composite calendar key while no page has shown the office."""

_EPOCH = datetime(1970, 1, 1)
_MINUTE = timedelta(minutes=1)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MINUTES_PER_DAY = 1440


def slot_from_local(local: datetime) -> Slot:
    """Turn naive local wall time (minute resolution; seconds are cut off) into a slot."""
    return Slot((local - _EPOCH) // _MINUTE)


def local_from_slot(slot: Slot) -> datetime:
    """Turn a slot back into naive local wall time."""
    return _EPOCH + slot * _MINUTE


def day_of_slot(slot: Slot) -> date:
    """Return the local calendar day of a slot."""
    return date.fromordinal(_EPOCH_ORDINAL + slot // _MINUTES_PER_DAY)


def utc_from_slot(slot: Slot, zone: ZoneInfo) -> datetime:
    """Return the instant after which a slot has certainly begun, as aware UTC.

    In the repeated hour of autumn that is the second pass: a page may still show the slot during
    the first one.
    """
    return local_from_slot(slot).replace(tzinfo=zone, fold=1).astimezone(UTC)


class Outcome(StrEnum):
    """How a snapshot, or one view of it, ended (ARCHITECTURE idea 1; see docs/architecture.md)."""

    OK = "ok"
    PARTIAL = "partial"
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    REFUSED = "refused"
    CHANGED = "changed"
    IMPLAUSIBLE = "implausible"
    SKIPPED = "skipped"

    @property
    def answered(self) -> bool:
        """Whether at least some days were answered for."""
        return self in (Outcome.OK, Outcome.PARTIAL)


@dataclass(frozen=True, slots=True)
class Covered:
    """The local days a portal was really asked about and answered for.

    ``ranges`` are inclusive (first, last) pairs, ascending, neither overlapping nor touching; use the
    constructors below, which see to that.
    """

    ranges: tuple[tuple[date, date], ...] = ()

    @classmethod
    def from_ranges(cls, ranges: Iterable[tuple[date, date]]) -> Covered:
        """Build from any inclusive (first, last) pairs; empty ones (last < first) are dropped."""
        merged: list[tuple[date, date]] = []
        for first, last in sorted(pair for pair in ranges if pair[0] <= pair[1]):
            if merged and first <= merged[-1][1] + timedelta(days=1):
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    @classmethod
    def from_days(cls, days: Iterable[date]) -> Covered:
        """Build from single days in any order."""
        return cls.from_ranges((day, day) for day in days)

    @classmethod
    def parse(cls, text: str) -> Covered:
        """Read the form written by ``str()``: ``2026-01-26..2026-01-30,2026-02-02``."""
        pairs = []
        for part in filter(None, text.split(",")):
            first, _, last = part.partition("..")
            pairs.append((date.fromisoformat(first), date.fromisoformat(last or first)))
        return cls.from_ranges(pairs)

    def __str__(self) -> str:
        return ",".join(
            first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}"
            for first, last in self.ranges
        )

    def __contains__(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __len__(self) -> int:
        return sum((last - first).days + 1 for first, last in self.ranges)

    def __iter__(self) -> Iterator[date]:
        for first, last in self.ranges:
            for ordinal in range(first.toordinal(), last.toordinal() + 1):
                yield date.fromordinal(ordinal)

    def without(self, days: Iterable[date]) -> Covered:
        """Return the days of this one that are not among ``days``."""
        gone = set(days)
        return Covered.from_days(day for day in self if day not in gone)

    def slot_bounds(self) -> tuple[tuple[Slot, Slot], ...]:
        """Return half-open (from, until) slot ranges, one per range of days."""
        return tuple(
            (
                Slot((first.toordinal() - _EPOCH_ORDINAL) * _MINUTES_PER_DAY),
                Slot((last.toordinal() + 1 - _EPOCH_ORDINAL) * _MINUTES_PER_DAY),
            )
            for first, last in self.ranges
        )


@dataclass(frozen=True, slots=True)
class Window:
    """The local days a snapshot asks about, both ends included."""

    first: date
    last: date

    @classmethod
    def weeks_ahead(cls, today: date, weeks: int) -> Window:
        """The next ``weeks`` x 7 days after today; today itself is in it too."""
        return cls(today, today + timedelta(days=7 * weeks))

    @classmethod
    def full_weeks(cls, today: date, weeks: int) -> Window:
        """The rest of this week from today on, and the next ``weeks`` weeks from Monday to Sunday.

        On a Monday this week is the first of them.
        """
        monday = today + timedelta(days=-today.weekday() % 7)
        return cls(today, monday + timedelta(days=7 * weeks - 1))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def covered(self, last: date | None = None) -> Covered:
        """All days of the window as covered, at most up to ``last``."""
        return Covered.from_ranges(
            [(self.first, self.last if last is None else min(last, self.last))]
        )


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar of a portal as a page shows it.

    Attributes:
        key: Stable id within the portal, that of the old bundles where they have it.
        name: What people read, in the portal's own words.
        services: Texts of the services it is for, in page order; empty where the page names none.
    """

    key: str
    name: str
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """One calendar inside a snapshot.

    Attributes:
        calendar: Whose view it is.
        outcome: ``ok`` when every day it offers was read, ``partial`` when ``covered`` lacks some.
        covered: Local days that were answered for. Empty unless the outcome is ok or partial.
        slots: Free start times, ascending and unique, each on a covered day.
        asked: Services that were asked (names as on the page).
        duration_min: Length of the asked service where the page says it.
        capacities: Free places per slot where the portal shows them; empty where it does not.
        reason: Why it is not ok; empty when it is.
    """

    calendar: Calendar
    outcome: Outcome
    covered: Covered = field(default_factory=Covered)
    slots: tuple[Slot, ...] = ()
    asked: tuple[str, ...] = ()
    duration_min: int | None = None
    capacities: Mapping[Slot, int] = field(default_factory=lambda: MappingProxyType({}))
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.outcome.answered and (self.covered or self.slots):
            raise ValueError(f"a view that is {self.outcome} covers nothing and shows no slots")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a portal that could not be read; what else was read stays valid.

    Attributes:
        where: The part concerned (category, office), in the portal's words.
        outcome: What it would be as an outcome of its own.
        reason: One sentence.
    """

    where: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a system read of one portal: views, and problems beside them.

    Calendars that are known by their key but failed are views with that outcome; what failed before
    its key was known is a problem only.
    """

    views: tuple[View, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one portal offered at one moment, or why that is not known.

    Attributes:
        portal_id: Id in the catalogue.
        taken_at: Start, aware UTC, whole seconds.
        finished_at: End, aware UTC, whole seconds.
        outcome: See ``Outcome``.
        views: One per calendar; empty when nothing was answered.
        requests: HTTP requests made, those for robots.txt and retries included.
        bytes: Bytes of bodies received.
        period_s: Planned distance to the next snapshot; None when none is planned.
        parser: System and version of its parser, e.g. ``tempus/1``.
        reason: Why it is not ok; empty when it is.
    """

    portal_id: str
    taken_at: datetime
    finished_at: datetime
    outcome: Outcome
    views: tuple[View, ...] = ()
    requests: int = 0
    bytes: int = 0
    period_s: int | None = None
    parser: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if self.taken_at.utcoffset() != timedelta(0) or self.taken_at.microsecond:
            raise ValueError("taken_at is aware UTC in whole seconds")


@dataclass(frozen=True, slots=True)
class KnownCalendar:
    """A calendar as the archive remembers it, handed to a system that must find a key again."""

    key: str
    name: str
    seen_at: datetime


@dataclass(slots=True)
class HostState:
    """What must be remembered of an origin (``scheme://host:port``) from one round to the next.

    Attributes:
        origin: Scheme, host and port.
        robots_status: HTTP status of the last robots.txt; None before the first one.
        robots_text: Its text; empty when there is none.
        robots_at: When it was fetched, aware UTC.
        silent_until: No request before this instant (Retry-After), aware UTC.
        budget_on: UTC day that ``budget_spent`` belongs to.
        budget_spent: Requests made on that day.
    """

    origin: str
    robots_status: int | None = None
    robots_text: str = ""
    robots_at: datetime | None = None
    silent_until: datetime | None = None
    budget_on: date | None = None
    budget_spent: int = 0
