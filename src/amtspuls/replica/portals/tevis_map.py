"""How the calendars of a replica portal become units, services, locations and calendars of tevis.

Source of all wire facts: docs/systems/tevis.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amtspuls.errors import ConfigError
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from amtspuls.replica.portals.html import check_variant

EMPTY_TEXTS: Mapping[str, tuple[str, str]] = {
    "kein-freier": (
        "Kein freier Termin verfügbar",
        (
            "Für die aktuelle Anliegenauswahl ist leider kein Termin verfügbar. Neue Termine werden "
            "täglich freigeschaltet. Bitte versuchen Sie die Terminbuchung zu einem späteren "
            "Zeitpunkt erneut."
        ),
    ),
    "ausgebucht": (
        "",
        (
            "Derzeit sind alle verfügbaren Termine ausgebucht. Bitte versuchen Sie es zu einem "
            "späteren Zeitpunkt erneut."
        ),
    ),
    "leider": ("", "Aktuell sind leider keine Termine frei"),
}
"""Heading and sentence when nothing is free, by the name that the variant ``empty_text`` uses."""

_VARIANTS: Mapping[str, Sequence[Any] | None] = {
    "generation": ("v3", "v2", "v2b", "v1"),
    "release": ("2026", "2025"),
    "concerns": ("number", "checkbox", "hidden"),
    "groups": ("named", "single"),
    "next_date": (True, False),
    "empty_text": tuple(EMPTY_TEXTS),
    "skip_location": (True, False),
    "data_first": (True, False),
    "budget_per_min": None,
    "page_slots": None,
    "page_days": None,
    "span_days": None,
    "grid_min": (5, 10, 15, 30, 60),
    "duration_min": None,
    "forms": ("one", "several"),
    "titles": ("attribute", "link"),
    "calendar_attribute": ("plural", "singular", "hidden"),
    "valid": ("numbers", "strings"),
    "robots": None,
}

_UNIT_FROM_LOCATION = " / "
_FIRST_LOCATION = 41
_SERVICES_PER_UNIT = 1000


@dataclass(frozen=True, slots=True)
class Location:
    """A location: ``loc`` on the wire, and its name."""

    number: int
    name: str

    @property
    def street(self) -> str:
        """Street and number; made up."""
        return f"Beispielweg {self.number}"

    @property
    def city(self) -> str:
        """Postcode and city; made up."""
        return "12345 Musterstadt"


@dataclass(slots=True)
class Service:
    """A concern: ``cnc-<number>`` on the wire, its name, and the calendars that offer it."""

    number: int
    name: str
    keys: list[str] = field(default_factory=list)

    @property
    def field(self) -> str:
        """Name of its form field."""
        return f"cnc-{self.number}"


@dataclass(slots=True)
class Unit:
    """An office unit: public number ``md``, internal number ``mdt``, services in order."""

    md: int
    name: str
    services: list[Service] = field(default_factory=list)

    @property
    def mdt(self) -> int:
        """The internal number of the unit; never the public one."""
        return 300 + 7 * self.md

    def service(self, name: str) -> Service:
        """Return the service of a name; adds it where it is new."""
        for known in self.services:
            if known.name == name:
                return known
        self.services.append(Service(self.md * _SERVICES_PER_UNIT + len(self.services) + 1, name))
        return self.services[-1]


@dataclass(frozen=True, slots=True)
class Wire:
    """A portal as tevis shows it, all variant switches resolved.

    Attributes:
        units: Units in the order of the start page.
        locations: Location of each calendar key.
        generation: v3, v2, v2b or v1.
        release: Release of the pages: 2026 or 2025 (links on step 1, no check sums).
        concerns: How services are chosen: number, checkbox or hidden (units with one service).
        groups: Whether services stand in a named group or in "Sonstiges".
        next_date: Whether locations name their earliest free time.
        empty_text: Key of ``EMPTY_TEXTS``.
        skip_location: Whether a service with one location goes on to the times at once.
        data_first: Whether personal data are asked for before any time is shown.
        budget_per_min: Requests answered within a minute; None for no limit.
        page_slots: Slots shown on one page at most; None for no bound.
        page_days: Days shown on one page at most; None for no bound.
        span_days: Days after today that an unfiltered list reaches; None for all.
        grid_min: Minutes between cells; None finds the widest grid that fits.
        duration_min: Minutes that one service takes.
        forms: Whether a v1 unit has one form or one per service.
        titles: Where v1 writes names of services: attribute or link.
        calendar_attribute: How v1 inputs name their calendars; hidden leaves them out.
        valid: Whether v1 writes minutes as numbers or as strings.
    """

    units: tuple[Unit, ...]
    locations: Mapping[str, Location]
    generation: str
    release: str
    concerns: str
    groups: str
    next_date: bool
    empty_text: str
    skip_location: bool
    data_first: bool
    budget_per_min: int | None
    page_slots: int | None
    page_days: int | None
    span_days: int | None
    grid_min: int | None
    duration_min: int
    forms: str
    titles: str
    calendar_attribute: str
    valid: str

    def unit(self, md: str) -> Unit | None:
        """Return the unit with a public number."""
        return next((unit for unit in self.units if str(unit.md) == md), None)

    def locations_of(self, services: Iterable[Service]) -> list[Location]:
        """Return the locations where one calendar does all of these services, in order."""
        found = {self.locations[key] for key in keys_for(services)}
        return sorted(found, key=lambda location: location.number)


def keys_for(services: Iterable[Service]) -> list[str]:
    """Return the calendars that do all of these services, in the order of the first one."""
    chosen = list(services)
    if not chosen:
        return []
    others = [set(service.keys) for service in chosen[1:]]
    return [key for key in chosen[0].keys if all(key in keys for keys in others)]


def wire_of(portal: ReplicaPortal) -> Wire:
    """Map a portal to the wire; no number depends on what is free.

    Raises:
        ConfigError: A variant switch is unknown, or a calendar key is no number above 0.
    """
    check_variant(portal, _VARIANTS)
    given = portal.variant
    generation = str(given.get("generation", "v3"))
    units, locations = _units(portal, split=generation != "v1")
    return Wire(
        units=units,
        locations=locations,
        generation=generation,
        release=given.get("release", "2026" if generation == "v3" else "2025"),
        concerns=given.get("concerns", "number"),
        groups=given.get("groups", "named"),
        next_date=given.get("next_date", True),
        empty_text=given.get("empty_text", "kein-freier"),
        skip_location=given.get("skip_location", False),
        data_first=given.get("data_first", False),
        budget_per_min=_count(portal, "budget_per_min"),
        page_slots=_count(portal, "page_slots"),
        page_days=_count(portal, "page_days"),
        span_days=_count(portal, "span_days"),
        grid_min=given.get("grid_min"),
        duration_min=_count(portal, "duration_min") or 15,
        forms=given.get("forms", "one"),
        titles=given.get("titles", "attribute"),
        calendar_attribute=given.get("calendar_attribute", "plural"),
        valid=given.get("valid", "numbers"),
    )


def _count(portal: ReplicaPortal, name: str) -> int | None:
    value = portal.variant.get(name)
    if value is None or (isinstance(value, int) and value > 0):
        return value
    raise ConfigError(
        f"replica portal {portal.id}: variant {name} cannot be {value!r}; it is a number above 0"
    )


def _units(
    portal: ReplicaPortal, *, split: bool
) -> tuple[tuple[Unit, ...], Mapping[str, Location]]:
    units: dict[str, Unit] = {}
    by_name: dict[str, Location] = {}
    locations: dict[str, Location] = {}
    for calendar in portal.calendars:
        key = _calendar_id(portal, calendar)
        name, location = _names(portal, calendar, split=split)
        unit = units.setdefault(name, Unit(len(units) + 1, name))
        for text in dict.fromkeys(calendar.services or ("Anliegen 1",)):
            unit.service(text).keys.append(key)
        number = _FIRST_LOCATION + len(by_name)
        locations[key] = by_name.setdefault(location, Location(number, location))
    return tuple(units.values()), locations


def _calendar_id(portal: ReplicaPortal, calendar: ReplicaCalendar) -> str:
    key = calendar.key
    if key.isascii() and key.isdecimal() and int(key) > 0:
        return key
    raise ConfigError(
        f"replica portal {portal.id}: a tevis calendar key is a calendar id, a number above 0, "
        f"not {key!r}"
    )


def _names(portal: ReplicaPortal, calendar: ReplicaCalendar, *, split: bool) -> tuple[str, str]:
    """Return the names of unit and location; a name without a slash is both."""
    name = calendar.name.strip() or portal.name
    if not split:
        return name, name
    unit, _, location = name.rpartition(_UNIT_FROM_LOCATION)
    return unit or location, location
