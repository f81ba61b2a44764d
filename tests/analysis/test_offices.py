from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.offices import (
    Told,
    Wish,
    choose_cities,
    offices_by_city,
    portals_for,
    tell_offer,
)
from amtspuls.analysis.selection import Selection
from amtspuls.archive.asked import Shown, load_shown
from amtspuls.archive.live import open_reader
from amtspuls.archive.reader import Reader
from amtspuls.catalogue.cities import City
from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError
from amtspuls.model import Calendar
from support.city_archive import COLLECTING, PASSPORTS, PLAIN, SUBURB, make_cities, packaged
from support.measure_cases import morning

BIELEFELD = City("Bielefeld", "Nordrhein-Westfalen")
BONN = City("Bonn", "Nordrhein-Westfalen")
CARD = Wish(None, "id_card")
PORTALS = load_catalogue().portals


@pytest.mark.parametrize(
    ("portal", "calendar", "asked", "wish", "told"),
    [
        ("bonn", PASSPORTS, (), CARD, Told.LISTED),
        ("bonn", COLLECTING, (), CARD, None),
        ("bonn", PASSPORTS, ("Reisepass",), CARD, None),
        ("bonn", PLAIN, ("Personalausweis",), CARD, Told.ASKED),
        ("bonn", PLAIN, (), CARD, Told.PRESUMED),
        ("bonn", PLAIN, (), Wish(None, "vehicle"), None),
        ("bonn", Calendar("1", "Kfz-Zulassungswesen"), (), CARD, None),
        ("bonn", Calendar("1", "Kfz-Zulassungswesen"), (), Wish(None, "vehicle"), Told.NAMED),
        ("bielefeldkfz", PLAIN, (), Wish(None, "vehicle"), Told.PRESUMED),
        ("bielefeldkfz", PLAIN, (), CARD, None),
        ("bonnbau", PLAIN, (), CARD, None),
        ("bonn", COLLECTING, (), Wish("citizen_office"), Told.LISTED),
        ("bonn", PLAIN, (), Wish(), Told.PRESUMED),
        ("bonn", PLAIN, ("Personalausweis",), Wish(), Told.ASKED),
    ],
)
def test_what_was_asked_counts_most_then_the_list_then_the_name_then_the_kind(
    portal: str, calendar: Calendar, asked: tuple[str, ...], wish: Wish, told: Told | None
) -> None:
    assert tell_offer(packaged(portal), calendar, Shown(frozenset(asked)), wish) is told


def test_an_entry_says_what_its_own_names_mean() -> None:
    portal = Portal.model_validate(
        packaged("bonn").model_dump() | {"services": [{"common": "id_card", "name": "Anliegen 7"}]}
    )
    shown = Shown(frozenset({"Anliegen 7"}))
    assert tell_offer(portal, PLAIN, shown, CARD) is Told.ASKED


def test_cities_are_those_of_which_the_archive_has_a_portal() -> None:
    archived = {"bonn", "bielefeldbb", "asbtest", "from-elsewhere"}
    chosen = choose_cities(["bonn", "Bielefeld", "BONN"], archived, PORTALS.values())
    assert chosen == (BONN, BIELEFELD)
    with pytest.raises(ConfigError, match=r"no portal of Kiel .*it holds some of: Bielefeld, Bonn"):
        choose_cities(["Kiel"], archived, PORTALS.values())
    with pytest.raises(ConfigError, match=r"no portal of .*; nor of any other city that is known"):
        choose_cities(["Kiel"], {"asbtest"}, PORTALS.values())
    with pytest.raises(ConfigError, match="nearest: Kiel"):
        choose_cities(["Kihl"], archived, PORTALS.values())
    every_id = set(PORTALS)
    with pytest.raises(ConfigError, match="nearest: Bonn"):
        choose_cities(["Bon"], every_id, PORTALS.values())


def test_portals_are_of_the_wanted_kind() -> None:
    archived = {"bielefeldbb", "bielefeldkfz", "bonn", "teltow"}
    both = (BIELEFELD, BONN)
    of_kind = portals_for(both, archived, PORTALS.values(), Wish("citizen_office"))
    assert of_kind == ("bielefeldbb", "bonn")
    everything = portals_for(both, archived, PORTALS.values(), CARD)
    assert set(everything) == {"bielefeldbb", "bielefeldkfz", "bonn"}
    with pytest.raises(ConfigError, match="of the kind health; it holds: citizen_office"):
        portals_for((BONN,), archived, PORTALS.values(), Wish("health"))


def test_what_was_asked_is_remembered_by_calendar(tmp_path: Path) -> None:
    with closing(open_reader(make_cities(tmp_path / "archive"))) as reader:
        assert isinstance(reader, Reader)
        (shown,) = load_shown(reader, "bonn-dlz", (None, None)).values()
        assert shown == Shown(frozenset({"Personalausweis"}), frozenset({15}))
        assert set(load_shown(reader, "bielefeldbb", (None, None)).values()) == {Shown()}
        assert load_shown(reader, "nowhere", (None, None)) == {}


def test_offices_of_a_city_are_the_calendars_that_offer_the_service(tmp_path: Path) -> None:
    with closing(open_reader(make_cities(tmp_path / "archive"))) as reader:
        watched = load_watched(reader, Selection())
        found = offices_by_city(reader, watched, PORTALS, (BONN, BIELEFELD), CARD)
        names = {
            city.name: [(office.calendar.name, office.told) for office in offices]
            for city, offices in found.items()
        }
    assert names == {
        "Bonn": [(PLAIN.name, Told.ASKED)],
        "Bielefeld": [(PASSPORTS.name, Told.LISTED), (SUBURB.name, Told.LISTED)],
    }


def test_an_archive_that_is_not_on_disk_knows_nothing_of_what_was_asked() -> None:
    reader = morning()
    watched = load_watched(reader, Selection())
    licence = Wish(None, "driving_licence")
    found = offices_by_city(reader, watched, PORTALS, (BONN, BIELEFELD), licence)
    assert [len(offices) for offices in found.values()] == [1, 0]
    (office,) = found[BONN]
    assert (office.told, office.shown, office.calendar.key) == (Told.NAMED, Shown(), "197")
