"""The predecessor's loop as its definition words it: cell by cell, in plain Python, to compare with.

Slots are texts here as they were there, since one of its errors compares a text with its own letters.
Shares nothing with ``amtspuls.analysis.legacy`` but the row it is fed with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from support.legacy_weeks import EPOCH, PlainRow

SPANS = ["0h", "1h", "2h", "3h", "4h", "0d", "1d", "2d", "3d", "4d", "0w", "1w", "2w", "3w", "4w"]
NAMES = ["changed", "appointments", "cancellations", "free_dates"]
NAMES += [f"{name}_{s}" for name in ("free_dates", "appointments", "cancellations") for s in SPANS]


class Sheet(NamedTuple):
    """The CSV of one portal: its slots in minutes since 1970, ascending, and its rows."""

    portal_id: str
    columns: Sequence[int]
    rows: Sequence[PlainRow]


@dataclass
class Memory:
    """What one process remembers from row to row, and from week to week."""

    free: dict[str, set[str]] = field(default_factory=dict)
    taken: dict[str, set[str]] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)


Sums = dict[datetime, dict[str, dict[str, int]]]
"""By quarter hour, location and metric; the order of insertion is that of the files."""


def run_week(sheets: Iterable[Sheet], memory: Memory) -> Sums:
    """Walk one week's rows, changing the memory."""
    sums: Sums = {}
    for sheet in sorted(sheets, key=lambda sheet: f"{sheet.portal_id}.csv"):
        before: dict[str, list[bool]] = {}
        slots = [EPOCH + timedelta(minutes=minutes) for minutes in sheet.columns]
        for row in sheet.rows:
            free = set(row.free)
            cells = [minutes in free for minutes in sheet.columns]
            bucket = row.local.replace(minute=row.local.minute // 15 * 15, second=0)
            where = f"{sheet.portal_id}/{row.key}"
            found = _walk(slots, cells, bucket, where, memory)
            found["changed"] = int(bool(before.get(where)) and before[where] != cells)
            before[where] = cells
            known = sums.setdefault(bucket, {}).setdefault(where, {})
            for name in NAMES:
                known[name] = known.get(name, 0) + found.get(name, 0)
    return sums


def _walk(
    slots: Sequence[datetime], cells: Sequence[bool], bucket: datetime, where: str, memory: Memory
) -> dict[str, int]:
    last = memory.last.get(where)
    counting = last is not None and (bucket - last).total_seconds() < 16 * 60
    memory.last[where] = bucket
    free = memory.free.setdefault(where, set())
    taken = memory.taken.setdefault(where, set())
    found = {"free_dates": sum(cells), "appointments": 0, "cancellations": 0}
    in_spans: dict[str, int] = {}
    for slot, shown in zip(slots, cells, strict=True):
        text = str(slot)
        if shown:
            free.add(text)
            for span in spans_of(slot, bucket):
                found[f"free_dates_{span}"] = found.get(f"free_dates_{span}", 0) + 1
            if text in taken:
                taken.remove(text)
                found["cancellations"] += counting
        elif text in free:
            if counting and text != min(*free) and text != max(*free):
                found["appointments"] += 1
                in_spans = {span: in_spans.get(span, 0) + 1 for span in spans_of(slot, bucket)}
            free.remove(text)
            taken.add(text)
    for span, count in in_spans.items():
        found[f"appointments_{span}"] = found[f"cancellations_{span}"] = count
    return found


def spans_of(slot: datetime, bucket: datetime) -> list[str]:
    """Timespans of a slot as seen from a quarter hour."""
    return [
        span
        for span in SPANS
        if _floor(slot, span[1]) - _floor(bucket, span[1]) == _length(span[1]) * int(span[0])
    ]


def _floor(moment: datetime, unit: str) -> datetime:
    hour = moment.replace(minute=0, second=0)
    if unit == "h":
        return hour
    day = hour.replace(hour=0)
    return day if unit == "d" else day - timedelta(days=day.weekday())


def _length(unit: str) -> timedelta:
    return {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}[unit]


def texts_of(sums: Sums) -> Mapping[str, str]:
    """The 49 files."""
    columns = list(dict.fromkeys(where for line in sums.values() for where in line))
    texts = {}
    for name in NAMES:
        lines = [",".join(["date", *columns])]
        for bucket, line in sums.items():
            cells = [str(line[where][name]) if where in line else "" for where in columns]
            lines.append(",".join([str(bucket), *cells]))
        texts[f"{name}.csv"] = "\n".join(lines) + "\n"
    return texts


def summary_of(week: str, sheets: Iterable[Sheet], sums: Sums) -> list[tuple[str | int, ...]]:
    """Rows of the weekly summary."""
    rows: list[tuple[str | int, ...]] = []
    for sheet in sorted(sheets, key=lambda sheet: f"{sheet.portal_id}.csv"):
        changes = 0
        before: dict[str, tuple[int, ...]] = {}
        for row in sheet.rows:
            changes += row.key in before and before[row.key] != tuple(row.free)
            before[row.key] = tuple(row.free)
        clipped = [
            sum(
                min(1, found[name])
                for bucket, line in sums.items()
                for where, found in line.items()
                if where.startswith(f"{sheet.portal_id}/") and f"{bucket:%G-%V}" == week
            )
            for name in ("appointments", "cancellations")
        ]
        dates = [str(row.local) for row in sheet.rows]
        rows.append(
            (
                week,
                sheet.portal_id,
                len({row.key for row in sheet.rows}),
                len(set(dates)),
                changes,
                *clipped,
                min(dates),
                max(dates),
            )
        )
    return rows
