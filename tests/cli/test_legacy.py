"""``amtspuls legacy-metrics``: which weeks, what is written, what is kept, what is refused."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from amtspuls.analysis.legacy.timespans import METRICS
from amtspuls.archive.sealed.manifest import LIVE
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.files import export_lock
from amtspuls.model import slot_from_local
from support.command import run_command, run_well
from support.legacy_weeks import PlainRow, seal_rows
from support.limits import as_nobody

WEEKS = ("2026-04", "2026-05")
HEAD = (
    "week,source_id,num_locations,num_snapshots,num_changes,num_appointments,num_cancellations,"
    "min_date,max_date\n"
)
OLD = (
    HEAD
    + "2021-28,bonn,3,672,767,599,232,2021-07-12 00:03:33,2021-07-18 23:48:30\n"
    + "2026-05,amt,9,9,9,9,9,2026-01-26 00:00:00,2026-02-01 00:00:00\n"
)
OLD_NAMES = (
    "source_id,num_locations,num_snapshots,num_changes,num_appointments,num_cancellations,"
    "min_date,max_date,scraper,name\n"
    "bonn,3,672,767,599,232,2021-07-12 00:03:33,2021-07-18 23:48:30,tevis,Stadt Bonn\n"
)


def _rows(start: datetime, *free: Sequence[int]) -> list[PlainRow]:
    slots = [[slot_from_local(datetime(2026, 1, 27, hour)) for hour in hours] for hours in free]
    return [
        PlainRow(start + n * timedelta(minutes=15), "280/4409", row) for n, row in enumerate(slots)
    ]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two weeks: a slot goes at the end of the first and is back in the second."""
    folder = tmp_path / "archive"
    ended = _rows(datetime(2026, 1, 25, 23, 3), [8, 9, 10], [8, 9, 10], [8, 9, 10], [8, 10])
    begun = _rows(datetime(2026, 1, 26, 0, 3), [8, 10], [8, 9, 10], [8, 9, 10])
    for week, rows in zip(WEEKS, (ended, begun), strict=True):
        write_week(folder / "weeks", IsoWeek.parse(week), [seal_rows("amt", rows)], LIVE)
    return folder


def _file(to: Path, week: str, metric: str) -> str:
    with tarfile.open(to / "metrics" / week[:4] / f"{week}.tar.gz") as tar:
        stream = tar.extractfile(f"{metric}.csv")
        assert stream is not None
        return stream.read().decode()


def _summary(to: Path) -> str:
    return (to / "metrics" / "summary.csv").read_text()


def test_every_sealed_week_is_written_once(archive: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    result = run_well("legacy-metrics", "--archive", archive, "--to", to, "--format", "json")
    assert [row["week"] for row in json.loads(result.out)] == list(WEEKS)
    with tarfile.open(to / "metrics" / "2026" / "2026-05.tar.gz") as tar:
        assert tar.getnames() == [f"{metric}.csv" for metric in METRICS]
        assert {member.mtime for member in tar.getmembers()} == {0}
    assert _file(to, "2026-05", "cancellations") == (
        "date,amt/280/4409\n2026-01-26 00:00:00,0\n2026-01-26 00:15:00,0\n2026-01-26 00:30:00,0\n"
    )
    assert (to / "metrics" / "summary-weekly.csv").read_text() == (
        HEAD
        + "2026-04,amt,1,4,1,1,0,2026-01-25 23:03:00,2026-01-25 23:48:00\n"
        + "2026-05,amt,1,3,1,0,0,2026-01-26 00:03:00,2026-01-26 00:33:00\n"
    )
    assert _summary(to).endswith(
        "amt,1,7,2,1,0,2026-01-25 23:03:00,2026-01-26 00:33:00,tempus,Amt amt\n"
    )
    again = run_well("legacy-metrics", "--archive", archive, "--to", to, "--format", "csv")
    assert again.out == ""
    assert f"every sealed week is in {to} already" in again.err


def test_carry_begins_with_what_the_week_before_left(archive: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    given = ("legacy-metrics", "--archive", archive, "--to", to, "--week", "2026-05")
    run_well(*given, "--carry")
    assert not (to / "metrics" / "2026" / "2026-04.tar.gz").exists()
    assert "2026-01-26 00:15:00,1\n" in _file(to, "2026-05", "cancellations")
    run_well(*given)
    assert "2026-01-26 00:15:00,0\n" in _file(to, "2026-05", "cancellations")


def test_rows_and_names_of_other_weeks_stay(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "metrics"
    folder.mkdir(parents=True)
    (folder / "summary-weekly.csv").write_text(OLD)
    (folder / "summary.csv").write_text(OLD_NAMES)
    # 2026-05 has rows but no archive of metrics: it is calculated, and its rows are replaced.
    result = run_well(
        "legacy-metrics", "--archive", archive, "--to", tmp_path / "out", "--format", "csv"
    )
    assert [row["week"] for row in csv.DictReader(io.StringIO(result.out))] == list(WEEKS)
    lines = (folder / "summary-weekly.csv").read_text().splitlines()
    assert lines[1] == OLD.splitlines()[1]
    assert [line[:11] for line in lines[2:]] == ["2026-04,amt", "2026-05,amt"]
    assert _summary(tmp_path / "out").splitlines()[2:] == OLD_NAMES.splitlines()[1:]
    assert ",tempus,Amt amt\n" in _summary(tmp_path / "out")


def test_a_name_that_the_summary_shows_stays_unless_it_shows_none(
    archive: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out" / "metrics"
    folder.mkdir(parents=True)
    given = ("legacy-metrics", "--archive", archive, "--to", tmp_path / "out", "--week", "2026-05")
    for before, after in (
        ("tevis,Stadt Amt", "tevis,Stadt Amt"),
        ("-,-", "tempus,Amt amt"),
    ):
        known = OLD_NAMES.replace("bonn", "amt").replace("tevis,Stadt Bonn", before)
        (folder / "summary.csv").write_text(known)
        run_well(*given)
        assert _summary(tmp_path / "out").endswith(f",{after}\n")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--carry"], "--carry needs --week"),
        (["--week", "2026-06"], "week 2026-06 is not sealed in this archive"),
        (["--week", "2026-04", "--carry"], "week 2026-04 begins with what week 2026-03 left"),
        (["--week", "2026-99"], "'2026-99' is no week"),
    ],
)
def test_what_cannot_be_done_is_said(
    archive: Path, tmp_path: Path, given: list[str], message: str
) -> None:
    to = tmp_path / "out"
    result = run_command("legacy-metrics", "--archive", archive, "--to", to, *given)
    assert result.code == 2
    assert message in result.err
    assert not (to / "metrics").exists()


def test_an_archive_without_sealed_weeks_is_no_error(tmp_path: Path) -> None:
    result = run_well("legacy-metrics", "--archive", tmp_path / "none", "--to", tmp_path / "out")
    assert "nothing to calculate: no sealed week in" in result.err


@pytest.mark.parametrize("name", ["summary-weekly.csv", "summary.csv"])
@pytest.mark.parametrize("content", [b"week,portal\n", b"\xff\n"])
def test_a_damaged_summary_stops_it_before_anything_is_written(
    archive: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    folder = tmp_path / "out" / "metrics"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content)
    result = run_command("legacy-metrics", "--archive", archive, "--to", tmp_path / "out")
    assert result.code == 1
    assert f"{folder / name}, line 1: " in result.err
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_bytes() == content


def test_a_summary_that_cannot_be_read_is_named(archive: Path, tmp_path: Path) -> None:
    place = tmp_path / "out" / "metrics" / "summary.csv"
    place.mkdir(parents=True)
    result = run_command(
        "legacy-metrics", "--archive", archive, "--to", tmp_path / "out", "--week", "2026-05"
    )
    assert result.code == 1
    assert f"{place}: Is a directory" in result.err


def test_a_damaged_week_is_named(archive: Path, tmp_path: Path) -> None:
    (spans,) = (archive / "weeks").glob("*/iso_week=05/spans.parquet")
    raw = bytearray(spans.read_bytes())
    raw[len(raw) // 2] ^= 1
    spans.write_bytes(raw)
    to = tmp_path / "out"
    result = run_command("legacy-metrics", "--archive", archive, "--to", to, "--week", "2026-05")
    assert result.code == 1
    assert str(spans) in result.err
    assert not (to / "metrics").exists()


def test_a_week_in_which_nothing_was_read_whole_is_told(tmp_path: Path) -> None:
    portal = seal_rows("amt", [])
    write_week(tmp_path / "weeks", IsoWeek(2026, 5), [portal], LIVE)
    result = run_command("legacy-metrics", "--archive", tmp_path, "--to", tmp_path / "out")
    assert result.code == 1
    assert "week 2026-05: no calendar was ever read whole" in result.err


def test_a_folder_that_may_not_be_written_keeps_what_it_has(archive: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    run_well("legacy-metrics", "--archive", archive, "--to", to)
    before = {path: path.read_bytes() for path in to.rglob("*.*") if path.is_file()}
    for path in (tmp_path.parent, tmp_path, archive):
        path.chmod(0o755)
    (to / ".export.lock").chmod(0o666)
    with as_nobody():
        result = run_command(
            "legacy-metrics", "--archive", archive, "--to", to, "--week", "2026-05"
        )
    assert result.code == 1
    assert "cannot be written" in result.err
    assert {path: path.read_bytes() for path in to.rglob("*.*") if path.is_file()} == before


def test_two_at_a_time_are_kept_apart(archive: Path, tmp_path: Path) -> None:
    with export_lock(tmp_path / "out"):
        result = run_command("legacy-metrics", "--archive", archive, "--to", tmp_path / "out")
    assert result.code == 1
    assert "another export writes to" in result.err
