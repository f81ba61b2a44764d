"""What every system owes the house; also met by systems that other distributions bring."""

from __future__ import annotations

import pytest

from amtspuls.catalogue.load import load_catalogue
from amtspuls.errors import ConfigError
from amtspuls.systems.registry import load_systems, require_system
from conftest import ROOT
from support.pages import PAGES, REQUIRED_CASES, load_case

OURS = ["ekol", "etermin", "impfthueringen", "netappoint", "tempus", "tevis"]


def test_the_systems_of_this_distribution_are_registered() -> None:
    assert set(OURS) <= set(load_systems())


@pytest.mark.parametrize("name", OURS)
def test_a_system_knows_its_name_and_version(name: str) -> None:
    system = require_system(name)
    assert system.name == name
    assert system.version >= 1


@pytest.mark.parametrize("name", OURS)
def test_a_system_has_a_page_in_the_docs(name: str) -> None:
    text = (ROOT / "docs" / "systems" / f"{name}.md").read_text("utf-8")
    for heading in ("Flow", "Fields", "Page states", "Requests", "Inferred", "Quality"):
        assert f"\n## {heading}" in text, f"{name}.md lacks {heading}"


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("case", sorted(REQUIRED_CASES))
def test_a_system_has_the_six_cases(name: str, case: str) -> None:
    folder = PAGES / name / "pages" / case
    assert (folder / "meta.toml").is_file()
    outcome, _ = load_case(folder).outcome()
    assert outcome == REQUIRED_CASES[case]


def test_every_page_folder_belongs_to_a_system() -> None:
    folders = {path.parent.name for path in PAGES.glob("*/pages")}
    assert folders == set(OURS)


def test_all_packaged_portals_pass_the_check_of_their_system() -> None:
    checked = 0
    for portal in load_catalogue().portals.values():
        if portal.system in OURS:
            require_system(portal.system).check_portal(portal)
            checked += 1
    assert checked > 90


def test_an_unknown_system_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"nosuch.*netappoint, tempus"):
        require_system("nosuch")
