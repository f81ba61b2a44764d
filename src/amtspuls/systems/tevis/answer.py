"""Steps 3 and 4 of Tevis (V2 and V3): locations and the list of times; pure.

Wire facts: docs/systems/tevis.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from amtspuls.errors import UnknownValueError
from amtspuls.fetch.page import Page
from amtspuls.systems.markup import Markup, attribute, clean_text, day_of_numbers, text_of
from amtspuls.systems.tevis.common import (
    asks_for_data,
    date_in,
    heading,
    hidden_value,
    infobox,
    lost_or,
    next_element,
    number_in,
    open_page,
)

_NONE_DE = re.compile(
    r"keine zeiten verfügbar|kein freier termin verfügbar|termine ausgebucht|keine termine frei",
    re.IGNORECASE,
)
_NO_TIMES_HERE_DE = re.compile(r"keine zeiten", re.IGNORECASE)
_MAP = "map_marker_content"
_CHOICE = ("loc", "gps_lat", "gps_long", "select_location")
_MINUTES_PER_DAY = 1440
_MOST_NOTES = 20
_MOST_WINDOWS = 500


@dataclass(frozen=True, slots=True)
class Location:
    """An office of the list of locations.

    Attributes:
        loc: Its id.
        name: As people read it.
        form: Fields that choose it, as (name, value).
        none_free: The list itself says that it has no times.
        next_on: Day of its earliest time where the list says it.
    """

    loc: str
    name: str
    form: tuple[tuple[str, str], ...]
    none_free: bool = False
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class Locations:
    """The locations in page order, each once, and where a choice is posted."""

    url: str
    locations: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A free time: local day, minutes after local midnight, and the calendar ("" if not shown)."""

    day: date
    start_min: int
    end_min: int
    cal: str


@dataclass(frozen=True, slots=True)
class Filter:
    """The form that shows other days: its address, its hidden fields, and the days it is set to."""

    url: str
    fields: tuple[tuple[str, str], ...]
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Times:
    """A list of free times, ascending and unique; never empty."""

    location: str
    offers: tuple[Offer, ...]
    filter: Filter | None


@dataclass(frozen=True, slots=True)
class NoneFree:
    """The page says that nothing is free."""

    location: str


@dataclass(frozen=True, slots=True)
class DataFirst:
    """The unit wants personal data before it shows times: it cannot be read."""


Answer = Times | Locations | NoneFree | DataFirst


def parse_answer(page: Page) -> Answer:
    """Read whatever follows the concerns or the choice of a location.

    Raises:
        SessionLostError: An error page says so, or units or concerns are shown again.
        UnknownValueError: A time or a day is none.
        AmtspulsError: The page is none of these.
    """
    m = open_page(page, "answer to the chosen concern")
    forms = m.css("form.suggestion_form")
    buttons = [b for b in m.css(".suggest_btn") if "disabled" not in b.attributes]
    if len(buttons) > len(forms):
        raise m.changed("offers times without a form (form.suggestion_form)")
    if forms:
        offers = {_offer(m, form) for form in forms}
        ordered = sorted(offers, key=lambda o: (o.day, o.start_min, o.cal, o.end_min))
        return Times(_location(m), tuple(ordered), _filter(m))
    if asks_for_data(m):
        return DataFirst()
    return _locations(m) or _none_free(m)


def _none_free(m: Markup) -> NoneFree:
    nodes = m.css(".row, h2.h1like")[:_MOST_NOTES]
    said = " ".join([heading(m), *(text_of(node) for node in nodes)])
    if _NONE_DE.search(said) and m.first('form input[name^="cnc-"]') is None:
        return NoneFree(_location(m))
    if m.first('#cnc-select-form, [onclick^="window.location.href=\'select2"]') is not None:
        raise m.lost("begins again")
    raise lost_or(m, "times, locations, or words that nothing is free")


def _location(m: Markup) -> str:
    """The name of the chosen location; ``#loc_details_hidden`` has it in its first line."""
    details = m.first("#loc_details_hidden")
    lines = re.split(r"<br\s*/?>", attribute(details, "value")) if details is not None else []
    return clean_text(lines[0]) if lines and clean_text(lines[0]) else infobox(m, "Standort")


def _offer(m: Markup, form: LexborNode) -> Offer:
    day_text, start_text = hidden_value(form, "date"), hidden_value(form, "start")
    day = day_of_numbers(day_text[:4], day_text[4:6], day_text[6:])
    start = number_in(start_text)
    if len(day_text) != 8 or day is None or start is None or start >= _MINUTES_PER_DAY:
        raise _no_time(m, f"{day_text} {start_text}")
    button = form.css_first(".suggest_btn")
    shown = "" if button is None else text_of(button) or clean_text(attribute(button, "title"))
    if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", shown.removesuffix(" Uhr")) is None:
        raise _no_time(m, shown)
    hour, _, minute = shown.removesuffix(" Uhr").partition(":")
    if int(hour) * 60 + int(minute) != start:
        raise _no_time(m, f"{shown} for the minute {start}")
    end = number_in(hidden_value(form, "end"))
    return Offer(day, start, start if end is None else end, hidden_value(form, "cal"))


def _no_time(m: Markup, evidence: str) -> UnknownValueError:
    return UnknownValueError(
        f"{m.where}: {evidence[:60]!r} is no time that can be understood; the page may have changed",
        url=m.page.url,
        where=m.where,
        evidence=evidence[:160],
    )


def _filter(m: Markup) -> Filter | None:
    form = m.first("form#suggest_filter_form")
    if form is None:
        return None
    fields = {
        attribute(i, "name"): attribute(i, "value")
        for i in form.css('input[type="hidden" i][name]')
    }
    return Filter(
        url=m.link(urljoin(m.page.url, "suggest")),
        fields=tuple(fields.items()),
        first=date_in(hidden_value(form, "filter_date_from")),
        last=date_in(hidden_value(form, "filter_date_to")),
    )


def _locations(m: Markup) -> Locations | None:
    found: dict[str, Location] = {}
    windows = m.css(f'[id^="{_MAP}"]')[:_MOST_WINDOWS]
    on_map = {form.mem_id for window in windows for form in window.css("form")}
    for form in m.css("form"):
        loc = hidden_value(form, "loc")
        chooses = form.css_first('[name="select_location"]') is not None
        if loc and chooses and form.mem_id not in on_map:
            found.setdefault(loc, _of_panel(form, loc))
    if not found:
        return None
    action = next((attribute(f, "action") for f in m.css(".suggest_location_panel form")), "")
    return Locations(m.link(action or m.page.url), tuple(found.values()))


def _of_panel(form: LexborNode, loc: str) -> Location:
    rows: dict[str, str] = {}
    for dt in form.css("dt"):
        dd = next_element(dt)
        if dd is not None and dd.tag == "dd":
            rows.setdefault(text_of(dt), text_of(dd))
    title = _title(form)
    earliest = rows.get("Nächster Termin", "" if title is None else text_of(title))
    fields = tuple(
        (name, _chosen_value(form, name))
        for name in _CHOICE
        if form.css_first(f'[name="{name}"]') is not None
    )
    name = rows.get("Name") or _name_in(title) or loc
    none_free = _NO_TIMES_HERE_DE.search(earliest) is not None
    return Location(loc, name, fields, none_free, date_in(earliest))


def _chosen_value(form: LexborNode, name: str) -> str:
    node = form.css_first(f'[name="{name}"]')
    return "" if node is None else attribute(node, "value")


def _title(form: LexborNode) -> LexborNode | None:
    """The heading of an accordion's panel: the element before the panel."""
    panel = form.parent
    before = None if panel is None else panel.prev
    while before is not None and not before.is_element_node:
        before = before.prev
    return before if before is not None and before.tag == "h3" else None


def _name_in(title: LexborNode | None) -> str:
    node = None if title is None else title.css_first(".cnw_skip_translation")
    return "" if node is None else text_of(node)
