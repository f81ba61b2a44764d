"""Which requests a netappoint portal needs; see docs/systems/netappoint.md for the flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from amtspuls.errors import AmtspulsError, PageChangedError, SessionLostError
from amtspuls.model import Calendar, Covered, Reading, View, Window
from amtspuls.systems.base import Ask, Session, failed_view
from amtspuls.systems.markup import month_end, slug
from amtspuls.systems.netappoint.form import UNNAMED_DE, Category, Service, ServiceForm
from amtspuls.systems.netappoint.options import Options, parse_options
from amtspuls.systems.netappoint.parse import (
    Month,
    MonthLink,
    PlaceList,
    Refusal,
    parse_answer,
    parse_day,
    parse_entry,
)
from amtspuls.systems.services import OnePerCalendar
from amtspuls.systems.walk import (
    Found,
    FreeDay,
    Walk,
    nothing_free,
    read_view,
    service_names,
    skipped_view,
    with_aliases,
    with_fresh_session,
)

_WHOLE_PORTAL = "default"
_NO_SERVICE = "the portal names this category, but offers no service to choose"

Answer = Month | PlaceList | Refusal


@dataclass(frozen=True, slots=True)
class _Job:
    """A category or cause: what becomes one calendar, or one per location.

    ``open`` asks for it and returns the services asked and the answer; it gets True when the session
    must be a fresh one.
    """

    name: str
    key: str
    services: tuple[str, ...]
    open: Callable[[bool], Awaitable[tuple[tuple[str, ...], Answer]]]

    def calendar(self, place: str = "") -> Calendar:
        if not place:
            return Calendar(self.key, self.name, self.services)
        return Calendar(f"{_key(place)}/{self.key}", f"{place}: {self.name}", self.services)


async def read_portal(session: Session, ask: Ask) -> Reading:
    """Read all calendars of a portal.

    Raises:
        AmtspulsError: The entry page gave no answer that can be read.
    """
    reader = _Reader(Walk(session), ask)
    views: list[View] = []
    for job in await reader.jobs():
        views.extend(await reader.read_job(job))
    problems = reader.wanted.problems()
    return Reading(with_aliases(views, ask.portal.calendar_aliases), problems)


class _Reader:
    def __init__(self, walk: Walk, ask: Ask) -> None:
        self._walk = walk
        self._ask = ask
        self._options: Options = parse_options(ask.portal)
        self._form: ServiceForm | None = None
        self._is_new_visitor = False
        self.wanted = OnePerCalendar(ask.portal)

    async def jobs(self) -> list[_Job]:
        """Find out what there is to read; only companies with services need a request for that."""
        options = self._options
        if options.causes:
            return [
                _Job(name, _key(name), (), partial(self._open_calendar, ("cur_cause", number)))
                for number, name in options.causes
            ]
        name = self._ask.portal.name
        if options.starts_with_calendar:
            return [
                _Job(name, _WHOLE_PORTAL, (), partial(self._open_calendar, options.cause)),
            ]
        entry = await with_fresh_session(self._walk, lambda _: self._entry())
        if not isinstance(entry, ServiceForm):
            return [_Job(name, _WHOLE_PORTAL, (), partial(self._open_entry, entry))]
        self._form = entry
        jobs = [self._category_job(category) for category in entry.categories]
        return [job for job in jobs if job is not None]

    def _category_job(self, category: Category) -> _Job | None:
        """The job of a category; None when the entry names services, and none of this category."""
        place = self.wanted.pick([(_ids(one), one.name) for one in category.services])
        if place is None:
            return None
        names = service_names([service.name for service in category.services])
        # Without an entry the second service is tried where the first one is refused.
        fields = [one.field for one in category.services[place : place + 1]]
        opened = partial(self._open_category, category, fields if self._ask.portal.services else [])
        return _Job(category.name, _key(category.name), names, opened)

    async def read_job(self, job: _Job) -> list[View]:
        """Return the views of one category or cause, whatever happens."""
        try:
            return await with_fresh_session(self._walk, partial(self._attempt, job))
        except AmtspulsError as error:
            return [failed_view(calendar, error) for calendar in self._expected(job)]

    def _expected(self, job: _Job) -> list[Calendar]:
        """The calendars of a job that failed before its answer: those known of old, else its own."""
        known = [
            Calendar(known.key, known.name, job.services)
            for known in self._ask.known
            if known.key.endswith("/" + job.key)
        ]
        return known or [job.calendar()]

    async def _attempt(self, job: _Job, final: bool) -> list[View]:
        asked, answer = await job.open(final)
        if isinstance(answer, Refusal):
            return [skipped_view(job.calendar(), answer.text, asked)]
        if isinstance(answer, Month):
            parts: list[Found | View] = [await self._months(job.calendar(), asked, answer, final)]
        else:
            parts = [
                await self._place(job.calendar(place.name), place.url, asked, final)
                for place in answer.places
            ]
        # Days are read without the session: in it the portal shows the choice of days again.
        self._walk.clear_cookies()
        return [
            part
            if isinstance(part, View)
            else await read_view(self._walk, part, parse_day, final=final)
            for part in parts
        ]

    async def _place(
        self, calendar: Calendar, url: str, asked: tuple[str, ...], final: bool
    ) -> Found | View:
        if not url:
            return nothing_free(calendar, self._ask.window, asked)
        try:
            answer = parse_answer(await self._walk.get(url))
            if isinstance(answer, Refusal):
                return skipped_view(calendar, answer.text, asked)
            if isinstance(answer, PlaceList):
                raise PageChangedError(
                    f"the location {calendar.name} answers with a list again", url=url
                )
            return await self._months(calendar, asked, answer, final)
        except SessionLostError as error:
            if not final:
                raise
            return failed_view(calendar, error, asked)
        except AmtspulsError as error:
            return failed_view(calendar, error, asked)

    async def _months(
        self, calendar: Calendar, asked: tuple[str, ...], first: Month, final: bool
    ) -> Found:
        """Walk the months of a calendar, in its session, as far as the window goes."""
        window = self._ask.window
        if not first.days:
            return Found(calendar, asked, (), window.covered())
        days: list[FreeDay] = list(first.days)
        shown = first
        gap: AmtspulsError | None = None
        while (link := _next_month(shown)) is not None and _is_wanted(link, shown, window):
            try:
                answer = parse_answer(await self._walk.get(link.url))
                if not isinstance(answer, Month):
                    raise PageChangedError(
                        f"{link.month:%Y-%m} is no month of a calendar", url=link.url
                    )
            except SessionLostError as error:
                if not final:
                    raise
                gap = error
                break
            except AmtspulsError as error:
                gap = error
                break
            if answer.month <= shown.month:
                break
            shown = answer
            days.extend(answer.days)
        covered: Covered = window.covered(month_end(shown.month))
        return Found(calendar, asked, tuple(days), covered, gap)

    async def _entry(self) -> ServiceForm | Month | PlaceList:
        page = await self._walk.get(self._url(self._options.cause))
        self._is_new_visitor = True
        return parse_entry(page)

    def _url(self, *parameters: tuple[str, str] | None) -> str:
        given = [parameter for parameter in parameters if parameter is not None]
        return self._ask.portal.url + ("&" + urlencode(given, safe="|") if given else "")

    async def _open_entry(
        self, entry: Month | PlaceList, fresh: bool
    ) -> tuple[tuple[str, ...], Answer]:
        if not fresh:
            return (), entry
        again = await self._entry()
        if isinstance(again, ServiceForm):
            raise PageChangedError("the entry page shows now a calendar, now a form of services")
        return (), again

    async def _open_calendar(
        self, cause: tuple[str, str] | None, fresh: bool
    ) -> tuple[tuple[str, ...], Answer]:
        self._walk.clear_cookies()
        return (), parse_answer(await self._walk.get(self._url(cause, ("step", "2"))))

    async def _open_category(
        self, category: Category, wanted: Sequence[str], fresh: bool
    ) -> tuple[tuple[str, ...], Answer]:
        """Ask for the wanted field of a category; without one for its first service or its second."""
        if not category.services:
            return (), Refusal(_NO_SERVICE)
        form, services = await self._form_for(category, fresh)
        answer: Answer = Refusal(_NO_SERVICE)
        asked: tuple[str, ...] = ()
        tried = [one for one in services if one.field in wanted] if wanted else services[:2]
        for service in tried:
            fields = {other.field: "0" for other in services} | {service.field: "1"}
            if not self._is_new_visitor:
                self._walk.clear_cookies()
            self._is_new_visitor = False
            page = await self._walk.post(form.action, fields | {"sentcasetypes": form.submit})
            asked, answer = (service.name,), parse_answer(page)
            if not isinstance(answer, Refusal):
                break
        return asked, answer

    async def _form_for(
        self, category: Category, fresh: bool
    ) -> tuple[ServiceForm, tuple[Service, ...]]:
        """Return the form and the category's services, read anew when the session must be fresh."""
        if not fresh and self._form is not None:
            return self._form, category.services
        entry = await self._entry()
        if not isinstance(entry, ServiceForm):
            raise PageChangedError("the entry page lost its form of services")
        self._form = entry
        for now in entry.categories:
            if now.services[:1] == category.services[:1]:
                return entry, now.services
        raise PageChangedError(f"the category {category.name!r} is gone from the entry page")


def _ids(service: Service) -> tuple[str, str]:
    return service.field, service.field.rpartition("_")[2]


def _key(name: str) -> str:
    return slug(name) or slug(UNNAMED_DE)


def _is_wanted(link: MonthLink, shown: Month, window: Window) -> bool:
    """Whether a further month is worth a request.

    Behind an empty month the last one, of which the window holds a part only, is left unknown: for each
    calendar that would be a request in every round for days that hardly any portal offers yet.
    """
    if month_end(shown.month) >= window.last:
        return False
    return bool(shown.days) or month_end(link.month) < window.last


def _next_month(shown: Month) -> MonthLink | None:
    later = [link for link in shown.buttons if link.month > shown.month]
    return min(later, key=lambda link: link.month, default=None)
