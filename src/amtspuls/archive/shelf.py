"""The sealed weeks of an archive, opened when they are asked for; the newest ones used are kept open."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.sealed.manifest import file_name
from amtspuls.archive.week import IsoWeek, sealed_weeks

if TYPE_CHECKING:
    from amtspuls.archive.sealed.model import SealedCalendar, SealedPortal
    from amtspuls.archive.sealed.read import SealedWeek

# As many as a question looks back over (a slot is shown 400 days ahead at most): about 2 MB each.
_WEEKS_OPEN = 64
# A question looks at all portals of some weeks, several times: about 0.3 MB each.
_PORTALS_KEPT = 256


class About:
    """What is remembered of a week for good: little, and it never changes."""

    def __init__(self, week: SealedWeek) -> None:
        self.is_import = week.manifest.source.kind == "import"
        self.snapshots = {counts.portal_id: counts.snapshots for counts in week.manifest.portals}
        file = week.manifest.file(file_name("calendars"))
        rows = ((counts.portal_id, counts.calendars) for counts in week.manifest.portals)
        # Equal in weeks that have the same calendars, as most neighbours do.
        self.calendars_key = (file.sha256 if file else "", *rows)

    @cached_property
    def portal_ids(self) -> frozenset[str]:
        """Portals of the week."""
        return frozenset(self.snapshots)


class Shelf:
    """Sealed weeks of one folder. May be used from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = RLock()
        self._open: OrderedDict[IsoWeek, SealedWeek] = OrderedDict()
        self._portals: OrderedDict[tuple[IsoWeek, str], SealedPortal] = OrderedDict()
        self._about: dict[IsoWeek, About] = {}
        self._latest_slots: dict[IsoWeek, dict[str, int]] = {}
        self._calendars: dict[tuple[object, ...], dict[str, tuple[SealedCalendar, ...]]] = {}

    @property
    def folder(self) -> Path:
        """Where the weeks are."""
        return self._folder

    def weeks(self) -> list[IsoWeek]:
        """Weeks that are sealed now, ascending."""
        return sealed_weeks(self._folder)

    def about(self, week: IsoWeek) -> About:
        """What a week holds.

        Raises:
            ArchiveError: It is damaged, or of a newer version.
        """
        with self._turn:
            if week not in self._about:
                self._about[week] = About(self.week(week))
            return self._about[week]

    def with_portal(self, weeks: Sequence[IsoWeek], portal_id: str) -> list[IsoWeek]:
        """Those weeks that have a snapshot of a portal, in their order."""
        return [week for week in weeks if self.about(week).snapshots.get(portal_id)]

    def week(self, week: IsoWeek) -> SealedWeek:
        """An open week.

        Raises:
            ArchiveError: It is damaged, or of a newer version.
        """
        # Arrow takes longer to load than everything else together, and archives without weeks need none.
        from amtspuls.archive.sealed.read import open_week

        with self._turn:
            if week not in self._open:
                self._open[week] = open_week(self._folder, week)
                if len(self._open) > _WEEKS_OPEN:
                    self._open.popitem(last=False)
            self._open.move_to_end(week)
            return self._open[week]

    def portal(self, week: IsoWeek, portal_id: str) -> SealedPortal:
        """A portal's week.

        Raises:
            ArchiveError: The week is damaged, or has no such portal.
        """
        key = (week, portal_id)
        with self._turn:
            if key not in self._portals:
                self._portals[key] = self.week(week).portal(portal_id)
                if len(self._portals) > _PORTALS_KEPT:
                    self._portals.popitem(last=False)
            self._portals.move_to_end(key)
            return self._portals[key]

    def calendars(self, week: IsoWeek, portal_id: str) -> tuple[SealedCalendar, ...]:
        """Calendars of a portal in a week.

        Raises:
            ArchiveError: The week is damaged, or has no such portal.
        """
        with self._turn:
            key = self.about(week).calendars_key
            if key not in self._calendars:
                # Of all portals: a question to all weeks opens the file of each once.
                self._calendars[key] = self.week(week).all_calendars()
            if portal_id in self._calendars[key]:
                return self._calendars[key][portal_id]
            return self.week(week).calendars(portal_id)

    def latest_slot(self, week: IsoWeek, portal_id: str) -> int:
        """A slot that none of a portal's slots in a week is later than; -1 where it has no span.

        Raises:
            ArchiveError: The week is damaged.
        """
        with self._turn:
            if week not in self._latest_slots:
                self._latest_slots[week] = self.week(week).latest_slots()
            return self._latest_slots[week].get(portal_id, -1)

    def record(self, week: IsoWeek, portal_id: str) -> PortalRecord:
        """A portal as it was known in a week.

        Raises:
            ArchiveError: The week is damaged, or has no such portal.
        """
        with self._turn:
            record, aggregated = self.week(week).record(portal_id)
        return PortalRecord(
            record.portal_id, record.name, record.system, record.url, record.zone, aggregated
        )
