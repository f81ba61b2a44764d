from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.plan import find_reach
from amtspuls.bundle.read import open_bundle
from amtspuls.errors import ArchiveError
from support.memory_archive import MemoryArchive
from support.portals import run
from support.weeks import Stored, a_portal, a_snapshot, a_view, archive_of

SUNDAY_AT = datetime(2026, 1, 25, 12, tzinfo=UTC)


def daily(portal_id: str, days: int) -> Stored:
    """One snapshot a day at noon, from the Sunday before week 05 on."""
    moments = [SUNDAY_AT + timedelta(days=day) for day in range(days)]
    snapshots = [
        a_snapshot(
            portal_id, at, a_view("1/2", at, [f"{at + timedelta(days=1):%Y-%m-%d} 08:00:00"])
        )
        for at in moments
    ]
    return Stored(a_portal(portal_id), tuple(snapshots))


def store(folder: Path, *weeks: Stored) -> str:
    with closing(open_writer(folder)) as writer:
        for stored in weeks:
            for snapshot in stored.snapshots:
                writer.store(stored.portal, snapshot)
    return str(folder)


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """Week 05 is complete, the weeks around it are not."""
    return store(tmp_path / "archive", daily("amt", 10), daily("bau", 10))


def bundles(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*/*"))


def export(
    capsys: pytest.CaptureFixture[str], archive: str, to: Path, *arguments: str
) -> tuple[int, str, str]:
    return run(capsys, "export", "--archive", archive, "--to", str(to), *arguments)


def test_complete_weeks_are_exported_once(
    capsys: pytest.CaptureFixture[str], archive: str, tmp_path: Path
) -> None:
    code, out, err = export(capsys, archive, tmp_path / "out")

    assert code == 0
    assert bundles(tmp_path / "out") == ["2026-05.tar.gz"]
    assert "2026-05" in out
    assert "2026-05.tar.gz: 14 rows" in err
    assert "left out: 2026-04, 2026-06, which the archive does not reach over; --incomplete" in err
    with open_bundle(tmp_path / "out" / "2026" / "2026-05.tar.gz") as bundle:
        assert bundle.portal_ids == ("amt", "bau")
        assert len(bundle.read_portal("bau").times) == 7

    code, out, err = export(capsys, archive, tmp_path / "out")

    assert (code, out) == (0, "")
    assert "every complete week is in" in err


def test_weeks_without_a_snapshot_are_passed_over(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    early, late = daily("amt", 10), daily("amt", 30)
    stored = Stored(early.portal, (*early.snapshots, *late.snapshots[22:]))
    archive = store(tmp_path / "archive", stored)

    code, _, err = export(capsys, archive, tmp_path / "out")

    assert code == 0, err
    assert bundles(tmp_path / "out") == ["2026-05.tar.gz", "2026-06.tar.gz", "2026-08.tar.gz"]

    code, _, err = export(capsys, archive, tmp_path / "out", "--week", "2026-07")

    assert (code, "no snapshot in week 2026-07" in err) == (1, True)


def test_the_report_counts(
    capsys: pytest.CaptureFixture[str], archive: str, tmp_path: Path
) -> None:
    _, out, _ = export(capsys, archive, tmp_path / "out", "-i", "a*", "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["week"], row["portal"], row["rows"], row["slots"]) for row in rows] == [
        ("2026-05", "amt", "7", "7")
    ]
    assert rows[0]["partial_views"] == rows[0]["failed_views"] == rows[0]["failed_snapshots"] == "0"


def test_incomplete_weeks_are_written_until_they_are_complete(
    capsys: pytest.CaptureFixture[str], archive: str, tmp_path: Path
) -> None:
    code, _, err = export(capsys, archive, tmp_path / "out", "--incomplete", "-e", "bau")

    assert code == 0
    assert bundles(tmp_path / "out") == [
        "2026-04.tar.gz",
        "2026-04.tar.gz.incomplete",
        "2026-05.tar.gz",
        "2026-06.tar.gz",
        "2026-06.tar.gz.incomplete",
    ]
    assert "2026-06.tar.gz: 2 rows (incomplete week)" in err
    assert "left out" not in err

    longer = store(tmp_path / "longer", daily("amt", 20))
    export(capsys, longer, tmp_path / "out")

    assert "2026-06.tar.gz.incomplete" not in bundles(tmp_path / "out")
    with open_bundle(tmp_path / "out" / "2026" / "2026-06.tar.gz") as bundle:
        assert len(bundle.read_portal("amt").times) == 7


def test_a_named_week_is_written_anew(
    capsys: pytest.CaptureFixture[str], archive: str, tmp_path: Path
) -> None:
    for _ in range(2):
        code, _, err = export(
            capsys,
            archive,
            tmp_path / "out",
            "--week",
            "2026-05",
            "--no-compressed",
            "--system",
            "tempus",
        )
        assert code == 0
        assert "2026-05: 14 rows" in err

    folder = tmp_path / "out" / "2026" / "2026-05"
    assert sorted(path.name for path in folder.iterdir()) == ["amt.csv", "bau.csv"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (
            ["--week", "2026-06"],
            2,
            "week 2026-06 is incomplete: the snapshots reach from 2026-01-25",
        ),
        (["--week", "2026-20", "--incomplete"], 1, "no snapshot in week 2026-20"),
        (["--week", "morgen"], 2, "'morgen' is no week"),
        (["-i", "ant"], 2, "nearest: amt"),
        (["--system", "tevis"], 2, "there are: tempus"),
    ],
)
def test_what_cannot_be_exported_is_said(
    capsys: pytest.CaptureFixture[str],
    archive: str,
    tmp_path: Path,
    arguments: Sequence[str],
    code: int,
    says: str,
) -> None:
    got, out, err = export(capsys, archive, tmp_path / "out", *arguments)

    assert (got, out) == (code, "")
    assert says in err
    assert bundles(tmp_path / "out") == []


def test_an_archive_that_is_none_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = export(capsys, str(tmp_path / "nowhere"), tmp_path / "out")

    assert code == 1
    assert "no archive in" in err


def test_without_a_complete_week_there_is_nothing_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    archive = store(tmp_path / "archive", daily("amt", 3))

    code, _, err = export(capsys, archive, tmp_path / "out")

    assert code == 0
    assert "no week is complete yet" in err


@pytest.mark.parametrize(
    ("first", "last", "complete"),
    [
        ("2026-01-25 22:59:59", "2026-02-01 23:00:00", True),
        ("2026-01-25 23:00:00", "2026-02-01 23:00:00", False),
        ("2026-01-25 22:59:59", "2026-02-01 22:59:59", False),
    ],
)
def test_a_week_is_complete_with_a_snapshot_before_and_one_after(
    first: str, last: str, complete: bool
) -> None:
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last)]
    snapshots = tuple(a_snapshot("amt", at, a_view("1/2", at)) for at in moments)

    reach = find_reach(archive_of([Stored(a_portal("amt"), snapshots)]), ["amt"])

    assert reach.is_complete(IsoWeek.parse("2026-05")) is complete


def test_portals_without_snapshots_reach_nowhere() -> None:
    with pytest.raises(ArchiveError, match="no snapshot of the selected portals"):
        find_reach(MemoryArchive(), ["amt"])
