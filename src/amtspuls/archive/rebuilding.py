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
    """The sealed weeks of a portal up to a moment, read one after another, the newest first."""

    moment: Moment
    numbers: Numbers
    portal_id: str
    at_s: int
    _weeks: list[IsoWeek] = field(default_factory=list)
    _pieces: list[tuple[Piece, int]] = field(default_factory=list)
    _live_at: int | None = None
    _free: tuple[Ints, Ints] | None = None
    _free_of: dict[int, tuple[Ints, Ints]] = field(default_factory=dict)
    _waits_of: dict[int, tuple[Ints, Ints]] = field(default_factory=dict)
    _views_of: dict[int, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._weeks = self.moment.weeks_of(self.portal_id, (None, self.at_s + 1))
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

    def _next(self) -> bool:
        """Read one more week; False when there is none."""
        while self._weeks:
            piece = self.numbers.piece(self.moment, self.portal_id, self._weeks.pop())
            ordinal = int(np.searchsorted(piece.taken_at, self.at_s, side="right")) - 1
            if ordinal >= 0:
                self._pieces.append((piece, ordinal))
                return True
        return False

    def newest_is_in(self) -> Connection | None:
        """The live part when the newest snapshot up to the moment is there; None when it is sealed."""
        if self._live_at is None:
            return None
        if not self._pieces and not self._next():
            return self.moment.live
        piece, ordinal = self._pieces[0]
        return self.moment.live if int(piece.taken_at[ordinal]) < self._live_at else None

    def state(self, number: int, calendar: Calendar) -> CalendarState | None:
        """The state of a calendar whose newest view is sealed; None when it has no view so early."""
        place = 0
        while place < len(self._pieces) or self._next():
            piece, ordinal = self._pieces[place]
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
            place += 1
        return None

    def _slots(self, number: int, place: int) -> Ints:
        """Open slots of a calendar whose newest view is in the piece at ``place``, ascending."""
        found = [self._live_free(number)]
        piece, _ = self._pieces[place]
        if piece.alone:
            found += [_of(self._free_in(place), number), _of(self._waiting(place), number)]
        elif self.newest_is_in() is None:
            newest = next(n for n, one in enumerate(self._pieces) if not one[0].alone)
            found.append(_of(self._free_in(newest), number))
        return np.unique(np.concatenate(found))

    def _free_in(self, place: int) -> tuple[Ints, Ints]:
        """Calendar and slot of what a piece showed free at the moment."""
        if place not in self._free_of:
            piece, ordinal = self._pieces[place]
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
            if place + 1 < len(self._pieces) or self._next():
                before, _ = self._pieces[place + 1]
                joiner = Joiner()
                joiner.add(before)
                spans = joiner.imported
            spans = spans.where(spans.start > self.at_s)
            piece, ordinal = self._pieces[place]
            keys = spans.key[first_covering(piece, spans.key) > ordinal]
            self._waits_of[place] = (calendar_of_key(keys), slot_of_key(keys))
        return self._waits_of[place]


def _of(free: tuple[Ints, Ints], number: int) -> Ints:
    calendar, slot = free
    own: Ints = slot[calendar == number]
    return own
