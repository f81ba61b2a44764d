from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.catalogue.load import load_catalogue, portal_from_mapping, read_catalogue_file
from amtspuls.catalogue.portal import AskedService, Place, Portal
from amtspuls.catalogue.render import portal_mapping, portal_table, to_toml
from amtspuls.errors import ConfigError
from amtspuls.tomlfile import parse_toml
from support.portals import a_portal, portals, unhurried


def loaded(text: str) -> list[Portal]:
    return list(read_catalogue_file(parse_toml(text, "written.toml"))[0].values())


@unhurried
@given(st.lists(portals(), max_size=4, unique_by=lambda portal: portal.id))
def test_what_is_written_loads_as_the_same_portals(several: list[Portal]) -> None:
    assert loaded(to_toml(several)) == several


def test_packaged_portals_survive_toml_and_json() -> None:
    packaged = [*load_catalogue().portals.values()]
    assert loaded(to_toml(packaged)) == packaged
    through_json = json.loads(json.dumps([portal_mapping(portal) for portal in packaged]))
    assert [portal_from_mapping(one, source="test") for one in through_json] == packaged


def test_a_table_reads_like_one_written_by_hand() -> None:
    portal = a_portal().model_copy(
        update={
            "last_seen": date(2026, 7, 19),
            "kind": "registry_office",
            "place": Place(city="Bonn", state="Nordrhein-Westfalen", latitude=50.7, longitude=7.0),
            "services": (
                AskedService(common="id_card", name="Personalausweis  - Antrag"),
                AskedService.model_validate({"common": "passport", "id": 12}),
            ),
            "options": {"cur_cause": "0", "causes": {"1": 'Büro "Nord"'}, "list": [{"a": 1}, {}]},
        }
    )
    assert (
        portal_table(portal)
        == """\
[[portal]]
id = "demo"
name = "Stadt Demo"
system = "tempus"
url = "https://demo.example/index.php?anlagennr=1"
status = "active"
last_seen = 2026-07-19
kind = "registry_office"
place = { city = "Bonn", state = "Nordrhein-Westfalen", latitude = 50.7, longitude = 7.0 }
services = [
    { common = "id_card", name = "Personalausweis - Antrag" },
    { common = "passport", id = "12" },
]

[portal.options]
cur_cause = "0"
list = [{ a = 1 }, {}]

[portal.options.causes]
1 = "Büro \\"Nord\\""
"""
    )


@pytest.mark.parametrize("value", [None, [None], {"deep": None}, "\ud800", object()])
def test_what_toml_cannot_hold_is_an_error(value: object) -> None:
    portal = a_portal().model_copy(update={"options": {"key": value}})
    with pytest.raises(ConfigError, match='portal "demo": TOML cannot hold'):
        portal_table(portal)
