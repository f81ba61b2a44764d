"""Portals' weeks as the archive seals them, put together from what each snapshot showed, naively."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.sealed.model import (
    SealedCalendar,
    SealedCapacities,
    SealedPortal,
    SealedSnapshots,
    SealedSpans,
    SealedViews,
)
from amtspuls.model import Covered, Slot, day_of_slot, slot_from_local

MONDAY = date(2026, 1, 26)
_FIRST_AT = datetime(2026, 1, 25, 23, 0, tzinfo=UTC)
_TEXTS = st.text(max_size=6)
_WHOLE = Covered.from_ranges([(MONDAY, MONDAY + timedelta(days=3))])
_PART = Covered.from_ranges(
    [(MONDAY, MONDAY), (MONDAY + timedelta(days=2), MONDAY + timedelta(days=2))]
)
_SLOTS = [
    slot_from_local(datetime(2026, 1, day, hour, minute))
    for day in (26, 27, 28, 29)
    for hour, minute in ((0, 0), (8, 7), (23, 59))
]


@dataclass(frozen=True)
class Shown:
    """One view: outcome, covered days, free slots."""

    outcome: str
    covered: Covered
    free: frozenset[Slot]


History = Sequence[Mapping[int, Shown]]
"""For each snapshot the views by number of the calendar."""


def same_portal(one: SealedPortal, other: SealedPortal) -> bool:
    """Whether two portals are equal, arrays, types and all."""
    if (one.record, one.aggregated, one.calendars) != (
        other.record,
        other.aggregated,
        other.calendars,
    ):
        return False
    groups = zip(
        (
            one.snapshots,
            one.views,
            one.spans,
            one.capacities,
            (one.extra_columns,),
            (one.row_order,),
        ),
        (
            other.snapshots,
            other.views,
            other.spans,
            other.capacities,
            (other.extra_columns,),
            (other.row_order,),
        ),
        strict=True,
    )
    return all(
        len(mine) == len(its) and mine.dtype == its.dtype and bool((mine == its).all())
        for own, others in groups
        for mine, its in zip(own, others, strict=True)
    )


def spans_of_history(history: History, calendars: int) -> SealedSpans:
    """Spans by their definition, slot by slot and view by view."""
    rows = []
    last = len(history)
    for calendar in range(calendars):
        for slot in _SLOTS:
            opened = None
            for ordinal, views in enumerate(history):
                view = views.get(calendar)
                if view is None or day_of_slot(slot) not in view.covered:
                    continue
                if slot in view.free and opened is None:
                    opened = ordinal
                elif slot not in view.free and opened is not None:
                    rows.append((calendar, opened, slot, ordinal))
                    opened = None
            if opened is not None:
                rows.append((calendar, opened, slot, last))
    rows.sort()
    table = np.array(rows, dtype=np.int32).reshape(-1, 4)
    return SealedSpans(
        calendar=table[:, 0].copy(),
        slot=table[:, 2].copy(),
        opened=table[:, 1].copy(),
        closed=table[:, 3].copy(),
        from_before=table[:, 1] == 0,
        goes_on=table[:, 3] == last,
    )


def views_of_history(history: History, calendars: int) -> SealedViews:
    """Views of a history, equal neighbours joined."""
    rows: list[list[object]] = []
    for calendar in range(calendars):
        for ordinal, views in enumerate(history):
            view = views.get(calendar)
            if view is None:
                continue
            said = [view.outcome, str(view.covered), "[]", -1, ""]
            if (
                rows
                and rows[-1][0] == calendar
                and rows[-1][2] == ordinal - 1
                and rows[-1][3:] == said
            ):
                rows[-1][2] = ordinal
            else:
                rows.append([calendar, ordinal, ordinal, *said])
    columns = list(zip(*rows, strict=True)) if rows else [()] * 8
    kinds = (np.int32, np.int32, np.int32, object, object, object, np.int32, object)
    return SealedViews(*(np.array(c, dtype=kind) for c, kind in zip(columns, kinds, strict=True)))


@st.composite
def histories(draw: st.DrawFn, calendars: int) -> History:
    """Some snapshots: calendars missing, failed, partly covered, blank."""
    history = []
    for _ in range(draw(st.integers(0, 6))):
        views = {}
        for calendar in range(calendars):
            outcome = draw(st.sampled_from(["ok", "ok", "ok", "partial", "refused", ""]))
            if not outcome:
                continue
            whole = draw(st.sampled_from([_WHOLE, _WHOLE, _PART]))
            covered = {"ok": whole, "partial": _PART}.get(outcome, Covered())
            free = draw(st.frozensets(st.sampled_from(_SLOTS), max_size=5))
            views[calendar] = Shown(
                outcome, covered, frozenset(s for s in free if day_of_slot(s) in covered)
            )
        history.append(views)
    return history


@st.composite
def sealed_portals(draw: st.DrawFn, portal_id: str = "amt") -> tuple[SealedPortal, History]:
    """A portal's week with every quirk, and what each of its snapshots showed."""
    keys = sorted(
        draw(
            st.lists(
                st.tuples(st.sampled_from(["1/2", "1/10", "bürgeramt", "a"]), st.integers(0, 1)),
                unique=True,
                max_size=3,
            )
        ),
        key=lambda pair: (pair[0].encode(), pair[1]),
    )
    calendars = tuple(
        SealedCalendar(key, copy, draw(_TEXTS), tuple(draw(st.lists(_TEXTS, max_size=2))))
        for key, copy in keys
    )
    history = draw(histories(len(calendars)))
    rows = sum(view.outcome == "ok" for views in history for view in views.values())
    portal = SealedPortal(
        record=PortalRecord(portal_id, draw(_TEXTS), "tempus", draw(_TEXTS), "Europe/Berlin"),
        aggregated=draw(st.booleans()),
        calendars=calendars,
        snapshots=_snapshots(draw, len(history)),
        views=views_of_history(history, len(calendars)),
        spans=spans_of_history(history, len(calendars)),
        capacities=_capacities(draw),
        extra_columns=_ints(draw, 3),
        row_order=np.array(
            draw(st.permutations(range(rows)) if draw(st.booleans()) else st.just([])),
            dtype=np.int32,
        ),
    )
    return portal, history


def _snapshots(draw: st.DrawFn, count: int) -> SealedSnapshots:
    def numbers(low: int, high: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        drawn = draw(st.lists(st.integers(low, high), min_size=count, max_size=count))
        return np.array(drawn, dtype=np.int64)

    def texts() -> np.ndarray[tuple[int], np.dtype[np.object_]]:
        return np.array(draw(st.lists(_TEXTS, min_size=count, max_size=count)), dtype=object)

    taken_at = int(_FIRST_AT.timestamp()) + np.cumsum(numbers(1, 100_000), dtype=np.int64)
    return SealedSnapshots(
        taken_at=taken_at,
        finished_at=taken_at + numbers(0, 900),
        utc_offset_s=numbers(3600, 7200).astype(np.int32),
        time_unsure=numbers(0, 1).astype(np.bool_),
        outcome=texts(),
        reason=texts(),
        requests=numbers(-1, 500),
        bytes=numbers(-1, 2**40),
        period_s=numbers(-1, 900),
        parser=texts(),
    )


def _capacities(draw: st.DrawFn) -> SealedCapacities:
    count = draw(st.integers(0, 4))
    return SealedCapacities(*(_ints(draw, count, count) for _ in SealedCapacities._fields))


def _ints(draw: st.DrawFn, most: int, least: int = 0) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    numbers = st.lists(st.integers(-1, 2**31 - 1), min_size=least, max_size=most)
    return np.array(draw(numbers), dtype=np.int32)


def a_small_portal(portal_id: str = "amt") -> SealedPortal:
    """Two snapshots and nothing else."""
    none = np.empty(0, dtype=np.int32)
    at = np.array([1_769_382_180, 1_769_383_080], dtype=np.int64)
    texts = np.array(["ok", "ok"], dtype=object)
    return SealedPortal(
        record=PortalRecord(portal_id, "Amt", "tempus", "https://amt.example/", "Europe/Berlin"),
        aggregated=False,
        calendars=(SealedCalendar("1/2", 0, "Meldewesen", ("Ausweis",)),),
        snapshots=SealedSnapshots(
            at,
            at,
            np.full(2, 3600, np.int32),
            np.zeros(2, np.bool_),
            texts,
            texts,
            at,
            at,
            at,
            texts,
        ),
        views=views_of_history([], 1),
        spans=spans_of_history([], 1),
        capacities=SealedCapacities(none, none, none, none),
        extra_columns=none,
        row_order=none,
    )
