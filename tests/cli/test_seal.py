"""``amtspuls seal``: what it prints, what it refuses, and that every other command looks the same after it."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.archive.sealed.manifest import Source
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.sealing import seal_weeks
from amtspuls.archive.week import IsoWeek
from support.command import run_command, run_well
from support.histories import PORTAL, made_up
from support.legacy_weeks import PlainRow, seal_rows
from support.measure_archive import make_archive

pytestmark = pytest.mark.slow


def _two_weeks(folder: Path) -> Path:
    with closing(open_writer(folder)) as writer:
        for week in range(2):
            for snapshot in made_up(40, seed=week):
                shift = timedelta(days=7 * week)
                at = snapshot.taken_at + shift
                views = snapshot.views if week == 0 else ()
                writer.store(
                    PORTAL,
                    type(snapshot)(PORTAL.id, at, at, snapshot.outcome, views, 3, 5, 900, "t/1"),
                )
    return folder


def test_weeks_are_sealed_and_summed_up(tmp_path: Path) -> None:
    folder = _two_weeks(tmp_path / "archive")
    first = json.loads(
        run_well("seal", "--archive", folder, "--until", "2026-05", "--format", "json").out
    )
    assert [(row["week"], row["portals"], row["snapshots"]) for row in first] == [
        ("2026-05", 1, 40)
    ]
    assert first[0]["sealed_bytes"] > 0
    assert "2026-06" in run_well("seal", "--archive", folder, "--compact").out
    again = run_well("seal", "--archive", folder)
    assert again.out == ""
    assert "nothing to seal" in again.err
    assert (folder / "live.sqlite").stat().st_size < 200_000


def test_all_commands_say_the_same_before_and_after(tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive")
    commands = [
        ("status", "--format", "json"),
        ("measure", "activity", "--format", "json"),
        ("measure", "lead-time", "--format", "json"),
        ("show", "bonn", "--format", "json"),
        ("show", "bonn", "--at", "2026-01-26 06:20", "--format", "json"),
    ]
    commands = [c for c in commands if run_command(*c, "--archive", folder).code == 0]
    assert len(commands) >= 3
    before = [run_well(*command, "--archive", folder) for command in commands]
    run_well("seal", "--archive", folder)
    assert [run_well(*command, "--archive", folder) for command in commands] == before
    (folder / "live.sqlite").unlink()
    for command in commands:
        assert run_command(*command, "--archive", folder).code == 0


def test_bundles_are_the_same_before_and_after(tmp_path: Path) -> None:
    folder = _two_weeks(tmp_path / "archive")
    for name in ("before", "after"):
        run_well("export", "--archive", folder, "--to", tmp_path / name, "--incomplete")
        run_well("seal", "--archive", folder)
    before, after = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*.gz")
        }
        for name in ("before", "after")
    )
    assert len(before) == 2
    assert after == before


def test_a_week_that_is_not_over_is_refused(tmp_path: Path) -> None:
    folder = _two_weeks(tmp_path / "archive")
    refused = run_command("seal", "--archive", folder, "--until", "2999-01")
    assert refused.code == 2
    assert "2999-01 is not over" in refused.err
    assert run_command("seal", "--archive", folder, "--until", "May").code == 2
    assert "no archive" in run_command("seal", "--archive", tmp_path / "nowhere").err


def test_the_running_week_stays_by_the_clock(tmp_path: Path) -> None:
    folder = _two_weeks(tmp_path / "archive")
    monday = made_up(1)[0].taken_at + timedelta(days=7)
    with closing(open_writer(folder)) as writer:
        assert [str(one.week) for one in seal_weeks(writer, monday)] == ["2026-05"]
        assert seal_weeks(writer, monday) == []


@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_every_format_names_the_week(tmp_path: Path, form: str) -> None:
    folder = _two_weeks(tmp_path / "archive")
    assert "2026-05" in run_well("seal", "--archive", folder, "--format", form).out


def test_sealed_weeks_alone_are_an_archive_too(tmp_path: Path) -> None:
    portal = seal_rows("demo", [PlainRow(datetime(2026, 1, 31, 10, 0), "a", ())])
    write_week(
        tmp_path / "weeks", IsoWeek(2026, 5), [portal], Source("import", "x.tar.gz", "0" * 64)
    )
    assert "nothing to seal" in run_well("seal", "--archive", tmp_path).err
    assert (
        run_well("stops", "--archive", tmp_path, "--format", "csv").out == "portal,since,reason\n"
    )
    assert run_command("stops", "--archive", tmp_path / "none").code == 1
