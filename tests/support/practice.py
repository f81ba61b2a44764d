"""Portals to practise on in tests: an availability that tests fill, and readers made of regular expressions.

The readers know the pages only from docs/systems; they share nothing with amtspuls.systems.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from amtspuls.clock import SimulatedClock
from amtspuls.model import Slot, slot_from_local
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from amtspuls.replica.portals import make_pages
from amtspuls.replica.wire import Answer, Asked, Pages

NOW = datetime(2026, 1, 26, 6, 30, tzinfo=UTC)
"""Monday, 07:30 in Berlin."""

Offer = Mapping[str, tuple[Slot, ...]]


def slots(*texts: str) -> tuple[Slot, ...]:
    """Slots from ``YYYY-MM-DD HH:MM``."""
    return tuple(slot_from_local(datetime.fromisoformat(text)) for text in texts)


def netappoint(*calendars: tuple[str, str, tuple[str, ...]], **given: Any) -> ReplicaPortal:
    """A netappoint portal; calendars are (key, name, services)."""
    made = {
        "id": "musterstadt",
        "name": "Stadt Musterstadt",
        "system": "netappoint",
        "url": "https://termine.musterstadt.example/netappoint/index.php?company=musterstadt",
    }
    return ReplicaPortal(**{**made, **given}, calendars=_calendars(calendars))


def tempus(*calendars: tuple[str, str, tuple[str, ...]], **given: Any) -> ReplicaPortal:
    """A tempus portal; calendars are (key, name, services)."""
    made = {
        "id": "auwinkel",
        "name": "Gemeinde Auwinkel",
        "system": "tempus",
        "url": "https://tempus.example/termine/index.php?anlagennr=901",
    }
    return ReplicaPortal(**{**made, **given}, calendars=_calendars(calendars))


def _calendars(
    calendars: Sequence[tuple[str, str, tuple[str, ...]]],
) -> tuple[ReplicaCalendar, ...]:
    return tuple(ReplicaCalendar(key, name, services) for key, name, services in calendars)


class Offers:
    """An availability whose offers a test sets; calendars that are not named are missing."""

    def __init__(self, *portals: ReplicaPortal) -> None:
        self.portals = {portal.id: portal for portal in portals}
        self.now: dict[str, Offer] = {}

    def offer(self, portal_id: str, at: datetime) -> Offer:
        assert at.tzinfo is not None
        return self.now.get(portal_id, {})


class Visitor:
    """A visitor of one portal's pages; keeps cookies unless told otherwise."""

    def __init__(self, pages: Pages, entry: str) -> None:
        self.pages = pages
        self.url = entry
        self.cookies: dict[str, str] = {}
        self.answer = Answer(b"")

    def get(self, link: str) -> str:
        return self._ask("GET", link)

    def post(self, link: str, fields: Mapping[str, str]) -> str:
        return self._ask("POST", link, urlencode(fields).encode())

    def _ask(self, method: str, link: str, body: bytes = b"") -> str:
        parts = urlsplit(link)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        asked = Asked(method, parts.path, parts.query, {"cookie": cookie}, body)
        self.answer = self.pages.answer(asked)
        for name, value in self.answer.headers:
            if name == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return self.answer.body.decode("utf-8")


def visit(portal: ReplicaPortal, offer: Offer, *, now: datetime = NOW) -> Visitor:
    """A visitor of a portal that shows an offer."""
    availability = Offers(portal)
    availability.now[portal.id] = offer
    pages = make_pages(portal, availability, SimulatedClock(now))
    parts = urlsplit(portal.url)
    return Visitor(pages, f"{parts.path}?{parts.query}")


# --- netappoint ---------------------------------------------------------------------------------

_MONTHS = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
_CATEGORY = re.compile(
    r"<a href=\"javascript:toggle\('(?P<id>[^']+)'\);\">(?P<name>[^<]*)</a></h3>\s*"
    r'<ul class="nat_casetypelist" id="(?P=id)">(?P<list>.*?)</ul>',
    re.DOTALL,
)
_CASETYPE = re.compile(r'name="(casetype_\d+)"')
_ACTION = re.compile(r'<form name="frm_casetype" method="post" action="([^"]*)"')
_BOOKABLE = re.compile(
    r'<a class="nat_calendar_weekday_bookable" href="([^"]*)">\s{8}<span class="hidden">Termine am '
    r'</span>(\d\d) <span class="hidden">\. (\w+) (\d{4})</span></a>'
)
_BUTTON = re.compile(r'<a class="nat_navigation_button" href="([^"]*)">')
_SHOWN = re.compile(r'<h2 class="nat_navigation_currentmonth"><abbr title="[^"]*">(\w+) (\d{4})<')
_LOCATION = re.compile(
    r'<li class="nat_casetypelist_casetype_li"><a href="([^"]*step=3&amp;[^"]*)"[^>]*>([^<]*)'
)
_TIME = re.compile(
    r'<a href="([^"]*)"><abbr title="Termin um (\d\d:\d\d) Uhr">(\d\d:\d\d)</abbr></a>'
)


def netappoint_categories(page: str) -> dict[str, list[str]]:
    """Category headings and the names of their controls."""
    return {
        html.unescape(found["name"]): _CASETYPE.findall(found["list"])
        for found in _CATEGORY.finditer(page)
    }


def netappoint_action(page: str) -> str:
    """Where the form of step 1 goes."""
    return html.unescape(_ACTION.findall(page)[0])


def netappoint_days(page: str) -> dict[date, str]:
    """Days of a calendar page that are links; the page must show one month and only its days."""
    assert page.count('<table class="nat_calendar"') == 1
    found: dict[date, str] = {}
    for link, day, month, year in _BOOKABLE.findall(page):
        found[date(int(year), _MONTHS.index(month) + 1, int(day))] = html.unescape(link)
    assert {(day.year, day.month) for day in found} <= {netappoint_month(page)}
    return found


def netappoint_month(page: str) -> tuple[int, int]:
    """Year and month that a calendar page shows."""
    ((name, year),) = _SHOWN.findall(page)
    return int(year), _MONTHS.index(name) + 1


def netappoint_buttons(page: str) -> list[str]:
    """Links to other months."""
    return [html.unescape(link) for link in _BUTTON.findall(page)]


def netappoint_places(page: str) -> dict[str, str]:
    """Places that can be chosen."""
    return {
        html.unescape(name).strip(): html.unescape(link) for link, name in _LOCATION.findall(page)
    }


def netappoint_times(page: str) -> list[str]:
    """Times of a day page."""
    for link, title, text in _TIME.findall(page):
        assert title == text
        assert f"time={text}" in link
    return [text for _, _, text in _TIME.findall(page)]


def read_netappoint(visitor: Visitor) -> dict[str, tuple[Slot, ...]]:
    """Read a whole portal: slots by ``category`` or ``place: category``."""
    first = visitor.get(visitor.url)
    read: dict[str, tuple[Slot, ...]] = {}
    for heading, controls in netappoint_categories(first).items():
        fields = {name: "1" if name == controls[0] else "0" for name in controls}
        page = visitor.post(netappoint_action(first), {**fields, "sentcasetypes": "Weiter"})
        name = heading.removeprefix("Kategorie ")
        if "nat_locationlist" in page:
            for place, link in netappoint_places(page).items():
                read[f"{place}: {name}"] = _read_netappoint_calendar(visitor, visitor.get(link))
        else:
            read[name] = _read_netappoint_calendar(visitor, page)
    return read


def _read_netappoint_calendar(visitor: Visitor, page: str) -> tuple[Slot, ...]:
    days = netappoint_days(page)
    shown = netappoint_month(page)
    while True:
        buttons = netappoint_buttons(page)
        page = visitor.get(buttons[-1]) if buttons else page
        if netappoint_month(page) <= shown:
            break
        shown = netappoint_month(page)
        days |= netappoint_days(page)
    found: list[Slot] = []
    cookies, visitor.cookies = visitor.cookies, {}
    for day, link in days.items():
        assert link.startswith("/")
        assert "%" not in link
        times = netappoint_times(visitor.get(link.replace("&step=4&", "&step=3&")))
        found += slots(*(f"{day} {time}" for time in times))
    visitor.cookies = cookies
    return tuple(found)


# --- tempus -------------------------------------------------------------------------------------

_FORM = re.compile(r'<form id="formular" action="([^"]*)" method="post">(.*?)</form>', re.DOTALL)
_GROUP = re.compile(r'<li><h3>([^<]*)</h3>\n<ul class="untermenuepunkt">(.*?)</ul>', re.DOTALL)
_LABEL = re.compile(r'<label class="menuepunkt">([^<]*)</label>')
_CONTROL = re.compile(
    r'<select id="([^"]*)" name="\1">|<input type="(?:radio|checkbox)" name="[^"]*" value="(\w+-[^"]*)"'
)
_NOTICE = re.compile(r"<input type=\"button\"[^>]*onclick=\"location\.href='([^']*)';\"")
_OFFICE = re.compile(r'<li><a class="infolink" href="([^"]*)">Termine in ([^<]*)</a>')
_MARKED = re.compile(
    r'<td class="(?:monatevent|actualdate)"><a href="([^"]*)" title="Termine am  (\d+)\. \w+">\2</a></td>'
)
_DATUM = re.compile(r"datum=(\d{4}-\d\d-\d\d)")
_CLOCK_TIME = re.compile(r'<td><a href="[^"]*"><span class="bl1b">(\d\d:\d\d)</span></a></td>')


def tempus_form(page: str) -> tuple[str, dict[str, list[str]]]:
    """Action of the entry form, and control names by category."""
    ((action, inner),) = _FORM.findall(page)
    groups = {html.unescape(name): body for name, body in _GROUP.findall(inner)}
    if not groups:
        parts = _LABEL.split(inner)
        names = [html.unescape(name) for name in parts[1::2]]
        groups = (
            dict(zip(names, parts[2::2], strict=True)) if len(parts) > 1 else {"default": inner}
        )
    controls = {
        name: [first or second for first, second in _CONTROL.findall(body)]
        for name, body in groups.items()
    }
    return html.unescape(action), controls


def tempus_url(visitor: Visitor, link: str) -> str:
    """Join a relative link; any other form of link is an error."""
    assert link.startswith(("?", "index.php?")), link
    folder = visitor.url.rpartition("/")[0]
    return f"{folder}/index.php{link.removeprefix('index.php')}"


def tempus_skip_notices(visitor: Visitor, page: str) -> tuple[str, int]:
    """Pass notice pages; also return how many there were."""
    count = 0
    while found := _NOTICE.search(page):
        page = visitor.get(tempus_url(visitor, html.unescape(found[1])))
        count += 1
    return page, count


def tempus_offices(page: str) -> dict[str, str]:
    """Offices with a link."""
    return {html.unescape(name): html.unescape(link) for link, name in _OFFICE.findall(page)}


def tempus_days(page: str) -> dict[date, str]:
    """Marked days."""
    links = [(html.unescape(link), int(day)) for link, day in _MARKED.findall(page)]
    found = {date.fromisoformat(_DATUM.findall(link)[0]): link for link, _ in links}
    assert [day.day for day in found] == [day for _, day in links]
    return found


def tempus_times(page: str) -> list[str]:
    """Times of a day page; the table must be there."""
    assert page.count('<table class="termine">') == 1
    return _CLOCK_TIME.findall(page)


def read_tempus(visitor: Visitor) -> dict[str, tuple[Slot, ...] | None]:
    """Read a whole portal without cookies: slots by calendar key; ``category/...`` is None if sold out."""
    action, controls = tempus_form(visitor.get(visitor.url))
    read: dict[str, tuple[Slot, ...] | None] = {}
    for category, names in controls.items():
        fields = {name: "1" if name == names[0] else "0" for name in names}
        page, _ = tempus_skip_notices(visitor, visitor.post(tempus_url(visitor, action), fields))
        offices = tempus_offices(page)
        if not offices:
            _read_tempus_calendar(visitor, page, category, read)
        for link in offices.values():
            inner, _ = tempus_skip_notices(visitor, visitor.get(tempus_url(visitor, link)))
            _read_tempus_calendar(visitor, inner, category, read)
    return read


def _read_tempus_calendar(
    visitor: Visitor, page: str, category: str, read: dict[str, tuple[Slot, ...] | None]
) -> None:
    days = tempus_days(page)
    if not days:
        read[category] = None
        return
    found: list[Slot] = []
    keys = set()
    for day, link in days.items():
        keys.add(
            "/".join(re.findall(f"{name}=(\\d+)", link)[0] for name in ("standortrowid", "tasks"))
        )
        times = tempus_times(visitor.get(tempus_url(visitor, link)))
        found += slots(*(f"{day} {time}" for time in times))
    (key,) = keys
    read[key] = tuple(found)
