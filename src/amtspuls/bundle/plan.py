"""Which weeks of an archive can be exported."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from amtspuls.archive.base import ArchiveReader
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ArchiveError, ConfigError


@dataclass(frozen=True, slots=True)
class Reach:
    """From when to when the portals of an archive were asked.

    Attributes:
        first_at: Their first snapshot, aware UTC.
        last_at: Their newest snapshot, aware UTC.
        zone: Zone that weeks are counted in: that of the first portal.
        taken_at: Of each portal its zone, and its snapshots as ascending Unix seconds.
    """

    first_at: datetime
    last_at: datetime
    zone: ZoneInfo
    taken_at: tuple[tuple[ZoneInfo, NDArray[np.int64]], ...]

    def was_asked(self, week: IsoWeek) -> bool:
        """Whether any portal has a snapshot in its local week."""
        for zone, taken_at in self.taken_at:
            bounds = [int(at.timestamp()) for at in week.bounds(zone)]
            first, end = np.searchsorted(taken_at, bounds)
            if first < end:
                return True
        return False

    def is_complete(self, week: IsoWeek) -> bool:
        """Whether there are snapshots before the week's start and after its end."""
        from_at, until_at = week.bounds(self.zone)
        return self.first_at < from_at and until_at <= self.last_at

    def weeks(self) -> Iterator[IsoWeek]:
        """All weeks with a snapshot; those of a hole, of which nothing is known, are left out."""
        week, last = (
            IsoWeek.of(at.astimezone(self.zone).date()) for at in (self.first_at, self.last_at)
        )
        while week <= last:
            if self.was_asked(week):
                yield week
            week = week.following

    def require_complete(self, week: IsoWeek) -> None:
        """Raise ``ConfigError`` for a week that the archive does not reach over."""
        if self.is_complete(week):
            return
        first, last = (
            f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}" for at in (self.first_at, self.last_at)
        )
        raise ConfigError(
            f"week {week} is incomplete: the snapshots reach from {first} to {last};"
            " add --incomplete to export what there is",
            week=str(week),
        )


def find_reach(reader: ArchiveReader, portal_ids: Collection[str]) -> Reach:
    """Find out from when to when some portals were asked.

    Raises:
        ArchiveError: There is no snapshot of them.
    """
    taken = []
    for portal in reader.portals():
        if portal.portal_id not in portal_ids:
            continue
        taken_at = reader.snapshots(portal.portal_id).taken_at
        if len(taken_at):
            taken.append((ZoneInfo(portal.zone), taken_at))
    if not taken:
        raise ArchiveError("the archive has no snapshot of the selected portals: nothing to export")
    first_at = datetime.fromtimestamp(min(int(times[0]) for _, times in taken), UTC)
    last_at = datetime.fromtimestamp(max(int(times[-1]) for _, times in taken), UTC)
    return Reach(first_at, last_at, taken[0][0], tuple(taken))
