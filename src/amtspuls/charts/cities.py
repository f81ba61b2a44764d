"""The picture that compares cities by the wait of a person who takes any office, with the spread of the offices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import altair as alt

from amtspuls.analysis.base import Row
from amtspuls.analysis.compare import compare_cities
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.offices import Wish, offices_by_city
from amtspuls.archive.base import ArchiveReader
from amtspuls.catalogue.cities import City, city_of, require_kind, require_service
from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.portal import Kind, Portal
from amtspuls.catalogue.services import NAMES_DE
from amtspuls.charts.base import Asked, Options, Picture
from amtspuls.charts.portals import MOST_ROWS, Compared, days_of, lines_of, order_of
from amtspuls.charts.portals import TEXTS as LINES
from amtspuls.charts.style import WIDTH, heading, small_print, styled
from amtspuls.charts.words import Lang, Say, Texts, say_names, say_number, speaker
from amtspuls.errors import ConfigError

_ROW_POINTS, _LEAST_POINTS = 22, 60
_USUAL_KIND: Kind = "citizen_office"

KINDS_DE: Mapping[Kind, str] = MappingProxyType(
    {
        "citizen_office": "Bürgeramt",
        "vehicle_registration": "Zulassungsstelle",
        "driving_licence": "Führerscheinstelle",
        "foreigners_office": "Ausländerbehörde",
        "registry_office": "Standesamt",
        "health": "Gesundheitsamt",
        "vaccination": "Impfstelle",
        "other": "anderes Amt",
    }
)
"""Kinds of offices in German."""

TEXTS: Texts = MappingProxyType(
    {
        **LINES,
        "title": ("How long the wait is, city by city", "Wartezeiten von Stadt zu Stadt"),
        "range": ("quickest to slowest office", "schnellstes bis langsamstes Amt"),
        "any": (
            "of a person who takes any office: {what}",
            "für alle, die jedes Amt nehmen: {what}",
        ),
        "offices": (
            "calendars of the kind: {number}",
            "Kalender dieser Art: {number}",
        ),
        "without": (
            "no such office in the archive: {names}",
            "kein solches Amt im Archiv: {names}",
        ),
        "left_out": (
            "{number} cities with longer waits not drawn",
            "{number} Städte mit längeren Wartezeiten nicht gezeichnet",
        ),
        "systems": (
            "booking systems that show different things: {names}",
            "Buchungssysteme, die Verschiedenes zeigen: {names}",
        ),
        "mind": (
            "{number} things make them hard to compare: see amtspuls compare",
            "{number} Umstände erschweren den Vergleich: siehe amtspuls compare",
        ),
        "mind_one": (
            "one thing makes them hard to compare: see amtspuls compare",
            "ein Umstand erschwert den Vergleich: siehe amtspuls compare",
        ),
        "mind_more": (
            "{number} more make it hard to compare: see amtspuls compare",
            "{number} weitere Umstände erschweren den Vergleich: siehe amtspuls compare",
        ),
        "mind_one_more": (
            "one thing more makes it hard to compare: see amtspuls compare",
            "ein weiterer Umstand erschwert den Vergleich: siehe amtspuls compare",
        ),
    }
)

_OF_CALENDARS: Texts = MappingProxyType(
    {
        "range": ("quickest to slowest calendar", "schnellster bis langsamster Kalender"),
        "any": (
            "of a person who takes any calendar: {what}",
            "für alle, die jeden Kalender nehmen: {what}",
        ),
    }
)
"""What else it is called where no service is named: an office may have a calendar for each of its services."""


class Cities(NamedTuple):
    """Cities side by side.

    Attributes:
        lines: One for each city with an office, the shortest wait first.
        without: Names of cities of the selected portals without such an office.
        offices: Number of calendars in all.
        warnings: How many things make them hard to compare.
        systems: Booking systems that differ between them, which is one of these things; else empty.
    """

    lines: tuple[Compared, ...]
    without: tuple[str, ...]
    offices: int
    warnings: int
    systems: tuple[str, ...]


def make_wish(options: Options) -> Wish:
    """What the person looks for: a citizen office unless something else is named.

    Raises:
        ConfigError: Kind or service are not known.
    """
    service = require_service(options.service) if options.service else None
    if options.kind:
        return Wish(require_kind(options.kind), service)
    return Wish(None if service else _USUAL_KIND, service)


def read_cities(
    reader: ArchiveReader,
    watched: Sequence[Watched],
    wish: Wish,
    catalogue: Mapping[str, Portal] | None = None,
) -> Cities:
    """Compare the cities of some portals, as ``amtspuls compare`` does.

    Args:
        reader: The archive that the portals were read from.
        watched: The portals; those that the catalogue does not place in a city are left out.
        wish: What the person looks for.
        catalogue: Portals by id; the packaged ones when left out.

    Raises:
        ConfigError: No selected portal is such an office of a city.
    """
    portals = load_catalogue().portals if catalogue is None else catalogue
    placed = {one: _city(one, portals) for one in watched}
    own = [one for one, city in placed.items() if city and _fits(one, portals, wish)]
    every = sorted({city for city in placed.values() if city})
    cities = sorted({city for one in own if (city := placed[one])})
    if not cities:
        names = ", ".join(city.name for city in every) or "none that the catalogue knows"
        raise ConfigError(
            f"no selected portal is {(wish.kind or 'an office').replace('_', ' ')} of a city: choose others with -i,"
            f" or another --kind; cities of the selected portals: {names}"
        )
    found = compare_cities(offices_by_city(reader, own, portals, cities, wish), own, wish)
    there = [row for row in found.rows if row["offices"]]
    named = {row["city"] for row in there}
    return Cities(
        tuple(sorted(map(_line, there), key=order_of)),
        tuple(city.name for city in every if city.name not in named),
        sum(row["offices"] for row in found.rows),
        len(found.warnings),
        found.systems,
    )


def _city(one: Watched, portals: Mapping[str, Portal]) -> City | None:
    portal = portals.get(one.evidence.record.portal_id)
    return city_of(portal) if portal else None


def _fits(one: Watched, portals: Mapping[str, Portal], wish: Wish) -> bool:
    return wish.kind in (None, portals[one.evidence.record.portal_id].kind)


def _line(row: Row) -> Compared:
    median = row["median_first_days"]
    return Compared(
        row["city"],
        days_of(median),
        days_of(row["least_office_days"]),
        days_of(row["most_office_days"]),
        median if isinstance(median, str) else "",
        row["coverage"],
    )


def draw_cities(
    reader: ArchiveReader,
    watched: Sequence[Watched],
    *,
    options: Options | None = None,
    found: Cities | None = None,
) -> alt.LayerChart:
    """Draw the wait of each city, sorted, with the spread of its offices.

    Args:
        reader: The archive.
        watched: Portals and range.
        options: Language, size, title, and what the person looks for.
        found: What ``read_cities`` says, where it was asked already.

    Raises:
        ConfigError: Kind or service are not known, or no selected portal fits.
    """
    options = options or Options()
    wish = make_wish(options)
    say = speaker(TEXTS if wish.service else {**TEXTS, **_OF_CALENDARS}, options.lang)
    found = found or read_cities(reader, watched, wish, options.catalogue)
    layers = lines_of(found.lines[:MOST_ROWS], options.lang, say)
    chart: alt.LayerChart = alt.LayerChart(layer=layers).resolve_scale(
        color="independent", shape="independent"
    )
    chart.width = options.width or WIDTH
    rows = min(len(found.lines), MOST_ROWS)
    chart.height = options.height or max(_LEAST_POINTS, _ROW_POINTS * rows)
    if options.titled:
        what = _say_wish(wish, options.lang)
        hidden = len(found.lines) - rows
        facts = [
            say("any", what=what),
            say("offices", number=say_number(found.offices, options.lang)),
            say("left_out", number=hidden) if hidden else "",
        ]
        without = say("without", names=say_names(found.without, options.lang, 8))
        mind = " · ".join(_mind(found, say, options.lang))
        lines = [" · ".join(filter(None, facts)), mind, without if found.without else ""]
        chart.title = heading(
            say("title"), [*lines, *small_print(watched, options.lang, measured="", free=True)]
        )
    return styled(chart, options.lang)


def _say_wish(wish: Wish, lang: Lang) -> str:
    if lang is Lang.EN:
        return ", ".join(filter(None, (wish.kind, wish.service))).replace("_", " ")
    kind = KINDS_DE[wish.kind] if wish.kind else ""
    return ", ".join(filter(None, (kind, NAMES_DE[wish.service] if wish.service else "")))


def _mind(found: Cities, say: Say, lang: Lang) -> list[str]:
    """What makes them hard to compare: which systems differ, and how many things more there are."""
    said = [say("systems", names=say_names(found.systems, lang, 8))] if found.systems else []
    more = found.warnings - len(said)
    if not more:
        return said
    key = ("mind_one" if more == 1 else "mind") + ("_more" if said else "")
    return [*said, say(key, number=say_number(more, lang))]


def _draw(asked: Asked) -> alt.LayerChart:
    return draw_cities(asked.reader, asked.watched, options=asked.options)


PICTURE = Picture(
    "compare",
    "the wait city by city for whoever takes any office, with the spread of offices",
    _draw,
    options=("kind", "service", "catalogue"),
)
