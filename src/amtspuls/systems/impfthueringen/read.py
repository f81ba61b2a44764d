"""Which requests the portal needs: the list of places, then each place once."""

from __future__ import annotations

from datetime import datetime

from amtspuls.errors import AmtspulsError, PageChangedError, SessionLostError
from amtspuls.model import (
    Calendar,
    Covered,
    Outcome,
    Reading,
    View,
    Window,
    slot_from_local,
)
from amtspuls.systems.base import Ask, Session, failed_view
from amtspuls.systems.impfthueringen.parse import Dates, Place, Places, parse_dates, parse_places
from amtspuls.systems.walk import Walk, with_aliases, with_fresh_session

_EMPTY_STATUS = 200


async def read_portal(session: Session, ask: Ask) -> Reading:
    """Read all places that are on offer.

    Raises:
        AmtspulsError: The list of places could not be read.
    """
    reader = _Reader(Walk(session), ask)
    places = await reader.places()
    views = [await reader.view(place) for place in places.places]
    return Reading(with_aliases(views, ask.portal.calendar_aliases))


class _Reader:
    def __init__(self, walk: Walk, ask: Ask) -> None:
        self._walk = walk
        self._window = ask.window
        self._base = ask.portal.url.partition("?")[0].removesuffix("index.php").rstrip("/")
        self._stamp_ms = 0
        self._is_renewed = False

    async def places(self) -> Places:
        """Read the list; what the requests for places call ``timestamp`` is when it came."""
        return await with_fresh_session(self._walk, lambda _: self._index())

    async def view(self, place: Place) -> View:
        """Read one place, whatever happens."""
        calendar = Calendar(place.id, place.name)
        try:
            dates = await self._dates(place)
        except AmtspulsError as error:
            return failed_view(calendar, error)
        covered = _covered(self._window, dates.times)
        slots = tuple(slot_from_local(at) for at in dates.times if at.date() in covered)
        return View(calendar, Outcome.OK, covered, slots)

    async def _index(self) -> Places:
        page = await self._walk.get(f"{self._base}/index.php")
        places = parse_places(page)
        self._stamp_ms = int(page.fetched_at.timestamp() * 1000)
        return places

    async def _dates(self, place: Place) -> Dates:
        try:
            return await self._ask(place)
        except SessionLostError:
            if self._is_renewed:
                raise
        self._is_renewed = True
        self._walk.clear_cookies()
        await self._index()
        return await self._ask(place)

    async def _ask(self, place: Place) -> Dates:
        form = {"typ": "1", "ort": place.id, "pos": "0", "timestamp": str(self._stamp_ms)}
        try:
            page = await self._walk.post(f"{self._base}/func.php", form)
        except PageChangedError as error:
            # A fragment without an option can have no letter at all: here that is an answer.
            if error.context.get("status") == _EMPTY_STATUS:
                return Dates(())
            raise
        return parse_dates(page)


def _covered(window: Window, times: tuple[datetime, ...]) -> Covered:
    """Days that are shown, for an answer is a sample; without any time, all days.

    Within a quarter of an hour a place was seen with times on fifteen days, in one answer on three: the
    days between and behind those that are shown are unknown.
    """
    if not times:
        return window.covered()
    return Covered.from_days(day for at in times if (day := at.date()) in window)
