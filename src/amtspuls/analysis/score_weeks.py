"""The weeks of a portal in memory as sealed weeks: what the predecessor's rule is applied to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.localtime import DAY_S, Ints, Offsets, TimeRange, offsets_of
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.archive.base import SnapshotColumns, SpanColumns, ViewColumns
from amtspuls.archive.sealed.model import (
    SealedCalendar,
    SealedCapacities,
    SealedPortal,
    SealedSnapshots,
    SealedSpans,
    SealedViews,
)

_WEEK_DAYS = 7
_THURSDAY = 3
_FAR_S = 400 * DAY_S


def sealed_weeks(archive: ScoreArchive) -> Iterator[SealedPortal]:
    """Cut a portal into local weeks from Monday to Sunday, as ``amtspuls seal`` does.

    A span is in every week in which it was open.
    """
    snapshots = archive.snapshots(archive.record.portal_id)
    if not len(snapshots.taken_at):
        return
    zone = ZoneInfo(archive.record.zone)
    first, last = (int(at) for at in snapshots.taken_at[[0, -1]])
    offsets = offsets_of(zone, TimeRange(first - _FAR_S, last + _FAR_S))
    local_days = offsets.to_local(snapshots.taken_at) // DAY_S
    weeks = (local_days + _THURSDAY) // _WEEK_DAYS
    for week in np.unique(weeks).tolist():
        yield _cut(archive, snapshots, np.flatnonzero(weeks == week), offsets)


def _cut(
    archive: ScoreArchive, snapshots: SnapshotColumns, chosen: Ints, offsets: Offsets
) -> SealedPortal:
    portal_id = archive.record.portal_id
    taken_at = snapshots.taken_at[chosen]
    from_at, until_at = (
        datetime.fromtimestamp(int(at), UTC) for at in (taken_at[0], taken_at[-1] + 1)
    )
    calendars = archive.calendars(portal_id)
    places = np.zeros(len(calendars) + 1, dtype=np.int32)
    for place, one in enumerate(calendars):
        places[one.number] = place
    views = archive.views(portal_id, from_at, until_at)
    return SealedPortal(
        record=archive.record,
        aggregated=False,
        calendars=tuple(
            SealedCalendar(one.calendar.key, 0, one.calendar.name, one.calendar.services)
            for one in calendars
        ),
        snapshots=_snapshots(snapshots, chosen, offsets),
        views=_runs(places[views.calendar], np.searchsorted(taken_at, views.taken_at), views),
        spans=_spans(places, taken_at, archive.spans(portal_id, from_at, until_at)),
        capacities=SealedCapacities(*(np.zeros(0, dtype=np.int32) for _ in range(4))),
        extra_columns=np.zeros(0, dtype=np.int32),
        row_order=np.zeros(0, dtype=np.int32),
    )


def _snapshots(snapshots: SnapshotColumns, chosen: Ints, offsets: Offsets) -> SealedSnapshots:
    taken_at = snapshots.taken_at[chosen]
    empty = np.full(len(chosen), "", dtype=object)
    return SealedSnapshots(
        taken_at=taken_at,
        finished_at=snapshots.finished_at[chosen],
        utc_offset_s=(offsets.to_local(taken_at) - taken_at).astype(np.int32),
        time_unsure=np.zeros(len(chosen), dtype=np.bool_),
        outcome=snapshots.outcome[chosen],
        reason=empty,
        requests=snapshots.requests[chosen],
        bytes=snapshots.bytes[chosen],
        period_s=snapshots.period_s[chosen],
        parser=empty,
    )


def _runs(calendar: NDArray[np.int32], ordinal: Ints, views: ViewColumns) -> SealedViews:
    """Join views that follow one another with the same outcome and the same covered days."""
    order = np.lexsort((ordinal, calendar))
    calendar, ordinal = calendar[order], ordinal[order]
    outcome, covered = views.outcome[order], views.covered[order]
    begins = np.ones(len(order), dtype=np.bool_)
    begins[1:] = (np.diff(calendar) != 0) | (np.diff(ordinal) != 1)
    begins[1:] |= (outcome[1:] != outcome[:-1]) | (covered[1:] != covered[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(order)) - 1
    count = len(first)
    return SealedViews(
        calendar=calendar[first],
        first=ordinal[first].astype(np.int32),
        last=ordinal[last[:count]].astype(np.int32),
        outcome=outcome[first],
        covered=covered[first],
        asked=np.full(count, "[]", dtype=object),
        duration_min=np.full(count, -1, dtype=np.int32),
        reason=np.full(count, "", dtype=object),
    )


def _spans(places: NDArray[np.int32], taken_at: Ints, spans: SpanColumns) -> SealedSpans:
    opened = np.searchsorted(taken_at, spans.opened_at).astype(np.int32)
    closed = np.searchsorted(taken_at, spans.closed_at).astype(np.int32)
    calendar = places[spans.calendar]
    order = np.lexsort((spans.slot, opened, calendar))
    order = order[opened[order] < closed[order]]
    return SealedSpans(
        calendar=calendar[order],
        slot=spans.slot[order].astype(np.int32),
        opened=opened[order],
        closed=closed[order],
        from_before=(spans.opened_at < taken_at[0])[order],
        goes_on=(spans.closed_at > taken_at[-1])[order],
    )
