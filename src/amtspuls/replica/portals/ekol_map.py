"""How the calendars of a replica portal become offices and concerns of eKOL TNV, and what its skins are called.

A calendar is an office, its key the office id; its services are the concerns, and the office has the same free
times for each of them. Source of all wire facts: docs/systems/ekol.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from amtspuls.errors import ConfigError
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from amtspuls.replica.portals.html import check_variant


@dataclass(frozen=True, slots=True)
class Skin:
    """Class names and habits of one age of the software.

    Attributes:
        table: Class of a month's table.
        table_id: Start of its id; empty where it has none.
        cell: Class of a day's cell, without ``InRange``.
        number: Class of the day's number, without ``InRange``.
        free: Class of the text about free times.
        button: Class of a day's button, without its last character (0 or X).
        month: How the month follows the day's number; empty leaves it out.
        week_numbers: Whether a row begins with the number of its week.
        weekday_labels: Whether a cell begins with the day of the week.
        many_forms: Whether menu and settings are forms of their own, with tokens of their own.
        entities: Whether umlauts are written as character references.
        title: Element of the page's title; empty where there is none.
        window_months: Months on one page; None shows all at once.
    """

    table: str = "ekolCalendarMonthTable"
    table_id: str = ""
    cell: str = "eKOLCalendarCell"
    number: str = "ekolCalendarDayNumber"
    free: str = "ekolCalendarFreeTimeContainer"
    button: str = "eKOLCalendarButtonDayFree"
    month: str = "<span>.{month}.</span>"
    week_numbers: bool = False
    weekday_labels: bool = False
    many_forms: bool = False
    entities: bool = False
    title: str = '<h2 class="ekolStepBox2">{}</h2>\n'
    window_months: int | None = None


SKINS: Mapping[str, Skin] = MappingProxyType(
    {
        "leipzig-2021": Skin(month=""),
        "potsdam-2020": Skin(),
        "potsdam-2022": Skin(
            table_id="monthTable", week_numbers=True, many_forms=True, entities=True, title=""
        ),
        "potsdam-2024": Skin(
            table="ekolCalendar_MonthTable",
            table_id="monthtable",
            cell="ekolCalendar_Cell",
            number="ekolCalendar_DayNumber",
            free="ekolCalendar_FreeTimeContainer",
            button="ekolCalendar_ButtonDayFree",
            month='<span class="conMonthNr">.{month:02d}.</span>',
            weekday_labels=True,
            many_forms=True,
            entities=True,
            title='<div id="cssconstantspageheader"></div><h3 class="ekolSegmentBox1">{}</h3>\n',
            window_months=2,
        ),
    }
)
"""The first three are generation A, the last one is generation B."""

VARIANTS: Mapping[str, Sequence[Any] | None] = {
    "skin": tuple(SKINS),
    "comments": (True, False),
    "heads": (True, False),
    "closed_days": (False, True),
    "window_months": None,
    "horizon_days": None,
    "idle_min": None,
    "robots": None,
}
"""Switches of a replica portal; docs/how-to/practise-on-replicas.md describes them."""

USUAL_CONCERN = "Terminvereinbarung"
"""The concern of offices that name none."""

_FIRST_CONCERN = 1_337_592_181
_USUAL_HORIZON_DAYS = 94
_USUAL_IDLE_MIN = 30


@dataclass(frozen=True, slots=True)
class Office:
    """An office: its id, its name, and its concerns by id."""

    key: str
    name: str
    concerns: Mapping[str, str]


@dataclass(frozen=True)
class Wire:
    """A portal as eKOL TNV shows it, all variant switches resolved.

    ``start_office`` is set where the address names one; its page then stands in place of the tree.
    """

    offices: tuple[Office, ...]
    start_office: Office | None
    skin: Skin
    comments: bool
    heads: bool
    closed_days: bool
    window_months: int | None
    horizon_days: int
    idle_min: int

    def office(self, key: str) -> Office | None:
        """Return an office by its id."""
        return next((office for office in self.offices if office.key == key), None)


def wire_of(portal: ReplicaPortal) -> Wire:
    """Map a portal to the wire.

    Raises:
        ConfigError: A variant switch is unknown, a key is no number, or there is no calendar at all.
    """
    check_variant(portal, VARIANTS)
    for calendar in portal.calendars:
        if not calendar.key.isdecimal():
            raise ConfigError(
                f"replica portal {portal.id}: ekol calendars have keys like 1222936509, "
                f"not {calendar.key!r}"
            )
    if not portal.calendars:
        raise ConfigError(f"replica portal {portal.id}: ekol needs at least one office")
    texts = {text: None for calendar in portal.calendars for text in _texts(calendar)}
    numbers = {text: str(_FIRST_CONCERN + place) for place, text in enumerate(texts)}
    offices = tuple(
        Office(one.key, one.name, {numbers[text]: text for text in _texts(one)})
        for one in portal.calendars
    )
    variant = portal.variant
    skin = SKINS[variant.get("skin", "leipzig-2021")]
    return Wire(
        offices=offices,
        start_office=_start_office(portal, offices),
        skin=skin,
        comments=variant.get("comments", True),
        heads=variant.get("heads", True),
        closed_days=variant.get("closed_days", False),
        window_months=variant.get("window_months", skin.window_months),
        horizon_days=variant.get("horizon_days", _USUAL_HORIZON_DAYS),
        idle_min=variant.get("idle_min", _USUAL_IDLE_MIN),
    )


def _start_office(portal: ReplicaPortal, offices: Sequence[Office]) -> Office | None:
    """Return the office that ``START_OFFICE`` means: the one with that id, else the first."""
    key = dict(parse_qsl(urlsplit(portal.url).query)).get("START_OFFICE")
    if key is None:
        return None
    return next((office for office in offices if office.key == key), offices[0])


def _texts(calendar: ReplicaCalendar) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in calendar.services if text)) or (USUAL_CONCERN,)
