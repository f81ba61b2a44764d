"""One portal as the typed rule sees it: spans side by side with what surrounds their ends.

All arrays have one entry per span, in the archive's order (calendar, slot, opened_at), so that the span
before and the span after in the same calendar and slot are its neighbours in the arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.behaviour import Behaviour
from amtspuls.analysis.evidence import JOIN_FACTOR, MEMORY_S, Evidence, answered
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import number_values, places_in, places_of_runs, starts_of_runs
from amtspuls.analysis.sightings import newest_view_before
from amtspuls.analysis.typed.absences import close_sold_out
from amtspuls.archive.base import STILL_OPEN, SpanColumns
from amtspuls.archive.median import median

MINUTES_PER_DAY = 1440
_SLOT_BITS = 28
USUAL_GRID_MIN = 5
"""Of calendars with too few start times to tell."""
LONG_AGO = np.iinfo(np.int64).min

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scene:
    """Spans of one portal and the groups of calendars that share desks.

    Attributes:
        evidence: Where they come from.
        spans: Those that were open in the range or in the days before it that the evidence remembers.
        start_s: Instant at which the slot of each begins.
        sold_out: Which of them closed because their calendar was absent with few slots left.
        calendars: Numbers of the calendars, ascending.
        groups: For each of them the number of its group; calendars of one group are over the same desks.
        grid_min: For each of them the distance of its start times, minutes.
        behaviour: What was learned of the calendars.
    """

    evidence: Evidence
    spans: SpanColumns
    start_s: Ints
    sold_out: Bools
    calendars: Ints
    groups: Ints
    grid_min: Ints
    behaviour: Behaviour

    @classmethod
    def of(cls, evidence: Evidence, behaviour: Behaviour) -> Scene:
        """The scene of a portal, with what was learned of its calendars."""
        later = evidence.later_spans
        starts_s = evidence.span_start_s
        if len(starts_s) < len(later.slot):
            starts_s = evidence.offsets.start_of_slots(later.slot)
        ends_s = np.minimum(later.closed_at, starts_s)
        kept = (ends_s >= evidence.asked.from_s - MEMORY_S).nonzero()[0]
        spans, start_s = later, starts_s
        if len(kept) < len(starts_s):
            spans = SpanColumns._make(column.take(kept) for column in later)
            start_s = starts_s.take(kept)
        closed_at, sold_out = close_sold_out(evidence, spans, start_s)
        spans = spans._replace(closed_at=closed_at)
        calendars = spans.calendar.take(starts_of_runs(spans.calendar))
        place = behaviour.place(calendars)
        known = place >= 0
        groups = -1 - np.arange(len(calendars))
        groups[known] = behaviour.group[place[known]]
        grid_min = np.full(len(calendars), USUAL_GRID_MIN, np.int64)
        grid_min[known] = behaviour.grid_min[place[known]]
        grid_min[grid_min <= 0] = USUAL_GRID_MIN
        numbers = number_values(groups)[1]
        return cls(evidence, spans, start_s, sold_out, calendars, numbers, grid_min, behaviour)

    @property
    def group_count(self) -> int:
        """Number of groups."""
        return int(self.groups.max(initial=-1)) + 1

    @property
    def apart(self) -> bool:
        """Whether no two calendars are over the same desks."""
        return self.group_count == len(self.calendars)

    @cached_property
    def learned_place(self) -> Ints:
        """Place of each of the ``calendars`` in those of the behaviour; -1 where nothing was learned."""
        return self.behaviour.place(self.calendars)

    def leaves_at(self, rows: Ints) -> Ints:
        """Instant at which the slot of each of some spans leaves the page although nobody books it."""
        calendar, slot, start_s = self.spans.calendar[rows], self.slot[rows], self.start_s[rows]
        return self.behaviour.leaves_at(calendar, slot, start_s)

    def appears_at(self, rows: Ints) -> Ints:
        """Instant at which it is shown first, where the horizon is known."""
        calendar, slot, start_s = self.spans.calendar[rows], self.slot[rows], self.start_s[rows]
        return self.behaviour.appears_at(calendar, slot, start_s)

    @cached_property
    def step_s(self) -> int:
        """Usual distance of two snapshots of the range: how often others were taken says nothing of these."""
        inside = self.taken_at[self.evidence.in_range(self.taken_at)]
        gaps = np.diff(inside if len(inside) > 1 else self.taken_at)
        return int(median(gaps)) if len(gaps) else int(median(self.evidence.period_s))

    @cached_property
    def taken_at(self) -> Ints:
        """Instants of the answered snapshots; what is called a place in time is a place in here."""
        snapshots = self.evidence.snapshots
        return snapshots.taken_at[answered(snapshots.outcome)]

    @property
    def slot(self) -> Ints:
        """Start time."""
        return self.spans.slot

    @property
    def opened_at(self) -> Ints:
        """Instant at which the span opened."""
        return self.spans.opened_at

    @property
    def closed_at(self) -> Ints:
        """Instant at which it closed, or ``STILL_OPEN``."""
        return self.spans.closed_at

    @cached_property
    def calendar(self) -> Ints:
        """Place of the calendar in ``calendars``."""
        return places_of_runs(self.calendars, self.spans.calendar)

    @cached_property
    def group(self) -> Ints:
        """Group of the calendar."""
        return self.groups[self.calendar]

    @cached_property
    def grid(self) -> Ints:
        """Distance of start times of the calendar, minutes."""
        return self.grid_min[self.calendar]

    @cached_property
    def day(self) -> Ints:
        """Local day of the slot, days after 1970-01-01."""
        return self.slot // MINUTES_PER_DAY

    @cached_property
    def opened(self) -> Ints:
        """Place in time at which the span opened."""
        return places_in(self.taken_at, self.opened_at)

    @cached_property
    def closed(self) -> Ints:
        """Place in time of the first snapshot without it; beyond all where it is open."""
        return places_in(self.taken_at, self.closed_at)

    @cached_property
    def has_before(self) -> Bools:
        """Whether the span before is of the same calendar and slot."""
        same = np.zeros(len(self.slot), np.bool_)
        slot, calendar = self.slot, self.calendar
        same[1:] = (slot[1:] == slot[:-1]) & (calendar[1:] == calendar[:-1])
        return same

    @cached_property
    def has_after(self) -> Bools:
        """Whether the span after is of the same calendar and slot."""
        same = np.zeros(len(self.slot), np.bool_)
        same[:-1] = self.has_before[1:]
        return same

    @cached_property
    def vanished(self) -> Bools:
        """Whether it closed before its start."""
        found: Bools = (self.closed_at != STILL_OPEN) & (self.closed_at < self.start_s)
        return found

    @cached_property
    def open_seen_at(self) -> Ints:
        """Newest instant before ``opened_at`` that covered the day without it; ``LONG_AGO``: none."""
        return self._taken_at(self._open_view)

    @cached_property
    def close_seen_at(self) -> Ints:
        """Newest instant before ``closed_at`` that still showed it."""
        return np.maximum(self._taken_at(self._close_view), self.opened_at)

    @cached_property
    def open_timed(self) -> Bools:
        """Whether the time between ``open_seen_at`` and ``opened_at`` was covered."""
        return self._is_joined(self._open_view, self.opened_at - self.open_seen_at)

    @cached_property
    def close_timed(self) -> Bools:
        """Whether the time between ``close_seen_at`` and ``closed_at`` was covered."""
        return self._is_joined(self._close_view, self.closed_at - self.close_seen_at)

    def seen_around(self, *, opening: bool) -> tuple[Ints, Ints]:
        """When each span opened (or closed), and the newest instant before it that still had it otherwise."""
        if opening:
            return self.opened_at, self.open_seen_at
        return self.closed_at, self.close_seen_at

    @cached_property
    def _open_view(self) -> Ints:
        return self._view_before(self.opened_at)

    @cached_property
    def _close_view(self) -> Ints:
        return self._view_before(np.where(self.vanished, self.closed_at, self.opened_at + 1))

    def _view_before(self, at: Ints) -> Ints:
        return newest_view_before(self.evidence, self.spans.calendar, self.spans.slot, at)

    def _taken_at(self, view: Ints) -> Ints:
        # One more for those without a view, at place -1.
        return np.append(self.evidence.views.taken_at, LONG_AGO).take(view)

    def _is_joined(self, view: Ints, distance_s: Ints) -> Bools:
        """By the plan of each view, as covered time has it: it may change within an archive."""
        longest_s = np.append(JOIN_FACTOR * self.evidence.view_period_s, -np.inf)
        found: Bools = distance_s <= longest_s.take(view)
        return found

    @cached_property
    def returned_after(self) -> Ints:
        """How many snapshots later the same slot was free again; a great number where it never was."""
        after = np.full(len(self.slot), 1 << 40, np.int64)
        back = np.flatnonzero(self.has_after & self.vanished)
        after[back] = self.opened[back + 1] - self.closed[back]
        return after

    def _key(self, calendar: Ints, slot: Ints, place: Ints) -> Ints:
        """Cells at places in time as one number each."""
        return ((calendar << _SLOT_BITS) + slot) * np.int64(len(self.taken_at) + 2) + place

    @cached_property
    def _keys(self) -> Ints:
        """Where and when each span opened, ascending."""
        return self._key(self.calendar, self.slot, self.opened)

    def span_at(self, calendar: Ints, slot: Ints, place: Ints) -> Ints:
        """Span of a cell that was open just before a place in time; -1 where the cell was not free."""
        wanted = self._key(calendar, slot, place)
        if not len(self._keys):
            return np.full(len(wanted), -1, np.int64)
        found = np.maximum(self._keys.searchsorted(wanted) - 1, 0)
        # The newest span that opened before: of this cell, if its key is not less than that of the cell at place 0.
        opened = self._keys.take(found)
        free = (opened >= wanted - place) & (opened < wanted)
        free &= self.closed.take(found) >= place
        # One more, or 0, less one: quicker than choosing between the place and -1.
        found += 1
        found *= free
        found -= 1
        return found
