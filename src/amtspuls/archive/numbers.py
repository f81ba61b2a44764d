"""Numbers of calendars over all weeks of a portal, the same for as long as a reader is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from amtspuls.archive.base import CalendarRecord
from amtspuls.archive.moment import Moment
from amtspuls.archive.pieces import LEFT_OUT, Piece
from amtspuls.archive.sealed.model import SealedCalendar
from amtspuls.archive.times import Ints
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar

# No live archive has as many calendars; what only sealed weeks know is counted above it.
_BLOCK = 1 << 20


@dataclass
class Numbers:
    """Gives numbers to calendars: those of the live part keep theirs, others get new ones.

    One object serves one reader; a number once given to a key of a portal stays.
    """

    _blocks: dict[str, int] = field(default_factory=dict)
    _given: dict[tuple[str, str], int] = field(default_factory=dict)

    def records(self, moment: Moment, portal_id: str) -> list[CalendarRecord]:
        """All calendars of a portal, by key in byte order; names are the newest that are known."""
        live = moment.live_calendars(portal_id)
        found = {key: (known.number, known.calendar) for key, known in live.items()}
        before: tuple[SealedCalendar, ...] = ()
        for week in moment.weeks_of(portal_id):
            # Calendars of weeks that were live are in the live part for ever.
            if week in moment.moved:
                continue
            former = self._former(moment, portal_id, week)
            shown = moment.shelf.calendars(week, portal_id)
            if shown is before and not former:
                continue
            before = () if former else shown
            for sealed in shown:
                if sealed.copy == 0 and sealed.key not in live and sealed.key not in former:
                    number = self._number(portal_id, sealed.key)
                    named = found.get(sealed.key, (0, None))[1]
                    found[sealed.key] = (number, _newest(sealed, named))
        return [
            CalendarRecord(number, portal_id, calendar)
            for _, (number, calendar) in sorted(found.items(), key=lambda item: item[0].encode())
        ]

    def adopt(self, portal_id: str, numbers: Mapping[str, int]) -> None:
        """Take over numbers that another reader gave to keys of a portal, before any is given here."""
        self._blocks.setdefault(portal_id, len(self._blocks) + 1)
        self._given.update({(portal_id, key): number for key, number in numbers.items()})

    def ranks(self, moment: Moment, portal_id: str) -> dict[int, int]:
        """Places in the order of ``records`` of all numbers that pieces of a portal have had so far."""
        keys = {
            known.number: key.encode() for key, known in moment.live_calendars(portal_id).items()
        }
        for (portal, key), number in self._given.items():
            if portal == portal_id:
                keys[number] = key.encode()
        return {number: rank for rank, number in enumerate(sorted(keys, key=keys.__getitem__))}

    def piece(self, moment: Moment, portal_id: str, week: IsoWeek) -> Piece:
        """A portal's week with the numbers of its calendars."""
        portal = moment.shelf.portal(week, portal_id)
        alone = moment.shelf.about(week).is_import
        live = moment.live_calendars(portal_id)
        former = {} if alone else self._former(moment, portal_id, week)
        numbers = [
            self._number_in(
                portal_id, sealed, former, live[sealed.key].number if sealed.key in live else None
            )
            for sealed in portal.calendars
        ]
        return Piece(alone, portal, _ints(numbers))

    def _number_in(
        self, portal_id: str, sealed: SealedCalendar, former: dict[str, int], live: int | None
    ) -> int:
        if sealed.copy:
            return LEFT_OUT
        if sealed.key in former:
            return former[sealed.key]
        return self._number(portal_id, sealed.key) if live is None else live

    def _former(self, moment: Moment, portal_id: str, week: IsoWeek) -> dict[str, int]:
        """Calendars by a key that was theirs when a week was sealed and is not any more."""
        renamed = moment.former_keys(portal_id)
        if not renamed or moment.shelf.about(week).is_import:
            return {}
        last = int(moment.shelf.portal(week, portal_id).snapshots.taken_at[-1])
        found: dict[str, int] = {}
        for until_at, key, calendar in renamed:
            if last < until_at:
                found.setdefault(key, calendar)
        return found

    def _number(self, portal_id: str, key: str) -> int:
        block = self._blocks.setdefault(portal_id, len(self._blocks) + 1)
        return self._given.setdefault((portal_id, key), block * _BLOCK + len(self._given))


def _newest(sealed: SealedCalendar, known: Calendar | None) -> Calendar:
    """Weeks come in order; a week that names nothing leaves what is known."""
    if known is not None and not sealed.name:
        return known
    return Calendar(sealed.key, sealed.name, sealed.services)


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)
