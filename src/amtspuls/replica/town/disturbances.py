"""What disturbs the course of an office: sick leave, closing days, and pages that show less than there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from functools import partial

from amtspuls.clock import utc_from_local
from amtspuls.replica.town.agenda import Agenda
from amtspuls.replica.town.desks import day_number
from amtspuls.replica.town.floor import Floor
from amtspuls.replica.town.model import TOWN_ZONE, Habits, TruthKind

_WEEK_S = 7 * 86_400
_MONTH_WEEKS = 30 / 7
_SICK_CALLS_MIN = (6 * 60 + 30, 8 * 60 + 30)
_OFFICE_HOURS_MIN = (8 * 60, 16 * 60)
_ANNOUNCED_DAYS = (3, 20)
_SATURDAY = 5


class Disturbances:
    """Plans what goes wrong or is closed in one portal."""

    def __init__(
        self, agenda: Agenda, habits: Habits, floors: Sequence[Floor], until_s: int
    ) -> None:
        self._agenda, self._random, self._habits = agenda, agenda.random, habits
        self._floors, self._until_s = floors, until_s

    def plan(self, at_s: int) -> None:
        """Plan the first of each kind after an instant; each plans the next one."""
        habits = self._habits
        for floor in self._floors:
            self._repeat(habits.sick_leave_per_week, partial(self._fall_ill, floor), at_s)
            closing = habits.closing_days_per_month / _MONTH_WEEKS
            self._repeat(closing, partial(self._announce_closing, floor), at_s)
        self._repeat(habits.flaps_per_week, self._flap, at_s)

    def _repeat(self, per_week: float, happens: Callable[[int], None], at_s: int) -> None:
        """Let something happen again and again, independent of what was before."""
        if per_week <= 0:
            return
        next_s = at_s + max(1, round(self._random.expovariate(per_week / _WEEK_S)))
        if next_s < self._until_s:
            self._agenda.plan(next_s, partial(self._do_and_repeat, per_week, happens))

    def _do_and_repeat(self, per_week: float, happens: Callable[[int], None], at_s: int) -> None:
        self._repeat(per_week, happens, at_s)
        happens(at_s)

    def _working_moment_s(self, at_s: int, between_min: tuple[int, int]) -> int:
        """A moment of the next working day, in local minutes of that day."""
        day = datetime.fromtimestamp(at_s, TOWN_ZONE).date() + timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
        local = datetime.combine(day, time()) + timedelta(
            minutes=self._random.randint(*between_min)
        )
        return int(utc_from_local(local, TOWN_ZONE).timestamp())

    def _fall_ill(self, floor: Floor, at_s: int) -> None:
        desk = self._random.randrange(floor.group.desks)
        days = self._random.randint(1, self._habits.sick_days)
        call_s = self._working_moment_s(at_s, _SICK_CALLS_MIN)
        self._agenda.plan(call_s, partial(self._call_in_sick, floor, desk, days))

    def _call_in_sick(self, floor: Floor, desk: int, days: int, at_s: int) -> None:
        today = day_number(datetime.fromtimestamp(at_s, TOWN_ZONE).date())
        for day in range(today, today + days):
            if floor.desks.withdraw(desk, day):
                floor.refresh(day, TruthKind.WITHDRAWN, at_s)

    def _announce_closing(self, floor: Floor, at_s: int) -> None:
        at_s = self._working_moment_s(at_s, _OFFICE_HOURS_MIN)
        ahead = self._random.randint(*_ANNOUNCED_DAYS)
        self._agenda.plan(at_s, partial(self._close, floor, ahead))

    def _close(self, floor: Floor, ahead: int, at_s: int) -> None:
        day = day_number(datetime.fromtimestamp(at_s, TOWN_ZONE).date()) + ahead
        closed = [floor.desks.withdraw(desk, day) for desk in range(floor.group.desks)]
        if any(closed):
            floor.refresh(day, TruthKind.WITHDRAWN, at_s)

    def _flap(self, at_s: int) -> None:
        """Hide one calendar or all of them, whole or from some day on, and show them again."""
        places = [
            (floor, place) for floor in self._floors for place in range(len(floor.group.counters))
        ]
        if self._random.random() < self._habits.flap_calendar:
            places = [self._random.choice(places)]
        today = day_number(datetime.fromtimestamp(at_s, TOWN_ZONE).date())
        first_day = today
        if self._random.random() < self._habits.flap_tail:
            first_day += self._random.randint(1, places[0][0].group.horizon_days)
        back_s = at_s + 60 * self._random.randint(*self._habits.flap_min)
        for floor, place in places:
            if place not in floor.hidden_from:
                floor.hide(place, first_day, at_s)
                self._agenda.plan(back_s, partial(floor.unhide, place))
