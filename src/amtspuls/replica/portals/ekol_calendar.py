"""The calendar page of eKOL TNV and its message box; names as docs/systems/ekol.md has them."""

from __future__ import annotations

import calendar as calendar_module
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from amtspuls.clock import utc_from_local
from amtspuls.model import Slot, local_from_slot
from amtspuls.replica.portals.ekol_map import Skin
from amtspuls.replica.portals.html import Month, escape, month_name_de

VIEW = "ACTION_CALENDARVIEW1"
"""First part of the names of all buttons of the calendar."""

_WEEKDAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Days:
    """What a calendar page shows.

    Attributes:
        months: Months on the page.
        first: First day that can be chosen, local.
        last: Last one.
        free: Free slots by day.
        closed: Whether weekends without a free slot say that they are closed.
        back: Whether there are months before these.
        forward: Whether there are months after these.
    """

    months: Sequence[Month]
    first: date
    last: date
    free: Mapping[date, int]
    closed: bool
    back: bool
    forward: bool


def epoch_ms(local: datetime, zone: ZoneInfo) -> int:
    """Return the instant of naive wall time as milliseconds since 1970 in UTC."""
    return int(utc_from_local(local, zone).timestamp()) * 1000


def calendar(days: Days, skin: Skin, zone: ZoneInfo) -> str:
    """Draw the months with a button for each day in range."""
    tables = "".join(
        _month(month, place, days, skin, zone) for place, month in enumerate(days.months)
    )
    container = "ekolCalendar_Container" if skin.weekday_labels else "eKOLCalendarContainer"
    return (
        '<div id="id_buergerneuerterminzeitpunkt_caldayselect">'
        f"{_move('BACKWARD', 'Rückwärts', possible=days.back)}"
        f"{_move('FORWARD', 'Vorwärts', possible=days.forward)}"
        f'<div class="{container}">\n{tables}</div></div>\n'
        '<div id="cssconstantswaiting-container"></div>\n'
    )


def _move(verb: str, text: str, *, possible: bool) -> str:
    name = f"{VIEW}||{verb}"
    off = "" if possible else ' disabled="disabled"'
    return f'<button name="{name}" id="{name.lower()}"{off}>{text}</button>\n'


def _month(month: Month, place: int, days: Days, skin: Skin, zone: ZoneInfo) -> str:
    rows = []
    for week in calendar_module.Calendar().monthdatescalendar(*month):
        cells = [
            _cell(day, days, skin, zone) if (day.year, day.month) == month else "<td></td>\n"
            for day in week
        ]
        number = f"{week[0].isocalendar().week}"
        head = f'<td class="eKOLCalendarCellKwValue">{number}</td>' if skin.week_numbers else ""
        rows.append(f"<tr>{head}{''.join(cells)}</tr>\n")
    table_id = f' id="{skin.table_id}{place}"' if skin.table_id else ""
    names = "".join(f"<th>{name}</th>" for name in ("KW", *_WEEKDAYS)[not skin.week_numbers :])
    return (
        f'<table class="{skin.table}"{table_id}><caption>{month_name_de(month)}</caption>\n'
        f"<tr>{names}</tr>\n{''.join(rows)}</table>\n"
    )


def _cell(day: date, days: Days, skin: Skin, zone: ZoneInfo) -> str:
    month = skin.month.format(month=day.month)
    if not days.first <= day <= days.last:
        return f'<td class="{skin.cell}"><div class="{skin.number}">{day.day}{month}</div></td>\n'
    label = _WEEKDAYS[day.weekday()]
    weekday = f'<b class="ui-table-cell-label">{label}</b>' if skin.weekday_labels else ""
    count = days.free.get(day, 0)
    closed = days.closed and not count and day.weekday() >= _SATURDAY
    name = f"{VIEW}||DAY_SELECT||{epoch_ms(datetime(day.year, day.month, day.day), zone)}"
    return (
        f'<td class="{skin.cell}InRange">{weekday}<button name="{name}" id="{name.lower()}" '
        f'class="{skin.button}{"X" if count else "0"}"><div class="{skin.number}InRange">{day.day}'
        f'{month}</div><div class="{skin.free}">{"geschlossen" if closed else f"{count} frei"}</div>'
        "</button></td>\n"
    )


def message_box(day: date, slots: Iterable[Slot], zone: ZoneInfo) -> str:
    """Draw the times of a day; the first option is none."""
    options = ['<option value="">- - -</option>']
    for slot in slots:
        local = local_from_slot(slot)
        value = escape(str(epoch_ms(local, zone)))
        options.append(f'<option value="{value}">{local:%H:%M}</option>')
    midnight = epoch_ms(datetime(day.year, day.month, day.day), zone)
    return (
        f'<div class="ekolstaticpopup"><div>Verfügbare Termine am: {day:%d.%m.%Y}</div>'
        f"<div>{len(options) - 1} freie Termine</div>\n"
        '<select name="ekolCalendarTimeSelect" id="ekolcalendartimeselectbox">'
        f"{''.join(options)}</select>\n"
        f'<button name="{VIEW}||POPUP_TIME_OK||{midnight}">Ok</button>\n'
        f'<button class="messagebox_buttonclose" name="{VIEW}||POPUP_CLOSE">Schließen</button>'
        "</div>\n"
    )
