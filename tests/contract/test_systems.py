"""What every registered system owes the house: an entry point, a page in the docs, cases, and no way out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

import pytest

from amtspuls.catalogue.load import load_catalogue
from amtspuls.errors import ConfigError
from amtspuls.systems.registry import ENTRY_POINT_GROUP, load_systems, require_system
from conftest import ROOT
from support.contract import catalogue_portal, modules_of, ways_out
from support.contract_portals import PORTALS
from support.pages import PAGES, REQUIRED_CASES, load_case

OURS = sorted(
    name for name, one in load_systems().items() if type(one).__module__.startswith("amtspuls.")
)
SECTIONS = (
    "Address and options",
    "Flow",
    "Fields",
    "Page states",
    "Quirks",
    "Requests",
    "By hand",
    "Inferred",
    "Quality",
)


def page_of(name: str) -> str:
    return (ROOT / "docs" / "systems" / f"{name}.md").read_text("utf-8")


def section(text: str, title: str) -> str:
    found = re.search(rf"\n## {title}\n(.*?)(?=\n## |\Z)", text, re.DOTALL)
    assert found is not None, f"there is no section {title!r}"
    return found.group(1)


def test_all_systems_come_through_an_entry_point() -> None:
    entries = {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}
    assert set(load_systems()) == set(entries)
    assert OURS == ["ekol", "etermin", "impfthueringen", "netappoint", "tempus", "tevis"]


@pytest.mark.parametrize("name", OURS)
def test_a_system_knows_its_name_and_version(name: str) -> None:
    system = require_system(name)
    assert system.name == name
    assert type(system.version) is int
    assert system.version >= 1


@pytest.mark.parametrize("name", OURS)
def test_a_system_is_documented(name: str) -> None:
    text = page_of(name)
    assert re.match(rf"# {name}\n\nVendor: [^\n]*<?https://", text), "vendor and link come first"
    for title in SECTIONS:
        assert section(text, title).strip(), title
    assert "| wire | model |" in section(text, "Fields"), "which field becomes what"
    states = re.findall(
        r"^\| (?!page|---)[^|]+\| ([^|]+) \|$", section(text, "Page states"), re.MULTILINE
    )
    assert len(states) >= 5
    assert re.search(r"\d", section(text, "Requests")), "the number of requests per snapshot"
    assert len(re.findall(r"^- ", section(text, "Inferred"), re.MULTILINE)) >= 2
    assert re.search(r"^\s*(?:\w+=\S+ +)?curl ", section(text, "By hand"), re.MULTILINE)
    assert f"systems/{name}.md" in (ROOT / "mkdocs.yml").read_text("utf-8")


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("case", sorted(REQUIRED_CASES))
def test_a_system_has_the_six_cases(name: str, case: str) -> None:
    folder = PAGES / name / "pages" / case
    assert (folder / "meta.toml").is_file()
    assert (folder / "expected.json").is_file()
    found = load_case(folder)
    outcome, got = found.outcome()
    assert outcome == REQUIRED_CASES[case]
    expected = found.expected
    if outcome == "ok":
        assert got == expected
    else:
        assert got["error"] == expected["error"]


def test_every_page_folder_belongs_to_a_system() -> None:
    assert {path.parent.name for path in PAGES.glob("*/pages")} == set(OURS)


def test_all_packaged_portals_pass_the_check_of_their_system() -> None:
    checked = 0
    for portal in load_catalogue().portals.values():
        if portal.system in OURS:
            require_system(portal.system).check_portal(portal)
            checked += 1
    assert checked > 90


NONSENSE: list[Mapping[str, Any]] = [
    {"nosuch": 1},
    {"services": 7},
    {"services": [f"Anliegen {n}" for n in range(9)]},
    {"services": [["Pass"]]},
    {"Services": ["Pass"]},
    {"cur_cause": []},
    {"filter_pages": "many"},
    {"webid": 5},
]


@pytest.mark.parametrize("options", NONSENSE, ids=str)
@pytest.mark.parametrize("name", OURS)
def test_nonsense_options_are_refused_with_the_portals_name(
    name: str, options: Mapping[str, Any]
) -> None:
    portal = catalogue_portal(PORTALS[name]).model_copy(update={"options": dict(options)})
    with pytest.raises(ConfigError, match=portal.id):
        require_system(name).check_portal(portal)


@pytest.mark.parametrize("name", OURS)
def test_a_system_has_no_way_around_its_session(name: str) -> None:
    files = modules_of(require_system(name))
    assert len(files) >= 3
    found = {
        file.name: ways_out(file.read_text("utf-8"), f"amtspuls.systems.{name}") for file in files
    }
    assert {name: ways for name, ways in found.items() if ways} == {}


def test_what_systems_share_has_no_way_around_either() -> None:
    shared = sorted((ROOT / "src" / "amtspuls" / "systems").glob("*.py"))
    shared = [file for file in shared if file.name != "new.py"]  # writes the files of a new system
    found = {file.name: ways_out(file.read_text("utf-8"), "amtspuls.systems") for file in shared}
    assert {name: ways for name, ways in found.items() if ways} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import socket", "from time import sleep", "import asyncio.subprocess", "import urllib.request as r",
        "from urllib import request", "from amtspuls.fetch.client import Fetcher", "import httpx2",
        "from amtspuls.fetch import client", "datetime.now()", "date.today()", "open('x')",
    ],
)  # fmt: skip
def test_ways_out_are_found(line: str) -> None:
    assert ways_out(f"def f():\n    {line}")


def test_an_unknown_system_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"nosuch.*netappoint, tempus"):
        require_system("nosuch")
