"""Rows of recorded or invented weeks as portals of a sealed week, for tests of the predecessor's metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

import numpy as np

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.sealed.model import (
    SealedCalendar,
    SealedCapacities,
    SealedPortal,
    SealedSnapshots,
    SealedSpans,
    SealedViews,
)
from amtspuls.model import Covered

EPOCH = datetime(1970, 1, 1)
ALL_DAYS = Covered.from_ranges([((EPOCH).date(), datetime(2100, 1, 1).date())])


class PlainRow(NamedTuple):
    """One row of a portal's CSV: local time, calendar key, free slots (ascending, may be shared)."""

    local: datetime
    key: str
    free: Sequence[int]


def seal_rows(
    portal_id: str, rows: Sequence[PlainRow], extra_columns: Iterable[int] = ()
) -> SealedPortal:
    """Turn rows in the order of a file into a portal of a sealed week.

    Rows that follow one another with one time are one snapshot. Instants only ascend; what the wall
    clock showed is in the offset, so a file may step back anywhere.
    """
    shown: list[tuple[int, tuple[bytes, int], Sequence[int]]] = []
    locals_s: list[int] = []
    for ordinal, (local, group) in enumerate(groupby(rows, key=lambda row: row.local)):
        locals_s.append((local - EPOCH) // timedelta(seconds=1))
        met: dict[str, int] = {}
        for row in group:
            copy = met[row.key] = met.get(row.key, -1) + 1
            shown.append((ordinal, (row.key.encode(), copy), row.free))
    names = sorted({name for _, name, _ in shown})
    number = {name: n for n, name in enumerate(names)}
    views, spans = _courses([(o, number[name], free) for o, name, free in shown], len(locals_s))
    in_order = sorted((ordinal, number[name]) for ordinal, name, _ in shown)
    place = {pair: n for n, pair in enumerate(in_order)}
    order = [place[ordinal, number[name]] for ordinal, name, _ in shown]
    return SealedPortal(
        record=PortalRecord(portal_id, f"Amt {portal_id}", "tempus", "", "Europe/Berlin"),
        aggregated=False,
        calendars=tuple(SealedCalendar(key.decode(), copy, "", ()) for key, copy in names),
        snapshots=_snapshots(locals_s),
        views=views,
        spans=spans,
        capacities=SealedCapacities(*(np.empty(0, dtype=np.int32) for _ in range(4))),
        extra_columns=np.array(sorted(extra_columns), dtype=np.int32),
        row_order=np.array([] if order == sorted(order) else order, dtype=np.int32),
    )


def _courses(
    shown: Iterable[tuple[int, int, Sequence[int]]], count: int
) -> tuple[SealedViews, SealedSpans]:
    runs: list[tuple[int, int, int]] = []
    spans: list[tuple[int, int, int, int]] = []
    for calendar, group in groupby(sorted(shown, key=lambda s: s[:2][::-1]), lambda s: s[1]):
        opened: dict[int, int] = {}
        before: Sequence[int] = ()
        first = last = -1
        for ordinal, _, free in group:
            if ordinal != last + 1 or first < 0:
                if first >= 0:
                    runs.append((calendar, first, last))
                first = ordinal
            last = ordinal
            if free is before:
                continue
            before, now = free, set(free)
            spans += [(calendar, opened.pop(slot), slot, ordinal) for slot in opened.keys() - now]
            opened |= dict.fromkeys(now - opened.keys(), ordinal)
        runs.append((calendar, first, last))
        spans += [(calendar, begin, slot, count) for slot, begin in opened.items()]
    spans.sort()
    table = np.array(spans, dtype=np.int32).reshape(-1, 4)
    return _views(runs), SealedSpans(
        calendar=table[:, 0].copy(),
        slot=table[:, 2].copy(),
        opened=table[:, 1].copy(),
        closed=table[:, 3].copy(),
        from_before=table[:, 1] == 0,
        goes_on=table[:, 3] == count,
    )


def _views(runs: Sequence[tuple[int, int, int]]) -> SealedViews:
    table = np.array(runs, dtype=np.int32).reshape(-1, 3)

    def every(text: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
        return np.array([text] * len(table), dtype=object)

    return SealedViews(
        calendar=table[:, 0].copy(),
        first=table[:, 1].copy(),
        last=table[:, 2].copy(),
        outcome=every("ok"),
        covered=every(str(ALL_DAYS)),
        asked=every("[]"),
        duration_min=np.full(len(table), -1, dtype=np.int32),
        reason=every(""),
    )


def _snapshots(locals_s: Sequence[int]) -> SealedSnapshots:
    count = len(locals_s)
    start = min(locals_s, default=0) - 7200
    instants: list[int] = []
    for local_s in locals_s:
        instants.append(max(local_s - 7200, instants[-1] + 1 if instants else start))
    taken_at = np.array(instants, dtype=np.int64)
    none = np.full(count, -1, dtype=np.int64)
    return SealedSnapshots(
        taken_at=taken_at,
        finished_at=taken_at,
        utc_offset_s=(np.array(locals_s, dtype=np.int64) - taken_at).astype(np.int32),
        time_unsure=np.zeros(count, dtype=np.bool_),
        outcome=np.array(["ok"] * count, dtype=object),
        reason=np.array([""] * count, dtype=object),
        requests=none,
        bytes=none,
        period_s=none,
        parser=np.array(["bundle"] * count, dtype=object),
    )
