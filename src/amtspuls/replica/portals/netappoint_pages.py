"""Markup of the netappoint pages; names, classes, ids and texts as docs/systems/netappoint.md has them."""

from __future__ import annotations

import calendar as calendar_module
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from amtspuls.replica.portals.html import (
    WEEKDAYS_DE,
    Month,
    escape,
    month_name_de,
    rows_of,
)
from amtspuls.replica.portals.netappoint_map import Category, Place

_LEADING_BLANKS = " " * 8
"""A day link begins with eight white-space characters: one old client counts them."""

_TIMES_PER_ROW = 4


def whole_page(title: str, content: str, *, meta_charset: str = "") -> str:
    """Wrap content into a page."""
    meta = (
        f'<meta http-equiv="Content-Type" content="text/html; charset={meta_charset}" />\n'
        if meta_charset
        else ""
    )
    return (
        f'<!DOCTYPE html>\n<html lang="de">\n<head>\n{meta}<title>{escape(title)}</title>\n</head>\n'
        f'<body>\n<div id="content">\n<h1>{escape(title)}</h1>\n{content}</div>\n</body>\n</html>\n'
    )


def casetype_form(action: str, categories: Iterable[Category], controls: str) -> str:
    """Draw the form of step 1; it stays a form when no category is shown."""
    lists = "".join(_casetype_list(category, controls) for category in categories)
    return (
        f'<form name="frm_casetype" method="post" action="{escape(action)}">\n{lists}'
        '<input type="submit" name="sentcasetypes" value="Weiter" />\n</form>\n'
    )


def _casetype_list(category: Category, controls: str) -> str:
    list_id = f"ul_{category.number}"
    items = "".join(
        _casetype_item(number, name, as_select=_is_select(controls, number))
        for number, name in category.services.items()
    )
    return (
        f"<h3><a href=\"javascript:toggle('{list_id}');\">{escape(category.heading)}</a></h3>\n"
        f'<ul class="nat_casetypelist" id="{list_id}">\n{items}</ul>\n'
    )


def _is_select(controls: str, number: int) -> bool:
    return number % 2 == 1 if controls == "mixed" else controls == "select"


def _casetype_item(number: int, name: str, *, as_select: bool) -> str:
    field = f"casetype_{number}"
    if as_select:
        options = "".join(f'<option value="{count}">{count}</option>' for count in range(3))
        control = (
            f'<select class="nat_casetypelist_casetype" name="{field}" id="{field}">{options}</select>'
            f'\n<label for="{field}">{escape(name)}</label>'
        )
    else:
        control = (
            '<input type="checkbox" class="nat_casetypelist_casetype casetype_checkbox" '
            f'name="{field}" value="1" /> {escape(name)}'
        )
    return f'<li class="nat_casetypelist_casetype_li">\n{control}</li>\n'


def message(text: str) -> str:
    """Draw a text of the portal, e.g. a refusal."""
    return f'<p class="nat_message">{escape(text)}</p>\n'


def location_list(rows: Iterable[tuple[Place, str, str]], style: str) -> str:
    """Draw the list of places.

    Args:
        rows: Place, its link (empty where it cannot be booked: it keeps an ``<a>`` without href), and
            its earliest slot as text (empty where there is none).
        style: standort (a title says so), hannover (the name alone) or hamburg (with the earliest slot).
    """
    items = "".join(_location_item(place, link, first, style) for place, link, first in rows)
    return f'<ul class="nat_locationlist">\n{items}</ul>\n'


def _location_item(place: Place, link: str, first: str, style: str) -> str:
    href = f' href="{escape(link)}"' if link else ""
    title = f' title="Standort {escape(place.name)}"' if style == "standort" else ""
    earliest = (
        f"<br /><strong>Frühester Termin</strong> <em>{first}</em>"
        if style == "hamburg" and first
        else ""
    )
    return (
        f'<li class="nat_casetypelist_casetype_li"><a{href}{title}>{escape(place.name)}{earliest}</a>'
        f"{'' if link else ' zurzeit nicht buchbar'}</li>\n"
    )


def month_calendar(
    month: Month, free: Iterable[date], link: Callable[[date], str], buttons: Sequence[str]
) -> str:
    """Draw one month.

    Args:
        month: Which one.
        free: Days that are links.
        link: Makes the link of a day.
        buttons: Links to the month before and after, those that there are, in this order.
    """
    name = month_name_de(month)
    free_days = {day.day: day for day in free if (day.year, day.month) == month}
    cells = [
        _day_cell(number, name, link(free_days[number]) if number in free_days else "")
        for week in calendar_module.Calendar().monthdayscalendar(*month)
        for number in week
    ]
    heads = "".join(
        f'<th class="nat_calendar"><abbr title="{weekday}">{weekday[:2]}</abbr></th>'
        for weekday in WEEKDAYS_DE
    )
    return (
        f"{_navigation(name, buttons)}"
        f'<table class="nat_calendar" border="1" summary="Tage des Monats; freie Tage sind Links">\n'
        f"<caption>Verfügbare Tage im {name}</caption>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{rows_of(cells, 7)}</tbody>\n</table>\n"
    )


def _navigation(name: str, buttons: Sequence[str]) -> str:
    links = "".join(
        f'<a class="nat_navigation_button" href="{escape(link)}">'
        '<img class="nat_navigation_button_img" src="/images/nav.gif" alt="Monat wechseln" /></a>\n'
        for link in buttons
    )
    return (
        f'<div class="nat_navigation">\n<h2 class="nat_navigation_currentmonth">'
        f'<abbr title="{name}">{name}</abbr></h2>\n{links}</div>\n'
    )


def _day_cell(number: int, month_name: str, link: str) -> str:
    if not number:
        return '<td class="nat_calendar"></td>'
    after = f'{number:02d} <span class="hidden">. {month_name}</span>'
    if not link:
        inner = f'<span class="hidden">Keine freien Termine am </span>{after}'
    else:
        inner = (
            f'<a class="nat_calendar_weekday_bookable" href="{escape(link)}">{_LEADING_BLANKS}'
            f'<span class="hidden">Termine am </span>{after}</a>'
        )
    return f'<td class="nat_calendar">{inner}</td>'


def times_list(times: Sequence[str], link: Callable[[str], str]) -> str:
    """Draw the free times of a day; without any there is no table."""
    if not times:
        return message("Für diesen Tag wird nichts angeboten.")
    cells = [
        f'<td><a href="{escape(link(time))}"><abbr title="Termin um {time} Uhr">{time}</abbr></a></td>'
        for time in times
    ]
    return f'<table class="nat_timeslist">\n{rows_of(cells, _TIMES_PER_ROW)}</table>\n'


def booking_form() -> str:
    """Draw the form that a reader must never reach: a real portal may hold the slot from here on."""
    people = "".join(f"<option>{word}</option>" for word in ("Frau", "Herr", "Familie", "Firma"))
    return (
        f'<form name="frm_booking" method="post" action="#">\n<select name="anrede">{people}</select>\n'
        '<input type="text" name="name" />\n<input type="text" name="email" />\n'
        '<input type="text" name="telefon" />\n<input type="checkbox" name="einverstanden" />\n'
        '<input type="submit" value="Reservieren" />\n</form>\n'
    )
