"""Answers of eTermin as small models; pure. Wire facts: docs/systems/etermin.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from amtspuls.fetch.page import Page
from amtspuls.systems.etermin.wire import Row, read_rows

_INHERIT = -1
_CAPTYPE_WITHOUT_LENGTH = -1
_TIMEZONE = "W. Europe Standard Time"


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty array: an unknown tenant, or one that wants to see its booking page opened first."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a tenant says of itself.

    Attributes:
        future_days: How many days ahead can be booked; 0 when it sets no limit.
        deadline_min: Minutes before the start until which can be booked.
        deadline_mode: ``appdeadlinewm``, handed back as it came.
        fill: ``fillcalendarstrategy``, handed back as it came.
        msdcm: Handed back as it came.
        cluster: Handed back as it came.
        shows_capacity: Whether free places are shown.
        services_version: ``vservices``, the version of the list of services.
        timezone: The vendor's name of the zone, handed back as it came.
        account: ``z``, most likely the number that priming wants; "" where it is missing.
    """

    future_days: int
    deadline_min: int
    deadline_mode: int
    fill: int
    msdcm: int
    cluster: bool
    shows_capacity: bool
    services_version: int
    timezone: str
    account: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service in a group; ``None`` where it has what the settings say.

    Attributes:
        id: Its id.
        name: Without markup.
        group: Title of its group, "" where it has none.
        group_id: Id of the group, "" where it has none.
        duration_min: Its length; 0 where it has none.
        has_length: Whether a length is part of its wire form at all (``captype`` is not -1).
        fill: As in ``Settings``.
        msdcm: As in ``Settings``.
        shows_capacity: As in ``Settings``.
    """

    id: str
    name: str
    group: str
    group_id: str
    duration_min: int
    has_length: bool
    fill: int | None
    msdcm: int | None
    shows_capacity: bool | None


@dataclass(frozen=True, slots=True)
class ServiceList:
    """All services in the order of the portal; one that stands in two groups stands here twice."""

    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """A calendar that offers a service."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class DeskList:
    """The calendars of a service, each once, in the order of the portal."""

    desks: tuple[Desk, ...]


@dataclass(frozen=True, slots=True)
class Days:
    """The answer of a range search.

    Attributes:
        free: Days that have something free, ascending.
        last: The last day that it names at all.
        counted: Whether any day says how much is free; where none does, ``free`` has all days.
    """

    free: tuple[date, ...]
    last: date | None
    counted: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """A time that can be booked.

    Attributes:
        calendar: Id of its calendar.
        name: Name of the calendar.
        at: Local start.
        places: Free places; None where the answer has no number.
    """

    calendar: str
    name: str
    at: datetime
    places: int | None


@dataclass(frozen=True, slots=True)
class Times:
    """The free times of a day, ascending."""

    openings: tuple[Opening, ...]


def parse_settings(page: Page) -> Settings | Nothing:
    """Read ``/api/settingbs``: an array with exactly one object.

    Raises:
        AmtspulsError: It is none (``wire.read_rows`` says which kind of error).
    """
    rows = read_rows(page, "settings")
    if not rows:
        return Nothing()
    row = rows[0]
    if len(rows) > 1 or "appfuture" not in row.fields:
        raise row.changed("are not one object with appfuture")
    return Settings(
        future_days=max(0, row.number("appfuture", 0)),
        deadline_min=row.number("appdeadline", 0),
        deadline_mode=row.number("appdeadlinewm", 0),
        fill=row.number("fillcalendarstrategy", 0),
        msdcm=row.number("msdcm", 0),
        cluster=bool(row.fields.get("cluster")),
        shows_capacity=bool(row.fields.get("showavcap")),
        services_version=row.number("vservices", 0),
        timezone=row.text("timezone") or _TIMEZONE,
        account=row.identifier("z"),
    )


def parse_services(page: Page) -> ServiceList | Nothing:
    """Read ``/api/servicegroupservice``; rows that name a group only are left out.

    Raises:
        PageChangedError: No row names a service.
        AmtspulsError: It is no such list.
    """
    rows = read_rows(page, "list of services")
    if not rows:
        return Nothing()
    if not all({"sg", "s"} & row.fields.keys() for row in rows):
        raise rows[0].changed("has a row that names neither group nor service")
    services = tuple(_service(row) for row in rows if row.text("s"))
    if not services:
        raise rows[0].changed("names no service")
    return ServiceList(services)


def _service(row: Row) -> Service:
    identifier = row.identifier("sid")
    if not identifier:
        raise row.wrong("sid")
    shows = row.number("showavcap", _INHERIT)
    return Service(
        id=identifier,
        name=row.text("s"),
        group=row.text("sg"),
        group_id=row.identifier("sgid"),
        duration_min=max(0, row.number("duration", 0)),
        has_length=row.number("captype", 0) != _CAPTYPE_WITHOUT_LENGTH,
        fill=_own(row.number("fcs", _INHERIT)),
        msdcm=_own(row.number("msdcm", _INHERIT)),
        shows_capacity=None if shows == _INHERIT else bool(shows),
    )


def _own(value: int) -> int | None:
    return None if value == _INHERIT else value


def parse_desks(page: Page) -> DeskList:
    """Read ``/api/calendar``: calendars of a service; an id may be a list with commas.

    Raises:
        AmtspulsError: It is no such list.
    """
    found: dict[str, Desk] = {}
    for row in read_rows(page, "list of calendars"):
        for identifier in row.identifiers("calendarid"):
            found.setdefault(identifier, Desk(identifier, row.text("calendarname")))
    return DeskList(tuple(found.values()))


def parse_days(page: Page) -> Days:
    """Read a range search: days, of which those with ``available`` have something free.

    Where no day has that field, all of them count: to open one too many is better than to miss one.

    Raises:
        AmtspulsError: It is no such list.
    """
    rows = read_rows(page, "days with free times")
    named = any("available" in row.fields for row in rows)
    days = [(row.moment("start").date(), row) for row in rows]
    free = {day for day, row in days if not named or row.number("available", 0) > 0}
    return Days(tuple(sorted(free)), max((day for day, _ in days), default=None), named)


def parse_times(page: Page, day: date) -> Times:
    """Read the times of a day.

    Left out are the placeholder at 00:00 of a day that is booked up, and times that say of themselves
    (``f``, ``hv``) that they cannot be booked.

    Raises:
        UnknownValueError: A start is no local moment.
        PageChangedError: A start lies on another day, or a calendar is missing.
        AmtspulsError: It is no such list.
    """
    openings: dict[tuple[datetime, str], Opening] = {}
    for row in read_rows(page, f"times of {day.isoformat()}"):
        at = row.moment("start")
        if at.date() != day:
            raise row.changed("lists a time of another day")
        if (at.hour, at.minute) == (0, 0) or not _can_be_booked(row):
            continue
        calendar = row.identifier("calendarid")
        if not calendar:
            raise row.wrong("calendarid")
        opening = Opening(calendar, row.text("calendarname"), at, _places(row))
        openings.setdefault((at, calendar), opening)
    return Times(tuple(openings[key] for key in sorted(openings)))


def _can_be_booked(row: Row) -> bool:
    return all(bool(row.fields[key]) for key in ("f", "hv") if key in row.fields)


def _places(row: Row) -> int | None:
    places = row.number("cap", 0) or row.number("available", 0)
    return places if places > 0 else None
