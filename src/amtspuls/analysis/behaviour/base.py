"""What was learned of a portal: one entry per calendar, as columns and one by one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from amtspuls.analysis.behaviour.rules import UNKNOWN_S, Edges, Moves, week_begin
from amtspuls.analysis.localtime import DAY_S, Ints
from amtspuls.analysis.ordering import places_of_runs

if TYPE_CHECKING:
    from amtspuls.analysis.behaviour.habits import Hours
    from amtspuls.analysis.behaviour.mirrors import Pairs
    from amtspuls.analysis.behaviour.refresh import Refresh
    from amtspuls.analysis.behaviour.sightings import Bools, Floats
    from amtspuls.analysis.localtime import Offsets

NEVER_S = np.iinfo(np.int64).max
"""Instant of what does not happen as far as is known."""
LONG_AGO_S = np.iinfo(np.int64).min
"""Instant before everything."""

_MINUTES_PER_DAY = 1440


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of what a calendar shows, for people.

    Attributes:
        moves: From what ``offset_s`` is counted back.
        weekday: For whole weeks the weekday that they begin on, Monday 0; else 0.
        offset_s: Seconds; None where unknown.
        low_s: The least that agrees as well; None where nothing at all is known.
        high_s: The greatest; of an unknown notice an upper bound.
        support: Changes that agree.
        against: Spans that disagree.
        cases: Changes that could have agreed.
        days: Local days on which a change agreed.
        shared: Whether it was learned from the other calendars of the portal.
    """

    moves: Moves
    weekday: int
    offset_s: int | None
    low_s: int | None
    high_s: int | None
    support: int
    against: int
    cases: int
    days: int
    shared: bool


@dataclass(frozen=True, slots=True)
class CalendarBehaviour:
    """How one calendar behaves.

    Attributes:
        calendar: Its number.
        notice: When slots leave the page by themselves.
        horizon: When they first come.
        release_minutes: Local minutes of day at which days or weeks come; empty where slots come one by one
            or nothing is known.
        seen_ahead_s: The longest lead of a slot, the rarest half per cent left out; None without one.
        grid_min: Minutes between start times; None where unknown.
        grid_by_weekday: The same from Monday to Sunday.
        first_min: Local minute of day of the earliest start; None without a slot.
        last_min: Of the latest.
        one_a_day: Whether it shows at most one slot of each day.
        flaky: Share of its snapshots in which it lost most slots and got them back; None without one.
        mirrors: Numbers of the calendars over the same desks, its own among them.
    """

    calendar: int
    notice: Edge
    horizon: Edge
    release_minutes: tuple[int, ...]
    seen_ahead_s: int | None
    grid_min: int | None
    grid_by_weekday: tuple[int | None, ...]
    first_min: int | None
    last_min: int | None
    one_a_day: bool
    flaky: float | None
    mirrors: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Behaviour:
    """How the calendars of a portal behave; all columns have shape (calendars,) and the same order.

    Attributes:
        calendars: Numbers, ascending. Only those with an answered view.
        notice: When slots leave the page by themselves.
        notice_shared: Where ``notice`` is that of the other calendars.
        horizon: When they first come.
        horizon_shared: Where ``horizon`` is that of the other calendars.
        seen_ahead_s: The longest lead at which a slot was shown, the rarest half per cent left out; -1 without one.
        grid: Minutes between start times; 0 where unknown.
        grid_by_weekday: The same from Monday to Sunday, shape (calendars, 7).
        hours: Local times between which there are slots.
        one_a_day: Where at most one slot of each day is shown.
        flaky: Share of snapshots with most slots lost that came back.
        refresh: How the page is renewed.
        group: Place of the first calendar over the same desks.
        pairs: What the groups rest on.
        aggregated: Whether snapshots are unions of several.
        offsets: Of the portal's zone.
    """

    calendars: Ints
    notice: Edges
    notice_shared: Bools
    horizon: Edges
    horizon_shared: Bools
    seen_ahead_s: Ints
    grid: Ints
    grid_by_weekday: Ints
    hours: Hours
    one_a_day: Bools
    flaky: Floats
    refresh: Refresh
    group: Ints
    pairs: Pairs
    aggregated: bool
    offsets: Offsets

    @property
    def notice_s(self) -> Ints:
        """Minimum notice, seconds before the start of a slot; -1 where unknown or by whole days.

        0: slots stay until they begin.
        """
        of_slots = self.notice.moves == Moves.START
        return np.where(of_slots, self.notice.offset_s, UNKNOWN_S)

    @property
    def horizon_s(self) -> Ints:
        """How long before its start a slot is shown first, seconds; -1 where unknown or by whole days."""
        of_slots = self.horizon.moves == Moves.START
        return np.where(of_slots, self.horizon.offset_s, UNKNOWN_S)

    @property
    def refresh_s(self) -> int | None:
        """Usual distance of two renewals of the page; None where it is always fresh, or unknown."""
        return self.refresh.period_s

    @property
    def refresh_at(self) -> Ints:
        """Snapshots that showed a renewal, ascending; empty where the page is always fresh, or unknown."""
        return self.refresh.at

    @property
    def grid_min(self) -> Ints:
        """Minutes between start times; 0 where unknown."""
        return self.grid

    @cached_property
    def mirrors(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of calendars over the same desks, only where there are at least two."""
        numbers = [
            tuple(self.calendars[self.group == first].tolist())
            for first in set(self.group.tolist())
        ]
        return tuple(sorted(group for group in numbers if len(group) > 1))

    def place(self, calendar: Ints) -> Ints:
        """Place of calendars in the columns; -1 for one that is not there."""
        if not len(self.calendars):
            return np.full(len(calendar), -1, np.int64)
        found = places_of_runs(self.calendars, calendar)
        found = np.minimum(found, len(self.calendars) - 1)
        return np.where(self.calendars[found] == calendar, found, -1)

    def leaves_at(self, calendar: Ints, slot: Ints, start_s: Ints | None = None) -> Ints:
        """Instant at which each slot leaves the page although nobody books it.

        Where the notice is unknown that is its start.

        Args:
            calendar: Numbers of calendars.
            slot: Slots.
            start_s: When they begin, where that is known already.
        """
        start_s = self.offsets.start_of_slots(slot) if start_s is None else start_s
        found = self._edge_at(self.notice, calendar, slot, start_s, start_s)
        return np.minimum(found, start_s)

    def appears_at(self, calendar: Ints, slot: Ints, start_s: Ints | None = None) -> Ints:
        """Instant at which each slot is shown for the first time; ``LONG_AGO_S`` where that is unknown.

        Args:
            calendar: Numbers of calendars.
            slot: Slots.
            start_s: When they begin, where that is known already.
        """
        start_s = self.offsets.start_of_slots(slot) if start_s is None else start_s
        return self._edge_at(
            self.horizon, calendar, slot, start_s, np.full(len(slot), LONG_AGO_S, np.int64)
        )

    def _edge_at(
        self, edge: Edges, calendar: Ints, slot: Ints, start_s: Ints, unknown: Ints
    ) -> Ints:
        # One more for calendars that are not there, at place -1.
        every = edge._replace(
            moves=np.append(edge.moves, int(Moves.UNKNOWN)),
            offset_s=np.append(edge.offset_s, 0),
            weekday=np.append(edge.weekday, 0),
        )
        place = self.place(calendar)
        by_starts = (every.moves == Moves.START)[place].nonzero()[0]
        if len(by_starts) == len(place):
            return self.refresh.next(start_s - every.offset_s.take(place), self.offsets)
        by_days = ((every.moves == Moves.DAY) | (every.moves == Moves.WEEK))[place].nonzero()[0]
        found = unknown.copy()
        at = start_s[by_starts] - every.offset_s[place[by_starts]]
        # A copy shows it with the next renewal.
        found[by_starts] = self.refresh.next(at, self.offsets)
        if len(by_days):
            at = self._days_before(every, place[by_days], slot[by_days])
            found[by_days] = self.refresh.next(at, self.offsets)
        return found

    def _days_before(self, edge: Edges, place: Ints, slot: Ints) -> Ints:
        """Instants counted back from the day or week of each slot."""
        midnight_s = slot // _MINUTES_PER_DAY * DAY_S
        week_s = week_begin(midnight_s, edge.weekday[place])
        local_s = np.where(edge.moves[place] == Moves.WEEK, week_s, midnight_s)
        local_s -= edge.offset_s[place]
        # start_of_slots turns local minutes into instants; seconds of the edge are added again.
        found: Ints = self.offsets.start_of_slots(local_s // 60) + local_s % 60
        return found

    def of(self, calendar: int) -> CalendarBehaviour:
        """How one calendar behaves.

        Raises:
            KeyError: No view of it was answered.
        """
        place = int(self.place(np.array([calendar]))[0])
        if place < 0:
            raise KeyError(calendar)
        hours, flaky = self.hours, float(self.flaky[place])
        return CalendarBehaviour(
            calendar=calendar,
            notice=_edge(self.notice, place, shared=bool(self.notice_shared[place])),
            horizon=_edge(self.horizon, place, shared=bool(self.horizon_shared[place])),
            release_minutes=self.release_minutes(place),
            seen_ahead_s=_known(self.seen_ahead_s[place], 0),
            grid_min=_known(self.grid[place], 1),
            grid_by_weekday=tuple(_known(step, 1) for step in self.grid_by_weekday[place].tolist()),
            first_min=_known(hours.first_min[place], 0),
            last_min=_known(hours.last_min[place], 0),
            one_a_day=bool(self.one_a_day[place]),
            flaky=None if np.isnan(flaky) else flaky,
            mirrors=tuple(self.calendars[self.group == self.group[place]].tolist()),
        )

    def release_minutes(self, place: int) -> tuple[int, ...]:
        """Local minutes of day at which new days come in the calendar at a place; empty if not by days."""
        if self.horizon.moves[place] not in (Moves.DAY, Moves.WEEK):
            return ()
        return (int(-self.horizon.offset_s[place] % DAY_S // 60),)


def _known(value: int | np.int64, least: int) -> int | None:
    return int(value) if value >= least else None


def _edge(edges: Edges, place: int, *, shared: bool) -> Edge:
    moves = Moves(int(edges.moves[place]))
    seen = bool(moves or edges.support[place] or edges.against[place])
    return Edge(
        moves=moves,
        weekday=int(edges.weekday[place]),
        offset_s=int(edges.offset_s[place]) if moves is not Moves.UNKNOWN else None,
        low_s=int(edges.low_s[place]) if seen else None,
        high_s=int(edges.high_s[place]) if seen else None,
        support=int(edges.support[place]),
        against=int(edges.against[place]),
        cases=int(edges.cases[place]),
        days=int(edges.days[place]),
        shared=shared,
    )
