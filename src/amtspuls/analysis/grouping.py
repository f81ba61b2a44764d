"""One row per portal, calendar, hour, weekday or day, and what was observed for each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from amtspuls.analysis.coverage import (
    CoveredTime,
    find_covered_time,
    find_joined_time,
    seconds_between,
)
from amtspuls.analysis.events import Events, Transitions
from amtspuls.analysis.evidence import Evidence, answered
from amtspuls.analysis.localtime import (
    HOUR_S,
    Cells,
    Ints,
    day_of,
    hour_of,
    local_cells,
    week_of,
    weekday_of,
)
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

    @cached_property
    def covered(self) -> CoveredTime:
        """Covered time by calendar."""
        return find_covered_time(self.evidence)

    @cached_property
    def joined(self) -> CoveredTime:
        """Covered time by calendar in which what happens has a known hour; rates divide by it."""
        return find_joined_time(self.evidence)

    @cached_property
    def calendars(self) -> Mapping[int, Calendar]:
        """Calendars with a view of any outcome in the range, or covered in it, in the archive's order."""
        views = self.evidence.views
        seen = set(views.calendar[self.evidence.in_range(views.taken_at)].tolist())
        seen.update(self.covered.calendar.tolist())
        records = self.evidence.reader.calendars(self.evidence.record.portal_id)
        return {record.number: record.calendar for record in records if record.number in seen}

    @cached_property
    def was_asked(self) -> bool:
        """Whether a snapshot of the range was tried, whatever came of it, or one before covers some."""
        tried = self.evidence.in_range(self.evidence.snapshots.taken_at)
        return bool(tried.any()) or len(self.covered.view) > 0

    @cached_property
    def compared(self) -> frozenset[int]:
        """Calendars with an answered view in the range and an earlier one to compare it with."""
        views = self.evidence.views
        known = np.flatnonzero(self.evidence.view_answered)
        known = known[np.lexsort((views.taken_at[known], views.calendar[known]))]
        later = known[1:][views.calendar[known[1:]] == views.calendar[known[:-1]]]
        inside = self.evidence.in_range(views.taken_at[later])
        return frozenset(views.calendar[later[inside]].tolist())

    @cached_property
    def transitions(self) -> Transitions:
        """Bookings, cancellations and openings."""
        return find_transitions(self.evidence)

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


@dataclass
class Observed:
    """How much was observed for one row; times are seconds.

    Attributes:
        covered_s: Covered time, summed over calendars.
        asked_s: Time in the asked range, summed over calendars.
        portal_s: Covered time of portals in which what happens has a known hour (``Watched.joined``): a portal
            with two calendars counts each half.
        snapshots: Answered snapshots (for a calendar: answered views).
        from_s: Begin of the asked range.
        until_s: Its end.
        compared: Whether two answers could be compared, so that a change would have been seen.
    """

    covered_s: int = 0
    asked_s: int = 0
    portal_s: float = 0.0
    snapshots: int = 0
    from_s: int = np.iinfo(np.int64).max
    until_s: int = 0
    compared: bool = False

    @property
    def coverage(self) -> float | None:
        """Share of the asked time that was covered; None where no time was asked."""
        return self.covered_s / self.asked_s if self.asked_s else None

    @property
    def covered_hours(self) -> float:
        """Covered hours, summed over portals, without those before gaps."""
        return self.portal_s / HOUR_S


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


def observe(watched: Sequence[Watched], by: By) -> dict[Label, Observed]:
    """Say for every row of a grouping what was observed; the rows come in the order to print.

    Portals that nobody asked in the range have rows of their own by portal and by calendar; elsewhere
    they are left out, so that what ended years ago does not lower the coverage of today.
    Hours and weekdays are complete even where nothing was observed, days and weeks are those of the range.
    """
    rows: dict[Label, Observed] = {}
    if by is By.HOUR:
        rows = {("", hour): Observed() for hour in range(24)}
    elif by is By.WEEKDAY:
        rows = {("", weekday): Observed() for weekday in range(7)}
    for one in watched:
        if by is By.CALENDAR:
            _observe_calendars(one, rows)
        elif by is By.CALENDAR_WEEK:
            _observe_calendar_weeks(one, rows)
        else:
            _observe_times(one, by, rows)
    return dict(sorted(rows.items())) if by in (By.DAY, By.WEEK) else rows


def _observe_calendars(one: Watched, rows: dict[Label, Observed]) -> None:
    views = one.evidence.views
    counted = one.evidence.view_answered & one.evidence.in_range(views.taken_at)
    for number in one.calendars:
        seconds, joined_s = (
            int(time.seconds[time.calendar == number].sum()) for time in (one.covered, one.joined)
        )
        rows[one.label(By.CALENDAR, number)] = Observed(
            covered_s=seconds,
            asked_s=one.evidence.asked.seconds,
            portal_s=joined_s,
            snapshots=int((counted & (views.calendar == number)).sum()),
            from_s=one.evidence.asked.from_s,
            until_s=one.evidence.asked.until_s,
            compared=number in one.compared,
        )


def _observe_calendar_weeks(one: Watched, rows: dict[Label, Observed]) -> None:
    """Local weeks of each calendar; ``snapshots`` are its answered views in them."""
    weeks = week_of(one.cells.local_s)
    places = np.append(np.flatnonzero(np.diff(weeks, prepend=-1)), len(weeks))
    edges_s = one.cells.edges_s[places]
    views = one.evidence.views
    counted = one.evidence.view_answered & one.evidence.in_range(views.taken_at)
    for number in one.calendars:
        covered, joined = (
            _seconds(time.only(time.calendar == number), edges_s)
            for time in (one.covered, one.joined)
        )
        taken_at = np.sort(views.taken_at[counted & (views.calendar == number)])
        snapshots = np.diff(np.searchsorted(taken_at, edges_s))
        for place, seconds in enumerate(covered.tolist()):
            key = calendar_week(np.array([number]), weeks[places[place] : places[place] + 1])
            rows[one.label(By.CALENDAR_WEEK, int(key[0]))] = Observed(
                covered_s=seconds,
                asked_s=int(edges_s[place + 1] - edges_s[place]),
                portal_s=int(joined[place]),
                snapshots=int(snapshots[place]),
                from_s=int(edges_s[place]),
                until_s=int(edges_s[place + 1]),
                compared=number in one.compared,
            )


def _seconds(time: CoveredTime, edges_s: Ints) -> Ints:
    return seconds_between(time.from_s, time.until_s, edges_s)


def _observe_times(one: Watched, by: By, rows: dict[Label, Observed]) -> None:
    asked = one.evidence.asked
    calendars = max(1, len(one.calendars))
    keys = time_keys(by, one.cells.local_s)
    covered, joined = (_seconds(time, one.cells.edges_s) for time in (one.covered, one.joined))
    length = np.diff(one.cells.edges_s)
    taken_at = one.evidence.snapshots.taken_at
    good = answered(one.evidence.snapshots.outcome) & (taken_at < asked.until_s)
    compared = int(good.sum()) > 1
    taken_at = taken_at[one.evidence.in_range(taken_at) & answered(one.evidence.snapshots.outcome)]
    taken_keys = time_keys(by, one.evidence.offsets.to_local(taken_at))
    distinct, places = np.unique(keys, return_inverse=True)
    sums = (
        np.bincount(places, weights=seconds, minlength=len(distinct)).tolist()
        for seconds in (covered, joined, length)
    )
    for key, seconds, joined_s, in_all in zip(distinct.tolist(), *sums, strict=True):
        row = rows.setdefault(one.label(by, key), Observed())
        row.covered_s += round(seconds)
        row.asked_s += round(in_all) * calendars if one.was_asked or by is By.PORTAL else 0
        row.portal_s += joined_s / calendars
        row.snapshots += int((taken_keys == key).sum())
        row.from_s = min(row.from_s, asked.from_s)
        row.until_s = max(row.until_s, asked.until_s)
        row.compared |= compared
