"""What was free at a moment, out of sealed weeks and the live part: few weeks are read for one moment."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection, func, select

from amtspuls.archive.base import CalendarState
from amtspuls.archive.joining import NOTHING_OPEN, Joiner, first_covering
from amtspuls.archive.moment import Moment
from amtspuls.archive.numbers import Numbers
from amtspuls.archive.pieces import Piece, calendar_of_key, slot_of_key
from amtspuls.archive.queries import read_free, read_zone
from amtspuls.archive.reader_live import live_state, state_of
from amtspuls.archive.schema import PORTALS, SNAPSHOTS
from amtspuls.archive.times import Ints
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar, Outcome

_NONE: Ints = np.zeros(0, dtype=np.int64)


def rebuild_state(
    moment: Moment, numbers: Numbers, portal_id: str, at_s: int
) -> list[CalendarState]:
    """Each calendar's newest view at or before a Unix second, and its open slots, by key."""
    calendars = {record.number: record.calendar for record in numbers.records(moment, portal_id)}
    past = _Past(moment, numbers, portal_id, at_s)
    found: dict[int, CalendarState] = {}
    live = past.newest_is_in()
    if live is not None:
        keys = {calendar.key: number for number, calendar in calendars.items()}
        states = live_state(live, portal_id, at_s)
        found = {keys[state.calendar.key]: state for state in states}
    for number, calendar in calendars.items():
        if number not in found:
            state = past.state(number, calendar)
            if state is not None:
                found[number] = state
    return [found[number] for number in calendars if number in found]


@dataclass
class _Past:
    """The sealed weeks of a portal up to a moment, the newest first; a week is read when it is looked at."""

    moment: Moment
    numbers: Numbers
    portal_id: str
    at_s: int
    _weeks: list[IsoWeek] = field(default_factory=list)
    _former: frozenset[str] = frozenset()
    _pieces: dict[int, tuple[Piece, int]] = field(default_factory=dict)
    _live_at: int | None = None
    _free: tuple[Ints, Ints] | None = None
    _free_of: dict[int, tuple[Ints, Ints]] = field(default_factory=dict)
    _waits_of: dict[int, tuple[Ints, Ints]] = field(default_factory=dict)
    _views_of: dict[int, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._weeks = self.moment.weeks_of(self.portal_id, (None, self.at_s + 1))[::-1]
        while self._weeks and self._piece(0)[1] < 0:
            self._weeks = self._weeks[1:]
            self._pieces.clear()
        self._former = frozenset(key for _, key, _ in self.moment.former_keys(self.portal_id))
        if self.moment.live is not None:
            self._live_at = self._newest_live(self.moment.live)

    def _newest_live(self, live: Connection) -> int | None:
        """Newest snapshot of the live part up to the moment that is not sealed too."""
        wanted = [
            PORTALS.c.id == self.portal_id,
            SNAPSHOTS.c.taken_at <= self.at_s,
        ]
        for first, last in self.moment.hidden(self.portal_id):
            wanted.append(~SNAPSHOTS.c.taken_at.between(first, last))
        newest: int | None = live.scalar(
            select(func.max(SNAPSHOTS.c.taken_at))
            .join(PORTALS, PORTALS.c.number == SNAPSHOTS.c.portal)
            .where(*wanted)
        )
        return newest

    def _piece(self, place: int) -> tuple[Piece, int]:
        """The week at a place, and the ordinal of its newest snapshot up to the moment."""
        if place not in self._pieces:
            piece = self.numbers.piece(self.moment, self.portal_id, self._weeks[place])
            ordinal = int(np.searchsorted(piece.taken_at, self.at_s, side="right")) - 1
            self._pieces[place] = (piece, ordinal)
        return self._pieces[place]

    def _may_have(self, place: int, key: str) -> bool:
        """Whether a calendar may have a view in the week at a place; one that was renamed may always."""
        sealed = self.moment.shelf.calendars(self._weeks[place], self.portal_id)
        return any(one.key == key or one.key in self._former for one in sealed)

    def newest_is_in(self) -> Connection | None:
        """The live part when the newest snapshot up to the moment is there; None when it is sealed."""
        if self._live_at is None:
            return None
        if not self._weeks:
            return self.moment.live
        piece, ordinal = self._piece(0)
        return self.moment.live if int(piece.taken_at[ordinal]) < self._live_at else None

    def state(self, number: int, calendar: Calendar) -> CalendarState | None:
        """The state of a calendar whose newest view is sealed; None when it has no view so early."""
        for place in range(len(self._weeks)):
            if not self._may_have(place, calendar.key):
                continue
            piece, ordinal = self._piece(place)
            if place not in self._views_of:
                self._views_of[place] = piece.newest_views(ordinal)
            run = self._views_of[place].get(number)
            if run is not None:
                views = piece.portal.views
                seen = min(ordinal, int(views.last[run]))
                return state_of(
                    calendar,
                    Outcome(views.outcome[run]),
                    int(piece.taken_at[seen]),
                    views.covered[run],
                    self._slots(number, place),
                )
        return None

    def _slots(self, number: int, place: int) -> Ints:
        """Open slots of a calendar whose newest view is in the piece at ``place``, ascending."""
        found = [self._live_free(number)]
        if self._piece(place)[0].alone:
            found += [_of(self._free_in(place), number), _of(self._waiting(place), number)]
        elif self.newest_is_in() is None:
            newest = next(n for n in range(place + 1) if not self._piece(n)[0].alone)
            found.append(_of(self._free_in(newest), number))
        return np.unique(np.concatenate(found))

    def _free_in(self, place: int) -> tuple[Ints, Ints]:
        """Calendar and slot of what a piece showed free at the moment."""
        if place not in self._free_of:
            piece, ordinal = self._piece(place)
            self._free_of[place] = piece.free(ordinal, self.at_s)
        return self._free_of[place]

    def _live_free(self, number: int) -> Ints:
        live = self.newest_is_in()
        if live is None:
            return _NONE
        if self._free is None:
            zone = read_zone(live, self.portal_id)
            self._free = read_free(live, self.portal_id, self.at_s, zone)
        return _of(self._free, number)

    def _waiting(self, place: int) -> tuple[Ints, Ints]:
        """Slots open at the end of the imported week before, on days that no view has covered since."""
        if place not in self._waits_of:
            spans = NOTHING_OPEN
            if place + 1 < len(self._weeks):
                before, _ = self._piece(place + 1)
                joiner = Joiner()
                joiner.add(before)
                spans = joiner.imported
            spans = spans.where(spans.start > self.at_s)
            piece, ordinal = self._piece(place)
            keys = spans.key[first_covering(piece, spans.key) > ordinal]
            self._waits_of[place] = (calendar_of_key(keys), slot_of_key(keys))
        return self._waits_of[place]


def _of(free: tuple[Ints, Ints], number: int) -> Ints:
    calendar, slot = free
    own: Ints = slot[calendar == number]
    return own
