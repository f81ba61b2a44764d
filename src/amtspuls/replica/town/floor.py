"""The counters of one desk group, and what their calendars show."""

from __future__ import annotations

from collections.abc import Callable

from amtspuls.model import Slot, utc_from_slot
from amtspuls.replica.town.desks import MINUTES_PER_DAY, Desks
from amtspuls.replica.town.model import TOWN_ZONE, Counter, DeskGroup, TruthKind

_DAYS_FROM_MONDAY = 3  # 1970-01-01 was a Thursday

Log = Callable[[TruthKind, int, Counter, tuple[Slot, ...], int], None]


class Floor:
    """The counters of one desk group, and what their calendars show.

    Attributes:
        group: What they are like.
        desks: Who is served where.
        released_until: Last day number that was released.
        shown: What each calendar shows: masks of start steps by day number.
        hidden_from: By place of a calendar whose page shows less than there is: the first day number
            that is not shown.
    """

    def __init__(self, group: DeskGroup, log: Log) -> None:
        self.group = group
        self.desks = Desks(group)
        self.released_until = -1
        self.shown: tuple[dict[int, int], ...] = tuple({} for _ in group.counters)
        self.hidden_from: dict[int, int] = {}
        self._bookable: tuple[dict[int, int], ...] = tuple({} for _ in group.counters)
        self._possible: tuple[dict[int, int], ...] = tuple({} for _ in group.counters)
        self._log = log

    def horizon(self, today: int) -> int:
        """Last day number that is released on a day."""
        weekday = (today + _DAYS_FROM_MONDAY) % 7
        ahead = today + self.group.horizon_days
        return ahead - weekday + 6 if self.group.roll == "weekly" else ahead

    def release(
        self, day: int, at_s: int, kind: TruthKind = TruthKind.RELEASED
    ) -> list[tuple[int, int, int]]:
        """Show a day for the first time.

        Returns:
            When each start time falls under the minimum notice: instant, place of the counter, step.
        """
        ends = []
        for place, counter in enumerate(self.group.counters):
            mask = 0
            for slot in self.desks.slots(day, self.desks.open_steps(day)):
                ends_s = begins_s(slot) - 60 * counter.notice_min
                if ends_s > at_s:
                    step = slot % MINUTES_PER_DAY // self.group.grid_min
                    mask |= 1 << step
                    ends.append((ends_s, place, step))
            if mask:
                self._bookable[place][day] = mask
        self.refresh(day, kind, at_s)
        return ends

    def end_step(self, place: int, day: int, step: int, at_s: int) -> None:
        """Take a start time off one calendar because the minimum notice has come."""
        left = self._bookable[place][day] & ~(1 << step)
        self._bookable[place][day] = left
        self._refresh_one(place, day, TruthKind.NOTICE, at_s, 0)
        if not left:
            del self._bookable[place][day]

    def choices(self, place: int, steps: int) -> dict[int, int]:
        """What a citizen who comes for ``steps`` steps is offered: masks of start steps by day."""
        counter = self.group.counters[place]
        if steps == counter.steps:
            return self.shown[place]
        offered = {
            day: self._starts(day, steps, bookable)
            for day, bookable in self._bookable[place].items()
            if bookable and day < self.hidden_from.get(place, day + 1)
        }
        return {day: mask for day, mask in offered.items() if mask}

    def hide(self, place: int, first_day: int, at_s: int) -> None:
        """Let one calendar show no day from ``first_day`` on."""
        self.hidden_from[place] = first_day
        self._refresh_days(place, TruthKind.VANISHED, at_s)

    def unhide(self, place: int, at_s: int) -> None:
        """Undo ``hide``."""
        del self.hidden_from[place]
        self._refresh_days(place, TruthKind.REAPPEARED, at_s)

    def _refresh_days(self, place: int, kind: TruthKind, at_s: int) -> None:
        for day in sorted(self._bookable[place]):
            self._refresh_one(place, day, kind, at_s, 0)

    def refresh(self, day: int, kind: TruthKind, at_s: int, citizen: int = 0) -> None:
        """Draw all calendars of the group anew and log what changed, and why."""
        for place in range(len(self.group.counters)):
            self._refresh_one(place, day, kind, at_s, citizen)

    def _refresh_one(self, place: int, day: int, kind: TruthKind, at_s: int, citizen: int) -> None:
        counter = self.group.counters[place]
        offered, before = self.offered(place, day), self.shown[place].get(day, 0)
        moved = self._moved(place, day)
        if offered == before:
            return
        if offered:
            self.shown[place][day] = offered
        else:
            del self.shown[place][day]
        # A page that shows the first time of a day only shows another one instead.
        gone, come = before & ~offered, offered & ~before
        whys = (
            (kind if kind.effect < 0 else TruthKind.CONCEALED, gone & ~moved),
            (TruthKind.CONCEALED, gone & moved),
            (kind if kind.effect > 0 else TruthKind.REVEALED, come & ~moved),
            (TruthKind.REVEALED, come & moved),
        )
        for why, mask in whys:
            if mask:
                self._log(why, at_s, counter, self.desks.slots(day, mask), citizen)

    def _moved(self, place: int, day: int) -> int:
        """Floating start times at which a desk is free as before: they come and go by moving only."""
        if self.group.starts == "grid":
            return 0
        if day >= self.hidden_from.get(place, day + 1):
            self._possible[place].pop(day, None)
            return 0
        before = self._possible[place].get(day, 0)
        possible = self.desks.starts(day, self.group.counters[place].steps)
        self._possible[place][day] = possible & self._bookable[place].get(day, 0)
        return before & self._possible[place][day]

    def _starts(self, day: int, steps: int, bookable: int) -> int:
        if self.group.starts == "floating":
            return self.desks.floating_starts(day, steps, bookable)
        return self.desks.starts(day, steps) & bookable

    def offered(self, place: int, day: int) -> int:
        """Mask of the start steps that a calendar should show on a day."""
        if day >= self.hidden_from.get(place, day + 1):
            return 0
        counter = self.group.counters[place]
        mask = self._starts(day, counter.steps, self._bookable[place].get(day, 0))
        return mask & -mask if counter.first_of_day else mask


def begins_s(slot: Slot) -> int:
    """The instant at which a slot begins, in Unix seconds."""
    return int(utc_from_slot(slot, TOWN_ZONE).timestamp())
