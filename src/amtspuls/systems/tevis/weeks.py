"""Which requests the first Tevis generation needs: a calendar page per concern, a week per request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlencode, urljoin

from amtspuls.errors import AmtspulsError, PageChangedError, SessionLostError
from amtspuls.fetch.page import Page
from amtspuls.model import Calendar, Covered, Outcome, Slot, View, Window, slot_from_local
from amtspuls.systems.base import failed_view
from amtspuls.systems.tevis.answer import DataFirst
from amtspuls.systems.tevis.concerns import Concern, ConcernPage, Unit
from amtspuls.systems.tevis.week import Week, parse_calendar, parse_week
from amtspuls.systems.walk import Walk, service_names

_WEEK = timedelta(days=7)


def mondays(window: Window) -> Iterator[date]:
    """The first days of the calendar weeks that a window touches."""
    monday = window.first - timedelta(days=window.first.weekday())
    while monday <= window.last:
        yield monday
        monday += _WEEK


def without_repeats(concerns: Iterable[Concern]) -> tuple[Concern, ...]:
    """The concerns that show a calendar which none before them showed.

    Every calendar is asked once, for its first concern, as in the old data. Concerns that hide their
    calendar all stay.
    """
    kept: list[Concern] = []
    taken: set[str] = set()
    for concern in concerns:
        if not concern.calendars or not taken.issuperset(concern.calendars):
            taken.update(concern.calendars)
            kept.append(concern)
    return tuple(kept)


@dataclass(slots=True)
class _Asked:
    calendar: Calendar
    concern: Concern
    left: list[date]
    slots: set[Slot] = field(default_factory=set)
    failed: dict[date, AmtspulsError] = field(default_factory=dict)


class WeeksReader:
    """Reads the calendars of one unit; weeks that were read stay read when the session is lost.

    Args:
        walk: The session.
        window: Days to ask about.
        unit: Whose calendars.
        page: Its concerns; they say what each calendar is for.
        key_of: Turns a calendar id into the key that history has.
    """

    def __init__(
        self,
        walk: Walk,
        window: Window,
        unit: Unit,
        page: ConcernPage,
        key_of: Callable[[str], str],
    ) -> None:
        self._walk = walk
        self._window = window
        self._unit = unit
        self._page = page
        self._key_of = key_of
        self._asked: dict[str, _Asked] = {}

    async def read(self, concern: Concern) -> bool:
        """Read the calendars of a concern that no other concern has been asked for.

        Args:
            concern: What the session asks for from now on.

        Returns:
            False when the unit wants personal data first, or the concern has no calendar.

        Raises:
            SessionLostError: The session was lost. Without its concern the portal would show the
                opening grid, so that nothing more may be asked before the concern is chosen again.
            AmtspulsError: The calendar page cannot be read.
        """
        chosen = {"mdt": concern.mdt, "select_cnc": "1", concern.field: "1"}
        shown = parse_calendar(await self._get("calendar", chosen))
        if isinstance(shown, DataFirst):
            return False
        ids = concern.calendars or ((shown.cal,) if shown.cal else ())
        for cal in ids:
            asked = self._of(cal, concern)
            if asked.concern.field == concern.field:
                await self._weeks(cal, asked)
        return bool(ids)

    def fail(self, concern: Concern, error: AmtspulsError) -> bool:
        """Note that a concern was not asked to the end; False when no calendar of it is known."""
        for cal in concern.calendars:
            self._of(cal, concern)
        mine = [a for a in self._asked.values() if a.concern.field == concern.field]
        for asked in mine:
            asked.failed |= dict.fromkeys(asked.left, error)
        return bool(mine or concern.calendars)

    def views(self) -> tuple[View, ...]:
        """The views of all calendars that were asked."""
        return tuple(self._view(asked) for asked in self._asked.values())

    def _of(self, cal: str, concern: Concern) -> _Asked:
        if cal not in self._asked:
            names = [c.name for c in self._page.concerns if cal in c.calendars] or [concern.name]
            calendar = Calendar(self._key_of(cal), self._unit.name, service_names(names))
            self._asked[cal] = _Asked(calendar, concern, list(mondays(self._window)))
        return self._asked[cal]

    async def _weeks(self, cal: str, asked: _Asked) -> None:
        while asked.left:
            monday = asked.left[0]
            try:
                week = await self._week(cal, monday)
            except SessionLostError:
                raise
            except AmtspulsError as error:
                asked.failed[monday] = error
            else:
                asked.slots.update(_slots(week))
            asked.left.pop(0)

    async def _week(self, cal: str, monday: date) -> Week:
        year, number, _ = monday.isocalendar()
        fields = {"cal": cal, "cnc": "0", "cncdata": "", "week": f"{year}{number:02d}"}
        page = await self._get("caldiv", {**fields, "json": "1", "offset": "1"})
        week = parse_week(page)
        if any(not monday <= day.day < monday + _WEEK for day in week.days):
            raise PageChangedError(
                f"the week of {monday.isoformat()} is answered with days of another", url=page.url
            )
        return week

    async def _get(self, step: str, fields: dict[str, str]) -> Page:
        return await self._walk.get(f"{urljoin(self._unit.url, step)}?{urlencode(fields)}")

    def _view(self, asked: _Asked) -> View:
        names, failed = (asked.concern.name,), asked.failed
        covered = self._window.covered().without(
            monday + timedelta(days=n) for monday in failed for n in range(7)
        )
        if not covered:
            return failed_view(asked.calendar, next(iter(failed.values())), names)
        return View(
            asked.calendar,
            Outcome.PARTIAL if failed else Outcome.OK,
            covered,
            tuple(sorted(_inside(asked.slots, covered))),
            names,
            duration_min=asked.concern.duration_min,
            reason=_reason(failed),
        )


def _slots(week: Week) -> Iterator[Slot]:
    for day in week.days:
        midnight = datetime(day.day.year, day.day.month, day.day.day)
        for start in day.starts_min:
            yield slot_from_local(midnight + timedelta(minutes=start))


def _inside(slots: set[Slot], covered: Covered) -> Iterator[Slot]:
    bounds = covered.slot_bounds()
    return (slot for slot in slots if any(low <= slot < high for low, high in bounds))


def _reason(failed: dict[date, AmtspulsError]) -> str:
    if not failed:
        return ""
    weeks = ", ".join(monday.isoformat() for monday in sorted(failed))
    return f"weeks not read: {weeks} ({next(iter(failed.values()))})"
