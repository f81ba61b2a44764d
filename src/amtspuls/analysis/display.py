"""Answers for people: shares in per cent, hours as times, the small print in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amtspuls.analysis.base import REFUSED, Answer, Column, Row, Unit, percent_of

_SMALL_PRINT = frozenset({"from", "until", "rule", "provisional"})
"""Columns that are the same in every row, or nearly; people read them once."""
_HOURS_OF_DAY = frozenset({"hour", "usual_hour"})
_WHOLE_WHERE_WHOLE = frozenset({Unit.NONE, Unit.SLOTS, Unit.PER_WEEK})
"""Numbers of these are written without digits after the point where they have none."""
_WHOLE_FROM = 100
"""From here on a digit after the point is noise."""


def shown_columns(answer: Answer) -> tuple[Column, ...]:
    """The columns that people read."""
    # Of rows that were not asked, an hour of the night for example, the empty coverage says enough.
    told = any(row.get(REFUSED.key) and row["coverage"] is not None for row in answer.rows)
    return tuple(
        column
        for column in answer.columns
        # The measure of coverage has a count of the same name: portals that refused us.
        if column.key not in _SMALL_PRINT and (told or column != REFUSED)
    )


def show_rows(answer: Answer) -> list[dict[str, Any]]:
    """Rows for people: keys as in ``shown_columns``, shares times 100, numbers rounded."""
    return show_figures(shown_columns(answer), answer.rows)


def show_figures(columns: Sequence[Column], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The columns of some rows for people: shares times 100, numbers rounded."""
    return [{column.key: _show(column, row) for column in columns} for row in rows]


def _show(column: Column, row: Row) -> Any:
    value = row[column.key]
    if value is None or isinstance(value, str):
        return value
    if column.key in _HOURS_OF_DAY:
        return f"{value:02d}:00"
    if column.key == "median_min":
        return _show_hold(row)
    if not isinstance(value, float):
        return value
    if column.unit is Unit.COUNT or column.key.endswith("_min"):
        return round(value)
    if column.key == "coverage":
        return show_coverage(value)
    if column.unit is Unit.SHARE:
        return show_share(value)
    if column.unit in _WHOLE_WHERE_WHOLE and value.is_integer():
        return round(value)
    return _show_amount(value, 1 if column.unit in (Unit.DAYS, Unit.HOURS) else 2)


def show_coverage(share: float) -> float | str:
    """Per cent that were covered, as the text beside it that says why there is no figure."""
    bound, percent, digits = percent_of(share)
    return f"{bound} {percent:.0f}" if bound else round(percent, digits or None)


def show_share(share: float) -> float | str:
    """Per cent with one digit, never rounded to all or nothing when it is not."""
    percent = 100 * share
    if 0 < percent < 0.05:
        return "< 0.1"
    return "> 99.9" if 99.95 <= percent < 100 else round(percent, 1)


def _show_amount(value: float, least_digits: int) -> float | int | str:
    """A number as exact as it can be meant: none of its digits is noise, and something is never nothing."""
    least: float = 10**-least_digits
    if 0 < value < least / 2:
        return f"< {least:g}"
    if abs(value) >= _WHOLE_FROM:
        return round(value)
    return round(value, 1 if abs(value) >= 1 else least_digits)


def _show_hold(row: Row) -> int | str:
    """Whole minutes; below the distance of two snapshots nothing can be told apart."""
    hold_min: int = round(row["median_min"])
    step_min: int = round(row["high_min"] - row["median_min"])
    return f"under 1 step ({step_min} min)" if hold_min < step_min else hold_min


def small_print(answer: Answer) -> str:
    """What holds for the whole answer: range and rule."""
    total = answer.total
    provisional = " (provisional: what vanished last may still come back)"
    return (
        f"From {show_time(total['from'])} until {show_time(total['until'])}, local time. "
        f"Rule {total['rule']}{provisional if total['provisional'] else ''}: what it counts, and what it "
        "cannot know, is in docs/reference/measures.md."
    )


def show_time(text: str | None) -> str:
    """A local time of a row without its offset and seconds; ``?`` where there is none."""
    return "?" if text is None else text[:16]
