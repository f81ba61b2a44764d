"""What stands in the cells of printed tables: figures for people, full figures for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

THIN = "\u202f"
"""Between thousands, as in the sentences below tables."""

_WHOLE_FROM = 100
"""From here on a digit after the point says nothing any more."""
_ABOUT_A_NUMBER = re.compile(r"[<>] ?\d|\d+ %$")


def group(number: int) -> str:
    """A whole number with a thin space between thousands."""
    return f"{number:,}".replace(",", THIN)


def cell_for_people(value: Any, *, grouped: bool = True) -> str:
    """A value as people read it: thousands apart, one digit after the point, none from 100 on.

    Args:
        value: Whatever a row holds; nothing for None.
        grouped: Whether thousands stand apart; not in answers that may hold years and ids.
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if not grouped:
        return str(value) if isinstance(value, int) else f"{value:.6g}"
    return group(value) if isinstance(value, int) else _float(value)


def _float(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) < 1:
        return f"{value:.2g}"
    digits = 0 if abs(value) > _WHOLE_FROM else 1
    return f"{value:,.{digits}f}".replace(",", THIN)


def cell_for_programs(value: Any) -> str:
    """A value with all its digits, for CSV; nothing for None."""
    return "" if value is None else str(value)


def is_numeric(values: Iterable[Any]) -> bool:
    """Whether a column is set to the right: it has numbers, or nothing but bounds such as ``> 40`` and per cent."""
    there = [value for value in values if value is not None and value != ""]
    if any(isinstance(value, int | float) and not isinstance(value, bool) for value in there):
        return True
    return bool(there) and all(_ABOUT_A_NUMBER.match(str(value)) for value in there)
