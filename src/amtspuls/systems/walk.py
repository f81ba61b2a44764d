"""The way through one portal: a session that stops when it is told to, days, and finished views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from amtspuls.errors import (
    AmtspulsError,
    PageChangedError,
    RefusedError,
    SessionLostError,
    SkippedError,
    ThrottledError,
    UnreachableError,
)
from amtspuls.fetch.page import Page
from amtspuls.model import Calendar, Covered, Outcome, Slot, View, Window
from amtspuls.systems.base import Session, failed_view
from amtspuls.systems.markup import query_of

T = TypeVar("T")

UNREACHABLE_IN_A_ROW = 3
"""After so many unanswered requests in a row (each retried already) the rest of the portal is left alone."""

_RESERVING = frozenset({"time", "uhrzeit"})


class Walk:
    """A session for the length of one snapshot.

    After an answer that means "go away" or "not now" (throttled, refused, skipped) every further call
    raises that error again without a request, so that callers need no special case for it. The same
    holds after ``UNREACHABLE_IN_A_ROW`` unreachable pages. Addresses that may reserve a slot are never
    requested.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stopped: AmtspulsError | None = None
        self._unreachable = 0

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        """GET an address."""
        if not _RESERVING.isdisjoint(query_of(url)):
            raise PageChangedError(
                f"the link {url} chooses a time: Amtspuls never opens it", url=url
            )
        return await self._request(lambda: self._session.get(url, headers))

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Page:
        """POST a form."""
        return await self._request(lambda: self._session.post(url, form, headers))

    def clear_cookies(self) -> None:
        """Become a new visitor."""
        self._session.clear_cookies()

    async def _request(self, send: Callable[[], Awaitable[Page]]) -> Page:
        if self._stopped is not None:
            raise self._stopped
        try:
            page = await send()
        except (ThrottledError, RefusedError, SkippedError) as error:
            self._stopped = error
            raise
        except UnreachableError as error:
            self._unreachable += 1
            if self._unreachable >= UNREACHABLE_IN_A_ROW:
                self._stopped = error
            raise
        self._unreachable = 0
        return page


async def with_fresh_session(walk: Walk, attempt: Callable[[bool], Awaitable[T]]) -> T:
    """Run an attempt; when the session is lost, run it once more as a new visitor.

    Args:
        walk: Whose cookies are cleared in between.
        attempt: Gets False the first time, True the second; then it must settle for what it has.
    """
    try:
        return await attempt(False)
    except SessionLostError:
        walk.clear_cookies()
        return await attempt(True)


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A day that a calendar marks as free, and where its times are."""

    day: date
    url: str


@dataclass(frozen=True, slots=True)
class Found:
    """A calendar as far as it is known before its days are read.

    Attributes:
        calendar: Whose it is.
        asked: Services that were asked.
        days: Days marked free.
        covered: Days of the window that the calendar answered for.
        gap: Why ``covered`` ends early; None when all that is offered was seen.
    """

    calendar: Calendar
    asked: tuple[str, ...]
    days: tuple[FreeDay, ...]
    covered: Covered
    gap: AmtspulsError | None = None


@dataclass(slots=True)
class DaysRead:
    """What became of the days that were opened: their slots, and the days that failed."""

    slots: set[Slot] = field(default_factory=set)
    failed: dict[date, AmtspulsError] = field(default_factory=dict)


async def read_view(
    walk: Walk,
    found: Found,
    parse: Callable[[Page, date], tuple[Slot, ...]],
    *,
    final: bool,
) -> View:
    """Read the marked days that a calendar answered for, and finish its view.

    A day that fails is not covered. Unless ``final``, a lost session ends the attempt instead.

    Raises:
        SessionLostError: The session was lost and ``final`` is false.
    """
    read = DaysRead()
    addresses = {free.day: free.url for free in found.days if free.day in found.covered}
    for day, url in sorted(addresses.items()):
        try:
            read.slots.update(parse(await walk.get(url), day))
        except SessionLostError as error:
            if not final:
                raise
            read.failed[day] = error
        except AmtspulsError as error:
            read.failed[day] = error
    return finished_view(found, read)


def finished_view(found: Found, read: DaysRead) -> View:
    """Finish a view: failed days are not covered, and what is missing is said as the reason."""
    covered = found.covered.without(read.failed) if read.failed else found.covered
    errors = [*read.failed.values(), *([found.gap] if found.gap else [])]
    if not covered:
        ends_early = PageChangedError("the calendar ends before the first day that was asked for")
        return failed_view(found.calendar, [*errors, ends_early][0], found.asked)
    slots = tuple(sorted(read.slots))
    if not errors:
        return View(found.calendar, Outcome.OK, covered, slots, found.asked)
    reason = "; ".join(filter(None, (_days_reason(read.failed), _gap_reason(found.gap))))
    return View(found.calendar, Outcome.PARTIAL, covered, slots, found.asked, reason=reason)


def _days_reason(failed: Mapping[date, AmtspulsError]) -> str:
    by_message: dict[str, list[str]] = {}
    for day, error in sorted(failed.items()):
        by_message.setdefault(str(error), []).append(day.isoformat())
    return "; ".join(
        f"not read: {', '.join(days)} ({message})" for message, days in by_message.items()
    )


def _gap_reason(gap: AmtspulsError | None) -> str:
    return "" if gap is None else f"later months not read ({gap})"


def nothing_free(calendar: Calendar, window: Window, asked: tuple[str, ...]) -> View:
    """A view for a calendar of which the portal says that nothing is free at all."""
    return View(calendar, Outcome.OK, window.covered(), asked=asked)


def skipped_view(calendar: Calendar, reason: str, asked: tuple[str, ...]) -> View:
    """A view for a calendar that cannot be asked in the way we ask."""
    return View(calendar, Outcome.SKIPPED, asked=asked, reason=reason)


def with_aliases(views: Iterable[View], aliases: Mapping[str, str]) -> tuple[View, ...]:
    """Give calendars the key that history has, where the catalogue names one."""
    return tuple(
        replace(
            view,
            calendar=replace(view.calendar, key=aliases.get(view.calendar.key, view.calendar.key)),
        )
        for view in views
    )


def service_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names in page order, each once."""
    return tuple(dict.fromkeys(names))
