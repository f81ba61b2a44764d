"""Citizens: when they look for an appointment, which day they wish for, and what they choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random

from amtspuls.replica.town.desks import steps_of
from amtspuls.replica.town.model import Counter

_SECONDS_PER_HOUR = 3600
_SATURDAY = 5
_WEEKEND_SHARE = 0.4
_HOURLY = (
    *(0.1, 0.05, 0.03, 0.02, 0.03, 0.1, 0.3, 0.7),
    *(1.0, 1.0, 1.0, 0.9, 0.7, 0.7, 0.7, 0.7),
    *(0.6, 0.6, 0.6, 0.6, 0.6, 0.5, 0.4, 0.2),
)


def interest(local: datetime) -> float:
    """How busy booking pages are at a local time, as a share of the busiest hour."""
    return _HOURLY[local.hour] * (_WEEKEND_SHARE if local.weekday() >= _SATURDAY else 1.0)


_WEEKLY_INTEREST = 5 * sum(_HOURLY) + 2 * _WEEKEND_SHARE * sum(_HOURLY)


def next_visit_s(random: Random, per_week: float) -> int:
    """Seconds until somebody might come, at the busiest hour's rate; ``interest`` thins that out."""
    per_second = per_week / _WEEKLY_INTEREST / _SECONDS_PER_HOUR
    return max(1, round(random.expovariate(per_second)))


def wished_days_ahead(random: Random, counter: Counter) -> int:
    """In how many days a citizen would like to come: soon for some, planned for others."""
    if random.random() < counter.urgent:
        return 0
    return round(random.expovariate(1.0 / counter.lead_days))


def choose_steps(random: Random, counter: Counter) -> int:
    """How many grid steps the appointment takes that a citizen comes for."""
    if not counter.other_steps:
        return counter.steps
    others = [share for _, share in counter.other_steps]
    choices = [counter.steps, *(steps for steps, _ in counter.other_steps)]
    return random.choices(choices, [1 - sum(others), *others])[0]


def choose_start(
    random: Random,
    offered: Mapping[int, int],
    wished_day: int,
    *,
    hours: Sequence[float] = (),
    grid_min: int = 1,
) -> tuple[int, int] | None:
    """Choose one of the start times that a page offers.

    Args:
        random: The portal's stream.
        offered: Bit masks of start steps by day number; only days that offer something.
        wished_day: Day number wished for.
        hours: Weights of the hours of the day; empty: all times of the day alike.
        grid_min: Minutes of a step.

    Returns:
        Day number and step, nearest day first; None when nothing is offered.
    """
    if not offered:
        return None
    day = min(offered, key=lambda number: (abs(number - wished_day), number))
    steps = steps_of(offered[day])
    weights = [hours[step * grid_min // 60] for step in steps] if hours else []
    if any(weights):
        return day, random.choices(steps, weights)[0]
    return day, random.choice(steps)
