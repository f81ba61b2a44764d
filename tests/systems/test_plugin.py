"""Another distribution brings a system: from ``amtspuls new-system`` to a snapshot of its portal."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from amtspuls.errors import ConfigError
from amtspuls.systems.new import new_system_files, write_new_system
from amtspuls.systems.registry import load_systems
from support.command import run_command, run_well
from support.contract import ways_out
from support.plugin import PLUGIN, environment, install, run_its_tests, serve_schalter

NAME = "schalter"
FILLED_IN = {"docs/schalter.md", "src/amtspuls_schalter/__init__.py"}
"""What its author changed of the files that ``new-system`` wrote."""

FAST = """
[[host]]
host = "127.0.0.1"
concurrency = 1
pause_s = 0.2
requests_per_day = 1000
reason = "a server of this test"
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed in it."""
    target = tmp_path_factory.mktemp("plugin")
    install(PLUGIN, target)
    return target


def test_the_example_is_what_new_system_writes_and_its_author_filled_in() -> None:
    written = new_system_files(NAME)
    assert len(written) >= 11
    for place, text in written.items():
        own = (PLUGIN / place).read_text("utf-8")
        if str(place) in FILLED_IN:
            assert own != text
        else:
            assert own == text, f"{place}: write the example anew with amtspuls new-system"


def test_the_contract_test_fails_until_the_work_is_done(tmp_path: Path) -> None:
    folder, target = tmp_path / "amtspuls-schalter", tmp_path / "target"
    write_new_system(NAME, folder)
    install(folder, target)
    whole = run_its_tests(folder, target)
    assert whole.returncode == 1
    first = whole.stdout.partition("Failed: ")[2].partition("\n")[0]
    assert first.endswith("answer the questions below the heading 'Address and options'")
    for says in ("16 failed", "sparse/meta.toml is missing", "set version = 1 when"):
        assert says in whole.stdout


def test_the_contract_test_passes_for_the_example(installed: Path) -> None:
    done = run_its_tests(PLUGIN, installed)
    assert done.returncode == 0, done.stdout
    assert "19 passed" in done.stdout


def test_the_example_keeps_to_the_session_like_our_own_systems() -> None:
    modules = sorted(PLUGIN.glob("src/*/*.py"))
    assert len(modules) == 4
    for module in modules:
        assert ways_out(module.read_text("utf-8"), "amtspuls_schalter") == []


@pytest.mark.sim
async def test_its_portal_is_probed_listed_and_read(installed: Path, tmp_path: Path) -> None:
    today = datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin")).date()
    (tmp_path / "amtspuls.toml").write_text('contact = "mail@example.org"\n', "utf-8")
    (tmp_path / "hosts.toml").write_text(FAST, "utf-8")
    async with serve_schalter(today) as server:
        seen = await _amtspuls(
            installed, tmp_path, "probe", server.url("/schalter/"), "--format", "toml", "--overlay", "hosts.toml"
        )  # fmt: skip
        (tmp_path / "offices.toml").write_text(seen + FAST, "utf-8")
        asked_before = len(server.pages())
        text = await _amtspuls(
            installed, tmp_path, "snapshot", "--catalogue", "offices.toml", "-i", "musterstadt", "--dry-run"
        )  # fmt: skip
        assert len(server.pages()) - asked_before == 3
    assert 'system = "schalter"' in seen
    assert 'name = "Stadt Musterstadt"' in seen
    (shot,) = json.loads(text)
    assert (shot["outcome"], shot["parser"]) == ("ok", "schalter/1")
    by_key: dict[str, Any] = {one["key"]: one for one in shot["calendars"]}
    free = date.fromordinal(today.toordinal() + 2)
    assert by_key["17"]["free"] == [f"{free}T08:00:00", f"{free}T13:30:00"]
    assert by_key["23"]["free"] == []
    assert by_key["23"]["covered"] == by_key["17"]["covered"] != ""


async def _amtspuls(installed: Path, folder: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "amtspuls", *arguments),
        cwd=folder,
        env=environment(installed),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.parametrize("name", ["ab", "terminland", "a_very_long_name_of_thirty_cha"])
def test_what_is_written_is_clean(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    run_well("new-system", name, "--to", folder)
    for arguments in (("check",), ("format", "--check")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--no-cache", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
    assert not [path for path in folder.rglob("*") if "@" in path.name]
    assert not [file for file in folder.rglob("*.*") if "@name@" in file.read_text("utf-8")]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Termin", "is no name"),
        ("1a", "is no name"),
        ("a", "is no name"),
        ("a__b", "is no name"),
        ("../x", "is no name"),
        ("", "is no name"),
        ("class", "means something else"),
        ("json", "means something else"),
        ("tevis", "there is a system 'tevis' already"),
    ],
)
def test_bad_names_are_refused_and_nothing_is_written(
    name: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run_command("new-system", name)
    assert result.code == 2
    assert says in result.err
    assert not list(tmp_path.iterdir())


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "amtspuls-x"
    folder.mkdir()
    with pytest.raises(ConfigError, match="exists already"):
        write_new_system("termin_x", folder, load_systems())
    assert not list(folder.iterdir())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    result = run_command("new-system", "termin_x", "--to", tmp_path / "file" / "new")
    assert result.code == 1
    assert "file" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
