"""How the calendars of a replica portal become categories, services and places of netappoint.

Source of all wire facts: docs/systems/netappoint.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amtspuls.errors import ConfigError
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from amtspuls.replica.portals.html import check_variant

CHARSETS: Mapping[str, tuple[str, str, str]] = {
    # name: (encoding, Content-Type header, charset in a <meta> element)
    "utf-8-header": ("utf-8", "text/html; charset=utf-8", ""),
    "utf-8-meta": ("utf-8", "text/html", "utf-8"),
    "utf-8-silent": ("utf-8", "text/html", ""),
    "latin-1-header": ("latin-1", "text/html; charset=iso-8859-1", ""),
    "latin-1-meta": ("latin-1", "text/html", "iso-8859-1"),
    "latin-1-silent": ("latin-1", "text/html", ""),
}

REFUSALS_DE: Mapping[str, str] = {
    "dienstleistung": "Die von Ihnen gewählte Dienstleistungs-Kombination kann nicht an einem "
    "Standort bearbeitet werden",
    "anliegen": "Die von Ihnen gewählte Anliegens-Kombination kann nicht an einem Standort "
    "bearbeitet werden",
    "keine-dienstleistung": "Bitte geben Sie mindestens 1 Dienstleistung an.",
    "kein-anliegen": "Bitte geben Sie mindestens ein Anliegen an.",
    "dauer": "Die vorraussichtliche Dauer der von Ihnen gewählten Dienstleistungen ist zu lang.",
}
"""Refusal texts by the name that the variant ``refuses`` uses; the spelling is the portals' own."""

FORM_BESIDE_REFUSAL = frozenset({"dienstleistung", "keine-dienstleistung"})
"""Refusals that come with the form of step 1 again; the others stand alone."""

LOST_ACTION_DE = "Diese Aktion steht nicht zur Verfügung"

_VARIANTS: Mapping[str, Sequence[Any] | None] = {
    "controls": ("select", "checkbox", "mixed"),
    "locations": ("standort", "hannover", "hamburg"),
    "services": (True, False),
    "charset": tuple(CHARSETS),
    "refuses": None,
    "refusal_wording": ("dienstleistung", "anliegen"),
    "session_required_for_months": (True, False),
    "horizon_months": None,
    "robots": None,
}

_FIRST_CASETYPE = 1001
_CASETYPES_PER_CATEGORY = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list of locations: number in links, name, key of its calendar."""

    number: int
    name: str
    key: str


@dataclass(slots=True)
class Category:
    """A category of services; ``listed`` when its places are chosen from a list."""

    number: int
    name: str
    listed: bool
    services: dict[int, str] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """Text of its link; a category without a name and the lost action stand alone."""
        if self.name in {"", "Kategorie"}:
            return "Kategorie"
        return self.name if self.name == LOST_ACTION_DE else f"Kategorie {self.name}"

    def place(self, number: int) -> Place | None:
        """Return the place with a number; the only place where there is no list."""
        if not self.listed:
            return self.places[0]
        return next((place for place in self.places if place.number == number), None)


@dataclass(frozen=True, slots=True)
class Wire:
    """A portal as netappoint shows it, all variant switches resolved."""

    categories: tuple[Category, ...]
    controls: str
    locations: str
    services: bool
    charset: str
    refuses: Mapping[int, str]
    refusal_wording: str
    session_required_for_months: bool
    horizon_months: int | None

    def category_of_casetype(self, number: int) -> Category | None:
        """Return the category a casetype number belongs to."""
        return next((found for found in self.categories if number in found.services), None)


def wire_of(portal: ReplicaPortal) -> Wire:
    """Map a portal to the wire.

    Casetype numbers are 1001, 1002 ... in the first category, 2001 ... in the second, in the order of
    ``portal.calendars``; they do not change with the offer.

    Raises:
        ConfigError: A variant switch is unknown, or refuses names an unknown wording.
    """
    check_variant(portal, _VARIANTS)
    variant = portal.variant
    wording = variant.get("refusal_wording", "dienstleistung")
    return Wire(
        categories=_categories(portal.calendars),
        controls=variant.get("controls", "select"),
        locations=variant.get("locations", "standort"),
        services=variant.get("services", True),
        charset=variant.get("charset", "utf-8-header"),
        refuses=_refuses(variant.get("refuses", ()), wording),
        refusal_wording=wording,
        session_required_for_months=variant.get("session_required_for_months", False),
        horizon_months=variant.get("horizon_months"),
    )


def _categories(calendars: Sequence[ReplicaCalendar]) -> tuple[Category, ...]:
    by_key: dict[str, Category] = {}
    for calendar in calendars:
        office, composite, key = calendar.key.rpartition("/")
        place_name, name = _names(calendar, office) if composite else ("", calendar.name)
        group = key if composite else f"={key}"
        if group not in by_key:
            by_key[group] = Category(len(by_key) + 1, name, listed=bool(composite))
        category = by_key[group]
        category.places.append(Place(len(category.places) + 1, place_name, calendar.key))
        if not category.services:
            _add_services(category, calendar.services)
    for category in by_key.values():
        if not category.services:
            _add_services(category, ("Anliegen 1",))
    return tuple(by_key.values())


def _names(calendar: ReplicaCalendar, office: str) -> tuple[str, str]:
    """Split ``Place: Category``; a name without a colon is the category's."""
    place, colon, category = calendar.name.partition(": ")
    return (place, category) if colon else (office.replace("-", " ").title(), calendar.name)


def _add_services(category: Category, names: Sequence[str]) -> None:
    first = _FIRST_CASETYPE + _CASETYPES_PER_CATEGORY * (category.number - 1)
    category.services = dict(enumerate(names, start=first))


def _refuses(wanted: Any, usual: str) -> Mapping[int, str]:
    """Accept a list of casetype numbers, or a mapping from number to wording."""
    chosen = (
        {int(number): wording for number, wording in wanted.items()}
        if isinstance(wanted, Mapping)
        else dict.fromkeys(map(int, wanted), usual)
    )
    unknown = set(chosen.values()) - set(REFUSALS_DE)
    if unknown:
        raise ConfigError(
            f"refuses: unknown wording {sorted(unknown)[0]!r}; known: {', '.join(REFUSALS_DE)}"
        )
    return chosen


def chosen_casetypes(parameters: Mapping[str, str]) -> tuple[int, ...]:
    """Return the casetypes with a count above zero; those that are missing count as zero."""
    return tuple(
        int(name.removeprefix("casetype_"))
        for name, value in parameters.items()
        if name.startswith("casetype_")
        and name.removeprefix("casetype_").isdecimal()
        and value.isdecimal()
        and int(value) > 0
    )
