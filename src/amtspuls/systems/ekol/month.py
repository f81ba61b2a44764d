"""The eKOL calendar in both spellings, and the box of times over it; pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from selectolax.lexbor import LexborNode

from amtspuls.systems.ekol.form import find_button
from amtspuls.systems.markup import Markup, attribute, day_of_numbers, month_in, text_of

_CELL = "ekolcalendarcellinrange"
_NUMBER = "ekolcalendardaynumberinrange"
_FREE = "ekolcalendarfreetimecontainer"
_DAY_DE = re.compile(r"([0-9]{1,2})(?: ?\. ?([0-9]{1,2}) ?\.?)?")
_COUNT_DE = re.compile(r"([0-9]{1,5}) frei", re.IGNORECASE)
_CLOSED_DE = "geschlossen"
_DATE_DE = re.compile(r"\b([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})\b")
_SELECT = (
    'select[name="ekolCalendarTimeSelect" i], select[id="ekolcalendartimeselectbox" i],'
    ' [id="ekolcalendartimeselectbox" i] select'
)
_ANY = re.compile(r".+", re.DOTALL)
_CLOSE = re.compile(r".*\|\|POPUP_CLOSE(\|\|.*)?", re.IGNORECASE | re.DOTALL)
_BOX = re.compile(r"popup|messagebox", re.IGNORECASE)
_BINDING = re.compile(r"POPUP_TIME_OK|_NEXT\b|USERDATA", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that may be booked.

    Attributes:
        day: Which one.
        free: Free times; 0 also when it is closed, None when the text says neither.
        button: Name of the button that shows its times; "" where it has none.
    """

    day: date
    free: int | None
    button: str


@dataclass(frozen=True, slots=True)
class BoxTime:
    """A time in the box: the value of its option (epoch milliseconds, or unknown) and its text."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """The box of times of one day.

    Attributes:
        day: Named in its heading; None where it names none.
        times: In page order, without the placeholder.
        close: Name of the button that closes it; "" where it has none.
    """

    day: date | None
    times: tuple[BoxTime, ...]
    close: str


def read_days(m: Markup) -> tuple[Day, ...]:
    """Read the days in range of all month tables, ascending; empty where there is no such table.

    Raises:
        PageChangedError: A cell has no month, no day, or free times without a button.
    """
    days: dict[date, Day] = {}
    for cell in m.css("td[class]"):
        if not _is(cell, _CELL):
            continue
        found = _day(m, cell, _month(m, cell))
        if found.day in days:
            raise m.changed(f"shows {found.day.isoformat()} twice")
        days[found.day] = found
    return tuple(days[day] for day in sorted(days))


def _month(m: Markup, cell: LexborNode) -> date:
    table = _around(cell, lambda node: node.tag == "table")
    caption = table.css_first("caption") if table is not None else None
    month = month_in(text_of(caption)) if caption is not None else None
    if month is None:
        raise m.changed("has a month table without month")
    return month


def _day(m: Markup, cell: LexborNode, month: date) -> Day:
    number = _part(cell, _NUMBER)
    match = _DAY_DE.fullmatch(text_of(number)) if number is not None else None
    day = day_of_numbers(str(month.year), str(month.month), match.group(1)) if match else None
    if match is None or day is None or (match.group(2) and int(match.group(2)) != month.month):
        raise m.changed("has a day in range without its number")
    label = _part(cell, _FREE)
    text = text_of(label).casefold() if label is not None else ""
    count = _COUNT_DE.fullmatch(text)
    free = int(count.group(1)) if count else 0 if text == _CLOSED_DE else None
    button = find_button(cell, _ANY)
    if free and (not button or _BINDING.search(button)):
        raise m.changed(f"has free times on {day.isoformat()}, but no button that shows them")
    return Day(day, free, button)


def read_box(m: Markup) -> Box | None:
    """Read the box of times; None where the page shows none."""
    select = m.first(_SELECT)
    if select is None:
        return None
    around = _around(select, lambda node: bool(_BOX.search(attribute(node, "class"))))
    match = _DATE_DE.search(around.text(separator=" ")) if around is not None else None
    day = day_of_numbers(match.group(3), match.group(2), match.group(1)) if match else None
    times = tuple(
        BoxTime(attribute(option, "value"), text_of(option))
        for option in select.css("option")
        if attribute(option, "value")
    )
    named = m.first("button.messagebox_buttonclose[name]")
    close = attribute(named, "name") if named is not None else find_button(m, _CLOSE)
    return Box(day, times, close)


def _around(node: LexborNode, fits: Callable[[LexborNode], bool]) -> LexborNode | None:
    """Return the nearest part that fits and that a node lies in; None where there is none."""
    around = node.parent
    while around is not None and not fits(around):
        around = around.parent
    return around


def _part(cell: LexborNode, mark: str) -> LexborNode | None:
    return next((node for node in cell.css("div, span") if _is(node, mark)), None)


def _is(node: LexborNode, mark: str) -> bool:
    """Whether a node has a class in either spelling (``eKOLCalendarX``, ``ekolCalendar_X``)."""
    return mark in attribute(node, "class").replace("_", "").lower().split()
