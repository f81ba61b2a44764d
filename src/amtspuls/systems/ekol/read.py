"""Which requests an eKOL portal needs; see docs/systems/ekol.md for the flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from amtspuls.errors import AmtspulsError, PageChangedError, SessionLostError, UnknownValueError
from amtspuls.model import Calendar, Covered, Reading, Slot, View, Window, slot_from_local
from amtspuls.systems.base import Ask, Session, failed_view
from amtspuls.systems.ekol.month import Box, Day
from amtspuls.systems.ekol.options import wanted_concerns
from amtspuls.systems.ekol.parse import Comments, Concern, Concerns, Months, Office
from amtspuls.systems.ekol.visit import Visit
from amtspuls.systems.markup import slot_at
from amtspuls.systems.walk import (
    DaysRead,
    Found,
    Walk,
    finished_view,
    service_names,
    skipped_view,
    with_aliases,
    with_fresh_session,
)

_NO_NEW_DE = "the portal offers no new appointment at this office"
_STAYS = "the portal stays on the choice of concerns"
_EPOCH_DIGITS = range(10, 15)


async def read_portal(session: Session, ask: Ask) -> Reading:
    """Read all offices of a portal in one session.

    Raises:
        AmtspulsError: The portal does not lead to a choice of offices.
    """
    walk = Walk(session)
    reader = _Reader(walk, ask)
    found = await with_fresh_session(walk, lambda final: reader.visit.offices(fresh=final))
    views = [await reader.office(office) for office in found.offices]
    return Reading(with_aliases(views, ask.portal.calendar_aliases))


@dataclass(slots=True)
class _Shown:
    """What the calendar pages of one office have shown so far."""

    final: bool
    read: DaysRead = field(default_factory=DaysRead)
    last: date | None = None
    gap: AmtspulsError | None = None


class _Reader:
    def __init__(self, walk: Walk, ask: Ask) -> None:
        self._walk = walk
        self._window: Window = ask.window
        self._zone: ZoneInfo = ask.portal.zone_info
        self._name = ask.portal.name
        self._wanted = wanted_concerns(ask.portal)
        self.visit = Visit(walk, ask.portal.url)

    async def office(self, office: Office) -> View:
        """Return the view of one office, whatever happens."""
        calendar = Calendar(office.id, office.name or self._name)
        try:
            return await with_fresh_session(self._walk, partial(self._attempt, calendar))
        except AmtspulsError as error:
            return failed_view(calendar, error)

    async def _attempt(self, calendar: Calendar, final: bool) -> View:
        await self.visit.offices(fresh=final)
        step = await self.visit.open_office(calendar.key)
        if step is None:
            return skipped_view(calendar, _NO_NEW_DE, ())
        if not isinstance(step, Concerns):
            raise self.visit.lost("the choice of concerns")
        names = service_names([concern.name for concern in step.concerns])
        calendar = Calendar(calendar.key, calendar.name, names)
        concern = self._choose(step.concerns)
        asked = (concern.name,)
        fields = {one.field: "1" if one is concern else "0" for one in step.concerns}
        answer = await self.visit.press(step.next, "", **fields)
        if isinstance(answer, Comments):
            answer = await self.visit.press(answer.next)
        if isinstance(answer, Concerns):
            return skipped_view(calendar, ": ".join(filter(None, (_STAYS, answer.message))), asked)
        if not isinstance(answer, Months):
            raise self.visit.lost("the calendar")
        return await self._view(calendar, asked, answer, final)

    def _choose(self, concerns: tuple[Concern, ...]) -> Concern:
        """Return the first concern that the catalogue wants, else the first on the page."""
        for wanted in self._wanted:
            for concern in concerns:
                if wanted.fits(concern.field, concern.name):
                    return concern
        return concerns[0]

    async def _view(
        self, calendar: Calendar, asked: tuple[str, ...], months: Months, final: bool
    ) -> View:
        shown = _Shown(final)
        try:
            await self._months(shown, months)
        except AmtspulsError as error:
            if isinstance(error, SessionLostError) and not final:
                raise
            shown.gap = error
        covered = Covered() if shown.last is None else self._window.covered(shown.last)
        found = Found(calendar, asked, (), covered, shown.gap)
        return finished_view(found, shown.read)

    async def _months(self, shown: _Shown, months: Months) -> None:
        """Read the shown months, then press forward as long as the window goes on."""
        while shown.last is None or months.days[-1].day > shown.last:
            await self._days(shown, months)
            shown.last = months.days[-1].day
            if shown.last >= self._window.last or self.visit.step is None:
                return
            later = await self._later()
            if (
                later is not None
                and later.box is not None
                and later.days[-1].day == months.days[-1].day
            ):
                # The box over the calendar holds it: from now on all are closed first.
                self.visit.closes_boxes = True
                later = await self._later()
            if later is None:
                return
            months = later

    async def _later(self) -> Months | None:
        """Press forward; None where there is nothing to press."""
        now = await self.visit.settle()
        if not isinstance(now, Months) or not now.forward:
            return None
        answer = await self.visit.press(now.forward)
        if not isinstance(answer, Months):
            raise self.visit.lost("later months")
        return answer

    async def _days(self, shown: _Shown, months: Months) -> None:
        """Read the free days of the shown months; when the place is lost, the rest is unknown."""
        lost: AmtspulsError | None = None
        for day in months.days:
            if day.day not in self._window or (shown.last is not None and day.day <= shown.last):
                continue
            try:
                shown.read.slots.update(await self._slots(day, lost))
            except AmtspulsError as error:
                if isinstance(error, SessionLostError) and not shown.final:
                    raise
                shown.read.failed[day.day] = error
                lost = lost or (error if self.visit.step is None else None)

    async def _slots(self, day: Day, lost: AmtspulsError | None) -> tuple[Slot, ...]:
        """Return the free times of a day; ``lost`` is why nothing more can be asked."""
        if day.free is None:
            raise UnknownValueError("a day is neither free nor closed", where="calendar")
        if not day.free:
            return ()
        if lost is not None:
            raise lost
        return await self._times(day)

    async def _times(self, day: Day) -> tuple[Slot, ...]:
        answer, was_open = await self._press_day(day)
        shown = None if answer.box is None else self._day_of(answer.box)
        if was_open and shown != day.day and not self.visit.closes_boxes:
            # The box of the day before stays until it is closed: from now on all are.
            self.visit.closes_boxes = True
            answer, was_open = await self._press_day(day)
            shown = None if answer.box is None else self._day_of(answer.box)
        if answer.box is None:
            return self._without_box(day, answer)
        if shown is None:
            self.visit.closes_boxes = True
        if shown not in (day.day, None) or (shown is None and was_open):
            raise PageChangedError(
                f"the times of {day.day.isoformat()} may be those of another day"
            )
        times = answer.box.times
        return tuple(sorted({self._slot(day.day, time.value, time.text) for time in times}))

    async def _press_day(self, day: Day) -> tuple[Months, bool]:
        """Press a day; also tell whether a box was open before."""
        step = await self.visit.settle()
        if not isinstance(step, Months):
            raise self.visit.lost("the calendar")
        was_open = step.box is not None
        answer = await self.visit.press(_button(step, day))
        if not isinstance(answer, Months):
            raise self.visit.lost("the times of a day")
        return answer, was_open

    def _without_box(self, day: Day, answer: Months) -> tuple[Slot, ...]:
        now = next((one for one in answer.days if one.day == day.day), None)
        if now is not None and now.free == 0:
            return ()
        raise PageChangedError(f"no times are shown for {day.day.isoformat()}, which has some free")

    def _day_of(self, box: Box) -> date | None:
        if box.day is not None:
            return box.day
        local = _local(box.times[0].value, self._zone) if box.times else None
        return None if local is None else local.date()

    def _slot(self, day: date, value: str, text: str) -> Slot:
        slot = slot_at(day, text, url="", where="times of a day")
        local = _local(value, self._zone)
        if local is not None and slot_from_local(local) != slot:
            raise UnknownValueError(f"the time {text!r} has the value of another", where="times")
        return slot


def _button(months: Months, day: Day) -> str:
    """Return today's name of a day's button: it may have changed with the page."""
    now = next((one.button for one in months.days if one.day == day.day), "")
    return now or day.button


def _local(value: str, zone: ZoneInfo) -> datetime | None:
    """Return the naive local time of epoch milliseconds; None where the value is something else."""
    if not (value.isascii() and value.isdecimal() and len(value) in _EPOCH_DIGITS):
        return None
    return datetime.fromtimestamp(int(value) // 1000, UTC).astimezone(zone).replace(tzinfo=None)
