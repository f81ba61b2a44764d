"""Netappoint pages as small models; pure. Wire facts: docs/systems/netappoint.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from selectolax.lexbor import LexborNode

from amtspuls.fetch.page import Page
from amtspuls.model import Slot
from amtspuls.systems.markup import (
    LIKE_A_TIME,
    Markup,
    attribute,
    clean_text,
    day_of_numbers,
    is_time,
    month_in,
    parameters_of,
    query_of,
    require_days,
    slot_at,
    text_of,
)
from amtspuls.systems.netappoint.form import CONTROL, FORM, ServiceForm, read_form
from amtspuls.systems.walk import FreeDay

_ITEM = "li.nat_casetypelist_casetype_li"
_STEP_4 = re.compile(r"(?<=[?&])step=4(?=&|$)")
_FREE_DAY_DE = re.compile(r"^Termine am 0?([0-9]{1,2}) ?\.")
_BUSY_DAY_DE = re.compile(r"^Keine freien Termine am ([0-9]{1,2}) ?\. ?(.+)$")
_NUMERIC_MONTH = re.compile(r"([0-9]{1,2})\.([0-9]{4})")
_REFUSALS_DE = re.compile(
    r"(Die von Ihnen gewählte )?(Dienstleistungs|Anliegens)-Kombination kann nicht an einem Standort"
    r" bearbeitet werden"
    r"|Bitte geben Sie mindestens (1|ein|eine) (Dienstleistung|Anliegen) an"
    r"|Die vorr?aussichtliche Dauer der von Ihnen gewählten (Dienstleistungen|Anliegen) ist zu lang",
    re.IGNORECASE,
)
_NO_ACTION_DE = re.compile(r"Diese Aktion steht nicht zur Verfügung", re.IGNORECASE)
_NO_TIMES_DE = re.compile(r"keine? (freien? )?(termine?|uhrzeit|zeit)", re.IGNORECASE)
_EARLIEST_DE = re.compile(r"\s*Frühester Termin.*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MonthLink:
    """A navigation button: first day of the month that it leads to, and its address."""

    month: date
    url: str


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar page: the first day of the month it shows, days marked free, and its buttons."""

    month: date
    days: tuple[FreeDay, ...]
    buttons: tuple[MonthLink, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of a list of locations; ``url`` is empty when it cannot be booked."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class PlaceList:
    """A list of locations, in page order."""

    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The portal does not book this service alone; ``text`` is what it says."""

    text: str


def parse_entry(page: Page) -> ServiceForm | Month | PlaceList:
    """Read step 1: the form of services, or what companies without services show instead.

    Raises:
        AmtspulsError: The page is none of these (``Markup.unreadable`` says which kind of error).
    """
    m = Markup(page, "entry page")
    form = m.first(FORM)
    if form is None:
        shown = _month(m) or _places(m)
        if shown is None:
            raise m.unreadable("the form of services (frm_casetype)")
        return shown
    return read_form(m, form)


def parse_answer(page: Page) -> Month | PlaceList | Refusal:
    """Read what step 2 (or step 3 for one location) answers.

    A month without free days is a result, not an error.

    Raises:
        SessionLostError: The portal shows the form of services again, without saying why.
        AmtspulsError: The page is none of these.
    """
    m = Markup(page, "answer to the chosen service")
    shown = _month(m) or _places(m)
    if shown is not None:
        return shown
    is_form = m.first(FORM) is not None
    refusal = _REFUSALS_DE.search(m.text)
    if refusal is None and not is_form:  # on a form this text may be the name of a category
        refusal = _NO_ACTION_DE.search(m.text)
    if refusal is not None:
        return Refusal(refusal.group(0))
    if is_form:
        raise m.lost("is the form of services again")
    raise m.unreadable("a calendar (table.nat_calendar) or a list of locations")


def parse_day(page: Page, day: date) -> tuple[Slot, ...]:
    """Read the free times of a day (step 3), ascending.

    A page without ``table.nat_timeslist`` has no free time, if it is a page of this system at all and
    holds no link that looks like a time.

    Raises:
        UnknownValueError: An entry of the list is no time of day.
        SessionLostError: The form of services, or the choice of days with this day still free.
        AmtspulsError: The page is none of these.
    """
    m = Markup(page, f"times of {day.isoformat()}")
    table = m.first("table.nat_timeslist")
    if table is not None:
        return _times(m, table, day)
    month = _month(m)
    if month is not None:
        if month.month != day.replace(day=1) or day in {free.day for free in month.days}:
            raise m.lost("is the choice of days again")
        return ()
    if m.first(FORM) is not None or _places(m) is not None:
        raise m.lost("is an earlier step again")
    if any(_offers_a_time(node) for node in m.css("a, abbr, button, input, option")):
        raise m.changed("shows times, but no table.nat_timeslist")
    if m.first('[class^="nat_"], [class*=" nat_"]') is None and not _NO_TIMES_DE.search(m.text):
        raise m.unreadable("a list of times (table.nat_timeslist)")
    return ()


def read_busy_days(table: LexborNode) -> tuple[date, ...]:
    """Return the days that a ``table.nat_calendar`` names as not free.

    Both ways to write a date are read: ``23 . Juni 2021`` and ``23.6.2021``.
    """
    matches = (_BUSY_DAY_DE.match(text_of(cell)) for cell in table.css("td"))
    days = (_written_day(match.group(1), match.group(2)) for match in matches if match)
    return tuple(day for day in days if day is not None)


def _written_day(day: str, rest: str) -> date | None:
    numeric = _NUMERIC_MONTH.search(rest)
    if numeric is not None:
        return day_of_numbers(numeric.group(2), numeric.group(1), day)
    month = month_in(rest)
    return None if month is None else day_of_numbers(str(month.year), str(month.month), day)


def _month(m: Markup) -> Month | None:
    table = m.first("table.nat_calendar")
    if table is None:
        return None
    require_days(m, table)
    days = tuple(_free_day(m, link) for link in table.css("a[href]"))
    heading = m.first(".nat_navigation_currentmonth")
    month = month_in(text_of(heading)) if heading is not None else None
    busy = read_busy_days(table)
    if heading is None and busy and not days and len(m.css("table.nat_calendar")) == 1:
        month = busy[0].replace(day=1)
    if month is None:
        raise m.changed("lacks the month over the calendar (nat_navigation_currentmonth)")
    if any(free.day.replace(day=1) != month for free in days):
        raise m.changed(f"shows {month:%Y-%m}, but has free days of another month")
    return Month(month, days, _buttons(m))


def _free_day(m: Markup, link: LexborNode) -> FreeDay:
    href = attribute(link, "href")
    query = query_of(href)
    day = day_of_numbers(query.get("year", ""), query.get("month", ""), query.get("day", ""))
    if "nat_calendar_weekday_bookable" not in attribute(link, "class").split() or day is None:
        raise m.changed("has a link in the calendar that is no free day")
    written = _FREE_DAY_DE.match(text_of(link))
    if written is not None and int(written.group(1)) != day.day:
        raise m.changed(f"links {day.isoformat()} under another day")
    url = _STEP_4.sub("step=3", m.link(href))
    if query_of(url).get("step") != "3":
        raise m.changed("has a free day whose link is not step 4")
    return FreeDay(day, url)


def _buttons(m: Markup) -> tuple[MonthLink, ...]:
    buttons = []
    for link in m.css("a.nat_navigation_button[href]"):
        href = attribute(link, "href")
        query = query_of(href)
        month = day_of_numbers(query.get("year", ""), query.get("month", ""), "1")
        if month is None:
            raise m.changed("has a navigation button without month and year")
        buttons.append(MonthLink(month, m.link(href)))
    return tuple(buttons)


def _offers_a_time(node: LexborNode) -> bool:
    return is_time(text_of(node) or attribute(node, "value")) or "time" in query_of(
        attribute(node, "href")
    )


def _places(m: Markup) -> PlaceList | None:
    items = [li for li in m.css(_ITEM) if li.css_first("select, input") is None]
    places = [_place(m, li) for li in items]
    has_form = m.first(CONTROL) is not None
    if not places or (has_form and not any(place.url for place in places)):
        return None
    return PlaceList(tuple(places))


def _place(m: Markup, li: LexborNode) -> Place:
    link = li.css_first("a")
    text = text_of(link) if link is not None else text_of(li)
    title = attribute(link, "title") if link is not None else ""
    name = _EARLIEST_DE.sub("", text) or clean_text(title).removeprefix("Standort ")
    if not name:
        raise m.changed("has a location without a name")
    href = attribute(link, "href") if link is not None else ""
    return Place(name, m.link(href) if query_of(href).get("step") == "3" else "")


def _times(m: Markup, table: LexborNode, day: date) -> tuple[Slot, ...]:
    links, labels = table.css("a[href]"), table.css("a[href] > abbr")
    if len(labels) != len(links):
        labels = [link.css_first("abbr") or link for link in links]
    named = {parameters_of(attribute(link, "href"), "year", "month", "day") for link in links}
    if any(all(numbers) and day_of_numbers(*numbers) != day for numbers in named):
        raise m.changed("lists times of another day")
    slots = {slot_at(day, label.text(), url=m.page.url, where=m.where) for label in labels}
    if not slots and LIKE_A_TIME.search(text_of(table)):
        raise m.changed("lists times that are no links")
    return tuple(sorted(slots))
