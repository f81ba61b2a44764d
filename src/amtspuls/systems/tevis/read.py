"""Which requests a Tevis portal needs; see docs/systems/tevis.md for the flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlencode, urljoin

from amtspuls.errors import AmtspulsError, PageChangedError, SessionLostError
from amtspuls.model import Calendar, Outcome, Problem, Reading, View
from amtspuls.systems.base import Ask, Session, failed_view, problem_of
from amtspuls.systems.markup import query_of
from amtspuls.systems.tevis.answer import (
    Answer,
    DataFirst,
    Location,
    Locations,
    NoneFree,
    Times,
    parse_answer,
)
from amtspuls.systems.tevis.concerns import (
    Concern,
    ConcernPage,
    Generation,
    Unit,
    parse_concerns,
    parse_entry,
)
from amtspuls.systems.tevis.options import Wanted, parse_options
from amtspuls.systems.tevis.times import TimesRead, TimesReader
from amtspuls.systems.tevis.views import Keys, Offered, Room, views_of
from amtspuls.systems.tevis.weeks import WeeksReader, without_repeats
from amtspuls.systems.walk import Walk, with_fresh_session

_ENOUGH = "eight services of other units are asked already; name the wanted ones (services in the catalogue)"
_NO_CALENDAR = "wants personal data before it shows times, or has no calendar"


async def read_portal(session: Session, ask: Ask) -> Reading:
    """Read what the chosen concerns of a portal show.

    Raises:
        AmtspulsError: The entry page gave no answer that can be read.
    """
    return await _Reader(Walk(session), ask).read()


@dataclass(slots=True)
class _UnitRead:
    """What came of a unit: its concerns, the chosen ones by field, its locations, what failed as a whole."""

    unit: Unit
    offered: tuple[Concern, ...] = ()
    concerns: dict[str, Concern] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    broken: AmtspulsError | None = None
    problems: list[Problem] = field(default_factory=list)


class _Reader:
    def __init__(self, walk: Walk, ask: Ask) -> None:
        self._walk = walk
        self._ask = ask
        options = parse_options(ask.portal)
        self._wanted = Wanted(ask.portal)
        self._has_unread_units = False
        self._times = TimesReader(walk, ask.window, options.filter_pages)
        self._keys = Keys(ask.known, ask.portal.calendar_aliases)

    async def read(self) -> Reading:
        """Read the entry page, then unit by unit: a session holds one unit at a time."""
        page = await self._walk.get(self._ask.portal.url)
        entry = parse_entry(page)
        views: list[View] = []
        problems: list[Problem] = []
        if isinstance(entry, ConcernPage):
            only = Unit(query_of(page.url).get("md", ""), entry.unit, page.url)
            readings = [await self._unit(only, entry)]
        else:
            readings = await self._units(entry.units)
        for reading in readings:
            views.extend(reading.views)
            problems.extend(reading.problems)
        if not self._has_unread_units:
            problems.extend(_unfound(entry.wire) for entry in self._wanted.missing)
        return Reading(tuple(views), tuple(problems))

    async def _units(self, units: Sequence[Unit]) -> list[Reading]:
        readings: list[Reading] = []
        for number, unit in enumerate(units, start=1):
            if not self._wanted.nothing_left:
                readings.append(await self._unit(unit, None, units_after=len(units) - number))
            elif self._wanted.is_spent:
                problem = Problem(unit.name, Outcome.SKIPPED, _ENOUGH)
                readings.append(Reading((), (problem,)))
        return readings

    async def _unit(
        self, unit: Unit, shown: ConcernPage | None, *, units_after: int = 0
    ) -> Reading:
        """Read one unit, whatever happens; ``shown`` is its page where it has been read already."""
        read = _UnitRead(unit)
        try:
            page = shown
            if page is None:
                page = await with_fresh_session(self._walk, lambda _: self._concerns(unit))
        except AmtspulsError as error:
            read.broken = error
            self._has_unread_units = True
            return self._reading(read)
        if page.generation is Generation.V1:
            return await self._calendars(unit, page)
        chosen = self._wanted.take(page.concerns, units_after=units_after)
        read.offered = page.concerns
        read.concerns = {concern.field: concern for concern in chosen}
        for concern in chosen:
            await self._concern(read, page, concern)
        return self._reading(read)

    async def _calendars(self, unit: Unit, page: ConcernPage) -> Reading:
        """Read a unit of the first generation: week by week, one concern per calendar."""
        weeks = WeeksReader(self._walk, self._ask.window, unit, page, self._keys.of)
        problems: list[Problem] = []

        async def attempt(concern: Concern, final: bool) -> bool:
            if final:
                await self._concerns(unit)
            return await weeks.read(concern)

        for concern in without_repeats(self._wanted.take(page.concerns, by_calendar=True)):
            where = f"{unit.name}: {concern.name}"
            try:
                if not await with_fresh_session(self._walk, partial(attempt, concern)):
                    problems.append(Problem(where, Outcome.SKIPPED, _NO_CALENDAR))
            except AmtspulsError as error:
                if not weeks.fail(concern, error):
                    problems.append(problem_of(where, error))
        return Reading(weeks.views(), tuple(problems))

    async def _concerns(self, unit: Unit) -> ConcernPage:
        return parse_concerns(await self._walk.get(unit.url))

    async def _concern(self, read: _UnitRead, page: ConcernPage, concern: Concern) -> None:
        try:
            await with_fresh_session(self._walk, partial(self._attempt, read, page, concern))
        except AmtspulsError as error:
            read.broken = read.broken or error
            read.problems.append(problem_of(f"{read.unit.name}: {concern.name}", error))

    async def _attempt(
        self, read: _UnitRead, page: ConcernPage, concern: Concern, final: bool
    ) -> None:
        """Read a concern at all of its locations; the second time only what is still missing."""
        if final:
            page = await self._concerns(read.unit)
            concern = next((c for c in page.concerns if c.field == concern.field), concern)
        chosen = {"mdt": concern.mdt, "select_cnc": "1", concern.field: "1"}
        url = urljoin(read.unit.url, page.generation.value)
        shown = parse_answer(await self._walk.get(f"{url}?{urlencode(chosen)}"))
        where = f"{read.unit.name}: {concern.name}"
        if isinstance(shown, DataFirst):
            read.problems.append(
                Problem(where, Outcome.SKIPPED, "wants personal data before it shows times")
            )
        elif isinstance(shown, Locations):
            await self._locations(read, concern, shown, final)
        else:
            # One location: the page of times comes at once.
            room = _room(read, _loc_of(shown), shown.location)
            room.read[concern.field] = await self._list(shown, final)

    async def _locations(
        self, read: _UnitRead, concern: Concern, shown: Locations, final: bool
    ) -> None:
        lost: AmtspulsError | None = None
        for location in shown.locations:
            room = _room(read, location.loc, location.name)
            if concern.field not in room.read:
                got = lost or await self._location(shown.url, location, final)
                room.read[concern.field] = got
                lost = got if isinstance(got, SessionLostError) else None

    async def _location(
        self, url: str, location: Location, final: bool
    ) -> TimesRead | AmtspulsError:
        if location.none_free:
            return self._times.nothing()
        try:
            answer = parse_answer(await self._walk.post(url, dict(location.form)))
            return await self._list(answer, final)
        except SessionLostError as error:
            if not final:
                raise
            return error
        except AmtspulsError as error:
            return error

    async def _list(self, answer: Answer, final: bool) -> TimesRead:
        if isinstance(answer, NoneFree):
            return self._times.nothing()
        if not isinstance(answer, Times):
            raise PageChangedError("the chosen location answers with no list of times")
        return await self._times.read(answer, final=final)

    def _reading(self, read: _UnitRead) -> Reading:
        if read.broken is not None:
            return self._broken(read, read.broken)
        offered = Offered(read.offered, read.concerns)
        views: list[View] = []
        for room in read.rooms.values():
            for field_name, got in room.read.items():
                if isinstance(got, TimesRead):
                    room.read[field_name] = self._times.settled(got)
            views.extend(views_of(room, offered, self._keys, self._ask.window))
        return Reading(tuple(views), tuple(read.problems))

    def _broken(self, read: _UnitRead, error: AmtspulsError) -> Reading:
        """A concern failed as a whole: of no calendar of the unit is known what is taken."""
        asked = tuple(concern.name for concern in read.concerns.values())
        known = self._keys.known_below(read.unit.name)
        views = tuple(failed_view(Calendar(k.key, k.name, asked), error, asked) for k in known)
        problems = read.problems or [problem_of(read.unit.name, error)]
        return Reading(views, () if views and not read.problems else tuple(problems))


def _room(read: _UnitRead, loc: str, name: str) -> Room:
    place = f"{read.unit.md}-{loc}" if loc else read.unit.md
    return read.rooms.setdefault(loc, Room(read.unit.name, loc, place, name))


def _loc_of(shown: Times | NoneFree) -> str:
    fields = dict(shown.filter.fields) if isinstance(shown, Times) and shown.filter else {}
    return fields.get("loc", "")


def _unfound(entry: str) -> Problem:
    return Problem(
        entry, Outcome.CHANGED, "no unit offers this service; see services in the catalogue"
    )
