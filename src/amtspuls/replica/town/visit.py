"""One citizen at one counter: from the chosen slot to the appointment, or back."""

from __future__ import annotations

from functools import partial

from amtspuls.model import Slot
from amtspuls.replica.town.agenda import Agenda
from amtspuls.replica.town.floor import Floor, begins_s
from amtspuls.replica.town.model import Counter, Habits, TruthKind

_FORM_MIN_S = 60


class Visit:
    """One citizen at one counter: holds a slot, then books it or lets it go."""

    def __init__(
        self,
        agenda: Agenda,
        habits: Habits,
        floor: Floor,
        counter: Counter,
        chosen: tuple[int, int],
        citizen: int,
        steps: int,
    ) -> None:
        self._agenda, self._random, self._habits = agenda, agenda.random, habits
        self._floor, self._counter, self._citizen = floor, counter, citizen
        self._day, self._step = chosen
        self._steps = steps
        self._desk = floor.desks.take(self._day, self._step, steps)

    @property
    def _slot(self) -> tuple[Slot, ...]:
        return self._floor.desks.slots(self._day, 1 << self._step)

    def hold(self, at_s: int) -> None:
        """The chosen slot leaves the page; a decision follows."""
        self._floor.refresh(self._day, TruthKind.HELD, at_s, self._citizen)
        hold_s = 60 * self._habits.hold_min
        if self._random.random() < self._habits.completes:
            self._agenda.plan(at_s + self._random.randint(_FORM_MIN_S, hold_s), self._submit)
        else:
            self._agenda.plan(at_s + hold_s, partial(self._free, TruthKind.HOLD_EXPIRED))

    def _submit(self, at_s: int) -> None:
        """The form is sent; where a link must be followed, that comes later or never."""
        within_s = 60 * self._habits.activation_min
        if not within_s:
            self._book(at_s)
        elif self._random.random() < self._habits.activates:
            self._agenda.plan(at_s + self._random.randint(_FORM_MIN_S, within_s), self._book)
        else:
            self._agenda.plan(at_s + within_s, partial(self._free, TruthKind.LAPSED))

    def _book(self, at_s: int) -> None:
        self._agenda.log(TruthKind.BOOKED, at_s, self._counter, self._slot, self._citizen)
        left_s = begins_s(self._slot[0]) - at_s
        if left_s > 0 and self._random.random() < self._habits.cancels:
            self._agenda.plan(at_s + self._random.randint(1, left_s), self._cancel)
        elif self._habits.no_shows and self._random.random() < self._habits.no_shows:
            self._agenda.plan(at_s + max(0, left_s), self._stay_away)

    def _stay_away(self, at_s: int) -> None:
        self._agenda.log(TruthKind.NO_SHOW, at_s, self._counter, self._slot, self._citizen)

    def _cancel(self, at_s: int) -> None:
        self._agenda.log(TruthKind.CANCELLED, at_s, self._counter, self._slot, self._citizen)
        habits = self._habits
        delay_s = self._random.randint(
            60 * habits.given_back_min_min, 60 * habits.given_back_max_min
        )
        self._agenda.plan(at_s + delay_s, partial(self._free, TruthKind.GIVEN_BACK))

    def _free(self, kind: TruthKind, at_s: int) -> None:
        self._floor.desks.give_back(self._desk, self._day, self._step, self._steps)
        self._floor.refresh(self._day, kind, at_s, self._citizen)
