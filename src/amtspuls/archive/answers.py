"""How answers of a reader are put together, whichever part of the archive their rows come from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from amtspuls.archive.base import (
    STILL_OPEN,
    AnswerColumns,
    CalendarState,
    SnapshotColumns,
    SpanColumns,
    ViewColumns,
)
from amtspuls.archive.sealed.rows import on_covered_days
from amtspuls.archive.times import Ints, Limits, instant_of, starts_of
from amtspuls.model import Calendar, Covered, Outcome, Slot


def pick_spans(spans: SpanColumns, wanted: Limits, zone: ZoneInfo) -> SpanColumns:
    """Those spans that were open within limits, in their order.

    A span that no snapshot has closed ends, for this choice, when its slot begins. Limits that are equal
    here may be a part of a second apart: that the range is not empty was seen before.
    """
    first, until = wanted
    kept = np.ones(len(spans.slot), dtype=np.bool_)
    if until is not None:
        kept &= spans.opened_at < until
    if first is not None:
        ends = spans.closed_at.copy()
        still = ends == STILL_OPEN
        ends[still] = starts_of(spans.slot[still], zone)
        kept &= ends >= first
    order = np.lexsort((spans.opened_at, spans.slot, spans.calendar))
    order = order[kept[order]]
    return SpanColumns(*(column[order] for column in spans))


def no_spans() -> SpanColumns:
    """No span at all."""
    return SpanColumns(*(np.zeros(0, dtype=np.int64) for _ in range(4)))


def state_of(
    calendar: Calendar, outcome: Outcome, taken_at: int, covered: str, slots: Ints
) -> CalendarState:
    """The state of one calendar out of its newest view and its open slots, ascending."""
    known = on_covered_days(slots, covered)
    return CalendarState(
        calendar=calendar,
        outcome=outcome,
        taken_at=instant_of(taken_at),
        covered=Covered.parse(covered),
        slots=tuple(Slot(slot) for slot in slots[known].tolist()),
        unknown=tuple(Slot(slot) for slot in slots[~known].tolist()),
    )


def ordered_snapshots(parts: Sequence[SnapshotColumns]) -> SnapshotColumns:
    """Snapshots of several parts, in the order of ``SnapshotColumns``."""
    if not parts:
        none, texts = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.object_)
        return SnapshotColumns(none, none, none, texts, none, none, none, none, none)
    whole = SnapshotColumns._make(map(np.concatenate, zip(*parts, strict=True)))
    order = np.argsort(whole.taken_at, kind="stable")
    return SnapshotColumns._make(column[order] for column in whole)


Views = TypeVar("Views", ViewColumns, AnswerColumns)


def ordered_views(make: type[Views], parts: Sequence[Views], ranks: Mapping[int, int]) -> Views:
    """Views of several parts, in the order of ``ViewColumns``.

    Args:
        make: What they are.
        parts: Views.
        ranks: Place of each calendar in the order of keys, by its number.
    """
    if not parts:
        none, texts = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.object_)
        return make._make([none, none, none, texts, texts, none][: len(make._fields)])
    whole = make._make(map(np.concatenate, zip(*parts, strict=True)))
    numbers, places = np.unique(whole.calendar, return_inverse=True)
    rank = np.array([ranks[number] for number in numbers.tolist()], dtype=np.int64)
    order = np.lexsort((rank[places], whole.taken_at))
    return make._make(column[order] for column in whole)
