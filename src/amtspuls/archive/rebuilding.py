"""What was free at a moment, out of sealed weeks and the live part: few weeks are read for one moment.

Free is what a span says that was open then, as ``archive/joining.py`` joins them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from amtspuls.archive.answers import state_of
from amtspuls.archive.base import CalendarState
from amtspuls.archive.joining import Joiner
from amtspuls.archive.merging import back_to_slots, rest_of, whole_weeks
from amtspuls.archive.moment import Moment
from amtspuls.archive.numbers import Numbers
from amtspuls.archive.pieces import LEFT_OUT, Piece, is_answered
from amtspuls.archive.times import Ints, slot_at
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Calendar, Covered, Outcome

if TYPE_CHECKING:
    from amtspuls.archive.live_part import LivePart

_MINUTES_PER_DAY = 1440
_EPOCH_DAY = date(1970, 1, 1).toordinal()


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
        states = live.state(portal_id, at_s)
        found = {keys[state.calendar.key]: state for state in states}
    for number, calendar in calendars.items():
        if number not in found:
            state = past.state(number, calendar)
            if state is not None:
                found[number] = state
    return [found[number] for number in calendars if number in found]


@dataclass
class _Past:
    """The weeks of a portal up to a moment, the newest first; a week is read when it is looked at.

    What is not sealed yet is no such week, unless one was imported: then all of it is one chain.
    """

    moment: Moment
    numbers: Numbers
    portal_id: str
    at_s: int
    mixed: bool = False
    _weeks: list[IsoWeek | Piece] = field(default_factory=list)
    _former: frozenset[str] = frozenset()
    _pieces: dict[int, tuple[Piece, int]] = field(default_factory=dict)
    _live_at: int | None = None
    _free: tuple[Ints, Ints] | None = None
    _views_of: dict[int, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        weeks = self.moment.weeks_of(self.portal_id)
        self.mixed = any(self.moment.shelf.about(week).is_import for week in weeks)
        if self.moment.live is not None:
            # What is sealed too counts as sealed.
            sealed = () if self.mixed else self.moment.hidden(self.portal_id)
            self._live_at = self.moment.live.newest_at(self.portal_id, self.at_s, sealed)
        if self.mixed:
            weeks = whole_weeks(self.moment, self.portal_id)
        near = {*self.moment.weeks_of(self.portal_id, (None, self.at_s + 1))}
        self._weeks = [week for week in reversed(weeks) if week in near]
        rest = rest_of(self.moment, self.portal_id) if self.mixed and self._live_at else None
        if rest is not None:
            self._weeks.insert(0, rest)
        while self._weeks and self._piece(0)[1] < 0:
            self._weeks = self._weeks[1:]
            self._pieces.clear()
        self._former = frozenset(key for _, key, _ in self.moment.former_keys(self.portal_id))

    def _piece(self, place: int) -> tuple[Piece, int]:
        """The week at a place, and the ordinal of its newest snapshot up to the moment."""
        if place not in self._pieces:
            week = self._weeks[place]
            piece = week if isinstance(week, Piece) else self._read(week)
            ordinal = int(np.searchsorted(piece.taken_at, self.at_s, side="right")) - 1
            self._pieces[place] = (piece, ordinal)
        return self._pieces[place]

    def _read(self, week: IsoWeek) -> Piece:
        return self.numbers.piece(self.moment, self.portal_id, week)

    def _may_have(self, place: int, key: str) -> bool:
        """Whether a calendar may have a view in the week at a place; one that was renamed may always."""
        week = self._weeks[place]
        if isinstance(week, Piece):
            return True
        sealed = self.moment.shelf.calendars(week, self.portal_id)
        return any(one.key == key or one.key in self._former for one in sealed)

    def newest_is_in(self) -> LivePart | None:
        """The live part when the newest snapshot up to the moment is there; None when it is in a week."""
        if self._live_at is None or self.mixed:
            return None
        if not self._weeks:
            return self.moment.live
        piece, ordinal = self._piece(0)
        return self.moment.live if int(piece.taken_at[ordinal]) < self._live_at else None

    def state(self, number: int, calendar: Calendar) -> CalendarState | None:
        """The state of a calendar whose newest view is in a week; None when it has no view so early."""
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
                free_calendar, slot = self._all_free()
                return state_of(
                    calendar,
                    Outcome(views.outcome[run]),
                    int(piece.taken_at[seen]),
                    views.covered[run],
                    slot[free_calendar == number],
                )
        return None

    def _all_free(self) -> tuple[Ints, Ints]:
        """Calendar and slot, ascending, of everything that is open at the moment."""
        if self._free is None:
            live = self.newest_is_in()
            if live is not None:
                self._free = live.free(self.portal_id, self.at_s)
            else:
                piece, ordinal = self._piece(0)
                self._free = self._before().open_at(piece, ordinal, self.at_s)
        return self._free

    def _before(self) -> Joiner:
        """All that the newest week does not know: what has waited since before it."""
        joiner = Joiner()
        for place in range(self._oldest() if self.mixed else 0, 0, -1):
            joiner.add(self._piece(place)[0])
        return joiner

    def _oldest(self) -> int:
        """Place of the oldest week of which anything may still wait; 0 where nothing does."""
        weeks = [week for week in reversed(self._weeks[1:]) if isinstance(week, IsoWeek)]
        furthest = len(weeks) - back_to_slots(self.moment, self.portal_id, weeks, self.at_s)
        oldest, reach = 0, self._reach(0)
        for place, week in enumerate(weeks[::-1][:furthest], start=1):
            last_day = self.moment.shelf.latest_slot(week, self.portal_id) // _MINUTES_PER_DAY
            known = self.moment.shelf.calendars(week, self.portal_id)
            if any(reach.get(one.key, -1) < last_day or one.key in self._former for one in known):
                for read in range(oldest + 1, place + 1):
                    for key, day in self._reach(read).items():
                        reach[key] = max(day, reach.get(key, -1))
                oldest = place
        return oldest

    def _reach(self, place: int) -> dict[str, int]:
        """By key of a calendar, up to which day from that of the moment on a view of a week covers all."""
        piece, ordinal = self._piece(place)
        today = date.fromordinal(_EPOCH_DAY + slot_at(self.at_s, piece.zone) // _MINUTES_PER_DAY)
        views, found = piece.portal.views, dict[str, int]()
        answered = is_answered(views.outcome) & (views.first <= ordinal)
        answered &= piece.numbers[views.calendar] != LEFT_OUT
        for covered in set(views.covered[answered].tolist()):
            ends = [end for begin, end in Covered.parse(covered).ranges if begin <= today <= end]
            last = ends[0].toordinal() - _EPOCH_DAY if ends else -1
            for number in set(views.calendar[answered & (views.covered == covered)].tolist()):
                key = piece.portal.calendars[number].key
                found[key] = max(last, found.get(key, -1))
        return found
