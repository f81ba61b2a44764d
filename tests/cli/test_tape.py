"""`amtspuls snapshot --tape`, `--from-tape` and `amtspuls tape` as a user runs them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from amtspuls.archive.live import open_reader
from support.command import run_command, run_well
from support.limits import small_files

pytestmark = pytest.mark.sim


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """A replica of the town, standing still on a Monday morning."""
    command = [
        sys.executable, "-m", "amtspuls", "replica", "--town", "7", "--speed", "0",
        "--portal", "musterstadt", "--portal", "auwinkel", "--at", "2026-01-26 08:00",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())["base"]
        child.send_signal(signal.SIGINT)
        child.wait(60)


@pytest.fixture(scope="module")
def taped(base: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A tape of one round, and what the round printed."""
    path = tmp_path_factory.mktemp("tape") / "t.warc.gz"
    shown = run_well("snapshot", "--replica", base, "--dry-run", "-w", "2", "--tape", path)
    return path, shown.out


def test_a_tape_read_again_prints_the_same(taped: tuple[Path, str]) -> None:
    path, shown = taped
    again = run_well("snapshot", "--from-tape", path, "--dry-run")
    ordered = [
        sorted(json.loads(text), key=lambda one: one["portal"]) for text in (shown, again.out)
    ]
    assert ordered[0] == ordered[1]
    assert "2 ok" in again.err


def test_a_tape_fills_an_archive_once(taped: tuple[Path, str], tmp_path: Path) -> None:
    path, _ = taped
    archive = tmp_path / "archive"
    run_well("snapshot", "--from-tape", path, "--archive", archive, "-i", "must*")
    assert "auwinkel" in run_well("snapshot", "--from-tape", path, "--archive", archive).out
    third = run_well("snapshot", "--from-tape", path, "--archive", archive)
    assert "2 visits are in the archive already" in third.err
    reader = open_reader(archive)
    assert [record.portal_id for record in reader.portals()] == ["auwinkel", "musterstadt"]
    assert len(reader.snapshots("musterstadt").number) == 1
    reader.close()


def test_cron_adds_to_a_tape_and_show_lists_it(base: str, tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    arguments = ("snapshot", "--replica", base, "--dry-run", "-i", "auwinkel", "-w", "1")
    run_well(*arguments, "--tape", path)
    refused = run_command(*arguments, "--tape", path)
    assert (refused.code, "--append" in refused.err) == (2, True)
    path.write_bytes(path.read_bytes()[:-20])
    assert "cut off" in run_well(*arguments, "--tape", path, "--append").err
    rows = json.loads(run_well("tape", "show", path, "--format", "json").out)
    assert [row["outcome"] for row in rows] == ["unfinished", "ok"]
    assert rows[0]["requests"] == rows[1]["requests"] == rows[1]["answers"] > 3
    assert rows[1]["bytes"] > 1000
    assert rows[1]["parser"].startswith("tempus/")
    assert "auwinkel" in run_well("tape", "show", path).out
    again = run_well("snapshot", "--from-tape", path, "--dry-run")
    assert len(json.loads(again.out)) == 1
    assert "1 visits were not finished" in again.err


def test_a_cut_tape_is_read_as_far_as_it_goes(taped: tuple[Path, str], tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    path.write_bytes(taped[0].read_bytes()[:-3])
    result = run_well("snapshot", "--from-tape", path, "--dry-run")
    assert len(json.loads(result.out)) == 1
    assert "ends in the middle of a record" in result.err
    assert "ends in the middle of a record" in run_well("tape", "show", path).err


def test_options_that_contradict_each_other(taped: tuple[Path, str], tmp_path: Path) -> None:
    path, _ = taped
    for options in (
        ("--append", "--dry-run"),
        ("--from-tape", path, "--tape", tmp_path / "n.warc.gz"),
        ("--from-tape", path, "-w", 2),
        ("--from-tape", path, "--replica", "http://127.0.0.1:1"),
    ):
        result = run_command("snapshot", *options)
        assert result.code == 2, options
        assert result.err.startswith("amtspuls: --")


def test_wrong_files_are_named(tmp_path: Path, base: str) -> None:
    missing = run_command("snapshot", "--from-tape", tmp_path / "none.warc.gz", "--dry-run")
    assert (missing.code, "none.warc.gz" in missing.err) == (1, True)
    other = tmp_path / "o.warc.gz"
    other.write_bytes(b"something else")
    assert run_command("tape", "show", other).code == 1
    nowhere = tmp_path / "no" / "t.warc.gz"
    result = run_command("snapshot", "--replica", base, "--dry-run", "--tape", nowhere)
    assert (result.code, "cannot be written" in result.err) == (1, True)


def test_a_full_disk_ends_the_round_with_an_error(base: str, tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with small_files(2_000):
            result = run_command("snapshot", "--replica", base, "--dry-run", "--tape", path)
    finally:
        signal.signal(signal.SIGXFSZ, before)
    assert result.code == 1
    assert "cannot be written" in result.err
    assert not result.out
    rows = json.loads(run_well("tape", "show", path, "--format", "json").out)
    assert {row["outcome"] for row in rows} == {"unfinished"}


def test_a_case_is_scrubbed_and_reads_the_same(taped: tuple[Path, str], tmp_path: Path) -> None:
    path, shown = taped
    portal = "musterstadt"
    arguments = ("tape", "to-case", path, "--portal", portal, "--to", tmp_path, "--name", portal)
    made = run_well(*arguments)
    assert "read every file" in made.err
    assert "tokens" in made.out
    folder = tmp_path / portal
    names = sorted(file.name for file in folder.iterdir())
    assert names[-2:] == ["expected.json", "meta.toml"]
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    (live,) = [one for one in json.loads(shown) if one["portal"] == portal]
    for calendar in live["calendars"]:
        del calendar["common"]  # what the catalogue makes of it is no part of a reading
    assert expected["calendars"] == live["calendars"]
    again = run_command(*arguments)
    assert (again.code, "--name" in again.err) == (2, True)


def test_a_case_of_a_visit_that_is_not_there(taped: tuple[Path, str], tmp_path: Path) -> None:
    result = run_command("tape", "to-case", taped[0], "--portal", "nosuch", "--to", tmp_path)
    assert (result.code, "tape show" in result.err) == (2, True)
    assert not list(tmp_path.iterdir())
