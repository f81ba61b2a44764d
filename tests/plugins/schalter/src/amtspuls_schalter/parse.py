"""Pages of schalter as small models; pure: neither network nor clock. Wire facts: docs/schalter.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from amtspuls.fetch.page import Page
from amtspuls.model import Slot
from amtspuls.systems.markup import Markup, attribute, day_of_numbers, slot_at, text_of
from selectolax.lexbor import LexborNode


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk of the entry page: its key, its name, and where its times are."""

    key: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Desks:
    """The desks in page order."""

    desks: tuple[Desk, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """The free times of a desk, ascending, on the local days that the page speaks for."""

    first: date
    last: date
    slots: tuple[Slot, ...]


def parse_entry(page: Page) -> Desks:
    """Read the entry page.

    Raises:
        PageChangedError: A desk has no key, no name or no link, or one key stands twice.
        AmtspulsError: It is no entry page (``Markup.unreadable`` says which kind of error).
    """
    m = Markup(page, "list of desks")
    if m.first("main#schalter") is None:
        raise m.unreadable("main#schalter")
    desks = tuple(_desk(m, node) for node in m.css("main#schalter section[data-desk]"))
    if not desks or len({desk.key for desk in desks}) < len(desks):
        raise m.changed("lists no desk, or one twice")
    return Desks(desks)


def _desk(m: Markup, node: LexborNode) -> Desk:
    link, name = node.css_first("a[href]"), node.css_first("h2")
    key = attribute(node, "data-desk")
    if link is None or name is None or not key:
        raise m.changed("has a desk without key, name or link")
    return Desk(key, text_of(name), m.link(attribute(link, "href")))


def parse_times(page: Page) -> Times:
    """Read the free times of a desk; a table without times says that nothing is free.

    Raises:
        UnknownValueError: What stands for a time is none.
        AmtspulsError: The table, or a day of it, is missing.
    """
    m = Markup(page, "times of a desk")
    table = m.first("table.schalter-zeiten")
    if table is None:
        raise m.unreadable("table.schalter-zeiten")
    first, last = _day(m, table, "data-from"), _day(m, table, "data-until")
    slots: set[Slot] = set()
    for row in table.css("tr"):
        day = _day(m, row, "data-day")
        if not first <= day <= last:
            raise m.changed(f"has times of {day}, a day that it does not speak for")
        slots.update(
            slot_at(day, text_of(cell), url=page.url, where=m.where) for cell in row.css("td")
        )
    return Times(first, last, tuple(sorted(slots)))


def _day(m: Markup, node: LexborNode, name: str) -> date:
    parts = attribute(node, name).split("-")
    day = day_of_numbers(*parts) if len(parts) == 3 else None
    if day is None:
        raise m.changed(f"has no day in {name}")
    return day
