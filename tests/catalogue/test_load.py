from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.catalogue.load import (
    load_catalogue,
    make_catalogue,
    portal_from_mapping,
    read_catalogue_file,
)
from amtspuls.catalogue.portal import Portal
from amtspuls.catalogue.render import portal_table
from amtspuls.errors import ConfigError
from amtspuls.tomlfile import parse_toml
from support.portals import a_portal, a_rule, portals, unhurried

GOOD = """\
[[portal]]
id = "demo"
name = "Stadt Demo"
system = "tempus"
url = "https://demo.example/"
"""
NORTH = 'place = { city = "Bonn", state = "NRW", latitude = 50.7, longitude = 7.1 }'
NINE = [f'{{ common = "other", id = {number} }}' for number in range(9)]
SERVICES = """services = [
    {{ common = "passport", {} }},
]"""
HOST = """\
[[host]]
host = "demo.example"
concurrency = 1
pause_s = 2.0
requests_per_day = 100
reason = "asked for it by mail"
"""


def mistake(text: str) -> str:
    with pytest.raises(ConfigError) as found:
        read_catalogue_file(parse_toml(text, "offices.toml"))
    return str(found.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            GOOD.replace("system", "sytem"),
            'offices.toml:4: portal "demo": unknown key "sytem"; did you mean "system"?',
        ),
        (GOOD.replace('"https', '"htps'), 'offices.toml:5: portal "demo": "url" must be an abs'),
        (GOOD.replace("example/", "example:99999/"), 'offices.toml:5: portal "demo": "url"'),
        (GOOD.replace("example/", "exa mple/"), 'offices.toml:5: portal "demo": "url" must be'),
        (GOOD.replace("example/", "example:0/"), 'offices.toml:5: portal "demo": "url" has a port'),
        (GOOD.replace('name = "Stadt Demo"\n', ""), 'offices.toml:1: portal "demo": "name" is mis'),
        (GOOD.replace('id = "demo"\n', ""), 'offices.toml:1: portal number 1: "id" is missing'),
        (GOOD.replace('"demo"', '"De mo"'), 'offices.toml:2: portal "De mo": "id"'),
        (GOOD.replace('"demo"', "7"), 'offices.toml:2: portal number 1: "id" must be text in quo'),
        (GOOD + 'status = "aktiv"', 'offices.toml:6: portal "demo": "status" must be \'active\''),
        (GOOD + "last_seen = 2026-07-19T00:00:00", 'offices.toml:6: portal "demo": "last_seen"'),
        (GOOD + "last_seen = 20260719", 'offices.toml:6: portal "demo": "last_seen" must be a d'),
        (GOOD + 'last_seen = "gestern"', 'offices.toml:6: portal "demo": "last_seen"'),
        (GOOD + "\nmin_slots = true", 'offices.toml:7: portal "demo": "min_slots" must be a who'),
        (GOOD + "min_slots = 9\nmax_slots = 8", 'offices.toml:1: portal "demo": "max_slots" (8)'),
        (GOOD + 'zone = "Europe/Bonn"', 'offices.toml:6: portal "demo": "zone" is no time zone'),
        (GOOD + 'hosts = [\n"a.example",\n"B:80"]', 'offices.toml:6: portal "demo": "hosts" must'),
        (GOOD + 'hosts = [\n"a.example",\n3]', 'offices.toml:8: portal "demo": "hosts.1" must be'),
        (GOOD + 'hosts = "a.example"', 'offices.toml:6: portal "demo": "hosts" must be a list'),
        (GOOD + "options = 1", 'offices.toml:6: portal "demo": "options" must be a table'),
        (GOOD + "[portal.calendar_aliases]\na = 1", 'offices.toml:7: portal "demo": "calendar_al'),
        (GOOD + "[portal.tls]\nverify = false", 'offices.toml:6: portal "demo": "tls.reason" is'),
        (GOOD + "[portal.tls]\n\nverify = true", 'offices.toml:8: portal "demo": "tls.verify" mu'),
        (GOOD + 'kind = "zoo"', 'offices.toml:6: portal "demo": "kind" must be \'citizen_office\''),
        (GOOD + 'place = "Bonn"', 'offices.toml:6: portal "demo": "place" must be a table'),
        (
            GOOD + "[portal.place]\ncty = 1",
            'offices.toml:7: portal "demo": unknown key "place.cty"',
        ),
        (GOOD + NORTH.replace("50.7", '"50"'), 'offices.toml:6: portal "demo": "place.latitude"'),
        (GOOD + NORTH.replace("50.7", "91.0"), 'offices.toml:6: portal "demo": "place.latitude"'),
        (GOOD + NORTH.replace("7.1", "nan"), 'offices.toml:6: portal "demo": "place.longitude"'),
        (GOOD + 'replaced_by = "A b"', 'offices.toml:6: portal "demo": "replaced_by" must be an'),
        (GOOD + 'replaced_by = "demo"', 'offices.toml:1: portal "demo": "replaced_by" must name'),
        (GOOD + 'status = "unverified"', 'offices.toml:1: portal "demo": an unverified portal'),
        (GOOD + 'services = "Pass"', 'offices.toml:6: portal "demo": "services" must be a list of'),
        (GOOD + 'services = ["Pass"]', 'offices.toml:6: portal "demo": "services.0" must be a'),
        (GOOD + SERVICES.format("name = 1"), 'offices.toml:7: portal "demo": "services.0.name" mu'),
        (
            GOOD + SERVICES.format("nam = 'x'"),
            'offices.toml:7: portal "demo": unknown key "services.0.nam"; did you mean "name"?',
        ),
        (GOOD + SERVICES.format("id = true"), 'offices.toml:7: portal "demo": "services.0.id" mus'),
        (
            GOOD + SERVICES.format("name = 'a', id = 1"),
            'offices.toml:7: portal "demo": "services.0" needs a "name" or an "id", and not both',
        ),
        (GOOD + SERVICES.format("name = ' '"), 'offices.toml:7: portal "demo": "services.0" needs'),
        (
            GOOD + SERVICES.format("id = 1").replace("passport", "pasport"),
            'offices.toml:7: portal "demo": "services.0.common" must be',
        ),
        (
            GOOD + 'services = [{ name = "x" }]',
            'offices.toml:6: portal "demo": "services.0.common"',
        ),
        (
            GOOD + f"services = [{', '.join(NINE)}]",
            'offices.toml:6: portal "demo": "services" names 9 services; at most 8 are asked',
        ),
        (
            GOOD + 'services = [{common="other", name="A  b"}, {common="other", name="a B"}]',
            'offices.toml:6: portal "demo": "services" names a service twice',
        ),
        (GOOD + GOOD, 'offices.toml:7: portal "demo" is already in line 2 of this file'),
        ("[[portl]]", 'offices.toml:1: unknown table "portl"; did you mean "portal"?'),
        ("x = 1", 'offices.toml:1: unknown table "x"; a catalogue has [[portal]] and [[host]]'),
        ("[portal]\nid = 'x'", "offices.toml:1: write [[portal]], with two brackets"),
        ("\nportal = [\n3]", "offices.toml:3: a portal is a table [[portal]], not 3"),
        (HOST + "pause = 1", 'offices.toml:7: host "demo.example": unknown key "pause"; did you m'),
        (HOST.replace("2.0", "0.1"), 'offices.toml:4: host "demo.example": "pause_s"'),
        (HOST.replace("2.0", "true"), 'offices.toml:4: host "demo.example": "pause_s" must be a n'),
        (HOST.replace("demo.", "Demo."), 'offices.toml:2: host "Demo.example": "host" must be a'),
        (HOST.replace("demo.example", "https://a.b"), 'offices.toml:2: host "https://a.b": "host"'),
        (HOST + HOST, 'offices.toml:8: host "demo.example" is already in line 2'),
    ],
)
def test_every_mistake_is_shown_with_file_and_line(text: str, message: str) -> None:
    assert mistake(text).startswith(message)


def test_a_reason_of_one_word_is_no_reason() -> None:
    assert mistake(HOST.replace("asked for it by mail", "why")).startswith("offices.toml:6: ")


@st.composite
def wrong_files(draw: st.DrawFn) -> tuple[str, int]:
    """A catalogue file with one mistake, and the mistake's line."""
    several = draw(st.lists(portals(), min_size=1, max_size=3, unique_by=lambda portal: portal.id))
    blocks = [portal_table(portal).rstrip("\n").split("\n") for portal in several]
    number = draw(st.integers(0, len(blocks) - 1))
    block = blocks[number]
    own_keys = block.index("") if "" in block else len(block)
    marker = "# <- here"
    kind = draw(st.sampled_from(["unknown", "syntax", "url", "status", "missing", "twice"]))
    if kind == "unknown":
        block.insert(draw(st.integers(1, own_keys)), f"surely_unknown = 1 {marker}")
    elif kind == "syntax":
        block.insert(draw(st.integers(0, len(block))), f"= 1 {marker}")
    elif kind == "missing":
        block[:] = [line for line in block if not line.startswith("name = ")]
        block[0] += marker
    elif kind == "twice":
        blocks.append([*block[:1], f"{block[1]} {marker}", *block[2:]])
    else:
        at = next(index for index, line in enumerate(block) if line.startswith(f"{kind} = "))
        block[at] = f"{kind} = 'wrong' {marker}"
    noise = st.lists(st.sampled_from(["", "# url = 1", "   # [[portal]]"]), max_size=2)
    lines = draw(noise)
    for line in (line for block in blocks for line in block):
        lines += [line, *draw(noise)]
    return "\n".join(lines), next(n for n, line in enumerate(lines, 1) if line.endswith(marker))


@unhurried
@given(wrong_files())
def test_a_mistake_at_a_random_place_is_reported_with_its_line(wrong: tuple[str, int]) -> None:
    text, line = wrong
    assert mistake(text).startswith(f"offices.toml:{line}: ")


def test_overlays_add_and_replace_whole_tables(tmp_path: Path) -> None:
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    first.write_text(GOOD + GOOD.replace("demo", "bonn") + HOST, encoding="utf-8")
    second.write_text(GOOD.replace("Stadt Demo", "Second"), encoding="utf-8")
    packaged = load_catalogue()
    catalogue = load_catalogue([first, second])
    assert set(catalogue.portals) == {*packaged.portals, "demo"}
    assert catalogue.portals["demo"].name == "Second"
    assert packaged.portals["bonn"].tls is not None
    assert catalogue.portals["bonn"].tls is None
    assert set(catalogue.hosts) == {*packaged.hosts, "demo.example"}
    assert load_catalogue() == packaged


def test_a_successor_must_exist_in_any_of_the_files(tmp_path: Path) -> None:
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    moved = GOOD.replace("demo", "old") + 'replaced_by = "new-home"\n'
    first.write_text(GOOD + moved, encoding="utf-8")
    with pytest.raises(ConfigError, match=r'a\.toml:11: portal "old": .*no portal: "new-home"$'):
        load_catalogue([first])
    second.write_text(GOOD.replace("demo", "new-home"), encoding="utf-8")
    portals = load_catalogue([first, second]).portals
    assert portals["old"].successor_id == "new-home"
    first.write_text(moved.replace("new-home", "https://new.example/"), encoding="utf-8")
    assert load_catalogue([first]).portals["old"].successor_id == ""
    first.write_text(moved.replace("new-home", "bonnn"), encoding="utf-8")
    with pytest.raises(ConfigError, match='did you mean "bonn'):
        load_catalogue([first])


def test_overlays_that_cannot_be_read_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load_catalogue([tmp_path / "none.toml"])
    broken = tmp_path / "broken.toml"
    broken.write_text(GOOD + "= 1", encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(f"{broken}:6: is no TOML")):
        load_catalogue([broken])


CATALOGUE = make_catalogue(
    [
        a_portal("bonn", "netappoint"),
        a_portal("bonnbau", "netappoint"),
        a_portal("beckum").model_copy(update={"kind": "health"}),
        a_portal("zorneding").model_copy(update={"status": "retired"}),
    ],
    [a_rule("demo.example")],
)


def ids(*picked: Portal) -> list[str]:
    return [portal.id for portal in picked]


def test_require_names_the_nearest_ids() -> None:
    assert CATALOGUE.require("bonn").id == "bonn"
    with pytest.raises(ConfigError, match='"bon"; did you mean "bonn"'):
        CATALOGUE.require("bon")
    with pytest.raises(ConfigError, match="see `amtspuls list`"):
        CATALOGUE.require("qqqqqq")


def test_select_filters_by_glob_system_and_status() -> None:
    assert ids(*CATALOGUE.select()) == ["beckum", "bonn", "bonnbau", "zorneding"]
    assert ids(*CATALOGUE.select(["b*"], ["bonn"])) == ["beckum", "bonnbau"]
    assert ids(*CATALOGUE.select(["zorneding", "beckum"])) == ["beckum", "zorneding"]
    assert ids(*CATALOGUE.select(systems=["tempus"])) == ["beckum", "zorneding"]
    assert ids(*CATALOGUE.select(statuses=["retired", "silent"])) == ["zorneding"]
    assert CATALOGUE.select(["bonn*"], systems=["tempus"]) == ()
    assert ids(*CATALOGUE.select(kinds=["health", "registry_office"])) == ["beckum"]
    assert ids(*CATALOGUE.select(exclude=["nothing*"])) == [*CATALOGUE.portals]


def test_an_include_that_matches_nothing_is_an_error() -> None:
    with pytest.raises(ConfigError, match='"bekum"; did you mean "beckum"'):
        CATALOGUE.select(["bonn", "bekum"])
    with pytest.raises(ConfigError, match='matches "B"'):
        CATALOGUE.select(["B"])


def test_a_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        cast("dict[str, Portal]", CATALOGUE.portals)["x"] = a_portal()


def test_portals_of_mappings_name_their_source() -> None:
    with pytest.raises(ConfigError, match=r'^replica http://x: portal "demo": "name" is missing'):
        portal_from_mapping(
            {"id": "demo", "system": "s", "url": "http://x/"}, source="replica http://x"
        )
    with pytest.raises(ConfigError, match=r'^r: portal "[?]": unknown key "nmae"'):
        portal_from_mapping({"nmae": "demo"}, source="r")
