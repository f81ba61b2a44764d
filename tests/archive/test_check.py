"""``check`` finds what is wrong, says where, and changes nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from amtspuls.archive.check import Finding, Severity, check_archive
from amtspuls.archive.live import open_writer
from amtspuls.archive.sealed.manifest import Source
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import IsoWeek, folder_of
from amtspuls.errors import ArchiveError
from amtspuls.model import Calendar, Covered, Outcome, Slot, Snapshot, View
from support.command import run_command
from support.histories import PORTAL, made_up
from support.sealing import seal

FIRST = made_up(1)[0]
WEEKS = tuple(IsoWeek(2026, number) for number in (5, 6, 7))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sealed weeks with a slot that is free all the time, and some days of a fourth."""
    folder = tmp_path_factory.mktemp("whole") / "archive"
    far = FIRST.views[0].slots[-1] + 60 * 1440
    days = Covered.from_ranges([(FIRST.taken_at.date(), FIRST.taken_at.date() + timedelta(90))])
    with closing(open_writer(folder)) as writer:
        for day in range(25):
            at = FIRST.taken_at + timedelta(days=day)
            view = View(Calendar("k", "K"), Outcome.OK, days, (Slot(far),))
            writer.store(PORTAL, Snapshot(PORTAL.id, at, at, Outcome.OK, (view,)))
    seal(folder, FIRST.taken_at + timedelta(days=24))
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "archive")


def _place(folder: Path, number: int) -> Path:
    return folder_of(folder / "weeks", WEEKS[number])


def _flip(folder: Path) -> None:
    path = _place(folder, 1) / "spans.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _newer(folder: Path) -> None:
    path = _place(folder, 1) / "week.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))


def _lose_middle(folder: Path) -> None:
    shutil.rmtree(_place(folder, 1))


def _unfinished(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "live.sqlite")) as database:
        database.execute("DELETE FROM sealed_weeks WHERE week = '2026-07'")
        database.commit()


def _doubled(folder: Path) -> None:
    at = int((FIRST.taken_at + timedelta(days=1)).timestamp())
    with closing(sqlite3.connect(folder / "live.sqlite")) as database:
        columns = "portal, taken_at, finished_at, outcome, reason, requests, bytes, parser, opened, closed"
        database.execute(
            f"INSERT INTO snapshots ({columns}) VALUES (1, {at}, {at}, 'ok', '', 0, 0, '', 0, 0)"
        )
        database.commit()


def _astray(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "live.sqlite")) as database:
        database.execute("DELETE FROM calendars")
        database.commit()


def _not_a_database(folder: Path) -> None:
    (folder / "live.sqlite").write_bytes(b"no database, " * 500)


def _left_part(folder: Path) -> None:
    (folder / "weeks" / ".2026-08.1.part").mkdir()


def _imported_too(folder: Path) -> None:
    portal = open_week(folder / "weeks", WEEKS[0]).portal(PORTAL.id)
    write_week(folder / "weeks", IsoWeek(2026, 8), [portal], Source("import", "x.tar.gz"))


def _stored_late(folder: Path) -> None:
    """A week was imported, and the collector's clock is a month behind it."""
    portal = open_week(folder / "weeks", WEEKS[0]).portal(PORTAL.id)
    write_week(folder / "weeks", IsoWeek(2026, 12), [portal], Source("import", "x.tar.gz"))


def test_a_whole_archive_is_well(whole: Path) -> None:
    assert check_archive(whole) == []
    assert run_command("check", "--archive", whole).code == 0


@pytest.mark.parametrize(
    ("harm", "severity", "where", "what"),
    [
        (_flip, Severity.ERROR, "2026-06", "spans.parquet"),
        (_newer, Severity.ERROR, "2026-06", "newer"),
        (_lose_middle, Severity.ERROR, "2026-06", "put it back"),
        (_unfinished, Severity.WARNING, "2026-07", "amtspuls seal"),
        (_doubled, Severity.ERROR, "2026-05", "1 snapshots of demo"),
        (_astray, Severity.ERROR, "live.sqlite", "points at none"),
        (_not_a_database, Severity.ERROR, "live.sqlite", "not an archive"),
        (_left_part, Severity.WARNING, ".2026-08.1.part", "removes it"),
        (_imported_too, Severity.ERROR, "2026-08", "imported"),
        (_stored_late, Severity.WARNING, "2026-12", "demo has older snapshots that are not sealed"),
    ],
)
def test_what_is_wrong_is_found_and_left_alone(
    folder: Path, harm: Callable[[Path], None], severity: Severity, where: str, what: str
) -> None:
    harm(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
    found = check_archive(folder)
    assert any(f.severity is severity and where in f.where and what in f.what for f in found), found
    result = run_command("check", "--archive", folder, "--format", "json")
    assert result.code == 1
    assert [
        Finding(Severity(r["severity"]), r["where"], r["what"]) for r in json.loads(result.out)
    ] == found
    after = {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
    assert {p: d for p, d in after.items() if "-shm" not in p.name and "-wal" not in p.name} == {
        p: d for p, d in before.items() if "-shm" not in p.name and "-wal" not in p.name
    }


def test_missing_weeks_and_broken_spans_are_told(folder: Path) -> None:
    _lose_middle(folder)
    (folder / "live.sqlite").unlink()
    found = check_archive(folder)
    assert [(f.severity, f.where) for f in found] == [
        (Severity.NOTE, str(folder / "live.sqlite")),
        (Severity.NOTE, "2026-06"),
    ]
    shutil.rmtree(_place(folder, 0))
    [_, broken] = check_archive(folder)
    assert (broken.severity, broken.where) == (Severity.WARNING, "2026-07")
    assert "1 spans of demo were open before it" in broken.what
    assert run_command("check", "--archive", folder).code == 1


def test_no_archive_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no archive"):
        check_archive(tmp_path)
