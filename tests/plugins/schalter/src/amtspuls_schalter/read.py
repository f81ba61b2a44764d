"""Which requests a portal on schalter needs; see docs/schalter.md for the flow."""

from __future__ import annotations

from amtspuls.errors import AmtspulsError
from amtspuls.model import Calendar, Covered, Outcome, Reading, View, day_of_slot
from amtspuls.systems.base import Ask, Session, failed_view
from amtspuls.systems.walk import Walk, with_aliases

from amtspuls_schalter.parse import Desk, Times, parse_entry, parse_times


async def read_portal(session: Session, ask: Ask) -> Reading:
    """Read the list of desks, then the times of each: 1 + desks requests.

    Raises:
        AmtspulsError: The list of desks could not be read.
    """
    walk = Walk(session)
    found = parse_entry(await walk.get(ask.portal.url))
    views = [await _view(walk, ask, desk) for desk in found.desks]
    return Reading(with_aliases(views, ask.portal.calendar_aliases))


async def _view(walk: Walk, ask: Ask, desk: Desk) -> View:
    """Return the view of one desk, whatever happens."""
    calendar = Calendar(desk.key, desk.name)
    try:
        times = parse_times(await walk.get(desk.url))
    except AmtspulsError as error:
        return failed_view(calendar, error)
    return _answered(calendar, ask, times)


def _answered(calendar: Calendar, ask: Ask, times: Times) -> View:
    """Cover only the days of the window that the page speaks for."""
    first, last = max(times.first, ask.window.first), min(times.last, ask.window.last)
    covered = Covered.from_ranges([(first, last)])
    slots = tuple(slot for slot in times.slots if day_of_slot(slot) in covered)
    return View(calendar, Outcome.OK, covered, slots)
