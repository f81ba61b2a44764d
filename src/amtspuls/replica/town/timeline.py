"""What happens at the counters of one portal, event after event.

The state of a page at an instant is a pure function of seed and instant: all events are worked off
once, in order, and every change they make is a line of the truth log. Random numbers come from one
stream per portal, so that portals do not disturb each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial

from amtspuls.clock import utc_from_local
from amtspuls.replica.town.agenda import Agenda
from amtspuls.replica.town.citizens import (
    choose_start,
    choose_steps,
    interest,
    next_visit_s,
    wished_days_ahead,
)
from amtspuls.replica.town.desks import day_number
from amtspuls.replica.town.disturbances import Disturbances
from amtspuls.replica.town.floor import Floor
from amtspuls.replica.town.model import TOWN_ZONE, TownPortal, Truth, TruthKind
from amtspuls.replica.town.visit import Visit

_HOURS_PER_WEEK = 168
_WEEK_S = _HOURS_PER_WEEK * 3600
_WORKING_HOURS = range(7, 16)
_SATURDAY = 5
_WITHDRAWN_WITHIN_DAYS = 10
_WHOLE_OFFICE_SHARE = 0.3
_RETURNS_SHARE = 0.4
_RETURNS_WITHIN_H = 48
_BY_HAND_HOURS = (7, 7, 7, 8, 9, 10, 12, 12, 13, 14)
"""Local hours of releases by hand: most at seven and around noon."""


class Timeline:
    """Works off the events of one portal.

    Citizens come and days are released from ``first`` up to the midnight before ``until``; what has
    begun by then (holds, cancellations, the passing of slots) goes on to its end.
    """

    def __init__(self, portal: TownPortal, seed: int, first: date, until: date) -> None:
        self._portal = portal
        self._first, self._until = first, until
        self._until_s = _midnight_s(until)
        self._agenda = Agenda(portal.id, seed, portal.habits.refresh_min)
        self._random = self._agenda.random
        self._citizens = 0
        self.floors = tuple(Floor(group, self._agenda.log) for group in portal.groups)
        self._plan()

    def run(self) -> list[Truth]:
        """Return the truth log, ascending by instant."""
        self._agenda.run()
        return self._agenda.truth

    def run_until(self, at: datetime) -> list[Truth]:
        """Work off what happens up to an instant (aware) and return the truth log so far."""
        self._agenda.run(at.timestamp())
        return self._agenda.truth

    def _plan(self) -> None:
        for offset in range((self._until - self._first).days):
            self._plan_release(self._first + timedelta(days=offset), first=not offset)
        begins_s = _midnight_s(self._first)
        for floor in self.floors:
            if floor.group.roll == "by_hand":
                self._plan_batch(floor, begins_s)
            for place in range(len(floor.group.counters)):
                self._plan_visit(floor, place, begins_s)
            self._plan_withdrawal(floor, begins_s)
        habits = self._portal.habits
        Disturbances(self._agenda, habits, self.floors, self._until_s).plan(begins_s)

    def _plan_release(self, day: date, *, first: bool) -> None:
        """Plan what is released on a day; on the first one all groups begin with something."""
        rolls = [floor for floor in self.floors if floor.group.roll != "by_hand"]
        for minute in sorted({0 if first else floor.group.release_min for floor in rolls}):
            due = [floor for floor in rolls if first or floor.group.release_min == minute]
            at_s = _local_s(day, minute)
            self._agenda.plan(at_s, partial(self._roll, due, TruthKind.RELEASED))
        if first:
            by_hand = [floor for floor in self.floors if floor.group.roll == "by_hand"]
            self._agenda.plan(_midnight_s(day), partial(self._roll, by_hand, TruthKind.BATCH))

    def _roll(self, floors: Sequence[Floor], kind: TruthKind, at_s: int) -> None:
        today = day_number(datetime.fromtimestamp(at_s, TOWN_ZONE).date())
        for floor in floors:
            for day in range(max(today, floor.released_until + 1), floor.horizon(today) + 1):
                for ends_s, place, step in floor.release(day, at_s, kind):
                    self._agenda.plan(ends_s, partial(floor.end_step, place, day, step))
                floor.released_until = day

    def _plan_batch(self, floor: Floor, at_s: int) -> None:
        """Plan the next release by hand: some days later, in office hours, never at weekends."""
        day = datetime.fromtimestamp(at_s, TOWN_ZONE).date()
        day += timedelta(days=self._random.randint(*floor.group.batch_days))
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
        if day < self._until:
            minute = self._random.choice(_BY_HAND_HOURS) * 60 + self._random.randrange(60)
            self._agenda.plan(_local_s(day, minute), partial(self._release_by_hand, floor))

    def _release_by_hand(self, floor: Floor, at_s: int) -> None:
        self._plan_batch(floor, at_s)
        self._roll([floor], TruthKind.BATCH, at_s)

    def _plan_visit(self, floor: Floor, place: int, at_s: int) -> None:
        next_s = at_s + next_visit_s(self._random, _visits_per_week(floor, place))
        if next_s < self._until_s:
            self._agenda.plan(next_s, partial(self._visit, floor, place))

    def _visit(self, floor: Floor, place: int, at_s: int) -> None:
        self._plan_visit(floor, place, at_s)
        local = datetime.fromtimestamp(at_s, TOWN_ZONE)
        if self._random.random() >= interest(local):
            return
        counter = floor.group.counters[place]
        wished = day_number(local.date()) + wished_days_ahead(self._random, counter)
        steps = choose_steps(self._random, counter)
        chosen = choose_start(
            self._random,
            floor.choices(place, steps),
            wished,
            hours=counter.hours,
            grid_min=floor.group.grid_min,
        )
        if chosen is not None:
            self._citizens += 1
            habits, citizen = self._portal.habits, self._citizens
            Visit(self._agenda, habits, floor, counter, chosen, citizen, steps).hold(at_s)

    def _plan_withdrawal(self, floor: Floor, at_s: int) -> None:
        if not self._portal.habits.withdrawals_per_week:
            return
        per_second = self._portal.habits.withdrawals_per_week / _WEEK_S
        thinned = per_second * _HOURS_PER_WEEK / (5 * len(_WORKING_HOURS))
        next_s = at_s + max(1, round(self._random.expovariate(thinned)))
        if next_s < self._until_s:
            self._agenda.plan(next_s, partial(self._withdraw, floor))

    def _withdraw(self, floor: Floor, at_s: int) -> None:
        self._plan_withdrawal(floor, at_s)
        local = datetime.fromtimestamp(at_s, TOWN_ZONE)
        if local.weekday() >= _SATURDAY or local.hour not in _WORKING_HOURS:
            return
        day = day_number(local.date()) + self._random.randint(1, _WITHDRAWN_WITHIN_DAYS)
        whole = self._random.random() < _WHOLE_OFFICE_SHARE
        chosen = self._random.randrange(floor.group.desks)
        desks = [
            desk
            for desk in (range(floor.group.desks) if whole else [chosen])
            if floor.desks.withdraw(desk, day)
        ]
        floor.refresh(day, TruthKind.WITHDRAWN, at_s)
        if self._random.random() < _RETURNS_SHARE:
            back_s = at_s + self._random.randint(1, _RETURNS_WITHIN_H * 3600)
            self._agenda.plan(back_s, partial(_reopen, floor, desks, day))


def _reopen(floor: Floor, desks: list[int], day: int, at_s: int) -> None:
    for desk in desks:
        floor.desks.reopen(desk, day)
    floor.refresh(day, TruthKind.RETURNED, at_s)


def _visits_per_week(floor: Floor, place: int) -> float:
    """Visits that, at full interest, would fill the share ``load`` of the desks."""
    group, counter = floor.group, floor.group.counters[place]
    minutes = sum(
        (last.hour - first.hour) * 60 + last.minute - first.minute
        for blocks in group.opening.values()
        for first, last in blocks
    )
    return counter.load * group.desks * minutes / (group.grid_min * counter.steps)


def _midnight_s(day: date) -> int:
    return _local_s(day, 0)


def _local_s(day: date, minute: int) -> int:
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    return int(utc_from_local(local, TOWN_ZONE).timestamp())
