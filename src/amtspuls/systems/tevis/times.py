"""Reading a list of times to its end through the filter of step 4; see docs/systems/tevis.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from amtspuls.errors import (
    AmtspulsError,
    PageChangedError,
    SessionLostError,
    SkippedError,
)
from amtspuls.model import Covered, Window
from amtspuls.systems.tevis.answer import Filter, NoneFree, Offer, Times, parse_answer
from amtspuls.systems.walk import Walk

FEWEST_OF_A_CUT_LIST = 12
"""A page with fewer times was never cut inside a day (inferred: the shortest cut seen had 16)."""

_DAY = timedelta(days=1)
_LAST_HOUR = 23


@dataclass(frozen=True, slots=True)
class TimesRead:
    """What was read of one concern at one location.

    Attributes:
        offers: Free times of covered days.
        covered: Days that were answered for.
        gap: Why days of the window are missing; None when none is.
    """

    offers: frozenset[Offer]
    covered: Covered
    gap: AmtspulsError | None = None


@dataclass(slots=True)
class _State:
    filter: Filter
    offers: set[Offer] = field(default_factory=set)
    unread: set[date] = field(default_factory=set)
    last: date = date.min
    whole: bool = True
    """Whether the last day that was shown is certainly not cut."""


class TimesReader:
    """Walks the filter of every list of a portal, within one budget of pages."""

    def __init__(self, walk: Walk, window: Window, pages: int) -> None:
        self._walk = walk
        self._window = window
        self._pages = pages
        self._budget = pages
        self._biggest = FEWEST_OF_A_CUT_LIST

    def nothing(self) -> TimesRead:
        """What is read where the portal says that nothing is free at all."""
        return TimesRead(frozenset(), self._window.covered())

    async def read(self, shown: Times, *, final: bool) -> TimesRead:
        """Read a list from the page that shows its beginning.

        Asks again from the last day shown to the end of the window, until a page shows that day only
        and is not full. A day that fills a page is asked for its later hours.

        Raises:
            SessionLostError: The session was lost and ``final`` is false.
        """
        if shown.filter is None:
            return self._without_filter(shown)
        state = _State(shown.filter)
        self._take(state, shown)
        try:
            await self._to_the_end(state, shown)
        except SessionLostError as error:
            if not final:
                raise
            return self._finished(state, error)
        except AmtspulsError as error:
            return self._finished(state, error)
        return self._finished(state, None)

    async def _to_the_end(self, state: _State, shown: Times) -> None:
        page: Times | NoneFree = shown
        begins = state.filter.first
        if begins is not None and begins > self._window.first:
            # The list left out the first days: what it showed says nothing about those before it.
            state.last, state.whole = self._window.first - _DAY, True
            page = await self._step(state, self._window.first)
        while isinstance(page, Times) and not self._at_the_end(state):
            following = state.last
            if page.offers[0].day == state.last:
                if not state.whole:
                    await self._rest_of_day(state)
                elif page is not shown:
                    break  # asked for all days to the end, and room was left on the page
                following += _DAY
                if following > self._window.last:
                    break
            page = await self._step(state, following)
        state.last, state.whole = self._window.last, True

    def _at_the_end(self, state: _State) -> bool:
        last = self._window.last
        return state.last > last or (state.last == last and state.whole)

    async def _step(self, state: _State, first: date) -> Times | NoneFree:
        """Ask for the days from ``first`` on."""
        page = await self._ask(state, first, self._window.last)
        self._take(state, page)
        return page

    async def _rest_of_day(self, state: _State) -> None:
        """Ask for the later hours of the last day, whose list is cut."""
        day = state.last
        hour = max(o.start_min for o in state.offers if o.day == day) // 60
        while hour <= _LAST_HOUR:
            page = await self._ask(state, day, day, hour)
            size = self._take(state, page)
            if state.whole or size == 0:
                break
            shown = page.offers[-1].start_min // 60 if isinstance(page, Times) else _LAST_HOUR
            if shown <= hour:
                # As many times in one hour as a page holds: no filter is finer than that.
                state.unread.add(day)
            hour = max(shown, hour + 1)
        state.whole = True

    def _take(self, state: _State, page: Times | NoneFree) -> int:
        """Keep what a page shows, and return how many times that are."""
        if isinstance(page, NoneFree):
            state.whole = True
            return 0
        state.offers.update(page.offers)
        state.last = max(state.last, page.offers[-1].day)
        state.whole = len(page.offers) < self._biggest
        self._biggest = max(self._biggest, len(page.offers))
        return len(page.offers)

    async def _ask(
        self, state: _State, first: date, last: date, hour: int | None = None
    ) -> Times | NoneFree:
        if self._pages <= 0:
            raise SkippedError(
                f"the {self._budget} filter pages of this snapshot are spent (option filter_pages)"
            )
        self._pages -= 1
        fields = [
            *state.filter.fields,
            ("filter_date_from", f"{first:%d.%m.%Y}"),
            ("filter_date_to", f"{last:%d.%m.%Y}"),
        ]
        if hour is not None:
            fields += [("filter_timespan[]", f"{h:02d}") for h in range(hour, _LAST_HOUR + 1)]
        fields.append(("suggest_filter", "Filtern"))
        page = await self._walk.get(f"{state.filter.url}?{urlencode(fields)}")
        answer = parse_answer(page)
        if not isinstance(answer, Times | NoneFree):
            raise PageChangedError("the filter answers with no list of times", url=page.url)
        if isinstance(answer, Times) and not first <= answer.offers[0].day:
            raise PageChangedError("the filter shows days that were not asked for", url=page.url)
        return answer

    def _without_filter(self, shown: Times) -> TimesRead:
        state = _State(Filter("", (), None, None))
        self._take(state, shown)
        gap = PageChangedError("the list has no filter, so later days cannot be asked for")
        return self._finished(state, None if self._at_the_end(state) else gap)

    def _finished(self, state: _State, gap: AmtspulsError | None) -> TimesRead:
        last = state.last if state.whole else state.last - _DAY
        covered = self._window.covered(None if gap is None else last).without(state.unread)
        if state.unread and gap is None:
            gap = PageChangedError("more times in one hour than a page shows")
        offers = frozenset(offer for offer in state.offers if offer.day in covered)
        return TimesRead(offers, covered, gap)
