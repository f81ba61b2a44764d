"""The predecessor's bookings and cancellations of sealed weeks, by calendar: to stand beside ours, labelled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.legacy.rows import read_rows
from amtspuls.analysis.legacy.rule import COUNTED, judge
from amtspuls.analysis.legacy.stash import buckets_of
from amtspuls.analysis.legacy.week import FRESH
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.week import IsoWeek, is_sealed


class LegacyCounts(NamedTuple):
    """What the predecessor counts.

    Attributes:
        bookings: Raw.
        bookings_clipped: At most one for each calendar and quarter of an hour, as its summaries have them.
        cancellations: Raw.
        cancellations_clipped: As well.
    """

    bookings: int = 0
    bookings_clipped: int = 0
    cancellations: int = 0
    cancellations_clipped: int = 0

    def plus(self, other: LegacyCounts) -> LegacyCounts:
        """Both together."""
        return LegacyCounts(*(mine + its for mine, its in zip(self, other, strict=True)))


CalendarCounts = Mapping[tuple[str, str], LegacyCounts]
"""By portal id and calendar key."""


def count_weeks(
    weeks: Path, wanted: Iterable[IsoWeek], portal_ids: Collection[str]
) -> CalendarCounts | None:
    """Apply the predecessor's rule to sealed weeks, each begun afresh.

    Args:
        weeks: Folder of sealed weeks.
        wanted: Weeks.
        portal_ids: Portals; united rows count as they are, as the predecessor did.

    Returns:
        Sums over the weeks; None where one of them is not sealed, for then nothing can be compared.
    """
    found: dict[tuple[str, str], LegacyCounts] = defaultdict(LegacyCounts)
    for week in wanted:
        if not is_sealed(weeks, week):
            return None
        sealed = open_week(weeks, week)
        for portal_id in sealed.portal_ids:
            if portal_id in portal_ids:
                for key, counts in _count_portal(sealed.portal(portal_id)).items():
                    found[portal_id, key] = found[portal_id, key].plus(counts)
    return found


def _count_portal(portal: SealedPortal) -> Mapping[str, LegacyCounts]:
    rows = read_rows(portal)
    if not len(rows.location):
        return {}
    counted = judge(rows, FRESH)
    columns = []
    for name in ("appointments", "cancellations"):
        counts = counted[COUNTED.index(name)].astype(np.int64)
        some = np.flatnonzero(counts)
        quarters = np.unique(
            np.stack((rows.location[some], buckets_of(rows.local_s)[some])), axis=1
        )
        size = len(rows.locations)
        columns.append(np.bincount(rows.location, counts, size).astype(np.int64))
        columns.append(np.bincount(quarters[0].astype(np.int64), minlength=size).astype(np.int64))
    return {
        key: LegacyCounts(*(int(column[place]) for column in columns))
        for place, key in enumerate(rows.locations)
    }
