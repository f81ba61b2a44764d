"""Public holidays of the town."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_FEW = frozenset({(1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31)})
_NATIONAL = frozenset({(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)})
_AFTER_EASTER_DAYS = (-2, 1, 39, 50)


def is_holiday(day: date) -> bool:
    """Whether it is one of a few fixed days, the two eves among them; no movable feasts."""
    return (day.month, day.day) in _FEW


def is_national_holiday(day: date) -> bool:
    """Whether it is one of the nine holidays that all German states have."""
    return (day.month, day.day) in _NATIONAL or day in _movable(day.year)


@cache
def _movable(year: int) -> frozenset[date]:
    """Good Friday, Easter Monday, Ascension Day and Whit Monday."""
    return frozenset(easter(year) + timedelta(days=days) for days in _AFTER_EASTER_DAYS)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the rule of Meeus and Jones."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leaps, rest = divmod(century, 4)
    moon = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    leaps_of, rest_of = divmod(of_century, 4)
    weekday = (32 + 2 * rest + 2 * leaps_of - moon - rest_of) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
