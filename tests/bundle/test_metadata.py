from __future__ import annotations

from pathlib import Path

import pytest

from amtspuls.bundle.read import CalendarNames, read_metadata
from amtspuls.errors import BundleError
from support.bundles import write_metadata


def test_names_are_read(tmp_path: Path) -> None:
    path = write_metadata(tmp_path / "m.json", {"amt": ("tempus", {"1/2": "Bürgerbüro"})})

    portal = read_metadata(path).portals["amt"]

    assert (portal.name, portal.system) == ("Stadt Amt", "tempus")
    assert portal.url == "https://termine.amt.example/index.php?company=amt"
    assert portal.calendars == {"1/2": CalendarNames("Bürgerbüro", ("Ausweis abholen",))}


def test_a_nameless_calendar_is_called_by_its_key(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(
        '{"amt": {"name": "A", "scraper": "tempus", "url": "u",'
        ' "locations": {"7": {"name": null, "services": []}}}}'
    )

    assert read_metadata(path).portals["amt"].calendars["7"].name == "7"


PORTAL = '{"amt": {"name": "A", "scraper": "s", "url": "u", "locations": %s}}'
DAMAGED = {
    "no JSON": (b'{\n "amt": nichts}', "line 2: is no JSON"),
    "not UTF-8": (b'{\n\n"\xfc": 1}', "line 3: is not UTF-8"),
    "no object": (b"[]", "line 1: must be an object"),
    "portal no object": (b'{"amt": 7}', "amt: 'name' must be a str"),
    "field missing": (b'{"amt": {"name": "A"}}', "amt: 'scraper' must be a str"),
    "locations a list": ((PORTAL % "[]").encode(), "amt: 'locations' must be a dict"),
    "no services": ((PORTAL % '{"7": {}}').encode(), "amt.locations.7: 'services' must be a list"),
    "service no text": ((PORTAL % '{"7": {"services": [1]}}').encode(), "must be texts"),
    "name no text": ((PORTAL % '{"7": {"services": [], "name": 5}}').encode(), "must be texts"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damage_is_named_with_file_and_place(tmp_path: Path, case: str) -> None:
    raw, says = DAMAGED[case]
    path = tmp_path / "metadata.json"
    path.write_bytes(raw)

    with pytest.raises(BundleError) as caught:
        read_metadata(path)

    assert str(caught.value).startswith(str(path))
    assert says in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"metadata\.json: No such file"):
        read_metadata(tmp_path / "metadata.json")
