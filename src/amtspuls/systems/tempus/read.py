"""Which requests a Tempus portal needs; see docs/systems/tempus.md for the flow."""

from __future__ import annotations

from functools import partial

from amtspuls.errors import AmtspulsError, PageChangedError, SessionLostError
from amtspuls.fetch.page import Page
from amtspuls.model import (
    UNKNOWN_OFFICE,
    Calendar,
    KnownCalendar,
    Outcome,
    Problem,
    Reading,
    View,
)
from amtspuls.systems.base import Ask, Session, failed_view, problem_of
from amtspuls.systems.services import OnePerCalendar
from amtspuls.systems.tempus import parse
from amtspuls.systems.tempus.form import Category, EntryForm, Option, parse_entry
from amtspuls.systems.tempus.keys import KnownKeys, make_key
from amtspuls.systems.walk import (
    Found,
    Walk,
    nothing_free,
    read_view,
    service_names,
    with_aliases,
    with_fresh_session,
)

_NOTICES_IN_A_ROW = 2


async def read_portal(session: Session, ask: Ask) -> Reading:
    """Read all calendars of a portal.

    Raises:
        AmtspulsError: The entry page gave no answer that can be read.
    """
    reader = _Reader(Walk(session), ask)
    views: list[View] = []
    problems: list[Problem] = []
    for category in await reader.categories():
        read = await reader.read_category(category)
        views.extend(read.views)
        problems.extend(read.problems)
    problems.extend(reader.wanted.problems())
    return Reading(with_aliases(views, ask.portal.calendar_aliases), tuple(problems))


class _Reader:
    def __init__(self, walk: Walk, ask: Ask) -> None:
        self._walk = walk
        self._ask = ask
        self._keys = KnownKeys(ask.known)
        self._form: EntryForm | None = None
        self._asked_fields: dict[str, str] = {}
        self.wanted = OnePerCalendar(ask.portal)

    async def categories(self) -> tuple[Category, ...]:
        """Read the entry page."""
        self._form = await with_fresh_session(self._walk, lambda _: self._entry())
        return self._form.categories

    async def read_category(self, category: Category) -> Reading:
        """Return views and problems of one category, whatever happens.

        A category that offers no service of the entry is not asked: no view says anything of it.
        """
        place = self.wanted.pick([((one.field, one.task), one.name) for one in category.options])
        if place is None:
            return Reading(())
        self._asked_fields[category.options[0].field] = category.options[place].field
        try:
            return await with_fresh_session(self._walk, partial(self._attempt, category))
        except AmtspulsError as error:
            known = self._keys.newest(category.options[0].task)
            if not known:
                return Reading((), (problem_of(category.name, error),))
            return Reading(
                tuple(
                    failed_view(
                        self._known_calendar(category, calendar), error, self._names(category)
                    )
                    for calendar in known
                )
            )

    async def _attempt(self, category: Category, final: bool) -> Reading:
        form, category = await self._form_for(category, fresh=final)
        fields = {option.field: "0" for option in category.options}
        fields[self._option(category).field] = "1"
        answer = await self._past_notices(await self._walk.post(form.action, fields))
        if isinstance(answer, parse.OfficeList):
            return await self._offices(category, answer, final)
        if isinstance(answer, parse.Calendar) and answer.ids.office:
            calendar = self._calendar(category, answer.ids)
            return Reading((await self._view(category, calendar, answer, final),))
        return await self._unnamed_office(category, answer, final)

    async def _unnamed_office(
        self, category: Category, answer: parse.Answer, final: bool
    ) -> Reading:
        """A calendar without office: it has no free day, so only its key is wanted."""
        task = category.options[0].task
        if isinstance(answer, parse.SoldOut) and answer.ids.office:
            calendars = [self._calendar(category, answer.ids)]
        else:
            calendars = [self._known_calendar(category, c) for c in self._keys.newest(task)]
            calendars = calendars or [self._calendar(category, parse.Ids(UNKNOWN_OFFICE, task))]
        if isinstance(answer, parse.Calendar) and answer.days and len(calendars) > 1:
            calendars = [self._calendar(category, parse.Ids(UNKNOWN_OFFICE, task))]
        if isinstance(answer, parse.Calendar):
            views = [await self._view(category, c, answer, final) for c in calendars]
        else:
            views = [nothing_free(c, self._ask.window, self._names(category)) for c in calendars]
        return Reading(tuple(views))

    async def _offices(self, category: Category, listed: parse.OfficeList, final: bool) -> Reading:
        views: list[View] = []
        problems: list[Problem] = []
        for office in listed.offices:
            if office.url:
                self._keys.learn(office.name, office.ids.office)
        for office in listed.offices:
            calendar = self._listed_calendar(category, office)
            if calendar is None or not (office.url or office.says_none):
                problems.append(_unkeyed(category, office))
            elif office.url:
                views.append(await self._office(category, office, calendar, final))
            else:
                views.append(nothing_free(calendar, self._ask.window, self._names(category)))
        return Reading(tuple(views), tuple(problems))

    async def _office(
        self, category: Category, office: parse.Office, calendar: Calendar, final: bool
    ) -> View:
        try:
            answer = await self._past_notices(await self._walk.get(office.url))
            if isinstance(answer, parse.SoldOut | parse.Nowhere):
                return nothing_free(calendar, self._ask.window, self._names(category))
            if not isinstance(answer, parse.Calendar):
                raise PageChangedError(f"{calendar.name} answers with no calendar", url=office.url)
            return await self._view(category, calendar, answer, final)
        except SessionLostError as error:
            if not final:
                raise
            return failed_view(calendar, error, self._names(category))
        except AmtspulsError as error:
            return failed_view(calendar, error, self._names(category))

    async def _view(
        self, category: Category, calendar: Calendar, shown: parse.Calendar, final: bool
    ) -> View:
        window = self._ask.window
        found = Found(calendar, self._names(category), shown.days, window.covered(shown.last))
        return await read_view(self._walk, found, parse.parse_day, final=final)

    async def _past_notices(self, page: Page) -> parse.Answer:
        answer = parse.parse_answer(page)
        for _ in range(_NOTICES_IN_A_ROW):
            if not isinstance(answer, parse.Notice):
                return answer
            answer = parse.parse_answer(await self._walk.get(answer.url))
        if isinstance(answer, parse.Notice):
            raise PageChangedError("one notice follows the other without end", url=answer.url)
        return answer

    async def _entry(self) -> EntryForm:
        return parse_entry(await self._walk.get(self._ask.portal.url))

    async def _form_for(self, category: Category, *, fresh: bool) -> tuple[EntryForm, Category]:
        """Return the form and the category on it, read anew when the session must be fresh."""
        if not fresh and self._form is not None:
            return self._form, category
        self._form = await self._entry()
        for now in self._form.categories:
            if now.options[0].field == category.options[0].field:
                return self._form, now
        raise PageChangedError(f"the category {category.name!r} is gone from the entry page")

    def _option(self, category: Category) -> Option:
        """The option that is asked for."""
        field = self._asked_fields[category.options[0].field]
        return next((one for one in category.options if one.field == field), category.options[0])

    def _names(self, category: Category) -> tuple[str, ...]:
        return (self._option(category).name,)

    def _calendar(self, category: Category, ids: parse.Ids, office_name: str = "") -> Calendar:
        """The key holds the first task of a category, also where another one is asked for."""
        first = category.options[0]
        task = ids.task if self._option(category) is first and ids.task else first.task
        if not task:
            raise PageChangedError(f"neither form nor links name the task of {category.name!r}")
        name = f"{office_name}: {category.name}" if office_name else category.name
        return Calendar(make_key(ids.office, task), name, _services(category))

    def _known_calendar(self, category: Category, known: KnownCalendar) -> Calendar:
        return Calendar(known.key, known.name, _services(category))

    def _listed_calendar(self, category: Category, office: parse.Office) -> Calendar | None:
        if office.url:
            return self._calendar(category, office.ids, office.name)
        key = self._keys.key_of(office.name, category.options[0].task)
        name = f"{office.name}: {category.name}"
        return None if key is None else Calendar(key, name, _services(category))


def _services(category: Category) -> tuple[str, ...]:
    return service_names([option.name for option in category.options])


def _unkeyed(category: Category, office: parse.Office) -> Problem:
    where = f"{office.name or '?'}: {category.name}"
    if office.says_none:
        return Problem(
            where, Outcome.SKIPPED, "has no appointment, and no page has shown the office's id yet"
        )
    return Problem(where, Outcome.CHANGED, "is listed without a link and without saying why")
