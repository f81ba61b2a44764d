"""Small composed pages of both systems for flow tests; the prose is ours, names are the wire's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

_NAMES_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
MONTHS_DE = _NAMES_DE.split()


def html(body: str) -> str:
    """Wrap a body."""
    return f"<!DOCTYPE html><html><head><title>Termine</title></head><body>{body}</body></html>"


NAT = "/index.php?company=musterstadt&amp;cur_cause=0"


def nat_form(categories: Mapping[str, Sequence[tuple[str, str]]], extra: str = "") -> str:
    """Step 1: category name to (field, service name)."""
    parts = []
    for number, (category, services) in enumerate(categories.items()):
        items = "".join(
            f'<li class="nat_casetypelist_casetype_li"><select class="nat_casetypelist_casetype"'
            f' name="{field}" id="{field}"><option value="0">0</option><option value="1">1</option>'
            f'</select><label for="{field}">{name}</label></li>'
            for field, name in services
        )
        parts.append(
            f"<h3><a href=\"javascript:toggle('ul_{number}');\">Kategorie {category}</a></h3>"
            f'<ul class="nat_casetypelist" id="ul_{number}">{items}</ul>'
        )
    return html(
        f'{extra}<form name="frm_casetype" method="post" action="{NAT}&amp;step=2">{"".join(parts)}'
        '<input type="submit" name="sentcasetypes" value="Weiter" /></form>'
    )


def nat_month(
    year: int,
    month: int,
    free: Iterable[int] = (),
    *,
    later: tuple[int, int] | None = None,
    earlier: tuple[int, int] | None = None,
    token: str = "casetype_1",
) -> str:
    """A calendar page; ``later`` and ``earlier`` are (year, month) of its buttons."""
    name = f"{MONTHS_DE[month - 1]} {year}"
    buttons = "".join(
        f'<a class="nat_navigation_button" href="{NAT}&amp;step=3&amp;month={m}&amp;year={y}'
        f'&amp;casetypes={token}"><img class="nat_navigation_button_img" alt=""></a>'
        for y, m in filter(None, (earlier, later))
    )
    cells = "".join(
        f'<td class="nat_calendar"><a class="nat_calendar_weekday_bookable" href="{NAT}&amp;step=4'
        f'&amp;year={year}&amp;month={month}&amp;day={day}&amp;casetypes={token}">        '
        f'<span class="hidden">Termine am </span>{day:02d} <span class="hidden">. {name}</span></a></td>'
        if day in set(free)
        else f'<td class="nat_calendar"><span class="hidden">Keine freien Termine am </span>{day:02d} '
        f'<span class="hidden">. {name}</span></td>'
        for day in range(1, 29)
    )
    return html(
        f'<div class="nat_navigation"><h2 class="nat_navigation_currentmonth"><abbr title="{name}">'
        f"{name}</abbr></h2>{buttons}</div>"
        f'<table class="nat_calendar"><tr><th class="nat_calendar">Mo</th></tr><tr>{cells}</tr></table>'
    )


def nat_times(year: int, month: int, day: int, times: Iterable[str]) -> str:
    """The list of times of a day."""
    rows = "".join(
        f'<tr><td><a href="{NAT}&amp;step=4&amp;year={year}&amp;month={month}&amp;day={day}'
        f'&amp;time={time}"><abbr title="Termin um {time} Uhr">{time}</abbr></a></td></tr>'
        for time in times
    )
    return html(f'<table class="nat_timeslist">{rows}</table>')


def nat_places(places: Sequence[tuple[str, str]]) -> str:
    """A list of locations: (name, address; "" for one that cannot be booked)."""
    return html(
        "<ul>"
        + "".join(
            f'<li class="nat_casetypelist_casetype_li"><a {f"href={chr(34)}{url}{chr(34)}" if url else ""}'
            f' title="Standort {name}">{name}</a></li>'
            for name, url in places
        )
        + "</ul>"
    )


SNA = "T0123456789abcdef0123456789abcdef"


def tempus_form(categories: Mapping[str, Sequence[tuple[str, str]]], sna: str = SNA) -> str:
    """The entry form in layout A: category name to (field, service name)."""
    items = "".join(
        f'<li><h3>{category}</h3><ul class="untermenuepunkt">'
        + "".join(
            f'<li><span>{name}</span><select id="{field}" name="{field}"><option value="0">0</option>'
            f'<option value="1">1&nbsp;&nbsp; Person</option></select></li>'
            for field, name in options
        )
        + "</ul></li>"
        for category, options in categories.items()
    )
    return html(
        f'<form id="formular" action="index.php?anr=39&amp;sna={sna}&amp;action=open" method="post">'
        f'<ul class="menuepunkt">{items}</ul><input type="submit" value="Weiter"></form>'
    )


def tempus_link(
    task: str, office: str = "144", day: str = "", *, page: str = "tagesauswahl", sna: str = SNA
) -> str:
    """A session link as it stands in the source of a page."""
    tail = f"&amp;datum={day}" if day else ""
    return (
        f"?anr=39&amp;sna={sna}&amp;action=open&amp;page={page}&amp;tasks={task}&amp;kuerzel=X"
        f"&amp;schlangen=1-2&amp;standortrowid={office}{tail}"
    )


def tempus_calendar(
    months: Mapping[tuple[int, int], Iterable[int]], task: str = "1180", office: str = "144"
) -> str:
    """A calendar page: (year, month) to the days marked free."""
    tables = []
    for (year, month), free in months.items():
        cells = "".join(
            f'<td class="monatevent"><a href="{tempus_link(task, office, f"{year}-{month:02d}-{day:02d}")}"'
            f' title="Termine am  {day}. {MONTHS_DE[month - 1]}">{day}</a></td>'
            if day in set(free)
            else f"<td>{day}</td>"
            for day in range(1, 29)
        )
        tables.append(
            f'<table class="cal"><tr><th class="monatslabel" colspan="7">{MONTHS_DE[month - 1]} {year}'
            f"</th></tr><tr>{cells}</tr></table>"
        )
    return html(f'<div id="kalender">{"".join(tables)}</div>')


def tempus_times(times: Iterable[str], task: str = "1180", day: str = "2026-02-03") -> str:
    """The list of times of a day; empty when there are none."""
    cells = "".join(
        f'<td><a href="{tempus_link(task, day=day)}"><span class="bl1b">{time}</span></a></td>'
        for time in times
    )
    return html(f'<table class="termine"><tr>{cells}</tr></table>')


def tempus_offices(
    offices: Sequence[tuple[str, str]], phrase: str = "Standorte und<br>frühestmögliche Termine"
) -> str:
    """An office list: (name, address; "" for an office without appointments)."""
    items = "".join(
        f'<li><a class="infolink" href="{url}">Termine in {name}</a><p><a class="infolink" href="{url}">'
        "Dienstag, 03.02.2026, 08:10 Uhr</a></p></li>"
        if url
        else f"<li>Termine in {name}<p>Keine Termine verfügbar</p></li>"
        for name, url in offices
    )
    return html(f'<h2>{phrase}</h2><ul id="nav_menu2" class="nav_menu2">{items}</ul>')


def tempus_notice(url: str, button: str = "Habe ich zur Kenntnis genommen") -> str:
    """A notice page whose button leads to ``url``."""
    return html(
        "<h1>Wichtiger Hinweis</h1><p>Bitte Unterlagen mitbringen.</p>"
        f'<input type="button" value="{button}" onclick="location.href=\'{url}\';">'
    )
