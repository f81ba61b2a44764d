"""One row per portal, calendar, hour, weekday or day: what rows are about, and what is worked out once for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.changes import Changes
from amtspuls.analysis.coverage import CoveredTime, Looks, find_looks, seconds_between
from amtspuls.analysis.events import Events, Transitions
from amtspuls.analysis.evidence import Evidence, answered
from amtspuls.analysis.following import lasting_closings
from amtspuls.analysis.localtime import (
    Cells,
    Ints,
    day_of,
    hour_of,
    local_cells,
    week_of,
    weekday_of,
)
from amtspuls.analysis.once import once
from amtspuls.analysis.ordering import distinct
from amtspuls.analysis.transitions import find_transitions
from amtspuls.model import Calendar

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKS = 1 << 20
"""More weeks than any slot may lie after 1970."""

Label = tuple[str, int]
"""What a row is about: portal id (empty where portals are taken together) and a key that depends on ``By``."""


class By(StrEnum):
    """What a measure is taken for separately."""

    ALL = "all"
    PORTAL = "portal"
    CALENDAR = "calendar"
    HOUR = "hour"
    WEEKDAY = "weekday"
    DAY = "day"
    WEEK = "week"
    CALENDAR_WEEK = "calendar-week"

    @property
    def of_portal(self) -> bool:
        """Whether every row belongs to one portal."""
        return self in (By.PORTAL, By.CALENDAR, By.CALENDAR_WEEK)

    @property
    def of_calendar(self) -> bool:
        """Whether every row belongs to one calendar."""
        return self in (By.CALENDAR, By.CALENDAR_WEEK)


@dataclass(frozen=True, eq=False)
class Watched:
    """The evidence of one portal with what follows from it, worked out once for all measures."""

    evidence: Evidence

    @property
    def looks(self) -> Looks:
        """When its calendars were watched."""
        return looks_of(self)

    @property
    def covered(self) -> CoveredTime:
        """Covered time by calendar."""
        return self.looks.covered

    @property
    def joined(self) -> CoveredTime:
        """Covered time by calendar in which what happens has a known hour; rates divide by it."""
        return self.looks.joined

    @cached_property
    def calendars(self) -> Mapping[int, Calendar]:
        """Calendars with a view of any outcome in the range, or covered in it, in the archive's order."""
        seen = {*self.looks.tried.tolist(), *distinct(self.covered.calendar).tolist()}
        records = self.evidence.reader.calendars(self.evidence.record.portal_id)
        return {record.number: record.calendar for record in records if record.number in seen}

    @cached_property
    def was_asked(self) -> bool:
        """Whether a snapshot of the range was tried, whatever came of it, or one before covers some."""
        tried = self.evidence.in_range(self.evidence.snapshots.taken_at)
        return bool(tried.any()) or len(self.covered.view) > 0

    @cached_property
    def answered_snapshots(self) -> NDArray[np.bool_]:
        """Which snapshots of the portal, those outside the range too, were answered."""
        return answered(self.evidence.snapshots.outcome)

    @cached_property
    def seconds_of_cells(self) -> tuple[Ints, Ints]:
        """Covered and joined seconds in each of the ``cells``, summed over calendars."""
        edges_s = self.cells.edges_s
        covered, joined = self.covered, self.joined
        return (
            seconds_between(covered.from_s, covered.until_s, edges_s),
            seconds_between(joined.from_s, joined.until_s, edges_s),
        )

    @cached_property
    def compared(self) -> frozenset[int]:
        """Calendars with an answered view in the range and an earlier one to compare it with."""
        return frozenset(self.looks.tried[self.looks.compared].tolist())

    def found_by_others(self, name: str) -> Any | None:
        """What somebody else worked out of this portal; None where nobody did. See ``once``."""
        return None

    @cached_property
    def transitions(self) -> Transitions:
        """Bookings, cancellations and openings."""
        return find_transitions(self.evidence)

    @cached_property
    def lasting_closings(self) -> Changes:
        """Closings that end something; see ``following``."""
        return lasting_closings(self.transitions.changes)

    def bookings(self, by: By) -> Events:
        """Bookings for a grouping: by calendar, one that closed several calendars is in each."""
        found = self.transitions
        return found.bookings_by_calendar if by.of_calendar else found.bookings

    def cancellations(self, by: By) -> Events:
        """Cancellations for a grouping; as ``bookings``."""
        found = self.transitions
        return found.cancellations_by_calendar if by.of_calendar else found.cancellations

    def hidden(self, by: By) -> Events:
        """Blocks that may hide bookings, for a grouping; as ``bookings``."""
        found = self.transitions
        return found.hidden_by_calendar if by.of_calendar else found.hidden

    @cached_property
    def cells(self) -> Cells:
        """The asked range in pieces of wall time."""
        return local_cells(self.evidence.asked, self.evidence.zone)

    def label(self, by: By, key: int) -> Label:
        """The label of a key of this portal."""
        return (self.evidence.record.portal_id if by.of_portal else "", key)

    def event_keys(self, by: By, calendar: Ints, at: Ints) -> Ints:
        """Key of each event for a grouping by calendar or by the local time of ``at``."""
        if by is By.CALENDAR:
            return calendar
        local_s = self.evidence.offsets.to_local(at)
        if by is By.CALENDAR_WEEK:
            return calendar_week(calendar, week_of(local_s))
        return time_keys(by, local_s)

    def keys_of(self, by: By, events: Events) -> Ints:
        """Key of each event for a grouping by calendar or by local time."""
        return self.event_keys(by, events.calendar, self.moments_of(events))

    def moments_of(self, events: Events) -> Ints:
        """The likely instant of each event, in the asked range; every count by time rests on it."""
        return np.maximum(events.middle, self.evidence.asked.from_s)


@once
def looks_of(one: Watched) -> Looks:
    """When the calendars of a portal were watched; worked out once."""
    return find_looks(one.evidence)


def calendar_week(calendar: Ints, week: Ints) -> Ints:
    """Key of calendars and weeks together."""
    return calendar * _WEEKS + week


def split_calendar_week(key: int) -> tuple[int, int]:
    """Calendar and week of such a key."""
    return divmod(key, _WEEKS)


def time_keys(by: By, local_s: Ints) -> Ints:
    """Key of local seconds for a grouping by time; zeros for any other."""
    if by is By.HOUR:
        return hour_of(local_s)
    if by is By.WEEKDAY:
        return weekday_of(local_s)
    if by is By.DAY:
        return day_of(local_s)
    if by is By.WEEK:
        return week_of(local_s)
    return np.zeros(len(local_s), np.int64)


def count_events(
    watched: Sequence[Watched], by: By, pick: Mapping[str, Sequence[Events]]
) -> dict[Label, dict[str, float]]:
    """Add up by row how many bookings (or the like) events stand for.

    Args:
        watched: The portals.
        by: The grouping.
        pick: For each name of a count, the events to count, one entry per portal.
    """
    counts: dict[Label, dict[str, float]] = defaultdict(lambda: dict.fromkeys(pick, 0.0))
    for name, of_portals in pick.items():
        for one, events in zip(watched, of_portals, strict=True):
            keys, places = np.unique(one.keys_of(by, events), return_inverse=True)
            numbers = np.bincount(places, events.weight, len(keys))
            for key, number in zip(keys.tolist(), numbers.tolist(), strict=True):
                counts[one.label(by, key)][name] += number
    return counts
