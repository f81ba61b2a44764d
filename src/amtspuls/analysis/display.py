"""Answers for people: shares in per cent, hours as times, the small print in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amtspuls.analysis.base import REFUSED, Answer, Column, Row, Unit

_SMALL_PRINT = frozenset({"from", "until", "rule", "provisional"})
"""Columns that are the same in every row, or nearly; people read them once."""


def shown_columns(answer: Answer) -> tuple[Column, ...]:
    """The columns that people read."""
    # Of rows that were not asked, an hour of the night for example, the empty coverage says enough.
    told = any(row.get(REFUSED.key) and row["coverage"] is not None for row in answer.rows)
    left_out = _SMALL_PRINT if told else _SMALL_PRINT | {REFUSED.key}
    return tuple(column for column in answer.columns if column.key not in left_out)


def show_rows(answer: Answer) -> list[dict[str, Any]]:
    """Rows for people: keys as in ``shown_columns``, shares times 100, numbers rounded."""
    return show_figures(shown_columns(answer), answer.rows)


def show_figures(columns: Sequence[Column], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The columns of some rows for people: shares times 100, numbers rounded."""
    return [{column.key: _show(column, row) for column in columns} for row in rows]


def _show(column: Column, row: Row) -> Any:
    value = row[column.key]
    if column.key == "hour":
        return f"{value:02d}:00"
    if isinstance(value, float):
        if column.unit is Unit.COUNT:
            return round(value)
        scaled = 100 * value if column.unit is Unit.SHARE else value
        return round(scaled, 1 if abs(scaled) >= 1 else 2)
    return value


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
