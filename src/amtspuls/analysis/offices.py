"""Which calendars of a city a person may go to who wants a service."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from amtspuls.analysis.grouping import Watched
from amtspuls.archive.asked import Shown, load_shown
from amtspuls.archive.base import ArchiveReader
from amtspuls.archive.reader import Reader
from amtspuls.catalogue.cities import City, cities_of, city_of, require_city
from amtspuls.catalogue.portal import Kind, Portal
from amtspuls.catalogue.services import CommonService, common_service, offered_services
from amtspuls.errors import ConfigError
from amtspuls.model import Calendar

_OF_KIND: Mapping[Kind, frozenset[CommonService]] = {
    "citizen_office": frozenset({"id_card", "passport", "residence_registration"}),
    "vehicle_registration": frozenset({"vehicle"}),
    "driving_licence": frozenset({"driving_licence"}),
    "foreigners_office": frozenset({"foreigners"}),
    "registry_office": frozenset({"registry"}),
}
"""What an office of a kind offers, unless its pages say otherwise."""


_SHOWN = 8


class Told(StrEnum):
    """How it is known what a calendar offers."""

    ASKED = "asked"
    LISTED = "listed"
    NAMED = "named"
    PRESUMED = "presumed"


@dataclass(frozen=True, eq=False)
class Office:
    """One calendar that people of a city may go to.

    Attributes:
        one: What was observed of its portal.
        number: Number of the calendar.
        portal: What the catalogue says of its portal.
        shown: What was asked of it.
        told: How it is known that it offers the service.
    """

    one: Watched
    number: int
    portal: Portal
    shown: Shown
    told: Told

    @property
    def calendar(self) -> Calendar:
        """The calendar as its page shows it."""
        return self.one.calendars[self.number]


@dataclass(frozen=True)
class Wish:
    """What a person looks for.

    Attributes:
        kind: What the office is for; None is any office that offers the service.
        service: The service; None is anything at all.
    """

    kind: Kind | None = None
    service: CommonService | None = None

    @property
    def unit(self) -> str:
        """What one of those is that a person may go to: ``office`` or ``calendar``.

        Where no service is named, an office with a calendar for each of its services is several.
        """
        return "calendar" if self.service is None else "office"


def choose_cities(
    names: Sequence[str], archived: Collection[str], portals: Iterable[Portal]
) -> tuple[City, ...]:
    """Find cities by what somebody typed, each once, in this order.

    Args:
        names: What somebody typed.
        archived: Ids of the portals that the archive holds.
        portals: The catalogue.

    Raises:
        ConfigError: A city is not known, several are called so, or the archive holds no portal of it.
    """
    known = cities_of(portals)
    there = [city for city, own in known.items() if any(one.id in archived for one in own)]
    chosen = []
    for name in names:
        city = require_city(name, known)
        if city not in there:
            held = ", ".join(one.name for one in there[:_SHOWN]) + " ..." * (len(there) > _SHOWN)
            some = f"it holds some of: {held}" if held else "nor of any other city that is known"
            raise ConfigError(
                f"the archive holds no portal of {city}; {some}",
                city=str(city),
            )
        chosen.append(city)
    return tuple(dict.fromkeys(chosen))


def portals_for(
    cities: Sequence[City], archived: Collection[str], portals: Iterable[Portal], wish: Wish
) -> tuple[str, ...]:
    """Ids of the archived portals of some cities that are of the wanted kind.

    Raises:
        ConfigError: There is none.
    """
    there = [
        portal
        for city, own in cities_of(portals).items()
        for portal in own
        if city in cities and portal.id in archived
    ]
    chosen = tuple(portal.id for portal in there if wish.kind in (None, portal.kind))
    if not chosen:
        kinds = ", ".join(dict.fromkeys(portal.kind for portal in there))
        names = ", ".join(city.name for city in cities)
        raise ConfigError(
            f"the archive holds no portal of {names} of the kind {wish.kind}; it holds: {kinds}"
        )
    return chosen


def offices_by_city(
    reader: ArchiveReader,
    watched: Sequence[Watched],
    portals: Mapping[str, Portal],
    cities: Sequence[City],
    wish: Wish,
) -> Mapping[City, tuple[Office, ...]]:
    """Find the offices of each city that offer what a person looks for; a city may have none.

    Args:
        reader: The archive that ``watched`` was read from; only one on disk knows what was asked.
        watched: Portals, each of one of the cities.
        portals: The catalogue, by id.
        cities: The cities.
        wish: What the person looks for.
    """
    found: dict[City, tuple[Office, ...]] = {}
    for city in cities:
        own = [one for one in watched if city_of(portals[one.evidence.record.portal_id]) == city]
        shown = {one.evidence.record.portal_id: _load(reader, one) for one in own}
        found[city] = find_offices(own, portals, shown, wish)
    return found


def _load(reader: ArchiveReader, one: Watched) -> Mapping[int, Shown]:
    if not isinstance(reader, Reader):
        return {}
    return load_shown(reader, one.evidence.record.portal_id, one.evidence.asked)


def find_offices(
    watched: Sequence[Watched],
    portals: Mapping[str, Portal],
    shown: Mapping[str, Mapping[int, Shown]],
    wish: Wish,
) -> tuple[Office, ...]:
    """Find the calendars that offer what a person looks for.

    Args:
        watched: Portals of one city.
        portals: The catalogue, by id.
        shown: What was asked of their calendars, by portal and number; may lack any of them.
        wish: What the person looks for.
    """
    offices = []
    for one in watched:
        portal = portals[one.evidence.record.portal_id]
        for number, calendar in one.calendars.items():
            asked = shown.get(portal.id, {}).get(number, Shown())
            told = tell_offer(portal, calendar, asked, wish)
            if told:
                offices.append(Office(one, number, portal, asked, told))
    return tuple(offices)


def tell_offer(portal: Portal, calendar: Calendar, shown: Shown, wish: Wish) -> Told | None:
    """Say how it is known that a calendar offers a service; None where it does not.

    What was asked of it counts most, since free slots are those of the asked services; then what its
    page lists; then its name; then the kind of its portal.
    """
    if wish.service is None:
        return Told.ASKED if shown.asked else Told.LISTED if calendar.services else Told.PRESUMED
    if shown.asked:
        commons = {portal.common_service(name) for name in shown.asked}
        return Told.ASKED if wish.service in commons else None
    if calendar.services:
        return Told.LISTED if wish.service in offered_services(calendar.services) else None
    named = common_service(calendar.name)
    if named != "other":
        return Told.NAMED if wish.service == named else None
    return Told.PRESUMED if wish.service in _OF_KIND.get(portal.kind, frozenset()) else None
