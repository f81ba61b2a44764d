"""An eKOL TNV portal to practise on: the order of its pages, and what a session remembers.

Written from docs/systems/ekol.md alone; shares nothing with the reading side. The session is named in the path;
its cookie is set too, and is looked at only where the path names none. Tokens are good for one answer.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from amtspuls.clock import Clock, local_now, local_today
from amtspuls.model import Slot, day_of_slot
from amtspuls.replica.availability import Availability, ReplicaPortal
from amtspuls.replica.portals import ekol_calendar as cal
from amtspuls.replica.portals import ekol_pages as draw
from amtspuls.replica.portals.ekol_map import Office, wire_of
from amtspuls.replica.portals.html import month_after, month_of, months_between
from amtspuls.replica.wire import Answer, Asked

_COOKIE = "JSESSIONID"
_PATH = re.compile(r"(?P<folder>.*?)/?(?P<script>bgr(?:;jsessionid=(?P<session>[^/]*))?)?")
_SESSIONS_KEPT = 10_000
_LOST_DE = "Ihre Sitzung ist abgelaufen. Bitte beginnen Sie von vorn."
_AGREE_DE = "Bitte stimmen Sie zu."
_CHOOSE_DE = "Bitte wählen Sie mindestens ein Anliegen."
_OPEN_DE = "Bitte wählen Sie eine Dienststelle."
_SURE, _POSSIBLE = 100, 1


@dataclass(slots=True)
class _Session:
    """Where a visitor is; ``moved`` counts pressed FORWARD, ``day`` is that of an open message box."""

    name: str
    seen_at: datetime
    page: str
    start: Office | None
    tokens: draw.Tokens | None = None
    opened: set[str] = field(default_factory=set)
    office: Office | None = None
    chosen: tuple[str, ...] = ()
    moved: int = 0
    day: date | None = None
    message: str = ""


class EkolPages:
    """Pages of one eKOL TNV portal; see ``amtspuls.replica.wire.ClaimingPages``."""

    def __init__(self, portal: ReplicaPortal, availability: Availability, clock: Clock) -> None:
        self._portal = portal
        self._availability = availability
        self._clock = clock
        self._wire = wire_of(portal)
        self._zone = ZoneInfo(portal.zone)
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        parts = urlsplit(portal.url)
        self._folder = parts.path.rstrip("/")
        self._own = frozenset(parse_qsl(parts.query, keep_blank_values=True))

    def claim(self, asked: Asked) -> int:
        """Say whether a request is for this portal: by its session, else by how it was started."""
        found = _PATH.fullmatch(asked.path)
        if found is None:
            return 0
        if found["session"] in self._sessions:
            return _SURE
        if found["folder"] != self._folder:
            return 0
        if found["script"] or not self._own:
            return _POSSIBLE
        return _POSSIBLE + len(self._own) if self._own <= set(asked.parameters.items()) else 0

    def answer(self, asked: Asked) -> Answer:
        """Draw the page that follows, as of now."""
        session = self._session(asked) if asked.method == "POST" else None
        if session is None:
            return self._draw(self._new_session(asked))
        sent = draw.Tokens(asked.fields.get("PGUTSMSC", ""), asked.fields.get("TCSID", ""))
        if sent != session.tokens:
            return self._draw(self._new_session(asked))
        session.message = ""
        self._press(session, asked)
        return self._draw(session)

    def session_lost(self, asked: Asked) -> Answer | None:
        """Draw the first page again, as after a session that ran out; a GET begins anew anyway."""
        return self._draw(self._new_session(asked)) if asked.method == "POST" else None

    # --- sessions ------------------------------------------------------------------------------

    def _new_session(self, asked: Asked) -> _Session:
        """Begin anew; a form that was sent in vain is told so."""
        named = self._wire.office(asked.parameters.get("START_OFFICE", ""))
        start = named or self._wire.start_office
        page = "OFFICESELECT" if start else "INFOPAGE"
        name = secrets.token_hex(16).upper()
        message = _LOST_DE if asked.method == "POST" else ""
        session = _Session(name, self._clock.now(), page, start, message=message)
        self._sessions[session.name] = session
        while len(self._sessions) > _SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return session

    def _session(self, asked: Asked) -> _Session | None:
        found = _PATH.fullmatch(asked.path)
        name = (found["session"] if found else None) or asked.cookies.get(_COOKIE, "")
        session = self._sessions.get(name)
        now = self._clock.now()
        if session is None or now - session.seen_at > timedelta(minutes=self._wire.idle_min):
            self._sessions.pop(name, None)
            return None
        session.seen_at = now
        return session

    # --- buttons -------------------------------------------------------------------------------

    def _press(self, session: _Session, asked: Asked) -> None:
        """Do what the pressed button says; one that is not on the page does nothing."""
        pressed = next((name for name in asked.fields if name.startswith("ACTION_")), "")
        if pressed == f"ACTION_{session.page}_PREVIOUS":
            self._go_back(session)
        elif session.page == "OFFICESELECT":
            self._press_office(session, pressed)
        elif session.page == "CALENDARSELECT":
            self._press_calendar(session, pressed, asked)
        elif pressed == f"ACTION_{session.page}_NEXT":
            self._go_on(session, asked)

    def _go_back(self, session: _Session) -> None:
        comments = "CONCERNCOMMENTS" if self._wire.comments else "CONCERNSELECT"
        before = {
            "OFFICESELECT": "OFFICESELECT" if session.start else "INFOPAGE",
            "CONCERNSELECT": "OFFICESELECT",
            "CONCERNCOMMENTS": "CONCERNSELECT",
            "CALENDARSELECT": comments,
            "USERDATA": "CALENDARSELECT",
        }
        session.page = before.get(session.page, session.page)
        session.day = None
        session.moved = 0

    def _go_on(self, session: _Session, asked: Asked) -> None:
        if session.page == "INFOPAGE":
            self._forward(session, "OFFICESELECT", _AGREE_DE, asked.fields.get("AGREEMENT_ACCEPT"))
        elif session.page == "CONCERNSELECT":
            known = session.office.concerns if session.office else {}
            session.chosen = tuple(
                text for number, text in known.items() if asked.fields.get(number, "0") != "0"
            )
            after = "CONCERNCOMMENTS" if self._wire.comments else "CALENDARSELECT"
            self._forward(session, after, _CHOOSE_DE, session.chosen)
        elif session.page == "CONCERNCOMMENTS":
            session.page = "CALENDARSELECT"

    def _forward(self, session: _Session, page: str, refusal: str, given: object) -> None:
        if given:
            session.page = page
        else:
            session.message = refusal

    def _press_office(self, session: _Session, pressed: str) -> None:
        key = pressed.rpartition("-")[2]
        if "||EXPAND||" in pressed:
            session.opened.add(key)
            return
        office = self._wire.office(pressed.removeprefix("ACTION_OFFICESELECT_TERMNEW_PREFIX"))
        shown = office and (office == session.start or office.key in session.opened)
        if pressed.startswith("ACTION_OFFICESELECT_TERMNEW_PREFIX"):
            session.office = office
            self._forward(session, "CONCERNSELECT", _OPEN_DE, shown)

    def _press_calendar(self, session: _Session, pressed: str, asked: Asked) -> None:
        _, _, verb = pressed.partition("||")
        name, _, value = verb.partition("||")
        if name == "DAY_SELECT":
            session.day = self._day(value) or session.day
        elif name == "POPUP_CLOSE":
            session.day = None
        elif name == "POPUP_TIME_OK" and asked.fields.get("ekolCalendarTimeSelect"):
            session.page = "USERDATA"
        elif name in {"FORWARD", "BACKWARD"}:
            session.moved = max(0, session.moved + (1 if name == "FORWARD" else -1))
            session.day = None

    def _day(self, text: str) -> date | None:
        """Return the day of a button's number; None where it is no number of milliseconds."""
        try:
            return datetime.fromtimestamp(int(text) / 1000, self._zone).date()
        except (ValueError, OverflowError, OSError):
            return None

    # --- pages ---------------------------------------------------------------------------------

    def _draw(self, session: _Session) -> Answer:
        session.tokens = _new_tokens()
        frame = draw.Frame(
            self._wire.skin,
            self._portal.name,
            session.name,
            session.tokens,
            (_new_tokens(), _new_tokens()),
            session.message,
            local_now(self._clock, self._zone),
        )
        back = session.page != "INFOPAGE"
        body = draw.whole_page(frame, session.page, self._content(session), back=back)
        cookie = ("set-cookie", f"{_COOKIE}={session.name}; Path={self._folder or '/'}; HttpOnly")
        reserving = session.page == "USERDATA"
        return Answer(body.encode(), headers=(cookie,), reserving=reserving)

    def _content(self, session: _Session) -> str:
        match session.page:
            case "INFOPAGE":
                return draw.info()
            case "OFFICESELECT" if session.start:
                return draw.one_office(session.start)
            case "OFFICESELECT":
                return draw.offices(self._wire.offices, session.opened, heads=self._wire.heads)
            case "CONCERNSELECT":
                return draw.concerns(session.office.concerns if session.office else {})
            case "CONCERNCOMMENTS":
                return draw.comments(session.chosen)
            case "CALENDARSELECT":
                return self._calendar(session)
        return draw.user_data()

    def _calendar(self, session: _Session) -> str:
        """Draw the calendar; one without slots in the offer marks tomorrow, a missing one no day."""
        offer = self._availability.offer(self._portal.id, self._clock.now())
        slots = offer.get(session.office.key) if session.office else None
        today = local_today(self._clock, self._zone)
        marked = {today + timedelta(days=1): 1} if slots == () else {}
        free = Counter(marked) + Counter(day_of_slot(slot) for slot in slots or ())
        box = ""
        if session.day is not None:
            box = cal.message_box(session.day, _on(session.day, slots or ()), self._zone)
        return cal.calendar(self._days(session, today, free), self._wire.skin, self._zone) + box

    def _days(self, session: _Session, today: date, free: Counter[date]) -> cal.Days:
        last = max([today + timedelta(days=self._wire.horizon_days), *free])
        months = list(months_between(month_of(today), month_of(last)))
        size = self._wire.window_months or len(months)
        session.moved = min(session.moved, (len(months) - 1) // size)
        start = month_after(month_of(today), session.moved * size)
        shown = [month for month in months if start <= month < month_after(start, size)]
        return cal.Days(
            shown,
            today,
            last,
            free,
            self._wire.closed_days,
            back=session.moved > 0,
            forward=shown[-1] < months[-1],
        )


def _on(day: date, slots: tuple[Slot, ...]) -> list[Slot]:
    return [slot for slot in slots if day_of_slot(slot) == day]


def _new_tokens() -> draw.Tokens:
    page = secrets.token_urlsafe(140).replace("_", ";")
    return draw.Tokens(f"{page}::", f"_A{secrets.token_urlsafe(36)}")
