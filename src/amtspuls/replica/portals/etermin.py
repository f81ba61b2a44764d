"""An eTermin or qTermin portal to practise on: which tenant is meant, and what each address answers.

Written from docs/systems/etermin.md alone; shares nothing with the reading side. What is remembered of a
visitor stands in the cookie itself, so that tenants of one host share it as the real ones do.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from amtspuls.clock import Clock, local_today
from amtspuls.model import Slot, day_of_slot
from amtspuls.replica.availability import Availability, ReplicaCalendar, ReplicaPortal
from amtspuls.replica.portals import etermin_json as rows
from amtspuls.replica.portals.etermin_map import names_in, wire_of
from amtspuls.replica.portals.html import escape, month_after, month_of
from amtspuls.replica.wire import Answer, Asked

JSON = "application/json; charset=utf-8"
_COOKIE = "ASP.NET_SessionId"
_VISITOR = re.compile(r"[0-9a-z]{24}-[012]*")
_FORGETS_AFTER = timedelta(minutes=10)
_VISITORS_KEPT = 10_000
_USUAL_APPFUTURE_DAYS = 63
_SURE, _POSSIBLE = 2, 1


class EterminPages:
    """Answers of one eTermin tenant; see ``amtspuls.replica.wire.ClaimingPages``."""

    def __init__(self, portal: ReplicaPortal, availability: Availability, clock: Clock) -> None:
        self._portal = portal
        self._availability = availability
        self._clock = clock
        self._wire = wire_of(portal)
        self._searches: Counter[str] = Counter()
        self._counted_from = clock.now()

    def claim(self, asked: Asked) -> int:
        """Say whether a request is for this tenant; one without a tenant may go to any."""
        if not _is_machine_address(asked.path):
            return _SURE if self._wire.webid in names_in(asked.path)[:1] else 0
        if asked.path == "/site" and asked.parameters.get("z") == str(self._wire.account):
            return _SURE
        return _SURE if self._is_meant(asked) else _POSSIBLE

    def answer(self, asked: Asked) -> Answer:
        """Answer a request, as of now."""
        if not asked.path.startswith("/api/"):
            return self._page(asked)
        if asked.path == "/api/appointment":
            return _json({"StatusMsg": "", "AdditionalInformation": ""}, reserving=True)
        if not (self._is_meant(asked) and self._is_primed(asked)):
            return _json([])
        return self._api(asked)

    def session_lost(self, asked: Asked) -> Answer | None:
        """Answer as to a stranger; where nobody needs to be known, there is no session to lose."""
        if self._wire.priming == "none" or not asked.path.startswith("/api/"):
            return None
        return _json([])

    def _is_meant(self, asked: Asked) -> bool:
        """Whether webid, or else the Referer, names this tenant; the Host never counts."""
        webid = asked.headers.get("webid", "")
        if self._wire.tenant != "referer" and (webid or self._wire.tenant == "webid"):
            return webid.lower() == self._wire.webid
        return self._wire.webid in names_in(urlsplit(asked.headers.get("referer", "")).path)

    # --- visitors ------------------------------------------------------------------------------

    def _page(self, asked: Asked) -> Answer:
        """Answer what is not under /api/; the page and /site make a visitor known."""
        if asked.path == "/limitreached":
            return _json(0)
        visitor = _visitor(asked) or f"{secrets.token_hex(12)}-"
        is_site = asked.path == "/site"
        mark = asked.parameters.get("pageidx", "") if is_site else "0"
        if mark in {"0", "1", "2"} and mark not in visitor.partition("-")[2]:
            visitor += mark
        cookie = (("set-cookie", f"{_COOKIE}={visitor}; path=/; HttpOnly"),)
        body = "1" if is_site else _booking_page(self._portal.name)
        return Answer(body.encode(), headers=cookie)

    def _is_primed(self, asked: Asked) -> bool:
        """Whether a visitor is known enough; with ``site``, settings come first: they have the account."""
        seen = set(_visitor(asked).partition("-")[2])
        if self._wire.priming == "site" and asked.path == "/api/settingbs":
            return True
        both = {"1", "2"} <= seen
        needed = {"none": True, "page": bool(seen), "site": both, "site-all": both}
        return needed[self._wire.priming]

    def _is_too_often(self, asked: Asked) -> bool:
        """Count a range search; without a cookie all are one visitor, and all is soon forgotten."""
        limit = self._wire.range_limit
        if limit is None:
            return False
        now = self._clock.now()
        if now - self._counted_from >= _FORGETS_AFTER or len(self._searches) > _VISITORS_KEPT:
            self._searches.clear()
            self._counted_from = now
        visitor = _visitor(asked).partition("-")[0]
        self._searches[visitor] += 1
        return self._searches[visitor] > limit

    # --- resources -----------------------------------------------------------------------------

    def _api(self, asked: Asked) -> Answer:
        given = asked.parameters
        match asked.path.removeprefix("/api/"):
            case "settingbs":
                return _json(rows.settings(self._wire, self._appfuture_days()))
            case "servicegroupservice":
                return _json(rows.services(self._wire, given.get("servicegroupid", "")))
            case "calendar" if given.get("companydataonly") == "1":
                key = given.get("calendarid", "")
                known = (one for one in self._portal.calendars if one.key == key)
                return _json([row for one in known for row in rows.company(one)])
            case "calendar":
                return _json(rows.calendars(self._wire, self._asked_calendars(asked)))
            case "timeslots" if given.get("rangesearch") == "1":
                if self._is_too_often(asked):
                    return _json([], status=400)
                return _json(self._days(asked))
            case "timeslots":
                return _json(self._times(asked))
            case "field":
                return Answer(b'<div class="field"><input type="text" id="LastName"></div>\n')
        return _json({"Message": "No HTTP resource was found"}, status=404)

    def _asked_calendars(self, asked: Asked) -> list[ReplicaCalendar]:
        given = asked.parameters
        return self._wire.offering(given.get("serviceid", ""), given.get("calendarid", ""))

    def _slots(self, calendars: Sequence[ReplicaCalendar]) -> list[tuple[ReplicaCalendar, Slot]]:
        offer = self._availability.offer(self._portal.id, self._clock.now())
        return [(one, slot) for one in calendars for slot in offer.get(one.key, ())]

    def _today(self) -> date:
        return local_today(self._clock, ZoneInfo(self._portal.zone))

    def _appfuture_days(self) -> int:
        """Days ahead that settings announce: those of the variant, or enough for all that is free."""
        if self._wire.appfuture is not None:
            return self._wire.appfuture
        last = max((slot for _, slot in self._slots(self._portal.calendars)), default=None)
        ahead = (day_of_slot(last) - self._today()).days if last is not None else 0
        return max(_USUAL_APPFUTURE_DAYS, ahead)

    def _free_days(self, calendars: Sequence[ReplicaCalendar]) -> dict[date, int]:
        """Free slots by day; a calendar whose offer is empty marks tomorrow all the same."""
        offer = self._availability.offer(self._portal.id, self._clock.now())
        free: Counter[date] = Counter()
        for calendar in calendars:
            slots = offer.get(calendar.key)
            if slots == ():
                free[self._today() + timedelta(days=1)] += 1
            free.update(day_of_slot(slot) for slot in slots or ())
        return dict(free)

    def _days(self, asked: Asked) -> list[rows.Row]:
        """Range search: to the end of the month; where nothing is free, in the next month that has."""
        first = _day(asked.parameters.get("date", ""))
        calendars = self._asked_calendars(asked)
        if first is None or not calendars:
            return []
        free = {day: count for day, count in self._free_days(calendars).items() if day >= first}
        last = _day(asked.parameters.get("end", "")) or _end_of_month(first)
        if "end" not in asked.parameters and not any(day <= last for day in free):
            bound = self._today() + timedelta(days=self._asked_appfuture(asked))
            next_one = min((day for day in free if day <= bound), default=None)
            if next_one is not None:
                first, last = next_one.replace(day=1), _end_of_month(next_one)
        return rows.days(self._wire, free, first, last)

    def _asked_appfuture(self, asked: Asked) -> int:
        """Days ahead that the visitor asks for; the server believes it, as reported of 2021."""
        text = asked.parameters.get("appfuture", "")
        return int(text) if text.isdecimal() and 0 < int(text) < 10_000 else self._appfuture_days()

    def _times(self, asked: Asked) -> list[rows.Row]:
        day = _day(asked.parameters.get("date", ""))
        calendars = self._asked_calendars(asked)
        if day is None or not calendars:
            return []
        found = [pair for pair in self._slots(calendars) if day_of_slot(pair[1]) == day]
        if not found and self._wire.placeholder:
            return rows.placeholder(self._wire, calendars[0], day)
        number = asked.parameters.get("serviceid", "")
        title = self._wire.services[number.split(",")[0].strip()].title
        found.sort(key=lambda pair: (pair[1], pair[0].key))
        return rows.times(self._wire, found, title, self._wire.duration_min(number))


def _is_machine_address(path: str) -> bool:
    return path in {"/site", "/limitreached"} or path.startswith("/api/")


def _visitor(asked: Asked) -> str:
    """Return the cookie if it is one of ours: a name, then which pages it has seen."""
    found = asked.cookies.get(_COOKIE, "")
    return found if _VISITOR.fullmatch(found) else ""


def _json(content: Any, *, status: int = 200, reserving: bool = False) -> Answer:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(body, status=status, content_type=JSON, reserving=reserving)


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _end_of_month(day: date) -> date:
    year, month = month_after(month_of(day))
    return date(year, month, 1) - timedelta(days=1)


def _booking_page(name: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="de"><head><meta charset="utf-8">'
        "<title>Online Termin buchen</title></head>\n<body>\n"
        f"<h1>Buchen Sie hier Ihren Termin bei {escape(name)}</h1>\n"
        '<div id="divWizard"><div id="SelServicesFooter">Leistungen</div>'
        '<div id="SelAppFooter">Termin wählen</div></div>\n<div id="divFields"></div>\n'
        '<div style="display:none">Der Termin wurde nicht gebucht!</div>\n'
        '<div id="footer"><button id="bp1">Weiter zur Terminauswahl</button></div>\n'
        "</body></html>\n"
    )
