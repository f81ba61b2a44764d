"""Spans with the snapshots around them: when each slot was surely shown, and when surely not."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.evidence import Evidence
from amtspuls.analysis.localtime import DAY_S, Ints
from amtspuls.analysis.ordering import distinct, number_values, places_in, places_of_runs
from amtspuls.analysis.sightings import answered_views
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
        # Views of the evidence, ascending by (calendar, instant).
        self._ordered, self._times = _views_until(evidence, evidence.asked.until_s)
        self.calendars: Ints = self._times.calendars
        self.taken_at: Ints = self._times.moments
        gaps = np.diff(self.taken_at)
        self.step_s = int(median(gaps if len(gaps) else evidence.period_s))

    @property
    def view_counts(self) -> Ints:
        """Answered views of each calendar."""
        return np.bincount(self._times.places, minlength=len(self.calendars))

    def _key(self, place: Ints, instant: Ints) -> Ints:
        return place << TIME_BITS | instant

    def _view_before(self, place: Ints, instants: Ints) -> Ints:
        """Instant of the newest view of each calendar before an instant; ``NEVER`` if there is none."""
        times = self._times
        if not len(times.at):
            return np.full(len(place), NEVER, np.int64)
        found = times.before_at(place, instants) - 1
        known = np.maximum(found, 0)
        good = (found >= 0) & (times.places.take(known) == place)
        return np.where(good, times.at.take(known), NEVER)

    @cached_property
    def covered_before(self) -> Bools:
        """Whether the view before each row covered the slot's day, so that the slot is new."""
        rows, evidence = self.rows, self.evidence
        found = np.zeros(len(rows.slot), np.bool_)
        known = np.flatnonzero(rows.unseen_at != NEVER)
        if not len(known):
            return found
        view = self._times.before_at(rows.calendar[known], rows.unseen_at[known])
        found[known] = evidence.covered_days.contains(self._ordered[view], self.day[known])
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
    def day(self) -> Ints:
        """Local day of each row's slot, days after 1970-01-01."""
        return self.rows.slot // _MINUTES_PER_DAY

    @cached_property
    def midnight_s(self) -> Ints:
        """Local midnight, in local seconds, that begins that day."""
        return self.day * DAY_S

    @cached_property
    def mass(self) -> Bools:
        """Which rows ended in a snapshot in which their calendar lost most of what it showed."""
        rows, found = self.rows, np.zeros(len(self.rows.slot), np.bool_)
        ended = rows.ended.nonzero()[0]
        keys, places = number_values(self._key(rows.calendar, rows.closed_at)[ended])
        lost = np.bincount(places, minlength=len(keys))
        several = (lost >= _MASS_STARTS)[places].nonzero()[0]
        if not len(several):
            return found
        day = self.day[ended[several]]
        first, last = np.full(len(keys), np.iinfo(np.int64).max), np.zeros(len(keys), np.int64)
        np.minimum.at(first, places[several], day)
        np.maximum.at(last, places[several], day)
        # One booking takes many starts of one day.
        mass = (lost >= _MASS_STARTS) & (last > first) | (lost >= _MASS_OF_A_DAY)
        mass &= lost >= _MASS_SHARE * self._shown(keys, lost)
        found[ended[several]] = mass[places[several]]
        return found

    def _shown(self, keys: Ints, lost: Ints) -> Ints:
        """How many rows calendars showed just before instants, of which so many ended then."""
        rows = self.rows
        opened = np.sort(self._key(rows.calendar, rows.opened_at))
        size = np.bincount(rows.calendar, minlength=len(self.calendars))
        owner = keys >> TIME_BITS
        # Rows of the calendars before all began there, and those that never ended are the others of them.
        begun = opened.searchsorted(keys) - (np.cumsum(size) - size)[owner]
        of_calendar = np.bincount(owner, lost, minlength=len(size)).astype(np.int64)
        gone = np.cumsum(lost) - lost - (np.cumsum(of_calendar) - of_calendar)[owner]
        found: Ints = begun - gone
        return found

    @cached_property
    def disturbed(self) -> Bools:
        """Which rows ended in a snapshot in which any calendar of the page lost most of what it showed."""
        closed_at = self.rows.closed_at
        moments = distinct(closed_at[self.mass])
        if not len(moments):
            return self.mass
        place = np.minimum(places_in(moments, closed_at), len(moments) - 1)
        found: Bools = moments.take(place) == closed_at
        return found

    def local(self, instants: Ints) -> Ints:
        """Local seconds of instants; ``NEVER`` stays."""
        known = instants != NEVER
        if known.all():
            return self.evidence.offsets.to_local(instants)
        found, some = np.full(len(instants), NEVER), known.nonzero()[0]
        found[some] = self.evidence.offsets.to_local(instants[some])
        return found

    def near(self, earlier: Ints, later: Ints) -> Bools:
        """Whether two instants are so close that what happened between them has a time."""
        found: Bools = (earlier != NEVER) & (later - np.maximum(earlier, 0) <= 2 * self.step_s)
        return found


def _views_until(evidence: Evidence, until_s: int) -> tuple[Ints, ViewTimes]:
    """The answered views before an instant: their places in those of the evidence, and their times."""
    order, _, times = answered_views(evidence)
    rows = (times.at < until_s).nonzero()[0]
    if len(rows) == len(order):
        return order, times
    return order[rows], ViewTimes(times.calendar[rows], times.at[rows])
