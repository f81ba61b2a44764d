"""Reading a list of times to its end through the filter of step 4; see docs/systems/tevis.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
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

_DAY = timedelta(days=1)
_LAST_HOUR = 23


@dataclass(frozen=True, slots=True)
class TimesRead:
    """What was read of one concern at one location.

    Attributes:
        offers: Free times.
        covered: Days that were answered for.
        gap: Why days of the window are missing; None when none is.
        doubts: Covered days on which the list may be cut, and how many times the page in doubt showed:
            a page of this portal that shows more makes the day certain. ``TimesReader.settled`` decides.
    """

    offers: frozenset[Offer]
    covered: Covered
    gap: AmtspulsError | None = None
    doubts: tuple[tuple[date, int], ...] = ()


@dataclass(slots=True)
class _State:
    filter: Filter
    offers: set[Offer] = field(default_factory=set)
    last: date = date.min
    """The list is read up to this day, doubts aside."""
    doubts: dict[date, int] = field(default_factory=dict)


class TimesReader:
    """Walks the filter of every list of a portal, within one budget of pages.

    A portal shows a bounded list and does not say so. What a page leaves out is told by the other pages
    of the snapshot only: one with fewer times than another is not full, and one with fewer days than
    another was not cut by days.
    """

    def __init__(self, walk: Walk, window: Window, pages: int) -> None:
        self._walk = walk
        self._window = window
        self._pages = pages
        self._budget = pages
        self._most_times = 0
        self._most_days = 0
        self._cut_at_one = False

    def nothing(self) -> TimesRead:
        """What is read where the portal says that nothing is free at all."""
        return TimesRead(frozenset(), self._window.covered())

    def settled(self, read: TimesRead) -> TimesRead:
        """Leave out the days that are still in doubt after all that the portal has shown so far."""
        unknown = {day for day, size in read.doubts if self._may_be_full(size)}
        covered = read.covered.without(unknown) if unknown else read.covered
        gap = read.gap
        if unknown and gap is None:
            days = ", ".join(day.isoformat() for day in sorted(unknown))
            gap = PageChangedError(
                f"on {days} one hour holds as many times as any page shows: there may be more"
            )
        offers = frozenset(offer for offer in read.offers if offer.day in covered)
        return replace(read, offers=offers, covered=covered, gap=gap, doubts=())

    async def read(self, shown: Times, *, final: bool) -> TimesRead:
        """Read a list from the page that shows its beginning.

        Asks again from the last day shown to the end of the window, until a page is known to have had room
        for more; after a page of a single day, from the next day on. Then days on which a list may
        have been cut are asked for their later hours.

        Raises:
            SessionLostError: The session was lost and ``final`` is false.
        """
        state = _State(shown.filter or Filter("", (), None, None))
        gap: AmtspulsError | None = None
        try:
            await self._to_the_end(state, shown)
            for day, size in sorted(state.doubts.items()):
                state.doubts[day] = await self._later_hours(state, day, size)
        except SessionLostError as error:
            if not final:
                raise
            gap = error
        except AmtspulsError as error:
            gap = error
        covered = self._window.covered(None if gap is None else state.last)
        doubts = ((day, size) for day, size in state.doubts.items() if day in covered)
        return TimesRead(frozenset(state.offers), covered, gap, tuple(sorted(doubts)))

    async def _to_the_end(self, state: _State, shown: Times) -> None:
        page: Times | NoneFree = shown
        self._take(state, shown)
        begins = shown.filter.first if shown.filter else None
        shown_to = (shown.filter.last if shown.filter else None) or date.min
        if begins is not None and begins > self._window.first:
            # The list left out the first days: what it showed says nothing about those before it.
            state.last, state.doubts = self._window.first - _DAY, {}
            page = await self._step(state, self._window.first)
        while isinstance(page, Times) and state.last < self._window.last:
            days = {offer.day for offer in page.offers}
            is_whole = page is not shown and len(days) < self._most_days
            if is_whole and not self._may_be_full(len(page.offers)):
                break  # asked for all days to the end, and there was room for more
            if shown.filter is None:
                raise PageChangedError("the list has no filter, so later days cannot be asked for")
            following = await self._step(state, state.last + (len(days) == 1) * _DAY)
            self._note_cut(page, following, self._window.last if page is not shown else shown_to)
            page = following
        state.last = self._window.last

    async def _step(self, state: _State, first: date) -> Times | NoneFree:
        """Ask for the days from ``first`` on; what is said of that day counts from now on."""
        page = await self._ask(state, first, self._window.last)
        state.doubts.pop(first, None)
        if isinstance(page, Times):
            self._take(state, page)
        return page

    def _note_cut(self, page: Times, following: Times | NoneFree, asked_to: date) -> None:
        """Learn from what follows a page of one time that the portal shows no more than one."""
        if len(page.offers) == 1 and isinstance(following, Times):
            self._cut_at_one |= following.offers[0].day <= asked_to

    def _take(self, state: _State, page: Times) -> None:
        """Keep what a page shows; on its last day it may be cut."""
        size = self._keep(state, page)
        state.last = page.offers[-1].day
        state.doubts[state.last] = size

    def _keep(self, state: _State, page: Times) -> int:
        state.offers.update(page.offers)
        size = len(page.offers)
        self._most_times = max(self._most_times, size)
        self._most_days = max(self._most_days, len({offer.day for offer in page.offers}))
        return size

    def _may_be_full(self, size: int) -> bool:
        """Whether no page has shown more times; a bound of one time is believed only when it is seen."""
        return size >= self._most_times and (size > 1 or self._cut_at_one)

    async def _later_hours(self, state: _State, day: date, size: int) -> int:
        """Ask for the later hours of a day, as long as a page may have left out some of its times.

        Returns:
            How many times a page shows that still may have left some out; 0 when there is none.
        """
        if day not in self._window:
            return 0
        left = 0 if self._may_be_full(size) else size
        shown = [offer.start_min // 60 for offer in state.offers if offer.day == day]
        while self._may_be_full(size):
            hour = max(shown)
            if shown.count(hour) >= size:
                # The page showed this hour only, and no filter is finer than an hour.
                left, hour = max(size, left), hour + 1
            if hour > _LAST_HOUR:
                break
            page = await self._ask(state, day, day, hour)
            if not isinstance(page, Times):
                break
            size = self._keep(state, page)
            shown = [offer.start_min // 60 for offer in page.offers]
        return left

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
        if isinstance(answer, Times) and not _is_within(answer.offers, first, last, hour or 0):
            raise PageChangedError("the filter shows times that were not asked for", url=page.url)
        return answer


def _is_within(offers: Iterable[Offer], first: date, last: date, hour: int) -> bool:
    return all(first <= one.day <= last and one.start_min >= hour * 60 for one in offers)
