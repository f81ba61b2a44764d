"""One moment of an archive: what the live part says, and which weeks are sealed beside it.

The transaction on the live part begins first and the weeks are listed after it: a week that is sealed
meanwhile is then either not listed, and its rows are live, or listed, and its rows are still live but left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from amtspuls.archive.shelf import Shelf
from amtspuls.archive.times import Limits
from amtspuls.archive.week import IsoWeek

if TYPE_CHECKING:
    from amtspuls.archive.live_part import LiveCalendar, LivePart

# A zone that was corrected meanwhile may have moved the edge of a week by hours.
_EDGE = timedelta(days=2)


@dataclass(frozen=True)
class Moment:
    """An archive at one moment.

    Attributes:
        live: The live part in one transaction; None where there is none.
        shelf: The sealed weeks.
        weeks: Those that are sealed at this moment, ascending.
        moved: Of these, the ones whose rows have left the live part.
    """

    live: LivePart | None
    shelf: Shelf
    weeks: tuple[IsoWeek, ...]
    moved: frozenset[IsoWeek]
    _hidden: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, live: LivePart | None, shelf: Shelf) -> Moment:
        """Look at an archive inside a transaction that was just begun."""
        moved = live.moved_weeks() if live else frozenset()
        return cls(live, shelf, tuple(shelf.weeks()), moved)

    def weeks_of(self, portal_id: str, wanted: Limits = (None, None)) -> list[IsoWeek]:
        """Sealed weeks of a portal that may have a snapshot within limits."""
        first, until = wanted
        near = [
            week
            for week in self.weeks
            if (first is None or seconds_of_day(week.end, _EDGE) > first)
            and (until is None or seconds_of_day(week.start, -_EDGE) < until)
        ]
        return self.shelf.with_portal(near, portal_id)

    def live_weeks(self, portal_id: str) -> set[IsoWeek]:
        """Weeks in which the live part has snapshots of a portal."""
        return self.live.weeks(portal_id) if self.live else set()

    def hidden(self, portal_id: str) -> Sequence[tuple[int, int]]:
        """First and last ``taken_at`` of what is sealed of a portal and still in the live part too."""
        if portal_id not in self._hidden:
            pending = [week for week in self.weeks if week not in self.moved] if self.live else []
            self._hidden[portal_id] = [
                (int(taken_at[0]), int(taken_at[-1]))
                for week in self.shelf.with_portal(pending, portal_id)
                if not self.shelf.about(week).is_import
                for taken_at in [self.shelf.portal(week, portal_id).snapshots.taken_at]
            ]
        return self._hidden[portal_id]

    def live_calendars(self, portal_id: str) -> dict[str, LiveCalendar]:
        """Calendars of the live part by key; they are never sealed."""
        return self.live.calendars(portal_id) if self.live else {}

    def former_keys(self, portal_id: str) -> list[tuple[int, str, int]]:
        """When, from which key and which calendar was renamed; ascending."""
        return self.live.former_keys(portal_id) if self.live else []


def seconds_of_day(day: date, shift: timedelta = timedelta()) -> int:
    """Unix second at which a day begins in UTC, shifted."""
    return int((datetime.combine(day, time(), UTC) + shift).timestamp())
