"""Tempus pages behind the form as small models; pure. Wire facts: docs/systems/tempus.md."""

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
    month_end,
    month_in,
    parameters_of,
    query_of,
    require_days,
    slot_at,
    text_of,
)
from amtspuls.systems.tempus.form import FORM, parse_entry
from amtspuls.systems.walk import FreeDay

__all__ = [
    "Calendar",
    "Ids",
    "Notice",
    "Nowhere",
    "Office",
    "OfficeList",
    "SoldOut",
    "parse_answer",
    "parse_day",
    "parse_entry",
]

_NOTICE_TITLE_DE = "wichtiger hinweis"
_NOTICE_BUTTONS_DE = (
    "ich habe die hinweise zur kenntnis genommen",
    "habe ich zur kenntnis genommen",
    "ich möchte gern vorbei kommen",
    "bestätigen und weiter zur terminauswahl",
)
_OTHER_BUTTONS_DE = ("abbrechen", "zurück", "termin absagen", "termin stornieren", "stornieren")
_ONCLICK = re.compile(r"location\.href\s*=\s*(['\"])(.*?)\1")
_LIST_DE = re.compile(
    r"stadtweit früheste termin|frühestmögliche (termine|schwimmzeit)", re.IGNORECASE
)
_NO_OFFICE_DE = re.compile(r"an keinem Standort einen Termin anbieten", re.IGNORECASE)
_SOLD_OUT_DE = re.compile(r"derzeit alle Termine ausgebucht", re.IGNORECASE)
_NONE_HERE_DE = re.compile(r"keine? termine? verfügbar", re.IGNORECASE)
_CLOCK_DE = re.compile(r"\bUhr\b")


@dataclass(frozen=True, slots=True)
class Ids:
    """Office (``standortrowid``) and first task as a link carries them; "" where it does not."""

    office: str = ""
    task: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice page; ``url`` is where its confirming button leads."""

    url: str


@dataclass(frozen=True, slots=True)
class Office:
    """An entry of the office list.

    Attributes:
        name: Without the words before it ("Termine in").
        url: Its calendar; empty when it is not linked.
        ids: What the link carries.
        says_none: It is not linked and says that there is no appointment.
    """

    name: str
    url: str
    ids: Ids
    says_none: bool


@dataclass(frozen=True, slots=True)
class OfficeList:
    """The offices in page order."""

    offices: tuple[Office, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar page: last day of the last month shown, days marked free, and whose it is."""

    last: date
    days: tuple[FreeDay, ...]
    ids: Ids


@dataclass(frozen=True, slots=True)
class SoldOut:
    """No day is free in this calendar, or the page offers to cancel instead (``table.appointment``)."""

    ids: Ids


@dataclass(frozen=True, slots=True)
class Nowhere:
    """No office has a free day."""


Answer = Notice | OfficeList | Calendar | SoldOut | Nowhere


def parse_answer(page: Page) -> Answer:
    """Read whatever follows the form: notice, office list, calendar, or that nothing is free.

    Raises:
        SessionLostError: The form of services is shown again, or a text says so.
        AmtspulsError: The page is none of these.
    """
    m = Markup(page, "answer to the chosen service")
    shown = _calendar(m) or _notice(m)
    if shown is not None:
        return shown
    if _NO_OFFICE_DE.search(m.text):
        return Nowhere()
    offices = _office_list(m)
    if offices is not None and _LIST_DE.search(m.text):
        return offices
    if _SOLD_OUT_DE.search(m.text) or m.first("table.appointment") is not None:
        return SoldOut(_ids_of_page(m))
    if offices is not None and any(office.url for office in offices.offices):
        return offices
    if m.first(FORM) is not None:
        raise m.lost("is the form of services again")
    raise m.unreadable("a calendar (table.cal), an office list or a notice")


def parse_day(page: Page, day: date) -> tuple[Slot, ...]:
    """Read the free times of a day, ascending; an empty ``table.termine`` is a day without times.

    Raises:
        UnknownValueError: A linked cell, or one that looks like a time, is no time of day.
        SessionLostError: The form of services is shown again, or a text says so.
        AmtspulsError: ``table.termine`` is missing.
    """
    m = Markup(page, f"times of {day.isoformat()}")
    tables = m.css("table.termine")
    if not tables:
        if m.first(FORM) is not None:
            raise m.lost("is the form of services again")
        raise m.unreadable("a list of times (table.termine)")
    if any(table.css_first("button, input, select, [onclick]") is not None for table in tables):
        raise m.changed("has buttons in table.termine")
    texts = [link.text() for link in _links(m, day)]
    if sum(len(LIKE_A_TIME.findall(table.text(separator=" "))) for table in tables) != len(texts):
        texts += _plain_times(tables)
    return tuple(sorted({slot_at(day, text, url=m.page.url, where=m.where) for text in texts}))


def _links(m: Markup, day: date) -> list[LexborNode]:
    links = m.css("table.termine td a")
    named = {parameters_of(attribute(link, "href"), "datum") for link in links}
    if not named <= {(day.isoformat(),), ("",)}:
        raise m.changed("lists times of another day")
    return links


def _plain_times(tables: list[LexborNode]) -> list[str]:
    """Texts of cells without a link that look like times: a page may list them without one."""
    cells = [cell for table in tables for cell in table.css("td") if cell.css_first("a") is None]
    return [text for text in map(text_of, cells) if LIKE_A_TIME.search(text)]


def _calendar(m: Markup) -> Calendar | None:
    tables = m.css("table.cal")
    if not tables:
        return None
    lasts: list[date] = []
    days: list[FreeDay] = []
    for table in tables:
        label = table.css_first("th.monatslabel") or table.css_first('th[colspan="7"]')
        month = month_in(text_of(label)) if label is not None else None
        if month is None:
            raise m.changed("has a calendar without month (th.monatslabel)")
        lasts.append(month_end(month))
        days.extend(_free_days(m, table, month))
    return Calendar(max(lasts), tuple(days), _ids_of_link(days[0].url) if days else _ids_of_page(m))


def _free_days(m: Markup, table: LexborNode, month: date) -> list[FreeDay]:
    days = [
        _free_day(m, cell, month)
        for cell in table.css("td.monatevent, td.actualdate")
        if "monatevent" in attribute(cell, "class").split() or cell.css_first("a[href]") is not None
    ]
    require_days(m, table)
    if len(table.css("td a[href]")) != len(days):
        raise m.changed("links days that are not marked free (td.monatevent)")
    return days


def _free_day(m: Markup, cell: LexborNode, month: date) -> FreeDay:
    link = cell.css_first("a[href]")
    href = attribute(link, "href") if link is not None else ""
    try:
        day = date.fromisoformat(query_of(href).get("datum", ""))
    except ValueError:
        raise m.changed("marks a day free without a link to its times (datum=)") from None
    if day.replace(day=1) != month:
        raise m.changed(f"links {day.isoformat()} in the table of another month")
    return FreeDay(day, m.link(href))


def _ids_of_link(url: str) -> Ids:
    query = query_of(url)
    return Ids(query.get("standortrowid", ""), query.get("tasks", "").split("-")[0])


def _ids_of_page(m: Markup) -> Ids:
    """What address and links of a page without free days say, as long as they agree."""
    found = [_ids_of_link(url) for url in (m.page.url, *(_hrefs(m)))]
    offices = {ids.office for ids in found if ids.office}
    tasks = {ids.task for ids in found if ids.task}
    return Ids(offices.pop() if len(offices) == 1 else "", tasks.pop() if len(tasks) == 1 else "")


def _hrefs(m: Markup) -> list[str]:
    return [attribute(link, "href") for link in m.css('a[href*="standortrowid"]')]


def _notice(m: Markup) -> Notice | None:
    buttons = m.css('input[type="button" i], input[type="submit" i], button')
    labels = [clean_text(attribute(b, "value") or text_of(b)).lower() for b in buttons]
    confirming = [
        button
        for button, label in zip(buttons, labels, strict=True)
        if any(label.startswith(text) for text in _NOTICE_BUTTONS_DE)
    ]
    titled = any(text_of(h).lower().startswith(_NOTICE_TITLE_DE) for h in m.css("h1"))
    if not confirming and not titled:
        return None
    others = [
        button
        for button, label in zip(buttons, labels, strict=True)
        if not label.startswith(_OTHER_BUTTONS_DE)
    ]
    for button in [*confirming, *others]:
        match = _ONCLICK.search(attribute(button, "onclick"))
        if match is not None:
            return Notice(m.link(match.group(2)))
    return None


def _office_list(m: Markup) -> OfficeList | None:
    items = m.css("#nav_menu2 li")
    inside = [_office_of_item(m, li) for li in items]
    offices = [office for office in inside if office is not None]
    named = {office.url for office in offices}
    for link in m.css("a.infolink[href]"):
        office = _office_of_link(m, link)
        if office is not None and office.url not in named:
            named.add(office.url)
            offices.append(office)
    return OfficeList(tuple(offices)) if offices else None


def _office_of_link(m: Markup, link: LexborNode) -> Office | None:
    href, text = attribute(link, "href"), text_of(link)
    if "standortrowid" not in query_of(href) or _CLOCK_DE.search(text):
        return None
    url = m.link(href)
    return Office(text.removeprefix("Termine in "), url, _ids_of_link(url), says_none=False)


def _office_of_item(m: Markup, li: LexborNode) -> Office | None:
    links = li.css("a[href]")
    for link in links:
        office = _office_of_link(m, link)
        if office is not None:
            return office
    text = text_of(li)
    says_none = _NONE_HERE_DE.search(text) is not None
    if not text:
        return None
    if links and not says_none and not any(_CLOCK_DE.search(text_of(a)) for a in links):
        return None  # a link of the menu, no office
    name = _NONE_HERE_DE.sub("", text_of(li, skip=("p",)) or text).strip(" .:-–")
    return Office(name.removeprefix("Termine in "), "", Ids(), says_none)
