"""Which times a tevis list shows, and how the list looks: filter, days, cells, nothing free.

Source of all wire facts: docs/systems/tevis.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from amtspuls.model import Slot, day_of_slot, local_from_slot
from amtspuls.replica.portals.html import WEEKDAYS_DE, escape
from amtspuls.replica.portals.tevis_frame import Frame
from amtspuls.replica.portals.tevis_map import EMPTY_TEXTS, Wire
from amtspuls.replica.portals.tevis_session import Session

TIMES_DE = "Terminvorschläge - Auswahl der Zeit"
EMPTY_DE = "Terminvorschläge - Keine Zeiten verfügbar"

_GRIDS_MIN = (60, 30, 15, 10, 5)
_HOUR_MIN = 60
_WIRE_HOUR_OFFSET = 6

Free = tuple[Slot, str]
"""A free time and the id of its calendar."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a visitor filtered by; ``first`` and ``last`` are local days, None where not given."""

    first: date | None = None
    last: date | None = None
    hours: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()

    @classmethod
    def from_query(cls, query: Iterable[tuple[str, str]]) -> Filter:
        """Read a query; dates that are none and other odd values count as not given."""
        pairs = list(query)
        dates = dict(pairs)

        def numbers(name: str) -> frozenset[int]:
            return frozenset(
                int(value) for key, value in pairs if key == name and value.isdecimal()
            )

        return cls(
            _day_asked(dates.get("filter_date_from", "")),
            _day_asked(dates.get("filter_date_to", "")),
            numbers("filter_timespan[]"),
            numbers("filter_day[]"),
        )

    def allows(self, slot: Slot) -> bool:
        """Whether hour and weekday are among those asked for."""
        moment = local_from_slot(slot)
        return (not self.hours or moment.hour in self.hours) and (
            not self.weekdays or moment.weekday() in self.weekdays
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """What one page shows: first and last day of the filter form, and the times in order."""

    first: date
    last: date
    within: tuple[Free, ...]
    shown: tuple[Free, ...]


def listing_of(free: Sequence[Free], wanted: Filter, today: date, wire: Wire) -> Listing:
    """Choose what a page shows.

    Args:
        free: All free times, ascending.
        wanted: The filter; without a last day the list reaches the last day that has a time, or as
            far as the variant ``span_days`` says, but always the first day that has one.
        today: Local day.
        wire: The portal's switches; its bounds cut the list.
    """
    days = [day_of_slot(free[place][0]) for place in (0, -1)] if free else [today, today]
    ahead = wire.span_days
    usual = days[1] if ahead is None else max(today + timedelta(days=ahead), days[0])
    first, last = wanted.first or today, wanted.last or usual
    within = tuple(one for one in free if first <= day_of_slot(one[0]) <= last)
    shown = tuple(one for one in within if wanted.allows(one[0]))
    if wire.page_days is not None:
        kept = sorted({day_of_slot(slot) for slot, _ in shown})[: wire.page_days]
        shown = tuple(one for one in shown if day_of_slot(one[0]) in kept)
    return Listing(first, last, within, shown[: wire.page_slots])


def nothing_free(wire: Wire) -> str:
    """Draw what stands on the page when nothing is free."""
    heading, sentence = EMPTY_TEXTS[wire.empty_text]
    title = f'<h2 class="h1like">{heading}</h2>' if heading else ""
    return f'<div class="row">{title}<span>{sentence}</span></div>\n'


def place_details(session: Session) -> str:
    """Draw the field with the chosen location; its attribute holds raw line breaks."""
    place = session.place
    if place is None:
        return ""
    lines = "<br/>".join(escape(text) for text in (place.name, place.street, place.city))
    return (
        '<input type="hidden" id="loc_details_hidden" name="loc_details_hidden" '
        f'value="{lines}" />\n'
    )


class TimesPage:
    """Draws a list with times."""

    def __init__(self, frame: Frame, wire: Wire, session: Session, zone: ZoneInfo) -> None:
        self._frame = frame
        self._wire = wire
        self._session = session
        self._zone = zone

    def body(self, listing: Listing) -> str:
        """Draw filter and days of a listing that is not empty."""
        days = [
            (day, list(times))
            for day, times in groupby(listing.shown, key=lambda one: day_of_slot(one[0]))
        ]
        one_day = len(days) == 1 and self._wire.generation == "v3"
        return (
            '<div class="header"><h2 class="h1like">Bitte wählen Sie die gewünschte Uhrzeit für '
            f"Ihren Termin aus:</h2></div>\n{self._filter(listing)}"
            f"{self._only_day(*days[0]) if one_day else self._accordion(days)}"
        )

    # --- filter ------------------------------------------------------------------------------

    def _filter(self, listing: Listing) -> str:
        session = self._session
        moments = [local_from_slot(slot) for slot, _ in listing.within]
        place = session.place.number if session.place else ""
        fields = "".join(
            f'<input type="hidden" name="{service.field}" value="{count}" />\n'
            for service, count in session.chosen
        )
        return (
            '<details id="details_vorschlage"><summary id="vorschlag_summary">Vorschläge filtern'
            '</summary><div>\n<form action="" method="get" id="suggest_filter_form">\n'
            f'<input type="hidden" name="loc" value="{place}">\n'
            f'<input type="hidden" name="mdt" value="0" />\n{fields}'
            f"{_date_field('from', listing.first)}{_date_field('to', listing.last)}"
            f"{_hour_boxes(sorted({moment.hour for moment in moments}))}"
            f"{_weekday_boxes(sorted({moment.weekday() for moment in moments}))}"
            '<input type="button" name="suggest_reset" value="Zurücksetzen" '
            f"onclick=\"window.location.href='?suggest&mdt=0&{session.query}'\"/>\n"
            '<input type="submit" name="suggest_filter" value="Filtern" />\n</form></div></details>\n'
        )

    # --- days --------------------------------------------------------------------------------

    def _only_day(self, day: date, times: Sequence[Free]) -> str:
        begins = int(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp())
        return (
            '<details id="details_suggest_times" class="ui-accordion ui-widget ui-helper-reset" '
            'isOpen>\n<summary id="suggest_details_summary" class="ui-accordion-header '
            "ui-corner-top ui-state-default ui-accordion-header-active ui-state-active "
            'ui-accordion-icons">\n<span class="ui-accordion-header-icon ui-icon '
            f'ui-icon-triangle-1-s"></span>\n{_day_de(day)}\n</summary>\n'
            f'<div id="panel_{begins}" class="suggest_details_panel ui-accordion-content '
            'ui-corner-bottom ui-helper-reset ui-widget-content">\n'
            f"{self._table(day, times)}</div>\n</details>\n"
        )

    def _accordion(self, days: Sequence[tuple[date, Sequence[Free]]]) -> str:
        panels = "".join(
            f'<h3 title="{_day_de(day)}">{_day_de(day)}</h3>\n<div>\n{self._table(day, times)}</div>\n'
            for day, times in days
        )
        return f'<div id="sugg_accordion">\n{panels}</div>\n'

    def _table(self, day: date, times: Sequence[Free]) -> str:
        grid = self._wire.grid_min or grid_of(slot for slot, _ in times)
        rows = "".join(
            self._row(day, hour, list(inside), grid)
            for hour, inside in groupby(times, key=lambda one: local_from_slot(one[0]).hour)
        )
        return f'<table class="sugg_table ">\n{rows}</table>\n'

    def _row(self, day: date, hour: int, times: Sequence[Free], grid: int) -> str:
        """Draw one hour: the cells of the grid, and free times beside it where there are any."""
        cells: list[tuple[int, str]] = [(slot % _HOUR_MIN, key) for slot, key in times]
        free = {minute for minute, _ in cells}
        taken = [(minute, "") for minute in range(0, _HOUR_MIN, grid) if minute not in free]
        drawn = "".join(
            f'<td style="padding-right: 1px; padding-bottom: 1px;">{cell}</td>\n'
            for cell in (
                self._cell(day, hour * _HOUR_MIN + minute, key, block, grid)
                for block, (minute, key) in enumerate(sorted(cells + taken), start=1)
            )
        )
        return (
            '<tr><th scope="row" style="text-align:left; white-space: nowrap; '
            f'padding-right: 10px;"><span aria-hidden="true">{hour:02d}:00 - {hour + 1:02d}:00'
            f'</span><span class="invisible_text">{hour:02d} Uhr bis {hour + 1:02d} Uhr </span>'
            f"</th>\n{drawn}</tr>\n"
        )

    def _cell(self, day: date, minute: int, key: str, block: int, grid: int) -> str:
        text = f"{minute // _HOUR_MIN:02d}:{minute % _HOUR_MIN:02d}"
        narrow = "suggest_btn_5" if grid == _GRIDS_MIN[-1] else ""
        button = f'class="suggest_btn btn btn-primary {narrow}"'
        if not key:
            title = f' title="{text}"' if self._frame.release == "2025" else ""
            return f'<button type="button" {button} disabled{title}>{text}</button>'
        return (
            '<form method="post" class="suggestion_form" style="margin-bottom: 0px;">\n'
            f"{self._fields(day, minute, key, block)}"
            f'<button type="submit" {button} title="{text}">{text}</button ></form>'
        )

    def _fields(self, day: date, minute: int, key: str, block: int) -> str:
        """Draw what choosing a time sends: minutes after midnight, ISO week and weekday, calendar."""
        count = sum(count for _, count in self._session.chosen)
        year, week, weekday = day.isocalendar()
        fields = {
            "start": minute,
            "end": minute + self._wire.duration_min * max(count, 1),
            "day": weekday,
            "block": block,
            "hour": minute // _HOUR_MIN - _WIRE_HOUR_OFFSET,
            "week": f"{year}{week:02d}",
            "date": f"{day:%Y%m%d}",
            "cal": key,
        }
        if self._frame.release == "2026":
            checked = hashlib.sha256(repr(fields).encode()).hexdigest()
            fields |= {"checksum": checked, "pow_token": "", "pow_nonce": ""}
        return "".join(
            f'<input type="hidden" name="{name}" value="{value}" />\n'
            for name, value in fields.items()
        )


def proof_of_work() -> str:
    """Draw the dialog that pages have since they want a proof of work before a booking."""
    return (
        '<dialog id="pow_dialog">Bitte warten – wir prüfen Ihre Anfrage.</dialog>\n'
        '<script type="text/javascript" src="app/js/pow.js"></script>\n'
    )


def grid_of(slots: Iterable[Slot]) -> int:
    """Return the widest grid (minutes) that all times stand on; the narrowest where none fits."""
    minutes = {slot % _HOUR_MIN for slot in slots}
    fitting = (grid for grid in _GRIDS_MIN if all(minute % grid == 0 for minute in minutes))
    return next(fitting, _GRIDS_MIN[-1])


def _day_de(day: date) -> str:
    return f"{WEEKDAYS_DE[day.weekday()]}, {day:%d.%m.%Y}"


def _date_field(end: str, day: date) -> str:
    return (
        f'<input type="text" name="filter_date_{end}" id="filter_date_{end}" '
        f'value="{day:%d.%m.%Y}"/>\n'
    )


def _hour_boxes(hours: Iterable[int]) -> str:
    boxes = "".join(
        f'<input id="filter_timespan-{hour:02d}" type="checkbox" value="{hour:02d}" '
        f'title="{hour:02d} Uhr bis {hour + 1} Uhr" name="filter_timespan[]" />'
        f'<label for="filter_timespan-{hour:02d}">{hour:02d}:00 - {hour + 1}:00</label>\n'
        for hour in hours
    )
    return f'<details id="suggest_filter_timespan"><summary>Uhrzeit</summary>\n{boxes}</details>\n'


def _weekday_boxes(weekdays: Iterable[int]) -> str:
    boxes = "".join(
        f'<input id="filter_day-{number}" type="checkbox" value="{number}" '
        f'title="{WEEKDAYS_DE[number]}" name="filter_day[]" />'
        f'<label for="filter_day-{number}">{WEEKDAYS_DE[number]}</label>\n'
        for number in weekdays
    )
    return f'<details id="suggest_filter_weekday"><summary>Wochentag</summary>\n{boxes}</details>\n'


def _day_asked(text: str) -> date | None:
    try:
        return datetime.strptime(text.strip(), "%d.%m.%Y").date()
    except ValueError:
        return None
