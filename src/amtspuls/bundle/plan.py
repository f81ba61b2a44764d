"""Which weeks of an archive can be exported."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from amtspuls.archive.base import ArchiveReader
from amtspuls.archive.extent import Extent
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ArchiveError, ConfigError


@dataclass(frozen=True, slots=True)
class Reach:
    """From when to when the portals of an archive were asked.

    Attributes:
        first_at: Their first snapshot, aware UTC.
        last_at: Their newest snapshot, aware UTC.
        zone: Zone that weeks are counted in: that of the first portal.
        asked: Weeks in which a portal has a snapshot, by its own local time.
    """

    first_at: datetime
    last_at: datetime
    zone: ZoneInfo
    asked: frozenset[IsoWeek]

    def was_asked(self, week: IsoWeek) -> bool:
        """Whether any portal has a snapshot in its local week."""
        return week in self.asked

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
    chosen = (portal for portal in reader.portals() if portal.portal_id in portal_ids)
    found = [extent for portal in chosen if (extent := Extent.of(reader, portal)).weeks]
    if not found:
        raise ArchiveError("the archive has no snapshot of the selected portals: nothing to export")
    return Reach(
        min(extent.first_at for extent in found),
        max(extent.last_at for extent in found),
        found[0].zone,
        frozenset(week for extent in found for week in extent.weeks),
    )
