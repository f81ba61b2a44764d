"""From when to when the archive knows a portal, and what its weeks hold, without reading all of them.

An archive may hold hundreds of weeks; a question is about a few. How many snapshots each week has is known from
``week.json``; only what is asked for is read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from amtspuls.archive.base import ArchiveReader, PortalRecord, SnapshotColumns
from amtspuls.archive.median import median
from amtspuls.archive.times import Ints, instant_of
from amtspuls.archive.week import IsoWeek

# A zone that was corrected meanwhile may have moved the edge of a week by hours.
_EDGE = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_INSTANT = timedelta(microseconds=1)


def count_weeks(taken_at: Ints, zone: ZoneInfo) -> dict[IsoWeek, int]:
    """Number of snapshots in each local week that has one, ascending.

    Args:
        taken_at: When they were taken, ascending Unix seconds.
        zone: Zone of the portal.
    """
    if not len(taken_at):
        return {}
    week = IsoWeek.of(instant_of(int(taken_at[0])).astimezone(zone).date())
    counts, done = {}, 0
    while done < len(taken_at):
        until_s = int(week.bounds(zone)[1].timestamp())
        until = int(np.searchsorted(taken_at, until_s))
        if until > done:
            counts[week] = until - done
        week, done = week.following, until
    return counts


@dataclass(frozen=True, eq=False)
class Extent:
    """The weeks of one portal that has at least one snapshot.

    Attributes:
        reader: Where it comes from.
        record: The portal.
        counts: Number of its snapshots in each week that has one, ascending.
    """

    reader: ArchiveReader
    record: PortalRecord
    counts: Mapping[IsoWeek, int]

    @classmethod
    def of(cls, reader: ArchiveReader, record: PortalRecord) -> Extent:
        """What the archive knows of a portal."""
        return cls(reader, record, reader.week_counts(record.portal_id))

    @cached_property
    def zone(self) -> ZoneInfo:
        """Zone that its weeks are counted in."""
        return ZoneInfo(self.record.zone)

    @cached_property
    def weeks(self) -> tuple[IsoWeek, ...]:
        """Weeks with a snapshot, ascending."""
        return tuple(self.counts)

    @cached_property
    def first_at(self) -> datetime:
        """Its first snapshot, of whatever outcome, aware UTC."""
        until_at = self.weeks[0].bounds(self.zone)[1] + _EDGE
        return instant_of(int(self._read(None, until_at).taken_at[0]))

    @cached_property
    def last_at(self) -> datetime:
        """Its newest snapshot, of whatever outcome, aware UTC."""
        from_at = self.weeks[-1].bounds(self.zone)[0] - _EDGE
        return instant_of(int(self._read(from_at, None).taken_at[-1]))

    def newest_until(self, at: datetime) -> SnapshotColumns:
        """The newest snapshot at or before a moment, as one row; none where there is none so early."""
        until_at = at + _SECOND
        for week in reversed(self.weeks):
            from_at = week.bounds(self.zone)[0] - _EDGE
            if from_at < until_at:
                found = self._read(from_at, until_at)
                early = np.flatnonzero(found.taken_at <= at.timestamp())
                if len(early):
                    return SnapshotColumns._make(column[early[-1:]] for column in found)
        return self._read(until_at, until_at)

    def around(self, from_at: datetime | None, until_at: datetime | None) -> SnapshotColumns:
        """Snapshots of the weeks that a range touches, and of one week with snapshots before and after it.

        A range in which nothing was asked still has what was asked before and after it; what is in no such
        week is not read.

        Args:
            from_at: Begin of the range; None for the first snapshot.
            until_at: Its end, itself left out; None for the newest snapshot.
        """
        weeks = self.weeks
        begin = 0 if from_at is None else bisect_left(weeks, self._week_of(from_at))
        newest = until_at and self._week_of(until_at - _INSTANT)
        end = len(weeks) if newest is None else bisect_right(weeks, newest)
        begin, end = max(0, min(begin, end) - 1), max(begin, end) + 1
        return self._read(
            weeks[begin].bounds(self.zone)[0] if begin else None,
            weeks[end - 1].bounds(self.zone)[1] if end < len(weeks) else None,
        )

    def _week_of(self, at: datetime) -> IsoWeek:
        return IsoWeek.of(at.astimezone(self.zone).date())

    @cached_property
    def usual_distance_s(self) -> int | None:
        """Usual distance of two snapshots; None where no week has two.

        It is the median distance in the middle week: the one that holds the middle snapshot when weeks are
        put in order of their number of snapshots. So it depends on no range, a week with few snapshots
        hardly counts, and one week is read.
        """
        order = sorted(self.counts, key=lambda week: (self.counts[week], week))
        reached = np.cumsum([self.counts[week] for week in order])
        middle = order[int(np.searchsorted(reached, reached[-1] // 2, side="right"))]
        distances = np.diff(self._read(*middle.bounds(self.zone)).taken_at)
        return int(median(distances)) if len(distances) else self._distance_of_weeks()

    def _distance_of_weeks(self) -> int | None:
        """Where most snapshots are alone in their week, the median over all of them."""
        distances = np.diff(self._read(None, None).taken_at)
        return int(median(distances)) if len(distances) else None

    def _read(self, from_at: datetime | None, until_at: datetime | None) -> SnapshotColumns:
        return self.reader.snapshots(self.record.portal_id, from_at, until_at)
