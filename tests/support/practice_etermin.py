"""A reader of eTermin answers made of json and nothing else, for tests of the replica."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from amtspuls.clock import SimulatedClock
from amtspuls.model import Slot, slot_from_local
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from amtspuls.replica.portals import make_pages
from amtspuls.replica.wire import Answer, Asked, Pages
from support.practice import NOW, Offer, Offers

ZONE = "W. Europe Standard Time"


def etermin(*calendars: tuple[str, str, tuple[str, ...]], **given: Any) -> ReplicaPortal:
    """An etermin portal; calendars are (key, name, services)."""
    made = {
        "id": "ausfeld",
        "name": "Gemeinde Ausfeld",
        "system": "etermin",
        "url": "https://www.etermin.net/GemeindeAusfeld",
    }
    found = tuple(ReplicaCalendar(key, name, services) for key, name, services in calendars)
    return ReplicaPortal(**{**made, **given}, calendars=found)


class EterminVisitor:
    """Asks one portal's pages; keeps cookies, and sends the headers it was given."""

    def __init__(self, pages: Pages, headers: Mapping[str, str]) -> None:
        self.pages = pages
        self.headers = dict(headers)
        self.cookie = ""
        self.answer = Answer(b"")

    def ask(
        self, path: str, parameters: Mapping[str, str] | None = None, method: str = "GET"
    ) -> str:
        headers = {**self.headers, "cookie": self.cookie}
        self.answer = self.pages.answer(Asked(method, path, urlencode(parameters or {}), headers))
        for name, value in self.answer.headers:
            if name == "set-cookie":
                self.cookie = value.partition(";")[0]
        return self.answer.body.decode("utf-8")

    def api(self, resource: str, **parameters: str) -> Any:
        text = self.ask(f"/api/{resource}", parameters)
        assert self.answer.content_type == "application/json; charset=utf-8"
        return json.loads(text)

    def prime(self, account: str = "1") -> None:
        for index in ("1", "2"):
            self.ask("/site", {"pageidx": index, "z": account, "storeip": "true"}, "POST")

    def days(self, service: str, calendar: str, first: date, **more: str) -> Any:
        asked = {"date": f"{first}", "serviceid": service, "calendarid": calendar, **more}
        return self.api("timeslots", rangesearch="1", capacity="1", oneoff="null", **asked)

    def times(self, service: str, calendar: str, day: str) -> Any:
        asked = {"date": day, "serviceid": service, "calendarid": calendar, "tzaccount": ZONE}
        return self.api("timeslots", capacity="1", oneoff="null", tz=ZONE, **asked)


def visit_etermin(
    portal: ReplicaPortal,
    offer: Offer,
    *,
    now: datetime = NOW,
    headers: Mapping[str, str] | None = None,
) -> EterminVisitor:
    """A visitor of a portal that shows an offer; names its tenant by ``webid`` unless told otherwise."""
    availability = Offers(portal)
    availability.now[portal.id] = offer
    pages = make_pages(portal, availability, SimulatedClock(now))
    webid = urlsplit(portal.url).path.strip("/").split("/")[-1].lower()
    return EterminVisitor(pages, {"webid": webid} if headers is None else headers)


def read_etermin(visitor: EterminVisitor, today: date) -> dict[str, set[Slot]]:
    """Read every service of a portal up to the announced horizon; slots by the calendar they name."""
    (settings,) = visitor.api("settingbs", t="")
    last = today + timedelta(days=settings["appfuture"])
    rows = visitor.api("servicegroupservice", cache="1", lang="de", v=str(settings["vservices"]))
    found: dict[str, set[Slot]] = {}
    for service in sorted({str(row["sid"]) for row in rows if row.get("s")}):
        asked = {"availablecal": "1", "lang": "de", "serviceid": service, "calendarid": "undefined"}
        for calendar in visitor.api("calendar", **asked):
            assert isinstance(calendar["calendarid"], str)
            for key in calendar["calendarid"].split(","):
                found.setdefault(key, set())
            _read_calendar(visitor, service, calendar["calendarid"], today, last, found)
    return found


def _read_calendar(
    visitor: EterminVisitor,
    service: str,
    calendar: str,
    first: date,
    last: date,
    found: dict[str, set[Slot]],
) -> None:
    seen: set[str] = set()
    while first <= last:
        for day in visitor.days(service, calendar, first, appfuture=str((last - first).days + 40)):
            if not day.get("available") or day["start"] in seen:
                continue
            seen.add(day["start"])
            for time in visitor.times(service, calendar, day["start"][:10]):
                bookable = time.get("f", True) and time.get("hv", True) and time["cap"] > 0
                if bookable:
                    start = datetime.fromisoformat(time["start"])
                    found[str(time["calendarid"])].add(slot_from_local(start))
        first = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
