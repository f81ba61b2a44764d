"""Spans with the snapshots around them: when each slot was surely shown, and when surely not."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.evidence import Evidence
from amtspuls.analysis.localtime import DAY_S, Ints
from amtspuls.analysis.ordering import distinct, number_values, order_by, places_in, places_of_runs
from amtspuls.analysis.view_times import ViewTimes
from amtspuls.archive.median import median

NEVER = np.iinfo(np.int64).min
"""No snapshot before."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
TIME_BITS = 36
"""An instant takes fewer bits than this."""
_MINUTES_PER_DAY = 1440
_MASS_STARTS = 5
_MASS_OF_A_DAY = 20
_MASS_SHARE = 0.5


class Rows(NamedTuple):
    """Spans of one portal that matter for the range, ascending by (calendar, slot, opened_at); shape (n,).

    Attributes:
        calendar: Place of the calendar in ``Sightings.calendars``.
        slot: Start, minutes of naive local wall time.
        start_s: Instant at which it begins.
        opened_at: Snapshot that showed it first.
        unseen_at: Newest whole snapshot before that one, which did not show it; ``NEVER`` if none.
        closed_at: Snapshot that did not show it any more, or its start; cut to the end of what is known.
        shown_at: Newest snapshot that showed it.
        ended: Whether it ended in what is known.
        first: Whether it is the first span of its slot.
    """

    calendar: Ints
    slot: Ints
    start_s: Ints
    opened_at: Ints
    unseen_at: Ints
    closed_at: Ints
    shown_at: Ints
    ended: Bools
    first: Bools

    def only(self, chosen: Bools | Ints) -> Rows:
        """The chosen rows."""
        return Rows._make(column[chosen] for column in self)


class Sightings:
    """What the learners look at, worked out once.

    Attributes:
        evidence: The portal.
        calendars: Numbers of the calendars with a view in or shortly before the range, ascending.
        taken_at: Instants of the answered snapshots of the views, ascending and different.
        step_s: Usual distance of two of them.
    """

    def __init__(self, evidence: Evidence) -> None:
        """Read what is known of a portal."""
        self.evidence = evidence
        views = evidence.views
        whole = evidence.view_answered & (views.taken_at < evidence.asked.until_s)
        self.calendars: Ints = distinct(views.calendar[whole])
        self.taken_at: Ints = distinct(views.taken_at[whole])
        gaps = np.diff(self.taken_at)
        self.step_s = int(median(gaps)) if len(gaps) else int(median(evidence.period_s))
        self._whole = np.flatnonzero(whole)
        self._place = places_in(self.calendars, views.calendar[whole])

    @property
    def view_counts(self) -> Ints:
        """Answered views of each calendar."""
        return np.bincount(self._place, minlength=len(self.calendars))

    @cached_property
    def _ordered(self) -> Ints:
        """Places of the views in those of the evidence, ascending by (calendar, instant)."""
        return self._whole[order_by(self._place, self.evidence.views.taken_at[self._whole])]

    @cached_property
    def _times(self) -> ViewTimes:
        """By the places of their calendars."""
        views = self.evidence.views
        place = places_in(self.calendars, views.calendar[self._ordered])
        return ViewTimes(place, views.taken_at[self._ordered])

    def _key(self, place: Ints, instant: Ints) -> Ints:
        return place << TIME_BITS | instant

    def _view_before(self, place: Ints, instants: Ints) -> Ints:
        """Instant of the newest view of each calendar before an instant; ``NEVER`` if there is none."""
        times = self._times
        if not len(times.at):
            return np.full(len(place), NEVER, np.int64)
        found = times.before(place, instants) - 1
        known = np.maximum(found, 0)
        good = (found >= 0) & (times.calendar[known] == place)
        return np.where(good, times.at[known], NEVER)

    @cached_property
    def covered_before(self) -> Bools:
        """Whether the view before each row covered the slot's day, so that the slot is new."""
        rows, evidence = self.rows, self.evidence
        found = np.zeros(len(rows.slot), np.bool_)
        known = np.flatnonzero(rows.unseen_at != NEVER)
        if not len(known):
            return found
        view = self._times.before(rows.calendar[known], rows.unseen_at[known])
        found[known] = evidence.covered_days.contains(
            self._ordered[view], rows.slot[known] // _MINUTES_PER_DAY
        )
        return found

    @cached_property
    def rows(self) -> Rows:
        """The spans that were open at some moment since the first of the views."""
        spans, start_s = self.evidence.spans, self.evidence.span_start_s
        end_s = int(self.taken_at[-1]) if len(self.taken_at) else self.evidence.asked.from_s
        since = int(self.taken_at[0]) if len(self.taken_at) else end_s
        closed_at = np.minimum(spans.closed_at, start_s)
        calendar = places_of_runs(self.calendars, spans.calendar)
        kept = np.append(self.calendars, -1)[calendar] == spans.calendar
        kept &= (closed_at >= since) & (spans.opened_at <= end_s)
        calendar = calendar[kept]
        slot, opened_at, closed_at = spans.slot[kept], spans.opened_at[kept], closed_at[kept]
        ended = closed_at <= end_s
        first = np.ones(len(slot), np.bool_)
        first[1:] = (slot[1:] != slot[:-1]) | (calendar[1:] != calendar[:-1])
        shown_at = self._view_before(calendar, np.minimum(closed_at, end_s + 1))
        return Rows(
            calendar=calendar,
            slot=slot,
            start_s=start_s[kept],
            opened_at=opened_at,
            unseen_at=self._view_before(calendar, opened_at),
            closed_at=np.where(ended, closed_at, end_s + 1),
            shown_at=np.maximum(shown_at, opened_at),
            ended=ended,
            first=first,
        )

    @cached_property
    def midnight_s(self) -> Ints:
        """Local midnight, in local seconds, that begins the day of each row's slot."""
        return self.rows.slot // _MINUTES_PER_DAY * DAY_S

    @cached_property
    def mass(self) -> Bools:
        """Which rows ended in a snapshot in which their calendar lost most of what it showed."""
        rows = self.rows
        ends = self._key(rows.calendar, rows.closed_at)
        keys, places = number_values(ends[rows.ended])
        lost = np.bincount(places, minlength=len(keys))
        opened = np.sort(self._key(rows.calendar, rows.opened_at))
        ended = np.sort(ends)
        # Rows of the calendars before all began and ended there.
        shown = np.searchsorted(opened, keys) - np.searchsorted(ended, keys)
        day = rows.slot[rows.ended] // _MINUTES_PER_DAY
        first, last = np.full(len(keys), np.iinfo(np.int64).max), np.zeros(len(keys), np.int64)
        np.minimum.at(first, places, day)
        np.maximum.at(last, places, day)
        # One booking takes many starts of one day.
        many = (lost >= _MASS_STARTS) & (last > first) | (lost >= _MASS_OF_A_DAY)
        mass = many & (lost >= _MASS_SHARE * shown)
        found = np.zeros(len(rows.slot), np.bool_)
        found[rows.ended] = mass[places]
        return found

    @cached_property
    def disturbed(self) -> Bools:
        """Which rows ended in a snapshot in which any calendar of the page lost most of what it showed."""
        return np.isin(self.rows.closed_at, distinct(self.rows.closed_at[self.mass]))

    def local(self, instants: Ints) -> Ints:
        """Local seconds of instants; ``NEVER`` stays."""
        known = instants != NEVER
        return np.where(known, self.evidence.offsets.to_local(np.where(known, instants, 0)), NEVER)

    def near(self, earlier: Ints, later: Ints) -> Bools:
        """Whether two instants are so close that what happened between them has a time."""
        found: Bools = (earlier != NEVER) & (later - np.maximum(earlier, 0) <= 2 * self.step_s)
        return found
