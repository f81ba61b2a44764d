"""Tevis portals of generation v1: a calendar per unit, week by week as JSON.

Source of all wire facts: docs/systems/tevis.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from amtspuls.clock import Clock
from amtspuls.model import Slot, day_of_slot, local_from_slot
from amtspuls.replica.availability import Availability, ReplicaPortal
from amtspuls.replica.portals.html import escape
from amtspuls.replica.portals.tevis_choice import CONCERNS_DE, START_DE
from amtspuls.replica.portals.tevis_frame import NO_UNIT_DE, Frame, error_page, plain_page
from amtspuls.replica.portals.tevis_map import Service, Unit, Wire, keys_for
from amtspuls.replica.portals.tevis_session import Session, chosen_of
from amtspuls.replica.portals.tevis_times import grid_of
from amtspuls.replica.wire import Answer, Asked

NO_CALENDAR_DE = "Der ausgewählte Kalender existiert nicht oder kann nicht ausgewählt werden."
DATA_FIRST_DE = "Eingabe der persönlichen Daten für den Termin"
NO_UNIT_SENT_DE = "Es wurde kein Mandantor empfangen"

_STARTS = frozenset({"", "default"})
_JSON = "application/json"
_WEEK_DIGITS = 6
_MINUTES_PER_DAY = 1440

Offer = Mapping[str, tuple[Slot, ...]]


class CalendarFlow:
    """Pages of a v1 portal; what the offer does not have is not drawn."""

    scripts = frozenset({*_STARTS, "select2", "calendar", "caldiv"})

    def __init__(
        self, portal: ReplicaPortal, availability: Availability, clock: Clock, wire: Wire
    ) -> None:
        self._portal = portal
        self._availability = availability
        self._clock = clock
        self._wire = wire
        self._frame = Frame(portal.name, 0, wire.release)

    def answer(self, script: str, asked: Asked, session: Session) -> Answer:
        """Draw a page, and change the session as the page does."""
        offer = self._availability.offer(self._portal.id, self._clock.now())
        if script == "caldiv":
            return self._week(asked, session, offer)
        if script == "calendar":
            return self._calendar(asked, session, offer)
        return self._select(asked, session, offer) if script == "select2" else self._start(offer)

    def lost(self, script: str, asked: Asked) -> Answer | None:
        """Draw the error of a session that is gone; the first two pages need none."""
        return None if script in _STARTS or script == "select2" else self._error(NO_UNIT_DE)

    # --- units and services ----------------------------------------------------------------------

    def _start(self, offer: Offer) -> Answer:
        links = "".join(
            f'<li><a href="select2?md={unit.md}">{escape(unit.name)}</a></li>\n'
            for unit in self._wire.units
            if _shown(unit, offer)
        )
        return self._page(START_DE, f"<ul>\n{links}</ul>\n")

    def _select(self, asked: Asked, session: Session, offer: Offer) -> Answer:
        unit = self._wire.unit(asked.parameters.get("md", ""))
        if unit is None:
            return self._error(NO_UNIT_DE)
        session.unit, session.chosen = unit, ()
        several = self._wire.forms == "several"
        forms = self._forms(unit, offer) if several else self._form(unit, offer)
        return self._page(f"{unit.name} - {CONCERNS_DE}", forms)

    def _form(self, unit: Unit, offer: Offer) -> str:
        items = "".join(
            f'<div class="row"><div>{self._item(service, offer, "0")}</div>\n'
            f"{self._title(service)}</div>\n"
            for service in _shown(unit, offer)
        )
        return (
            f'<form action="calendar" method="get" id="cnc-select-form">\n{_numbers(unit)}{items}'
            '<input type="submit" value="Weiter" />\n</form>\n'
        )

    def _forms(self, unit: Unit, offer: Offer) -> str:
        return "".join(
            f'<form class="cnc-form" action="calendar" method="get">\n{_numbers(unit)}'
            f'<a href="#" data-html="true">{escape(service.name)}</a>\n'
            f'{self._item(service, offer, "1")}<input type="submit" value="Weiter" />\n</form>\n'
            for service in _shown(unit, offer)
        )

    def _title(self, service: Service) -> str:
        if self._wire.titles == "attribute":
            return ""
        return f'<a href="#" data-html="true">{escape(service.name)}</a>'

    def _item(self, service: Service, offer: Offer, value: str) -> str:
        keys = "|".join(key for key in service.keys if key in offer)
        places = "|".join(str(self._wire.locations[key].number) for key in service.keys)
        attribute = {"plural": "data-tevis-calendars", "singular": "data-tevis-calendar"}.get(
            self._wire.calendar_attribute
        )
        calendars = f' {attribute}="{keys}"' if attribute else ""
        named = self._wire.titles == "attribute" and self._wire.forms == "one"
        name = f' data-tevis-cncname="{escape(service.name)}"' if named else ""
        return (
            f'<input class="cnc-item" type="hidden" name="{service.field}" value="{value}" '
            f'data-tevis-cncid="{service.number}" data-tevis-locations="{places}"{calendars}{name}/>\n'
        )

    # --- calendar and weeks ----------------------------------------------------------------------

    def _calendar(self, asked: Asked, session: Session, offer: Offer) -> Answer:
        """Draw the calendar page: it sets the session's service, and names one calendar of it."""
        mdt = asked.parameters.get("mdt", "")
        named = (unit for unit in self._wire.units if str(unit.mdt) == mdt)
        session.unit = session.unit or next(named, None)
        if session.unit is None:
            return self._error(NO_UNIT_DE if mdt else NO_UNIT_SENT_DE)
        session.chosen = chosen_of(asked.parameters, session.unit)
        keys = [key for key in keys_for(session.services) if key in offer]
        if not keys:
            session.chosen = ()
            return self._error(NO_CALENDAR_DE)
        if self._wire.data_first:
            return self._page(DATA_FIRST_DE, "")
        first = min(keys, key=lambda key: (not offer[key], offer[key][:1], keys.index(key)))
        script = (
            '<div id="caldiv"></div>\n<script type="text/javascript">\n'
            f"window.tevis = window.tevis || {{\n    mandant: {session.unit.mdt},\n"
            f"    calendar: {first},\n    offset: 1\n}};\n"
            "$(document).ready(function() {\n});\n</script>\n"
        )
        return self._page(session.unit.name, script)

    def _week(self, asked: Asked, session: Session, offer: Offer) -> Answer:
        """Answer one ISO week; without a service in the session, the bare grid of opening."""
        monday = _monday(asked.parameters.get("week", ""))
        free = offer.get(asked.parameters.get("cal", ""))
        if monday is None or free is None:
            return self._error(NO_CALENDAR_DE)
        shown = free if session.chosen else opening_grid(free)
        by_day = {
            day: [slot % _MINUTES_PER_DAY for slot in slots]
            for day, slots in groupby(shown, key=day_of_slot)
        }
        days = [monday + timedelta(days=number) for number in range(7)]
        minutes = [by_day.get(day, []) for day in days]
        strings = self._wire.valid == "strings"
        week = {
            "year": f"{monday:%Y}",
            "month": f"{monday:%m}",
            "day": f"{monday:%d}",
            "days": [f"{day:%Y%m%d}" for day in days],
            "valid": [list(map(str, day)) for day in minutes] if strings else minutes,
            "html": _week_html(days, minutes),
        }
        return Answer(json.dumps(week).encode(), content_type=_JSON)

    def _page(self, heading: str, body: str) -> Answer:
        return Answer(plain_page(self._frame, heading, body).encode("utf-8"))

    def _error(self, message: str) -> Answer:
        return Answer(error_page(self._frame, message).encode("utf-8"))


def opening_grid(free: Sequence[Slot]) -> tuple[Slot, ...]:
    """Return a bare grid that holds all free times: what a calendar shows to who chose no service.

    The real grid of a recorded calendar is not known. This one reaches from the earliest to the latest
    time of day on every day that has a free time.
    """
    if not free:
        return ()
    step = grid_of(free)
    times = [slot % _MINUTES_PER_DAY for slot in free]
    steps = set(range(min(times), max(times) + 1, step))
    midnights = {slot - slot % _MINUTES_PER_DAY for slot in free}
    grid = {Slot(midnight + minute) for midnight in midnights for minute in steps}
    return tuple(sorted(grid | set(free)))


def _shown(unit: Unit, offer: Offer) -> list[Service]:
    return [service for service in unit.services if any(key in offer for key in service.keys)]


def _numbers(unit: Unit) -> str:
    return (
        f'<input type="hidden" name="mdt" value="{unit.mdt}" />\n'
        '<input type="hidden" name="select_cnc" value="1" />\n'
    )


def _monday(week: str) -> date | None:
    if not (week.isascii() and week.isdecimal() and len(week) == _WEEK_DIGITS):
        return None
    try:
        return date.fromisocalendar(int(week[:4]), int(week[4:]), 1)
    except ValueError:
        return None


def _week_html(days: Sequence[date], minutes: Sequence[Sequence[int]]) -> str:
    """Draw the week as the page would show it."""
    columns = "".join(
        f"<td>{day:%d.%m.%Y}{''.join(f'<br/>{_clock(minute)}' for minute in on)}</td>"
        for day, on in zip(days, minutes, strict=True)
    )
    return f'<div class="caldiv"><table><tr>{columns}</tr></table></div>'


def _clock(minute: int) -> str:
    return f"{local_from_slot(Slot(minute)):%H:%M}"
