"""What a user gets for wrong input: one line that names it, an exit code, and everything stored as before."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from amtspuls.archive.live import open_reader
from support.bundles import csv_text, write_bundle, write_metadata
from support.command import Result, run_command, run_well
from support.limits import as_nobody, small_files

pytestmark = pytest.mark.sim

COLUMN = "2026-01-27 09:00:00"


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A folder that everybody may enter, with a bundle, its metadata and an archive of it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    rows = [(f"2026-01-26 0{hour}:03:10", "meldewesen", [COLUMN]) for hour in (6, 7, 8)]
    write_bundle(
        folder / "week.tar.gz", {"musterstadt.csv": csv_text("musterstadt", [COLUMN], rows)}
    )
    write_metadata(
        folder / "metadata.json", {"musterstadt": ("netappoint", {"meldewesen": "Meldewesen"})}
    )
    run_well(*replay(folder, "week.tar.gz", "archive"))
    (folder / "archive").chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def replay(folder: Path, bundle: str, archive: str) -> list[object]:
    return [
        "replay",
        folder / bundle,
        "--metadata",
        folder / "metadata.json",
        "--archive",
        folder / archive,
    ]


def complaint(result: Result, code: int, *parts: str) -> None:
    """One line, no traceback, the expected exit code, and all parts in it."""
    assert result.code == code, result.err
    assert "Traceback" not in result.err
    last = result.err.strip().splitlines()[-1]
    assert last.startswith("amtspuls: ")
    for part in parts:
        assert part in last, last


def rows_of(archive: Path) -> int:
    with sqlite3.connect(archive / "live.sqlite") as database:
        (count,) = database.execute("SELECT count(*) FROM snapshots").fetchone()
    return int(count)


def test_an_unknown_portal_id_comes_with_the_nearest(made: Path) -> None:
    complaint(
        run_command("show", "mustertadt", "--archive", made / "archive"),
        2,
        "'mustertadt'",
        "musterstadt",
    )
    complaint(run_command("snapshot", "-i", "bekum", "--dry-run"), 2, "bekum", "beckum")
    complaint(
        run_command(*replay(made, "week.tar.gz", "other"), "--portal", "musterstat"),
        2,
        "musterstadt",
    )


def test_broken_toml_names_file_and_line(made: Path) -> None:
    broken = made / "offices.toml"
    broken.write_text('[[portal]]\nid = "lindenau"\nname = "Stadt Lindenau\n', "utf-8")
    complaint(run_command("list", "--catalogue", broken), 2, f"{broken}:3:")
    broken.write_text('[[portal]]\nid = "lindenau"\nsytem = "tempus"\n', "utf-8")
    complaint(run_command("list", "--catalogue", broken), 2, f"{broken}:3:", "sytem", "system")


def test_a_bundle_that_is_no_tar(made: Path) -> None:
    (made / "no.tar.gz").write_bytes(b"no tar at all")
    complaint(run_command(*replay(made, "no.tar.gz", "other")), 1, "no.tar.gz")


def test_a_csv_with_a_ragged_row_names_the_line(made: Path) -> None:
    rows = [
        ("2026-01-26 06:03:10", "meldewesen", [COLUMN]),
        ("2026-01-26 06:18:10", "meldewesen", []),
    ]
    text = csv_text("musterstadt", [COLUMN], rows).replace(
        "06:18:10,musterstadt,meldewesen,", "06:18:10,musterstadt"
    )
    write_bundle(made / "ragged.tar.gz", {"musterstadt.csv": text})
    complaint(
        run_command(*replay(made, "ragged.tar.gz", "other")),
        1,
        "ragged.tar.gz",
        "musterstadt.csv",
        "3",
    )


@pytest.mark.parametrize("command", ["show", "measure", "status", "replay"])
def test_a_time_that_is_none(made: Path, command: str) -> None:
    asked = {
        "show": ["show", "musterstadt", "--at", "gestern", "--archive", made / "archive"],
        "measure": ["measure", "wait", "--from", "gestern", "--archive", made / "archive"],
        "status": ["status", "--until", "gestern", "--archive", made / "archive"],
        "replay": [*replay(made, "week.tar.gz", "other"), "--from", "gestern"],
    }[command]
    complaint(run_command(*asked), 2, "'gestern'", "2026-01-26")


def test_an_archive_written_by_a_newer_version(made: Path) -> None:
    shutil.copytree(made / "archive", made / "newer")
    with sqlite3.connect(made / "newer" / "live.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    complaint(run_command("show", "musterstadt", "--archive", made / "newer"), 1, "newer")
    complaint(run_command(*replay(made, "week.tar.gz", "newer")), 1, "newer")
    assert rows_of(made / "newer") == 3


def test_a_read_only_directory(made: Path) -> None:
    # Libraries are loaded by whoever may read them.
    run_well("report", "--archive", made / "archive", "--out", made / "first.html")
    with as_nobody():
        written = run_command(*replay(made, "week.tar.gz", "elsewhere"))
        exported = run_command(
            "export", "--incomplete", "--archive", made / "archive", "--to", made / "bundles"
        )
        drawn = run_command("report", "--archive", made / "archive", "--out", made / "report.html")
    complaint(written, 1, str(made / "elsewhere"))
    complaint(exported, 1, str(made / "bundles"))
    complaint(drawn, 1, str(made / "report.html"))
    assert not (made / "bundles").exists()


def test_a_full_disk(made: Path) -> None:
    shutil.copytree(made / "archive", made / "full")
    with small_files(33 * 1024):
        written = run_command(*replay(made, "week.tar.gz", "new"))
        exported = run_command(
            "export", "--incomplete", "--archive", made / "full", "--to", made / "full-bundles"
        )
    # A reader that is there already has made the small files that every reader needs.
    with closing(open_reader(made / "full")), small_files(16 * 1024):
        drawn = run_command("report", "--archive", made / "full", "--out", made / "full.html")
    complaint(written, 1, "new")
    assert exported.code == 0, "a bundle of three rows has room"
    complaint(drawn, 1, "full.html")
    assert not (made / "full.html").exists()
    assert rows_of(made / "full") == 3


def test_without_a_contact_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    complaint(run_command("snapshot", "-i", "beckum"), 2, 'contact = "', "amtspuls.toml")
    assert not (tmp_path / "amtspuls-archive").exists()


def test_a_retired_portal_is_asked_only_on_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_well("init", "--contact", "mail@example.org")
    complaint(run_command("snapshot", "-i", "bonn"), 2, "bonn", "--include-retired")
