"""The rows of an imported CSV as a portal's week in the archive. Pure.

What a bundle does not say is not invented. A row covers the days from its own local one to the last day of
the file's columns (docs/reference/bundle.md); a calendar without a row has no view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.sealed.model import (
    Bools,
    Ints32,
    Ints64,
    SealedCalendar,
    SealedCapacities,
    SealedPortal,
    SealedSnapshots,
    SealedSpans,
    SealedViews,
)
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.metadata import CalendarNames, PortalNames
from amtspuls.bundle.read import BUNDLE_ZONE, local_to_utc
from amtspuls.bundle.scan import Place, ScannedPortal
from amtspuls.errors import BundleError
from amtspuls.model import Covered, Outcome

PARSER = "bundle"
"""``parser`` of imported snapshots."""

_EPOCH = datetime(1970, 1, 1)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_HOUR_S, _DAY_S, _DAY_MIN = 3600, 86_400, 1440
_CHUNK_CELLS = 1 << 22
_NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows sorted by calendar, then snapshot; all arrays have shape (n,)."""

    calendar: Ints32
    ordinal: Ints32
    state: Ints32


def seal_portal(
    scanned: ScannedPortal,
    record: PortalRecord,
    week: IsoWeek,
    place: Place,
    *,
    names: PortalNames | None = None,
    aggregated: bool = False,
) -> SealedPortal:
    """Turn the rows of one CSV into a portal's week.

    Args:
        scanned: The rows.
        record: What the archive shall say of the portal.
        week: The week that the bundle is of; every row lies in it.
        place: For error messages.
        names: What metadata.json says of the portal.
        aggregated: Whether its rows unite several snapshots.

    Raises:
        BundleError: A row lies outside the week, or before its predecessor.
    """
    snapshots = _snapshots(scanned, week, place)
    calendar, order, calendars = _calendars(scanned, names)
    by_calendar = np.lexsort((scanned.group, calendar))
    rows = _Rows(calendar[by_calendar], scanned.group[by_calendar], scanned.state[by_calendar])
    dense = _dense(scanned)
    sorted_already = bool((order[1:] > order[:-1]).all())
    return SealedPortal(
        record=record,
        aggregated=aggregated,
        calendars=calendars,
        snapshots=snapshots,
        views=_views(scanned, rows),
        spans=_spans(scanned, rows, dense, week),
        capacities=SealedCapacities(*(np.empty(0, dtype=np.int32) for _ in range(4))),
        extra_columns=scanned.columns[~dense.any(axis=0)],
        row_order=np.empty(0, np.int32) if sorted_already else np.argsort(order).astype(np.int32),
    )


def _snapshots(scanned: ScannedPortal, week: IsoWeek, place: Place) -> SealedSnapshots:
    dates = scanned.dates
    for group in np.flatnonzero((dates < _second(week.start)) | (dates >= _second(week.end))):
        raise _row_error(scanned, place, int(group), f"lies outside week {week}")
    taken_at, unsure = _instants(scanned, place)
    count = len(dates)
    for group in np.flatnonzero(np.diff(taken_at) <= 0) + 1:
        raise _row_error(scanned, place, int(group), "comes after a later time")
    unknown = np.full(count, -1, dtype=np.int64)
    nothing = np.full(count, "", dtype=object)
    return SealedSnapshots(
        taken_at=taken_at,
        finished_at=taken_at,
        utc_offset_s=(dates - taken_at).astype(np.int32),
        time_unsure=unsure,
        outcome=np.full(count, Outcome.OK.value, dtype=object),
        reason=nothing,
        requests=unknown,
        bytes=unknown,
        period_s=unknown,
        parser=np.full(count, PARSER, dtype=object),
    )


def _instants(scanned: ScannedPortal, place: Place) -> tuple[Ints64, Bools]:
    """Unix seconds of the dates, and which of them may be an hour later."""
    hours, inverse = np.unique(scanned.dates // _HOUR_S, return_inverse=True)
    offsets = np.array(
        [_offsets(hour, BUNDLE_ZONE) for hour in hours.tolist()], dtype=np.int64
    ).reshape(-1, 2)
    repeated: Bools = (offsets[:, 0] > offsets[:, 1])[inverse]
    if not repeated.any():
        return scanned.dates - offsets[inverse, 0], repeated

    def fail(group: int) -> BundleError:
        return _row_error(scanned, place, group, "comes after a later time")

    locals_ = [_EPOCH + timedelta(seconds=second) for second in scanned.dates.tolist()]
    taken_at = np.array(
        [int(at.timestamp()) for at in local_to_utc(locals_, BUNDLE_ZONE, fail)], dtype=np.int64
    )
    # One time that steps back tells both passes apart; without it nothing does.
    told = bool((taken_at != scanned.dates - offsets[inverse, 0]).any())
    return taken_at, repeated & (not told)


@lru_cache(maxsize=4096)
def _offsets(hour: int, zone: ZoneInfo) -> tuple[int, int]:
    """Seconds ahead of UTC in an hour of local time, for its first and its second pass."""
    local = _EPOCH + timedelta(hours=hour)
    first, second = (
        int(
            (
                local - local.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(tzinfo=None)
            ).total_seconds()
        )
        for fold in (0, 1)
    )
    return first, second


def _calendars(
    scanned: ScannedPortal, names: PortalNames | None
) -> tuple[Ints32, NDArray[np.intp], tuple[SealedCalendar, ...]]:
    """For each row the number of its calendar, the order of rows by (date, calendar), the calendars."""
    by_bytes = sorted(range(len(scanned.keys)), key=lambda key: scanned.keys[key].encode())
    rank = np.argsort(np.array(by_bytes, dtype=np.int64))[scanned.key]
    order = np.lexsort((rank, scanned.group))
    same = scanned.group[order].astype(np.int64) * (len(by_bytes) + 1) + rank[order]
    starts = np.flatnonzero(np.diff(same, prepend=-1))
    copies = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
    pairs, number = np.unique(
        rank[order] * (int(copies.max(initial=0)) + 1) + copies, return_inverse=True
    )
    calendar = np.empty(len(order), dtype=np.int32)
    calendar[order] = number
    known = names.calendars if names else {}
    calendars = []
    for pair in pairs.tolist():
        nth, copy = divmod(pair, int(copies.max(initial=0)) + 1)
        key = scanned.keys[by_bytes[nth]]
        told = known.get(key) or CalendarNames("")
        calendars.append(SealedCalendar(key, copy, told.name, told.services))
    return calendar, order, tuple(calendars)


def _dense(scanned: ScannedPortal) -> Bools:
    """Free columns of every state as a matrix; the last row is blank."""
    dense = np.zeros((len(scanned.states) + 1, len(scanned.columns)), dtype=np.bool_)
    lengths = [len(ones) for ones in scanned.states]
    dense[np.repeat(np.arange(len(lengths)), lengths), _concatenate(scanned.states)] = True
    return dense


def _spans(scanned: ScannedPortal, rows: _Rows, dense: Bools, week: IsoWeek) -> SealedSpans:
    """Maximal runs over a calendar's own rows: a row without it ends a span, a missing row does not."""
    count, columns = len(scanned.dates), len(scanned.columns)
    begins = np.diff(rows.calendar, prepend=-1) != 0
    before = np.where(begins, len(dense) - 1, np.roll(rows.state, 1))
    changed = np.flatnonzero(before != rows.state)
    row, column = _changes(dense, before[changed], rows.state[changed])
    row = changed[row]
    opens = dense[rows.state[row], column]
    where = rows.calendar[row].astype(np.int64) * columns + column
    order = np.argsort(where, kind="stable")
    where, opens, at = where[order], opens[order], rows.ordinal[row[order]]
    # Per calendar and column the changes alternate: open, close, open …
    opening = np.flatnonzero(opens)
    closes = np.append(np.diff(where) == 0, False)[opening]
    closed = np.where(closes, np.append(at, 0)[opening + 1], count)
    calendar, slot, opened = (
        where[opening] // max(columns, 1), scanned.columns[where[opening] % max(columns, 1)], at[opening]
    )  # fmt: skip
    final = np.lexsort((slot, opened, calendar))
    week_ends = _second(week.end) // 60
    return SealedSpans(
        calendar=calendar[final].astype(np.int32),
        slot=slot[final],
        opened=opened[final],
        closed=closed[final].astype(np.int32),
        # A bundle does not tell what was free before it: who reads asks the week before.
        from_before=np.zeros(len(final), dtype=np.bool_),
        goes_on=((closed == count) & (slot >= week_ends))[final],
    )


def _changes(dense: Bools, before: Ints32, after: Ints32) -> tuple[Ints64, Ints64]:
    """Where pairs of rows of the matrix differ: number of the pair, and column."""
    columns = dense.shape[1]
    step = max(1, _CHUNK_CELLS // max(columns, 1))
    found = [np.empty(0, dtype=np.int64)]
    for first in range(0, len(before), step):
        part = slice(first, first + step)
        differs = dense[before[part]] ^ dense[after[part]]
        found.append(np.flatnonzero(differs) + first * columns)
    places = np.concatenate(found)
    pair, column = np.divmod(places, max(columns, 1))
    return pair, column


def _views(scanned: ScannedPortal, rows: _Rows) -> SealedViews:
    """Presence and coverage: runs of snapshots in which a calendar had rows that cover the same days."""
    own_day = (scanned.dates // _DAY_S)[rows.ordinal]
    shown = [
        scanned.columns[ones[0]] // _DAY_MIN if len(ones) else _NEVER for ones in scanned.states
    ]
    last_day = int(scanned.columns[-1]) // _DAY_MIN if len(scanned.columns) else -1
    # No recorded row shows a day before its own; if one did, it would have been told of that day too.
    first = np.minimum(own_day, np.array(shown, dtype=np.int64)[rows.state])
    last = np.maximum(own_day, last_day)
    cut = np.ones(len(own_day) + 1, dtype=np.bool_)
    if len(own_day):
        cut[1:-1] = (
            (np.diff(rows.calendar) != 0)
            | (np.diff(rows.ordinal) != 1)
            | (np.diff(first) != 0)
            | (np.diff(last) != 0)
        )
    cuts = np.flatnonzero(cut)
    begins = cuts[:-1] if len(own_day) else np.empty(0, dtype=np.int64)
    ends = cuts[1:] - 1 if len(own_day) else begins
    count = len(begins)
    covered = [
        _covered(*days) for days in zip(first[begins].tolist(), last[begins].tolist(), strict=True)
    ]
    return SealedViews(
        calendar=rows.calendar[begins],
        first=rows.ordinal[begins],
        last=rows.ordinal[ends],
        outcome=np.full(count, Outcome.OK.value, dtype=object),
        covered=np.array(covered, dtype=object),
        asked=np.full(count, "[]", dtype=object),
        duration_min=np.full(count, -1, dtype=np.int32),
        reason=np.full(count, "", dtype=object),
    )


@lru_cache(maxsize=4096)
def _covered(first: int, last: int) -> str:
    days = (date.fromordinal(_EPOCH_ORDINAL + day) for day in (first, last))
    return str(Covered.from_ranges([(next(days), next(days))]))


def _concatenate(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def _second(day: date) -> int:
    return (day.toordinal() - _EPOCH_ORDINAL) * _DAY_S


def _row_error(scanned: ScannedPortal, place: Place, group: int, text: str) -> BundleError:
    line = int(np.searchsorted(scanned.group, group)) + 2
    local = _EPOCH + timedelta(seconds=int(scanned.dates[group]))
    return place.error(line, f"{local} {text}")
