"""The counters of one desk group, and what their calendars show."""

from __future__ import annotations

from collections.abc import Callable

from amtspuls.model import Slot, utc_from_slot
from amtspuls.replica.town.desks import MINUTES_PER_DAY, Desks
from amtspuls.replica.town.model import TOWN_ZONE, Counter, DeskGroup, TruthKind

_DAYS_FROM_MONDAY = 3  # 1970-01-01 was a Thursday

Log = Callable[[TruthKind, int, Counter, tuple[Slot, ...], int], None]


class Floor:
    """The counters of one desk group, and what their calendars show."""

    def __init__(self, group: DeskGroup, log: Log) -> None:
        self.group = group
        self.desks = Desks(group)
        self.released_until = -1
        self.shown: tuple[dict[int, int], ...] = tuple({} for _ in group.counters)
        self._bookable: tuple[dict[int, int], ...] = tuple({} for _ in group.counters)
        self._log = log

    def horizon(self, today: int) -> int:
        """Last day number that is released on a day."""
        weekday = (today + _DAYS_FROM_MONDAY) % 7
        ahead = today + self.group.horizon_days
        return ahead if self.group.roll == "daily" else ahead - weekday + 6

    def release(self, day: int, at_s: int) -> list[tuple[int, int, int]]:
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
            self._bookable[place][day] = mask
        self.refresh(day, TruthKind.RELEASED, at_s)
        return ends

    def end_step(self, place: int, day: int, step: int, at_s: int) -> None:
        """Take a start time off one calendar because the minimum notice has come."""
        self._bookable[place][day] &= ~(1 << step)
        self._refresh_one(place, day, TruthKind.NOTICE, at_s, 0)

    def refresh(self, day: int, kind: TruthKind, at_s: int, citizen: int = 0) -> None:
        """Draw all calendars of the group anew and log what changed, and why."""
        for place in range(len(self.group.counters)):
            self._refresh_one(place, day, kind, at_s, citizen)

    def _refresh_one(self, place: int, day: int, kind: TruthKind, at_s: int, citizen: int) -> None:
        counter = self.group.counters[place]
        offered = self.desks.starts(day, counter.steps) & self._bookable[place].get(day, 0)
        changed = offered ^ self.shown[place].get(day, 0)
        if not changed:
            return
        if offered:
            self.shown[place][day] = offered
        else:
            del self.shown[place][day]
        self._log(kind, at_s, counter, self.desks.slots(day, changed), citizen)


def begins_s(slot: Slot) -> int:
    """The instant at which a slot begins, in Unix seconds."""
    return int(utc_from_slot(slot, TOWN_ZONE).timestamp())
