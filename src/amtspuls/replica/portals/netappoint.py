"""A netappoint portal to practise on: which page a request gets, and what the session changes.

Written from docs/systems/netappoint.md alone; shares nothing with the reading side.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from starlette.types import ASGIApp

from amtspuls.clock import Clock, local_today
from amtspuls.model import Slot, local_from_slot
from amtspuls.replica.availability import Availability, ReplicaPortal
from amtspuls.replica.portals import netappoint_pages as draw
from amtspuls.replica.portals.html import (
    Month,
    days_with_slots,
    escape,
    last_month_shown,
    month_after,
    month_of,
    plain_query,
    times_on,
)
from amtspuls.replica.portals.netappoint_map import (
    CHARSETS,
    FORM_BESIDE_REFUSAL,
    REFUSALS_DE,
    Category,
    Place,
    chosen_casetypes,
    wire_of,
)
from amtspuls.replica.wire import Answer, Asked, asgi_app

_COOKIE = "PHPSESSID"
_SESSIONS_KEPT = 10_000
_SESSION_LOST_DE = "Ihre Sitzung ist abgelaufen. Bitte beginnen Sie von vorn."
_NEEDS_ESCAPE = frozenset("%&#+ ")
_NOT_CARRIED = frozenset({"step", "year", "month", "day", "time", "location"})


@dataclass(frozen=True, slots=True)
class _Choice:
    """What was chosen: services of one category and, where there is a list, the place."""

    category: Category
    casetypes: tuple[int, ...]
    place: Place | None

    def parameters(self) -> list[tuple[str, str]]:
        chosen = [(f"casetype_{number}", "1") for number in self.casetypes]
        if self.category.listed and self.place is not None:
            chosen.append(("location", str(self.place.number)))
        return chosen


@dataclass(slots=True)
class _Session:
    """``posted`` is set by step 2: from then on, step 3 with a day shows the choice of days again."""

    choice: _Choice | None = None
    posted: bool = False


class NetappointPages:
    """Pages of one netappoint portal; see ``amtspuls.replica.wire.Pages``."""

    def __init__(self, portal: ReplicaPortal, availability: Availability, clock: Clock) -> None:
        self._portal = portal
        self._availability = availability
        self._clock = clock
        self._wire = wire_of(portal)
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        parts = urlsplit(portal.url)
        self._script = parts.path if parts.path.endswith(".php") else f"{parts.path}index.php"
        self._own_parameters = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]

    def answer(self, asked: Asked) -> Answer:
        """Draw the page that was asked for, as of now."""
        known = self._sessions.get(asked.cookies.get(_COOKIE, ""))
        session = known or _Session()
        content, reserving = self._content(asked, session)
        cookie = () if known else (("set-cookie", f"{_COOKIE}={self._keep(session)}; path=/"),)
        return self._page(content, cookie, reserving=reserving)

    def session_lost(self, asked: Asked) -> Answer | None:
        """Draw step 1 again, as after a session that ran out; step 1 itself needs no session."""
        if asked.parameters.get("step", "1") == "1":
            return None
        return self._page(self._lost(asked), ())

    def _keep(self, session: _Session) -> str:
        name = secrets.token_hex(16)
        self._sessions[name] = session
        while len(self._sessions) > _SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return name

    def _page(
        self, content: str, headers: tuple[tuple[str, str], ...], *, reserving: bool = False
    ) -> Answer:
        encoding, content_type, meta = CHARSETS[self._wire.charset]
        text = draw.whole_page(self._portal.name, content, meta_charset=meta)
        body = text.encode(encoding, errors="xmlcharrefreplace")
        return Answer(body, content_type=content_type, headers=headers, reserving=reserving)

    def _content(self, asked: Asked, session: _Session) -> tuple[str, bool]:
        """Return what stands on the page, and whether a real portal might reserve now."""
        step = asked.parameters.get("step", "1")
        if step == "4" and "time" in asked.parameters:
            return draw.booking_form(), True
        if step in {"3", "4"} and "day" in asked.parameters:
            return self._day(asked, session, step), False
        if step in {"3", "4"} or (step == "2" and "month" in asked.parameters):
            return self._month(asked, session), False
        return (self._result(asked, session) if step == "2" else self._start(asked)), False

    # --- step 1 and its answer -----------------------------------------------------------------

    def _start(self, asked: Asked) -> str:
        if not self._wire.services:
            return f'<p><a href="{escape(self._link(asked, "2", ()))}">Weiter</a></p>\n'
        offer = self._offer()
        shown = [
            category
            for category in self._wire.categories
            if any(place.key in offer for place in category.places)
        ]
        return draw.casetype_form(self._link(asked, "2", ()), shown, self._wire.controls)

    def _result(self, asked: Asked, session: _Session) -> str:
        if not self._wire.services:
            return self._calendar(asked, self._choice_by_cause(asked), None)
        chosen = chosen_casetypes({**asked.parameters, **asked.fields})
        refusal = self._refusal(chosen)
        if refusal:
            text = draw.message(REFUSALS_DE[refusal])
            return text + self._start(asked) if refusal in FORM_BESIDE_REFUSAL else text
        choice = self._choice_of(chosen, asked.parameters.get("location", ""))
        if choice is None:
            return self._lost(asked)
        session.choice, session.posted = choice, True
        return self._calendar(asked, choice, None) if choice.place else self._places(asked, choice)

    def _refusal(self, chosen: tuple[int, ...]) -> str:
        anliegen = self._wire.refusal_wording == "anliegen"
        categories = {
            category.number
            for number in chosen
            if (category := self._wire.category_of_casetype(number))
        }
        if not categories:
            return "kein-anliegen" if anliegen else "keine-dienstleistung"
        if len(categories) > 1:
            return self._wire.refusal_wording
        return next((self._wire.refuses[n] for n in chosen if n in self._wire.refuses), "")

    def _places(self, asked: Asked, choice: _Choice) -> str:
        offer = self._offer()
        rows = []
        for place in choice.category.places:
            here = _Choice(choice.category, choice.casetypes, place)
            link = self._link(asked, "3", here.parameters()) if place.key in offer else ""
            slots = offer.get(place.key, ())
            first = f"{local_from_slot(slots[0]):%d.%m.%Y um %H:%M}" if slots else ""
            rows.append((place, link, first))
        return draw.location_list(rows, self._wire.locations)

    def _lost(self, asked: Asked) -> str:
        return draw.message(_SESSION_LOST_DE) + self._start(asked)

    # --- calendars and days --------------------------------------------------------------------

    def _month(self, asked: Asked, session: _Session) -> str:
        choice = self._choice(asked, session)
        if choice is None:
            return self._lost(asked)
        session.choice = choice
        if choice.place is None:
            return self._places(asked, choice)
        year, month = (asked.parameters.get(name, "") for name in ("year", "month"))
        known = year.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12
        return self._calendar(asked, choice, (int(year), int(month)) if known else None)

    def _calendar(self, asked: Asked, choice: _Choice, wanted: Month | None) -> str:
        free = days_with_slots(self._slots(choice))
        shown, buttons = self._month_to_show(free, wanted)
        carried = [] if self._wire.session_required_for_months else choice.parameters()
        return draw.month_calendar(
            shown,
            free,
            lambda day: self._link(asked, "4", [*_date_parameters(day), *choice.parameters()]),
            [
                self._link(asked, "3", [("month", str(month)), ("year", str(year)), *carried])
                for year, month in buttons
            ],
        )

    def _month_to_show(
        self, free: list[date], wanted: Month | None
    ) -> tuple[Month, tuple[Month, ...]]:
        """Return the month to draw and the months that its buttons lead to.

        A month before the first free one is moved forward to it; none wanted means that one too.
        """
        today = local_today(self._clock, ZoneInfo(self._portal.zone))
        first = min([month_of(today), *map(month_of, free[:1])])
        last = last_month_shown(today, free, self._wire.horizon_months)
        earliest = month_of(free[0]) if free else first
        shown = min(max(wanted or earliest, earliest), max(last, earliest))
        around = (month_after(shown, -1), month_after(shown, 1))
        return shown, tuple(month for month in around if first <= month <= last)

    def _day(self, asked: Asked, session: _Session, step: str) -> str:
        choice = self._choice(asked, session)
        if choice is None or choice.place is None:
            return self._lost(asked)
        if self._wire.services and session.posted != (step == "4"):
            # With the booking session step 3 chooses the day again; without it step 4 leads nowhere.
            return self._lost(asked) if step == "4" else self._calendar(asked, choice, None)
        day = _day_asked(asked.parameters)
        times = times_on(self._slots(choice), day) if day else []
        dated = _date_parameters(day) if day else []
        return draw.times_list(
            times,
            lambda time: self._link(asked, "4", [*dated, ("time", time), *choice.parameters()]),
        )

    # --- what was chosen -----------------------------------------------------------------------

    def _choice(self, asked: Asked, session: _Session) -> _Choice | None:
        """Return the choice that the link carries, else that of the session."""
        if not self._wire.services:
            return self._choice_by_cause(asked)
        chosen = chosen_casetypes(asked.parameters)
        if not chosen:
            return session.choice
        return self._choice_of(chosen, asked.parameters.get("location", ""))

    def _choice_of(self, casetypes: tuple[int, ...], location: str) -> _Choice | None:
        category = self._wire.category_of_casetype(casetypes[0])
        if category is None:
            return None
        number = int(location) if location.isdecimal() else 0
        return _Choice(category, casetypes, category.place(number))

    def _choice_by_cause(self, asked: Asked) -> _Choice:
        """A company without services: ``cur_cause`` counts its calendars, the first is 0."""
        places = [(c, place) for c in self._wire.categories for place in c.places]
        cause = asked.parameters.get("cur_cause", "0")
        position = int(cause) if cause.isdecimal() else 0
        category, place = places[position if position < len(places) else 0]
        return _Choice(category, (), place)

    def _slots(self, choice: _Choice) -> tuple[Slot, ...]:
        return self._offer().get(choice.place.key, ()) if choice.place else ()

    def _offer(self) -> Mapping[str, tuple[Slot, ...]]:
        return self._availability.offer(self._portal.id, self._clock.now())

    def _link(self, asked: Asked, step: str, further: Iterable[tuple[str, str]]) -> str:
        """Make a path-absolute link; ``step`` stands between company and the rest, nothing has a '%'."""
        carried = [pair for pair in asked.parameters.items() if self._carries(*pair)]
        if not any(name in {"cur_cause", "cur_causes"} for name, _ in carried):
            carried.append(("cur_cause", "0"))
        return f"{self._script}?{plain_query([*carried, ('step', step), *further])}"

    def _carries(self, name: str, value: str) -> bool:
        own = name in {"company", "cur_cause", "cur_causes"} or name in self._own_parameters
        return own and name not in _NOT_CARRIED and not _NEEDS_ESCAPE & set(value)


def make_app(portal: ReplicaPortal, availability: Availability, clock: Clock) -> ASGIApp:
    """Make the ASGI application of one netappoint portal.

    Raises:
        ConfigError: A variant switch of the portal is unknown.
    """
    return asgi_app(NetappointPages(portal, availability, clock))


def _date_parameters(day: date) -> list[tuple[str, str]]:
    return [("year", str(day.year)), ("month", str(day.month)), ("day", str(day.day))]


def _day_asked(parameters: Mapping[str, str]) -> date | None:
    try:
        return date(*(int(parameters.get(name, "")) for name in ("year", "month", "day")))
    except ValueError:
        return None
