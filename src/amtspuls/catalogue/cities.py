"""Cities, kinds of offices and services as people type them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple, get_args

from amtspuls.catalogue.portal import Kind, Portal
from amtspuls.catalogue.services import (
    COMMON_SERVICES,
    NAMES_DE,
    CommonService,
    common_service,
    plain_text,
)
from amtspuls.errors import ConfigError

KINDS: tuple[Kind, ...] = get_args(Kind)

_STATE = re.compile(r"(?P<city>.+?)\s*(?:,|\()\s*(?P<state>[^,()]+?)\s*\)?")
_NEAREST = 3


class City(NamedTuple):
    """A town of the catalogue; ``state`` is its federal state, outside Germany the country."""

    name: str
    state: str

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"


def cities_of(portals: Iterable[Portal]) -> Mapping[City, tuple[Portal, ...]]:
    """Portals by the city that the catalogue says they are in, both in order; others are left out."""
    found: dict[City, list[Portal]] = {}
    for portal in portals:
        city = city_of(portal)
        if city:
            found.setdefault(city, []).append(portal)
    return {
        city: tuple(sorted(found[city], key=lambda portal: portal.id)) for city in sorted(found)
    }


def city_of(portal: Portal) -> City | None:
    """The city that a portal is in; None where the catalogue does not say."""
    return City(portal.place.city, portal.place.state) if portal.place else None


def require_city(text: str, cities: Iterable[City]) -> City:
    """Find a city by what somebody typed.

    Capitals, umlauts or their two letters, and what a name has behind its first words do not matter:
    ``halle`` finds Halle (Saale), ``koeln`` Köln. ``Fürth, Bayern`` says which of several.

    Raises:
        ConfigError: No city is called so, or several are; the message names them or the nearest.
    """
    known = tuple(cities)
    whole = [city for city in known if _plain(city.name) == _plain(text)]
    found = whole or _in_state(text, known) or _that_begin(_plain(text), known)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f'"{city.name}, {city.state}"' for city in found)
        raise ConfigError(f'several cities are called "{text}": say which of {names}', city=text)
    raise ConfigError(f'no city is called "{text}"; {_say_nearest(text, known)}', city=text)


def _in_state(text: str, known: Iterable[City]) -> list[City]:
    parts = _STATE.fullmatch(text.strip())
    if not parts:
        return []
    there = [city for city in known if _plain(city.state) == _plain(parts["state"])]
    name = _plain(parts["city"])
    return [city for city in there if _plain(city.name) == name] or _that_begin(name, there)


def _that_begin(name: str, known: Iterable[City]) -> list[City]:
    return [city for city in known if name and _plain(city.name).startswith(f"{name} ")]


def _say_nearest(text: str, known: Iterable[City]) -> str:
    names = {_plain(city.name): city.name for city in known}
    near = [names[name] for name in get_close_matches(_plain(text), names, _NEAREST, 0.5)]
    if near:
        return f"nearest: {', '.join(near)}"
    shown = sorted(names.values())
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return f"there are: {', '.join(shown[:5])}{more}" if shown else "there is none"


def _plain(text: str) -> str:
    """Letters, digits and brackets as they are compared; strokes count as blanks."""
    return " ".join(re.sub(r"[-/.]", " ", plain_text(text)).split())


def require_kind(text: str) -> Kind:
    """Find a kind of office: ``citizen office``, ``Citizen-Office`` and ``citizen_office`` are one.

    Raises:
        ConfigError: There is no such kind; the message names all.
    """
    for kind in KINDS:
        if "_".join(_plain(text).replace("_", " ").split()) == kind:
            return kind
    raise ConfigError(f'no kind is called "{text}"; there are: {", ".join(KINDS)}', kind=text)


def require_service(text: str) -> CommonService:
    """Find a common service by its word, its German name, or the name that an office has for it.

    Raises:
        ConfigError: No rule knows it; the message names all.
    """
    for service in COMMON_SERVICES:
        if plain_text(text).replace(" ", "_") == service or plain_text(text) == plain_text(
            NAMES_DE[service]
        ):
            return service
    meant = common_service(text)
    if meant != "other":
        return meant
    names = ", ".join(f"{service} ({NAMES_DE[service]})" for service in COMMON_SERVICES)
    raise ConfigError(f'no service is called "{text}"; there are: {names}', service=text)
