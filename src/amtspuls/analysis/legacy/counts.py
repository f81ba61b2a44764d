"""The predecessor's bookings and cancellations of sealed weeks: to stand beside ours, labelled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.legacy.rows import read_rows
from amtspuls.analysis.legacy.rule import COUNTED, judge
from amtspuls.analysis.legacy.stash import buckets_of
from amtspuls.analysis.legacy.week import FRESH
from amtspuls.analysis.localtime import Ints
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.week import IsoWeek, is_sealed

_MINUTE_S = 60


class LegacyCounts(NamedTuple):
    """What the predecessor counts; numbers, or columns of them.

    Attributes:
        bookings: Raw.
        bookings_clipped: At most one for each calendar and quarter of an hour, as its summaries have them.
        cancellations: Raw.
        cancellations_clipped: As well.
    """

    bookings: Ints
    bookings_clipped: Ints
    cancellations: Ints
    cancellations_clipped: Ints


class LegacyQuarters(NamedTuple):
    """What the predecessor counts in one portal; one row for each calendar and quarter of an hour with something.

    Attributes:
        calendar: Keys of the calendars; an array of objects.
        local_s: Local seconds at which the quarter begins.
        counts: Columns.
    """

    calendar: np.ndarray[tuple[int], np.dtype[np.object_]]
    local_s: Ints
    counts: LegacyCounts


LegacyPortals = Mapping[str, LegacyQuarters]
"""By portal id."""


def count_weeks(
    weeks: Path, wanted: Iterable[IsoWeek], portal_ids: Collection[str]
) -> LegacyPortals | None:
    """Apply the predecessor's rule to sealed weeks, each begun afresh.

    Args:
        weeks: Folder of sealed weeks.
        wanted: Weeks.
        portal_ids: Portals; united rows count as they are, as the predecessor did.

    Returns:
        What it counts in all of them; None where one is not sealed, for then nothing can be compared.
    """
    found: dict[str, list[LegacyQuarters]] = {}
    for week in wanted:
        if not is_sealed(weeks, week):
            return None
        sealed = open_week(weeks, week)
        for portal_id in sealed.portal_ids:
            if portal_id in portal_ids:
                found.setdefault(portal_id, []).append(_count_portal(sealed.portal(portal_id)))
    return {portal_id: _joined(parts) for portal_id, parts in found.items()}


def _joined(parts: Iterable[LegacyQuarters]) -> LegacyQuarters:
    calendar, local_s, counts = zip(*parts, strict=True)
    columns = LegacyCounts._make(map(np.concatenate, zip(*counts, strict=True)))
    return LegacyQuarters(np.concatenate(calendar), np.concatenate(local_s), columns)


def _count_portal(portal: SealedPortal) -> LegacyQuarters:
    rows = read_rows(portal)
    numbers = judge(rows, FRESH) if len(rows.location) else np.zeros((len(COUNTED), 0), np.int32)
    booked, cancelled = (
        numbers[COUNTED.index(name)].astype(np.int64) for name in ("appointments", "cancellations")
    )
    some = np.flatnonzero(booked + cancelled)
    quarters, places = np.unique(
        np.stack((rows.location[some], buckets_of(rows.local_s)[some])), axis=1, return_inverse=True
    )
    sums = [
        np.bincount(places.ravel(), column[some], quarters.shape[1]).astype(np.int64)
        for column in (booked, cancelled)
    ]
    return LegacyQuarters(
        calendar=np.array(rows.locations, np.object_)[quarters[0]],
        local_s=quarters[1] * _MINUTE_S,
        counts=LegacyCounts(
            sums[0], (sums[0] > 0).astype(np.int64), sums[1], (sums[1] > 0).astype(np.int64)
        ),
    )
