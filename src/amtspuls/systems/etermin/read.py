"""Which requests an etermin portal needs; see docs/systems/etermin.md for the flow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import TypeVar

from amtspuls.errors import AmtspulsError, PageChangedError, SessionLostError, ThrottledError
from amtspuls.fetch.page import Page
from amtspuls.model import Covered, Reading
from amtspuls.systems.base import Ask, Session, problem_of
from amtspuls.systems.etermin import parse
from amtspuls.systems.etermin.address import ACCEPT, Addresses, shows_capacity
from amtspuls.systems.etermin.choose import Choice, Chosen, choose
from amtspuls.systems.etermin.options import Options, parse_options
from amtspuls.systems.etermin.parse import Desk, Nothing, ServiceList, Settings
from amtspuls.systems.etermin.tally import Asked, views_of
from amtspuls.systems.markup import Markup, month_end
from amtspuls.systems.walk import Walk, with_aliases

T = TypeVar("T")

_STOP_STATUS = 400
_DAY = timedelta(days=1)


async def read_portal(session: Session, ask: Ask) -> Reading:
    """Read all calendars of a portal.

    Raises:
        SessionLostError: The tenant ignored us from some moment on, twice.
        AmtspulsError: Settings or services could not be read.
    """
    options = parse_options(ask.portal)
    visit = _Visit(Walk(session), ask, options)
    await visit.begin()
    settings = await visit.settings()
    choice = choose((await visit.services(settings)).services, options)
    reading = await _read(_Search(visit, ask, settings), ask, options, choice)
    if not await visit.is_ignored(settings):
        return reading
    # Empty lists of such a tenant may have meant "who are you?": nothing of it counts.
    await visit.renew()
    reading = await _read(_Search(visit, ask, settings), ask, options, choice)
    if await visit.is_ignored(settings):
        raise SessionLostError(
            f"{ask.portal.id}: the tenant forgot the visit twice", url=ask.portal.url, where="visit"
        )
    return reading


async def _read(search: _Search, ask: Ask, options: Options, choice: Choice) -> Reading:
    asked: list[Asked] = []
    problems = list(choice.problems)
    for chosen in choice.chosen:
        try:
            desks = await search.desks(chosen)
        except AmtspulsError as error:
            problems.append(problem_of(chosen.service.name, error))
            continue
        asked += [
            await search.read(chosen, desk) for desk in _wanted(desks, options, choice, asked)
        ]
    views = views_of(asked, options.calendars)
    return Reading(with_aliases(views, ask.portal.calendar_aliases), tuple(problems))


def _wanted(
    desks: tuple[Desk, ...], options: Options, choice: Choice, asked: list[Asked]
) -> tuple[Desk, ...]:
    known = {one.desk.id for one in asked} if choice.one_per_calendar else set()
    return tuple(
        desk
        for desk in desks
        if desk.id not in known and (not options.calendars or desk.id in options.calendars)
    )


class _Visit:
    """Asking one tenant: who it is, and what it wants to see before it answers."""

    def __init__(self, walk: Walk, ask: Ask, options: Options) -> None:
        self._walk = walk
        self._url = ask.portal.url
        self._referer = self._url.partition("#")[0]
        self._zone = ask.portal.zone_info
        self._options = options
        self._account = options.account
        self._opens_page = options.prime
        self._posts_visit = bool(options.account)
        self._is_renewed = False
        self.addresses = Addresses(options)
        self.today = ask.window.first

    async def begin(self) -> None:
        """Be seen first, where the catalogue says that the tenant wants it."""
        await self._prime()

    async def settings(self) -> Settings:
        """Ask for the tenant's settings."""
        settings = await self._insist(self.addresses.settings(), parse.parse_settings)
        self._account = self._account or settings.account
        return settings

    async def services(self, settings: Settings) -> ServiceList:
        """Ask for groups and services."""
        return await self._insist(self.addresses.services(settings), parse.parse_services)

    async def ask(self, url: str, read: Callable[[Page], T]) -> T:
        """Ask an address; once per visit a lost session is begun anew."""
        try:
            return read(await self._get(url))
        except SessionLostError:
            if self._is_renewed:
                raise
        await self.renew()
        return read(await self._get(url))

    async def renew(self) -> None:
        """Begin anew as another visitor."""
        self._is_renewed = True
        self._walk.clear_cookies()
        await self._prime()

    async def is_ignored(self, settings: Settings) -> bool:
        """Ask a tenant that answers seen visitors only whether it still knows us."""
        if not self._opens_page and not self._posts_visit:
            return False
        try:
            found = parse.parse_services(await self._get(self.addresses.services(settings)))
        except AmtspulsError:
            return False  # what went wrong before stands in the views already
        return isinstance(found, Nothing)

    async def _insist(self, url: str, read: Callable[[Page], T | Nothing]) -> T:
        """Ask, and after an empty answer be seen first and ask again."""
        found = await self.ask(url, read)
        while isinstance(found, Nothing) and self._can_be_seen_better():
            await self._prime()
            found = await self.ask(url, read)
        if isinstance(found, Nothing):
            raise PageChangedError(
                f"{url} answers with an empty list: the tenant is unknown, or it wants more than its"
                " booking page to be opened first (option account in docs/systems/etermin.md)",
                url=url,
            )
        return found

    async def _get(self, url: str) -> Page:
        headers = {"Accept": ACCEPT, "Referer": self._referer}
        if self._options.webid:
            headers["webid"] = self._options.webid
        page = await self._walk.get(url, headers)
        self.today = page.fetched_at.astimezone(self._zone).date()
        return page

    def _can_be_seen_better(self) -> bool:
        """Take the next step: open the booking page, then post what that page posts."""
        if not self._opens_page and not self._posts_visit:
            self._opens_page = True
        elif self._account and not self._posts_visit:
            self._posts_visit = True
        else:
            return False
        return True

    async def _prime(self) -> None:
        if self._opens_page:
            Markup(await self._walk.get(self._url), "booking page")
        if self._posts_visit:
            for number in (1, 2):
                url = self.addresses.visit(self._account, number)
                await self._walk.post(url, {}, {"Referer": self._referer})


class _Search:
    """Range and day searches, as long as the portal lets us."""

    def __init__(self, visit: _Visit, ask: Ask, settings: Settings) -> None:
        self._visit = visit
        self._window = ask.window
        self._addresses = visit.addresses
        self._searched = 0
        self._has_counts = False
        self._stop: AmtspulsError | None = None
        self.settings = settings

    async def desks(self, chosen: Chosen) -> tuple[Desk, ...]:
        """Ask for the calendars of a service."""
        url = self._addresses.desks(chosen.service)
        found = await self._visit.ask(url, parse.parse_desks)
        if not found.desks:
            raise PageChangedError("the portal names no calendar for this service", url=url)
        return found.desks

    async def read(self, chosen: Chosen, desk: Desk) -> Asked:
        """Ask for the free days of a calendar and for their times, whatever happens."""
        asked = Asked(chosen, desk, Covered(), shows_capacity(self.settings, chosen.service))
        for day in await self._free_days(asked):
            url = self._addresses.times(self.settings, chosen.service, desk.id, day)
            try:
                times = await self._visit.ask(url, partial(parse.parse_times, day=day))
            except AmtspulsError as error:
                asked.failed[day] = error
            else:
                asked.openings.extend(times.openings)
        return asked

    async def _free_days(self, asked: Asked) -> list[date]:
        """Search month by month; ``covered`` and ``gap`` say how far that went."""
        first, last = self._window.first, self._last_day()
        free: list[date] = []
        day = first
        while day <= last and asked.gap is None:
            try:
                days = await self._range(asked, day)
            except AmtspulsError as error:
                asked.gap = error
            else:
                self._has_counts |= days.counted
                if days.counted or not self._has_counts:  # else days without a count are full
                    free += [found for found in days.free if day <= found <= last]
                day = _answered_until(day, days) + _DAY
        asked.covered = Covered.from_ranges([(first, min(last, day - _DAY))])
        return free

    async def _range(self, asked: Asked, day: date) -> parse.Days:
        if self._stop is not None:
            raise self._stop
        url = self._addresses.days(self.settings, asked.chosen.service, asked.desk.id, day)
        try:
            days = await self._visit.ask(url, parse.parse_days)
        except PageChangedError as error:
            if error.context.get("status") != _STOP_STATUS or not self._searched:
                raise
            self._stop = ThrottledError(
                f"the portal wants no more searches in this visit: it answered {self._searched}, then 400",
                url=url,
            )
            raise self._stop from error
        self._searched += 1
        return days

    def _last_day(self) -> date:
        if not self.settings.future_days:
            return self._window.last
        horizon = self._visit.today + self.settings.future_days * _DAY
        return min(self._window.last, horizon)


def _answered_until(asked: date, days: parse.Days) -> date:
    """Return the last day that a range search certainly speaks for.

    An empty answer, or one within a month, speaks for the whole month; one that reaches over several
    months, only for the days up to its last.
    """
    if days.last is None or days.last < asked:
        return month_end(asked)
    named = [day for day in days.free if day >= asked]
    if all(day.replace(day=1) == days.last.replace(day=1) for day in named):
        return month_end(days.last)
    return days.last
