"""The predecessor's fifteen timespans, and the names of its metrics in the order of its files.

A slot lies in ``2d`` of a moment when its day is two days after the moment's day: calendar units of naive
local time, not durations. ``0h`` is the same clock hour, so it holds slots that have begun, too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

UNITS = ("h", "d", "w")
"""Clock hours, calendar days, weeks from Monday."""

STEPS = (0, 1, 2, 3, 4)
"""How many units ahead a timespan may lie; what is further ahead lies in none."""

TIMESPANS = tuple(f"{step}{unit}" for unit in UNITS for step in STEPS)

BASE_METRICS = ("changed", "appointments", "cancellations", "free_dates")

METRICS = (
    *BASE_METRICS,
    *(f"{name}_{span}" for name in ("free_dates", *BASE_METRICS[1:3]) for span in TIMESPANS),
)
"""All 49, in the order of the published archives."""

_HOUR_MIN, _DAY_MIN = 60, 24 * 60
_SINCE_MONDAY_MIN = 3 * _DAY_MIN
"""1970-01-01 was a Thursday."""


def unit_number(minutes: Ints, unit: str) -> Ints:
    """The hour, day or week that moments lie in, counted from some fixed one.

    Args:
        minutes: Naive local minutes since 1970-01-01 00:00.
        unit: One of ``UNITS``.
    """
    if unit == "h":
        return minutes // _HOUR_MIN
    if unit == "d":
        return minutes // _DAY_MIN
    return (minutes + _SINCE_MONDAY_MIN) // (7 * _DAY_MIN)


def spans_between(slots: Ints, buckets: Ints) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """For each timespan whether slot i lies in it as seen from bucket i."""
    for unit in UNITS:
        ahead = unit_number(slots, unit) - unit_number(buckets, unit)
        for step in STEPS:
            yield f"{step}{unit}", ahead == step
