"""A tempus portal to practise on: which page a request gets.

Written from docs/systems/tempus.md alone; shares nothing with the reading side. Nothing is remembered
between two requests: every link carries what it needs, and any ``sna`` is accepted.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from starlette.types import ASGIApp

from amtspuls.clock import Clock, local_today
from amtspuls.model import Slot, local_from_slot
from amtspuls.replica.availability import Availability, ReplicaPortal
from amtspuls.replica.portals import tempus_pages as draw
from amtspuls.replica.portals.html import (
    WEEKDAYS_DE,
    days_with_slots,
    last_month_shown,
    month_of,
    months_between,
    plain_query,
    times_on,
)
from amtspuls.replica.portals.tempus_map import Category, Office, Option, wire_of
from amtspuls.replica.wire import Answer, Asked, asgi_app

_SESSION_LOST_DE = "Ihre Sitzung ist abgelaufen. Bitte wählen Sie Ihr Anliegen erneut."
_NOTHING_CHOSEN_DE = "Bitte wählen Sie ein Anliegen."
_NOTICE, _OFFICES, _DAYS, _BOOKING = (
    "hinweisbestaetigung",
    "standortauswahl",
    "tagesauswahl",
    "dateneingabe",
)


class TempusPages:
    """Pages of one tempus portal; see ``amtspuls.replica.wire.Pages``."""

    def __init__(self, portal: ReplicaPortal, availability: Availability, clock: Clock) -> None:
        self._portal = portal
        self._availability = availability
        self._clock = clock
        self._wire = wire_of(portal)
        entry = (pair.partition("=") for pair in urlsplit(portal.url).query.split("&") if pair)
        self._carried = [
            ("anr" if name == "anlagennr" else name, value) for name, _, value in entry
        ]

    def answer(self, asked: Asked) -> Answer:
        """Draw the page that was asked for, as of now."""
        page = asked.parameters.get("page", "")
        if asked.method == "POST":
            return self._page(self._posted(asked))
        if page == _BOOKING:
            return self._page(draw.booking_form(), reserving=True)
        chosen = self._wire.category_of_task(asked.parameters.get("tasks", ""))
        if page not in {_NOTICE, _OFFICES, _DAYS}:
            return self._page(self._form())
        if chosen is None:
            return self._page(self._form(_NOTHING_CHOSEN_DE))
        return self._page(self._go_on(page, asked.parameters, *chosen))

    def session_lost(self, asked: Asked) -> Answer | None:
        """Draw the entry page again, as after a session that ran out."""
        if asked.method != "POST" and "page" not in asked.parameters:
            return None
        return self._page(self._form(_SESSION_LOST_DE))

    def _page(self, content: str, *, reserving: bool = False) -> Answer:
        body = draw.whole_page(self._portal.name, content).encode("utf-8")
        return Answer(body, reserving=reserving)

    def _offer(self) -> Mapping[str, tuple[Slot, ...]]:
        return self._availability.offer(self._portal.id, self._clock.now())

    def _today(self) -> date:
        return local_today(self._clock, ZoneInfo(self._portal.zone))

    # --- form, notices, offices ----------------------------------------------------------------

    def _form(self, notice: str = "") -> str:
        wire = self._wire
        drawn = wire.drawn(self._offer())
        form = draw.Form(wire.layout_for(drawn), wire.controls, wire.names, wire.privacy_checkbox)
        action = self._link("index.php", _new_session(), _OFFICES, ())
        return draw.services_form(action, drawn, form, notice)

    def _posted(self, asked: Asked) -> str:
        chosen = self._wire.category_of_fields(asked.fields)
        if chosen is None:
            return self._form(_NOTHING_CHOSEN_DE)
        parameters = {"sna": _new_session()}
        if self._notices_before(chosen[0]):
            return self._notice(0, parameters, *chosen)
        return self._offices_or_days(parameters, *chosen)

    def _notices_before(self, category: Category) -> int:
        """Two notices in a row come before a calendar only, never before a list of offices."""
        return min(self._wire.notices, 1) if category.listed else self._wire.notices

    def _notice(
        self, number: int, parameters: Mapping[str, str], category: Category, option: Option
    ) -> str:
        if number + 1 < self._notices_before(category):
            next_one = (("hinweis", str(number + 1)),)
            link = self._choice_link(parameters, _NOTICE, option, next_one)
        else:
            page = _OFFICES if category.listed else _DAYS
            link = self._choice_link(parameters, page, option, ())
        return draw.notice(number, link)

    def _go_on(
        self, page: str, parameters: Mapping[str, str], category: Category, option: Option
    ) -> str:
        """Answer a link that carries a choice."""
        row_id = parameters.get("standortrowid", "")
        if page == _NOTICE and row_id:
            office = (("standortrowid", row_id), ("standortanzahl", "1"))
            link = self._choice_link(parameters, _DAYS, option, office)
            return draw.notice(draw.NOTICE_AFTER_OFFICE, link)
        if page == _NOTICE:
            number = 1 if parameters.get("hinweis") == "1" else 0
            return self._notice(number, parameters, category, option)
        if page == _DAYS and row_id:
            office_chosen = category.office(row_id)
            if office_chosen is None:
                return draw.sold_out("text", ())
            return self._days_or_times(parameters, office_chosen, option)
        return self._offices_or_days(parameters, category, option)

    def _offices_or_days(
        self, parameters: Mapping[str, str], category: Category, option: Option
    ) -> str:
        if not category.listed:
            return self._days_or_times(parameters, category.offices[0], option)
        offer = self._offer()
        if not category.is_offered(offer):
            return draw.nowhere()
        rows = []
        for office in category.offices:
            slots = offer.get(office.key)
            link = self._office_link(parameters, office, option) if slots is not None else ""
            rows.append((office.name, link, _earliest(slots) if slots else ""))
        return draw.office_list(self._wire.list_text, rows)

    def _office_link(self, parameters: Mapping[str, str], office: Office, option: Option) -> str:
        page = _NOTICE if self._wire.notice_after_office else _DAYS
        further = (("standortrowid", office.row_id), ("standortanzahl", "1"))
        return self._choice_link(parameters, page, option, further)

    # --- calendars and days --------------------------------------------------------------------

    def _days_or_times(self, parameters: Mapping[str, str], office: Office, option: Option) -> str:
        slots = self._offer().get(office.key)
        here = (("standortrowid", office.row_id), ("standortanzahl", "1"))

        def link(page: str, *further: tuple[str, str]) -> str:
            return self._choice_link(parameters, page, option, (*here, *further))

        day = _day_asked(parameters.get("datum", ""))
        if day is not None:
            return draw.times_table(
                times_on(slots or (), day),
                lambda time: link(_BOOKING, ("datum", day.isoformat()), ("zeit", time)),
            )
        return self._calendar(slots, lambda free: link(_DAYS, ("datum", free.isoformat())))

    def _calendar(self, slots: tuple[Slot, ...] | None, link: Callable[[date], str]) -> str:
        """Draw a calendar; None is sold out, no slots are a marked day without any time (tomorrow)."""
        today = self._today()
        usual = [today + timedelta(days=1)] if slots == () else []
        marked = days_with_slots(slots or ()) or usual
        last = last_month_shown(today, marked, self._wire.horizon_months)
        months = list(months_between(min([month_of(today), *map(month_of, marked[:1])]), last))
        if slots is None:
            return draw.sold_out(self._wire.sold_out, months)
        apart = today if self._wire.today == "actualdate" else None
        return draw.month_tables(months, set(marked), link, today=apart)

    # --- links ---------------------------------------------------------------------------------

    def _choice_link(
        self,
        parameters: Mapping[str, str],
        page: str,
        option: Option,
        further: tuple[tuple[str, str], ...],
    ) -> str:
        chosen = (
            ("tasks", option.task),
            ("kuerzel", option.short),
            ("schlangen", str(1 + int(option.task) % 20)),
            *further,
        )
        session = parameters.get("sna", "")
        return self._link("", session if session.isalnum() else _new_session(), page, chosen)

    def _link(
        self, script: str, session: str, page: str, further: tuple[tuple[str, str], ...]
    ) -> str:
        """Make a relative link; it begins with ``?`` or ``index.php?``."""
        head = [*self._carried, ("sna", session), ("action", "open"), ("page", page)]
        return f"{script}?{plain_query([*head, *further])}"


def make_app(portal: ReplicaPortal, availability: Availability, clock: Clock) -> ASGIApp:
    """Make the ASGI application of one tempus portal.

    Raises:
        ConfigError: A variant switch of the portal is unknown, or a calendar key is not office/task.
    """
    return asgi_app(TempusPages(portal, availability, clock))


def _new_session() -> str:
    return f"T{secrets.token_hex(16)}"


def _earliest(slots: tuple[Slot, ...]) -> str:
    first = local_from_slot(slots[0])
    return f"{WEEKDAYS_DE[first.weekday()]}, {first:%d.%m.%Y, %H:%M} Uhr"


def _day_asked(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
