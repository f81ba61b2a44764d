"""Markup of the tempus pages; names, classes, ids and texts as docs/systems/tempus.md has them."""

from __future__ import annotations

import calendar as calendar_module
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from amtspuls.replica.portals.html import MONTHS_DE, Month, escape, month_name_de, rows_of
from amtspuls.replica.portals.tempus_map import DEFAULT_CATEGORY, Category, Option

SOLD_OUT_DE = "Leider sind derzeit alle Termine ausgebucht."
NOWHERE_DE = "Leider können wir Ihnen im Moment an keinem Standort einen Termin anbieten."

_NOTICES = (
    ("<h1>Wichtiger Hinweis</h1>", "Ich habe die Hinweise zur Kenntnis genommen"),
    ("<h1>Bitte beachten</h1>", "Bestätigen und weiter zur Terminauswahl"),
    ("<h1>Wichtiger Hinweis</h1>", "Habe ich zur Kenntnis genommen"),
)
NOTICE_AFTER_OFFICE = 2
"""Which of the notices comes after an office; 0 and 1 come after the form."""

_TIMES_PER_ROW = 6


def whole_page(title: str, content: str) -> str:
    """Wrap content into a page; like the real one it is not clean XHTML."""
    return (
        '<!DOCTYPE html>\n<html lang="de">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n</head>\n<body>\n"
        '<div id="menu_container"><img src="logo.png" alt=""><br><hr></div>\n'
        f'<div id="body_container">\n{content}</div>\n</body>\n</html>\n'
    )


@dataclass(frozen=True, slots=True)
class Form:
    """How the form of the entry page looks; see the variants in docs/how-to/practise-on-replicas.md."""

    layout: str
    controls: str
    names: str
    privacy_checkbox: bool


def services_form(action: str, categories: Sequence[Category], form: Form, notice: str = "") -> str:
    """Draw the entry page: the options of all categories."""
    if form.layout == "A":
        body = _lines("ul", "menuepunkt", [_layout_a(category, form) for category in categories])
    elif form.layout == "B":
        items = [_layout_b(option, form) for c in categories for option in c.options]
        body = _lines("ul", "menuepunkt", items)
    else:
        body = "".join(_layout_c(category) for category in categories)
    privacy = (
        '<input type="checkbox" id="chkDatenschutz" name="chkDatenschutz" value="1">'
        '<label class="datenschutz" for="chkDatenschutz">Datenschutz gelesen</label><br>\n'
        if form.privacy_checkbox
        else ""
    )
    said = f"<p>{escape(notice)}</p>\n" if notice else ""
    return (
        f'{said}<form id="formular" action="{escape(action)}" method="post">\n{body}{privacy}'
        '<input type="submit" value="Weiter zur Terminauswahl »">\n</form>\n'
    )


def _lines(tag: str, css_class: str, items: Iterable[str]) -> str:
    return f'<{tag} class="{css_class}">\n{"".join(items)}</{tag}>\n'


def _layout_a(category: Category, form: Form) -> str:
    inner = _lines("ul", "untermenuepunkt", [_sub_item(o, form) for o in category.options])
    return f"<li><h3>{escape(category.name)}</h3>\n{inner}</li>\n"


def _sub_item(option: Option, form: Form) -> str:
    if form.names == "anliegen":
        return f'<li><div class="anliegen">{escape(option.name)}</div>{_select(option)}</li>\n'
    if option.inside:
        return f"<li><span>{escape(option.name)} {_select(option)}</span></li>\n"
    return f"<li><span>{escape(option.name)}</span>\n{_select(option)}</li>\n"


def _layout_b(option: Option, form: Form) -> str:
    if form.controls == "select":
        control = _select(option)
    else:
        name = "anliegen" if form.controls == "radio" else "anliegen[]"
        control = f'<input type="{form.controls}" name="{name}" value="{option.field}">'
    return f'<li>{control}<div class="liContent">{escape(option.name)}</div></li>\n'


def _layout_c(category: Category) -> str:
    """Labels only; the options themselves are the menu where there is no category."""
    if category.name == DEFAULT_CATEGORY:
        return "".join(_label("menuepunkt", option) for option in category.options)
    head = f'<label class="menuepunkt">{escape(category.name)}</label>\n'
    return head + "".join(_label("untermenuepunkt", option) for option in category.options)


def _label(css_class: str, option: Option) -> str:
    name = f"<span>{escape(option.name)}</span>"
    return f'<label class="{css_class}">{name}\n{_select(option)}</label>\n'


def _select(option: Option) -> str:
    """Draw the control; between the options there is no line break."""
    labels = "".join(
        f'<option value="{count}">{count}{f"&nbsp;&nbsp; {escape(noun)}" if noun else ""}</option>'
        for count, noun in enumerate(option.counts, start=1)
    )
    return (
        f'<select id="{option.field}" name="{option.field}"><option value="0">0</option>'
        f"{labels}</select>"
    )


def notice(number: int, link: str) -> str:
    """Draw a notice page; the button that goes on comes before any other one."""
    heading, text = _NOTICES[number]
    return (
        f"{heading}\n<p>Bringen Sie bitte alle nötigen Unterlagen mit.</p>\n"
        f'<input type="button" id="confirm" value="{text}" '
        f"onclick=\"location.href='{escape(link)}';\">\n"
        '<input type="button" value="Abbrechen" onclick="history.back();">\n'
    )


def nowhere() -> str:
    """Draw the page of a category none of whose offices has a free day."""
    return f"<p>{NOWHERE_DE}</p>\n"


def office_list(heading: str, rows: Iterable[tuple[str, str, str]]) -> str:
    """Draw the list of offices.

    Args:
        heading: One of the texts that announce the list; may hold ``<br/>``.
        rows: Name, link (empty where nothing is free), text of the earliest slot (may be empty).
    """
    items = "".join(_office_item(*row) for row in rows)
    return (
        f'<h2>{heading}</h2>\n<div id="linkespalte" class="column drittel">'
        f'<ul id="nav_menu2" class="nav_menu2">\n{items}</ul></div>\n'
    )


def _office_item(name: str, link: str, earliest: str) -> str:
    if not link:
        return f"<li>{escape(name)}\n<p>Keine Termine verfügbar</p></li>\n"
    anchor = f'<a class="infolink" href="{escape(link)}">'
    first = f"\n<p>{anchor}{escape(earliest)}</a></p>" if earliest else ""
    return f"<li>{anchor}Termine in {escape(name)}</a>{first}</li>\n"


def sold_out(kind: str, months: Iterable[Month]) -> str:
    """Draw a calendar page without a free day: a text, empty tables, or the cancellation screen."""
    if kind == "appointment":
        return '<table class="appointment"><tr><td>Termin absagen</td></tr></table>\n'
    if kind == "tables":
        return month_tables(months, (), str, today=None)
    return f"<p>{SOLD_OUT_DE}</p>\n"


def month_tables(
    months: Iterable[Month],
    free: Collection[date],
    link: Callable[[date], str],
    *,
    today: date | None,
) -> str:
    """Draw one table per month, each on one source line.

    Args:
        months: Which ones.
        free: Days that are links.
        link: Makes the link of a day.
        today: Day to mark as the current one instead of a free one; None marks none.
    """
    tables = "".join(_month_table(month, free, link, today) for month in months)
    return f'<div id="kalender">\n{tables}</div>\n'


def _month_table(
    month: Month, free: Collection[date], link: Callable[[date], str], today: date | None
) -> str:
    days = calendar_module.Calendar().itermonthdates(*month)
    cells = [
        _day_cell(day, link(day) if day in free else "", marked=day == today)
        if (day.year, day.month) == month
        else "<td></td>"
        for day in days
    ]
    heads = "".join(f"<td>{name}</td>" for name in ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"))
    rows = rows_of(cells, 7).replace("\n", "")
    return (
        f'<table class="cal"><tr><th class="monatslabel" colspan="7">{month_name_de(month)}</th></tr>'
        f"<tr>{heads}</tr>{rows}</table>\n"
    )


def _day_cell(day: date, link: str, *, marked: bool) -> str:
    if not link:
        return f"<td>{day.day}</td>"
    title = f"Termine am  {day.day}. {MONTHS_DE[day.month - 1]}"
    css_class = "actualdate" if marked else "monatevent"
    return f'<td class="{css_class}"><a href="{escape(link)}" title="{title}">{day.day}</a></td>'


def times_table(times: Sequence[str], link: Callable[[str], str]) -> str:
    """Draw the times of a day; the table is there even when it is empty."""
    cells = [
        f'<td><a href="{escape(link(time))}"><span class="bl1b">{time}</span></a></td>'
        for time in times
    ]
    return f'<table class="termine">\n{rows_of(cells, _TIMES_PER_ROW)}</table>\n'


def booking_form() -> str:
    """Draw the form that a reader must never reach: a real portal may hold the slot from here on."""
    names = ("Nachname", "Vorname", "Telefonnummer", "email", "email2")
    inputs = "".join(f'<input type="text" name="{name}"><br>\n' for name in names)
    return f'<form id="formular" action="?" method="post">\n{inputs}<input type="submit"></form>\n'
