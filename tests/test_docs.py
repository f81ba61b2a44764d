"""The documentation under test: what there is, is written down, and what is written down, there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from amtspuls.analysis.measures import MEASURES
from amtspuls.charts.registry import PICTURES
from amtspuls.cli.app import make_app
from amtspuls.model import Outcome
from amtspuls.replica.faults import FaultName
from support.command import run_command

ROOT = Path(__file__).resolve().parents[1]
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
APP = make_app()
NAMES = [made.name for made in APP.registered_commands]
NAMES += [made.name for made in APP.registered_groups]
COMMANDS = sorted(filter(None, NAMES))


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_there_are_commands_and_pages() -> None:
    assert len(COMMANDS) >= 14
    assert len(DOCS) >= 15


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme_and_explains_its_options(command: str) -> None:
    assert re.search(rf"`{command}`", read("README.md"))
    shown = run_command(command, "--help")
    assert shown.code == 0
    options = re.findall(r"^ +(?:-\w, )?(--[\w-]+)[^\n]*", shown.out, re.MULTILINE)
    assert "--help" in options


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_is_described(name: str) -> None:
    assert name in read("docs/reference/measures.md")


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_described(name: str) -> None:
    assert f"{{#{name}}}" in read("docs/reference/pictures.md")


@pytest.mark.parametrize("outcome", Outcome, ids=str)
def test_every_outcome_is_described(outcome: Outcome) -> None:
    assert f"`{outcome}`" in read("docs/architecture.md")


@pytest.mark.parametrize("fault", FaultName, ids=str)
def test_every_fault_is_described(fault: FaultName) -> None:
    assert f"`{fault}`" in read("docs/how-to/practise-on-replicas.md")


@pytest.mark.parametrize("status", ["active", "silent", "retired", "unverified"])
def test_every_status_is_in_the_glossary(status: str) -> None:
    assert f"**{status}**" in read("docs/glossary.md")


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_pages_show_exist(page: Path) -> None:
    for command in re.findall(
        r"^\s*(?:\$ )?amtspuls ([a-z][a-z-]+)", page.read_text("utf-8"), re.MULTILINE
    ):
        assert command in COMMANDS, command


def test_every_page_is_in_the_navigation() -> None:
    navigation = read("mkdocs.yml")
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT / "docs")) in navigation
