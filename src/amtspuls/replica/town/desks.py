"""Desks of one group: which steps of which day are open, taken or withdrawn, as bit masks.

Bit ``i`` of a mask is the step that begins ``i`` grid steps after local midnight. Days are numbers of
days since 1970-01-01, so that a slot is ``day * 1440 + step * grid_min``.
"""

from __future__ import annotations

from datetime import date, time

from amtspuls.model import Slot
from amtspuls.replica.town.holidays import is_holiday, is_national_holiday
from amtspuls.replica.town.model import DeskGroup

MINUTES_PER_DAY = 1440
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def day_of_number(number: int) -> date:
    """The local day of a day number."""
    return date.fromordinal(number + _EPOCH_ORDINAL)


class Desks:
    """What the desks of one group do on each day."""

    def __init__(self, group: DeskGroup) -> None:
        self._group = group
        self._taken: dict[tuple[int, int], int] = {}
        self._withdrawn: set[tuple[int, int]] = set()
        self._open: dict[int, int] = {}

    def open_steps(self, day: int) -> int:
        """Steps of a day that lie in the opening hours as a whole."""
        if day not in self._open:
            self._open[day] = self._opening(day_of_number(day))
        return self._open[day]

    def _opening(self, on: date) -> int:
        closed = is_national_holiday if self._group.holidays == "national" else is_holiday
        if closed(on):
            return 0
        mask = 0
        for first, last in self._group.opening.get(on.weekday(), ()):
            begins = -(-_minute(first) // self._group.grid_min)
            ends = _minute(last) // self._group.grid_min
            mask |= (1 << ends) - (1 << begins)
        return mask

    def starts(self, day: int, steps: int) -> int:
        """Steps at which some desk is free for ``steps`` steps on end."""
        found = 0
        for desk in range(self._group.desks):
            free = run = self._free(desk, day)
            for shift in range(1, steps):
                run &= free >> shift
            found |= run
        return found

    def floating_starts(self, day: int, steps: int, within: int) -> int:
        """Steps at which appointments would follow one another from the begin of each free stretch.

        Args:
            day: Day number.
            steps: Length of an appointment.
            within: Mask of the steps that may still be booked; a stretch begins with the first of them.
        """
        found = 0
        for desk in range(self._group.desks):
            free = self._free(desk, day) & within
            while free:
                first = (free & -free).bit_length() - 1
                length = _ones(free >> first)
                for start in range(first, first + length - steps + 1, steps):
                    found |= 1 << start
                free &= ~_run(first, length)
        return found

    def take(self, day: int, step: int, steps: int) -> int:
        """Occupy the first desk that is free for so long; returns its number."""
        wanted = _run(step, steps)
        for desk in range(self._group.desks):
            if self._free(desk, day) & wanted == wanted:
                self._taken[desk, day] = self._taken.get((desk, day), 0) | wanted
                return desk
        raise ValueError(f"no desk is free on day {day} at step {step} for {steps} steps")

    def give_back(self, desk: int, day: int, step: int, steps: int) -> None:
        """Free what ``take`` occupied."""
        self._taken[desk, day] &= ~_run(step, steps)

    def withdraw(self, desk: int, day: int) -> bool:
        """Close a desk for a day; appointments that were made stay. False when it was closed already."""
        if (desk, day) in self._withdrawn:
            return False
        self._withdrawn.add((desk, day))
        return True

    def reopen(self, desk: int, day: int) -> None:
        """Undo ``withdraw``."""
        self._withdrawn.discard((desk, day))

    def slots(self, day: int, mask: int) -> tuple[Slot, ...]:
        """Slots of the steps in a mask, ascending."""
        first, grid = day * MINUTES_PER_DAY, self._group.grid_min
        return tuple(Slot(first + step * grid) for step in steps_of(mask))

    def _free(self, desk: int, day: int) -> int:
        if (desk, day) in self._withdrawn:
            return 0
        return self.open_steps(day) & ~self._taken.get((desk, day), 0)


def steps_of(mask: int) -> list[int]:
    """Steps of a mask, ascending."""
    steps = []
    while mask:
        lowest = mask & -mask
        steps.append(lowest.bit_length() - 1)
        mask ^= lowest
    return steps


def _run(step: int, steps: int) -> int:
    return ((1 << steps) - 1) << step


def _ones(mask: int) -> int:
    """How many of the lowest bits are set on end."""
    return (~mask & (mask + 1)).bit_length() - 1


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
