"""Tevis portals for tests, and readers made of regular expressions that know only docs/systems/tevis.md."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

from amtspuls.model import Slot, slot_from_local
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from support.practice import Visitor

Read = dict[str, tuple[Slot, ...]]


def tevis(*calendars: tuple[str, str, tuple[str, ...]], **given: Any) -> ReplicaPortal:
    """A tevis portal; calendars are (key, ``unit / location``, services)."""
    made = {
        "id": "rosenau",
        "name": "Stadt Rosenau",
        "system": "tevis",
        "url": "https://termine.rosenau.example/termine/rosenau/",
    }
    found = tuple(ReplicaCalendar(key, name, services) for key, name, services in calendars)
    return ReplicaPortal(**{**made, **given}, calendars=found)


_HEADING = re.compile(
    r"<h1> Schritt (\d)<span class='visuallyhidden'> von (\d)</span>: ([^<]*) </h1>"
)
_UNIT = re.compile(
    r"<button onclick=\"window\.location\.href='(select2\?md=\d+)'\" name=\"([^\"]*)\""
    r"|<a href=\"(select2\?md=\d+)\">(?:<span class=\"sel_button[^\"]*\">)?([^<]*)<"
)
_ITEM = re.compile(r'<li id="li-(\d+)" class="liConcernsChecklist">(.*?)</li>', re.DOTALL)
_FORM = re.compile(r'<form action="(\w+)" method="get" id="cnc-select-form">')
_MDT = re.compile(r'<input type="hidden" value="(\d+)" name="mdt" />')
_PANEL = re.compile(
    r'<div (?:id="suggest_location_content" )?class="suggest_location_panel\b[^"]*">\s*'
    r'<form method="post">(.*?)</form>',
    re.DOTALL,
)
_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)" />')
_SUBMIT = re.compile(r'<input type="submit"[^>]*>')
_ROW = re.compile(r"<dt>([^<]*)</dt><dd[^>]*>([^<]*)")
_SLOT_FORM = re.compile(
    r'<form method="post" class="suggestion_form"[^>]*>(.*?)'
    r'<button type="submit" class="suggest_btn [^"]*" title="(\d\d:\d\d)">\2</button ></form>',
    re.DOTALL,
)
_DAY_HEADING = re.compile(r'<h3 title="(\w+, \d\d\.\d\d\.\d{4})">\1</h3>\s*<div>(.*?)</div>', re.S)
_FILTER = re.compile(r'<input type="text" name="(filter_date_\w+)" id="\1" value="([\d.]+)"/>')


def heading(page: str) -> tuple[int, int, str]:
    """Step, number of steps and text of the first heading of a page."""
    first = page.index("<h1")
    found = _HEADING.match(page, first)
    assert found, page[first : first + 200]
    return int(found[1]), int(found[2]), html.unescape(found[3])


def error_of(page: str) -> str:
    """The text of an error page."""
    assert '<div class="content content--error">' in page, page[:2000]
    assert page.index('<h1 class="error"') == page.index("<h1")
    (text,) = re.findall(r"<p>Fehlermeldung: ([^<]*)<hr", page)
    return html.unescape(text)


def units(page: str) -> dict[str, str]:
    """Links of the start page by name."""
    return {
        html.unescape(name or other): link or plain
        for link, name, plain, other in _UNIT.findall(page)
    }


def concerns(page: str) -> dict[str, str]:
    """Fields of the services on step 2 by name."""
    found = {}
    for number, item in _ITEM.findall(page):
        ((field, name),) = re.findall(
            r'name="(cnc-\d+)".*?data-tevis-cncname="([^"]*)"', item, re.DOTALL
        )
        assert field == f"cnc-{number}"
        assert item.count('class="cnc-item') == 1
        found[html.unescape(name)] = field
    return found


def form_link(page: str, *fields: str) -> str:
    """Where the form of step 2 leads when these services are chosen once each."""
    ((action,),) = [_FORM.findall(page)]
    (mdt,) = _MDT.findall(page)
    assert '<input type="hidden" value="1" name="select_cnc" />' in page
    return f"{action}?{urlencode([('mdt', mdt), ('select_cnc', '1'), *((f, '1') for f in fields)])}"


@dataclass(frozen=True)
class Panel:
    """A location of step 3: what its form sends, and its rows."""

    fields: dict[str, str]
    rows: dict[str, str]


def panels(page: str) -> list[Panel]:
    """Locations of step 3, without those of the map."""
    found = []
    for inner in _PANEL.findall(page):
        fields = dict(_FIELD.findall(inner))
        (submit,) = _SUBMIT.findall(inner)
        assert 'name="select_location"' in submit
        fields["select_location"] = re.findall(r'value="([^"]*)"', submit)[0]
        rows = {name: html.unescape(value) for name, value in _ROW.findall(inner)}
        found.append(Panel(fields, rows))
    assert page.count('name="loc"') == 2 * len(found)  # once more in the map
    return found


def listed(page: str) -> list[tuple[str, Slot]]:
    """Calendar and start of every free time on the page, after looking at what else says the same."""
    found = []
    for inner, title in _SLOT_FORM.findall(page):
        fields = dict(_FIELD.findall(inner))
        day = datetime.strptime(fields["date"], "%Y%m%d")
        moment = day + timedelta(minutes=int(fields["start"]))
        year, week, weekday = moment.isocalendar()
        assert f"{moment:%H:%M}" == title
        assert (fields["week"], fields["day"]) == (f"{year}{week:02d}", str(weekday))
        assert int(fields["hour"]) == moment.hour - 6
        assert int(fields["end"]) > int(fields["start"])
        found.append((fields["cal"], slot_from_local(moment)))
    assert len(found) == page.count("suggestion_form")
    return found


def days_listed(page: str) -> dict[str, str]:
    """Tables by the text of their day, from whichever container there is."""
    if 'id="details_suggest_times"' in page:
        ((text, table),) = re.findall(
            r'<summary id="suggest_details_summary".*?</span>\s*([^<]*?)\s*</summary>(.*?)</details>',
            page,
            re.DOTALL,
        )
        return {text: table}
    return dict(_DAY_HEADING.findall(page))


def filter_dates(page: str) -> dict[str, str]:
    """The two dates of the filter form."""
    return dict(_FILTER.findall(page))


def enter(visitor: Visitor) -> str:
    """Ask the portal's address, and go on where it is sent with a slash at its end."""
    page = visitor.get(visitor.url)
    if visitor.answer.status == 301:
        ((_, visitor.url),) = visitor.answer.headers
        page = visitor.get(visitor.url)
    return page


def go(visitor: Visitor, link: str) -> str:
    """Follow a link of the page."""
    return visitor.get(urljoin(visitor.url, link))


def choose(visitor: Visitor, link: str, panel: Panel) -> str:
    """Send a location's form to its own address and follow the answer."""
    page = visitor.post(urljoin(visitor.url, link), panel.fields)
    if visitor.answer.status == 302:
        ((_, target),) = [pair for pair in visitor.answer.headers if pair[0] == "location"]
        assert target == "suggest"
        return go(visitor, target)
    return page


def whole_list(visitor: Visitor, page: str, fields: str) -> list[tuple[str, Slot]]:
    """Read a list page after page: the filter begins anew at the last day seen."""
    found = listed(page)
    dates = filter_dates(page)
    new = found
    while new and dates:
        last = sorted(slot for _, slot in found)[-1]
        day = datetime(1970, 1, 1) + timedelta(minutes=last)
        query = [("filter_date_from", f"{day:%d.%m.%Y}"), ("filter_date_to", "31.12.2028")]
        query += [("suggest_filter", "Filtern")]
        loc = re.findall(r'name="loc" value="(\d*)"', page)[0]
        page = go(visitor, f"suggest?loc={loc}&mdt=0&{fields}=1&{urlencode(query)}")
        new = [one for one in listed(page) if one not in found]
        found += new
    return found


def read_lists(visitor: Visitor) -> Read:
    """Read a whole portal of v3, v2 or v2b: free times by calendar, those without any left out."""
    read: dict[str, set[Slot]] = {}
    for unit in units(enter(visitor)).values():
        page = go(visitor, unit)
        for field in concerns(page).values():
            link = form_link(page, field)
            first = go(visitor, link)
            lists = [first]
            if heading(first)[2].endswith("Standortauswahl"):
                lists = []
                for panel in panels(first):
                    go(visitor, link)
                    lists.append(choose(visitor, link, panel))
                    for key, slot in whole_list(visitor, lists.pop(), field):
                        read.setdefault(key, set()).add(slot)
            for one in lists:
                for key, slot in whole_list(visitor, one, field):
                    read.setdefault(key, set()).add(slot)
    return {key: tuple(sorted(found)) for key, found in read.items()}


# --- v1 -----------------------------------------------------------------------------------------


_V1_UNIT = re.compile(r'<a href="(select2\?md=\d+)">([^<]*)</a>')
_V1_ITEM = re.compile(
    r'<input class="cnc-item" type="hidden" name="(cnc-\d+)" value="[01]" data-tevis-cncid="\d+" '
    r'data-tevis-locations="[\d|]+"(?: data-tevis-calendars?="([\d|]*)")?'
    r'(?: data-tevis-cncname="([^"]*)")?/>'
)
_V1_TITLE = re.compile(r'<a href="#" data-html="true">([^<]*)</a>')
_V1_CALENDAR = re.compile(
    r"window\.tevis = window\.tevis \|\| \{[^}]*\bcalendar: (\d+),[^}]*\};\s*\$\(document\)\.ready\("
)


@dataclass(frozen=True)
class Concern:
    """A service of a v1 page; without ``calendars`` the page hides them."""

    name: str
    link: str
    calendars: tuple[str, ...]


def v1_units(page: str) -> dict[str, str]:
    """Links of the start page by name."""
    return {html.unescape(name): link for link, name in _V1_UNIT.findall(page)}


def v1_concerns(page: str) -> list[Concern]:
    """Services of a unit."""
    (mdt,) = set(re.findall(r'name="mdt" value="(\d+)"', page))
    items = _V1_ITEM.findall(page)
    titles = _V1_TITLE.findall(page) or [name for _, _, name in items]
    return [
        Concern(
            html.unescape(title),
            f"calendar?mdt={mdt}&select_cnc=1&{field}=1",
            tuple(filter(None, keys.split("|"))),
        )
        for (field, keys, _), title in zip(items, titles, strict=True)
    ]


def v1_calendar(page: str) -> str:
    """The calendar that a calendar page names."""
    (key,) = _V1_CALENDAR.findall(page)
    return str(key)


def v1_week(page: str) -> list[Slot]:
    """Free times of one week."""
    week = json.loads(page)
    assert len(week["days"]) == len(week["valid"]) == 7
    return [
        slot_from_local(datetime.strptime(day, "%Y%m%d") + timedelta(minutes=int(minute)))
        for day, minutes in zip(week["days"], week["valid"], strict=True)
        for minute in minutes
    ]


def v1_weeks(visitor: Visitor, key: str, today: date, count: int = 10) -> tuple[Slot, ...]:
    """Free times of a calendar from this week on."""
    found: list[Slot] = []
    for number in range(count):
        year, week, _ = (today + timedelta(weeks=number)).isocalendar()
        text = f"cal={key}&cnc=0&cncdata=&week={year}{week:02d}&json=1&offset=1"
        found += v1_week(go(visitor, f"caldiv?{text}"))
    return tuple(found)


def read_weeks(visitor: Visitor, today: date) -> Read:
    """Read a whole v1 portal: free times by calendar; one without any is there and empty."""
    read: Read = {}
    for unit in v1_units(enter(visitor)).values():
        for concern in v1_concerns(go(visitor, unit)):
            hidden = not concern.calendars
            new = [key for key in concern.calendars if key not in read]
            if new or hidden:
                named = v1_calendar(go(visitor, concern.link))
                assert hidden or named in concern.calendars
                read |= {key: v1_weeks(visitor, key, today) for key in ([named] if hidden else new)}
    return read
