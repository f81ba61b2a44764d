"""Opening archives: one writer at a time, clear words for everything that is no archive."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from amtspuls.archive.live import open_reader, open_writer
from amtspuls.errors import ArchiveError, ArchiveLockedError
from support.histories import PORTAL, everything, made_up


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive with three snapshots."""
    with closing(open_writer(tmp_path / "archive")) as writer:
        for snapshot in made_up(3):
            writer.store(PORTAL, snapshot)
    return tmp_path / "archive"


def test_a_second_writer_is_told_who_writes(folder: Path) -> None:
    with closing(open_writer(folder)), pytest.raises(ArchiveLockedError, match=r"process \(\d+\)"):
        open_writer(folder)
    open_writer(folder).close()


def test_a_second_writer_may_wait(folder: Path) -> None:
    first = open_writer(folder)
    timer = threading.Timer(0.2, first.close)
    began = time.monotonic()
    timer.start()
    open_writer(folder, wait_s=120).close()
    assert 0.15 < time.monotonic() - began < 90
    timer.join()


def test_waiting_ends(folder: Path) -> None:
    with closing(open_writer(folder)), pytest.raises(ArchiveLockedError):
        open_writer(folder, wait_s=0.1)


def test_closing_twice_is_allowed_and_a_closed_writer_says_so(folder: Path) -> None:
    writer = open_writer(folder)
    writer.close()
    writer.close()
    with pytest.raises(ArchiveError, match="closed"):
        writer.stops()
    # The lock it has given back is not the next writer's.
    with closing(open_writer(folder)):
        writer.close()
        with pytest.raises(ArchiveLockedError):
            open_writer(folder)


def test_a_missing_archive_is_made_only_for_a_writer_that_may(tmp_path: Path) -> None:
    missing = tmp_path / "a" / "b"
    for attempt in (lambda: open_reader(missing), lambda: open_writer(missing, create=False)):
        with pytest.raises(ArchiveError, match="no archive in"):
            attempt()
    assert not missing.parent.exists()
    open_writer(missing).close()
    assert (missing / "weeks").is_dir()


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "Steuer.pdf").write_bytes(b"%PDF")
    with pytest.raises(ArchiveError, match=r"not empty \(Steuer\.pdf\)"):
        open_writer(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["Steuer.pdf"]


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(ArchiveError):
        open_writer(path)


def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "live.sqlite"
    path.write_bytes(b"no database at all, " * 200)
    for attempt in (open_reader, open_writer):
        with pytest.raises(ArchiveError, match="is not an archive"):
            attempt(tmp_path)
    assert path.read_bytes() == b"no database at all, " * 200


@pytest.mark.parametrize("table", ["notes", "alembic_version", "spans"])
def test_another_program_s_database_is_refused_and_left_alone(tmp_path: Path, table: str) -> None:
    path = tmp_path / "live.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE TABLE {table} (version_num TEXT)")
        database.execute(f"INSERT INTO {table} VALUES ('0001')")
        database.commit()
    before = path.read_bytes()
    for attempt in (open_reader, open_writer):
        with pytest.raises(ArchiveError, match="a database, but no archive"):
            attempt(tmp_path)
    assert path.read_bytes() == before


def test_an_archive_of_a_newer_version_is_refused_and_left_alone(folder: Path) -> None:
    path = folder / "live.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    before = path.read_bytes()
    for attempt in (open_reader, open_writer):
        with pytest.raises(ArchiveError, match="newer version of amtspuls"):
            attempt(folder)
    assert path.read_bytes() == before


def test_an_empty_file_is_no_archive_for_a_reader(tmp_path: Path) -> None:
    (tmp_path / "live.sqlite").touch()
    with pytest.raises(ArchiveError, match="no archive in"):
        open_reader(tmp_path)


def test_opening_a_current_archive_does_not_import_alembic(folder: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from amtspuls.archive.live import open_reader, open_writer\n"
        f"open_writer(Path({str(folder)!r})).close()\nopen_reader(Path({str(folder)!r})).close()\n"
        f"open_writer(Path({str(folder / 'new')!r})).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_readers_neither_wait_for_a_writer_nor_see_what_is_not_finished(folder: Path) -> None:
    with closing(open_reader(folder)) as early:
        before = everything(early)
        with closing(sqlite3.connect(folder / "live.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("DELETE FROM views")
            with closing(open_reader(folder)) as reader:  # who waits is told after a while: locked
                assert everything(reader) == everything(early) == before
            other.execute("ROLLBACK")


def test_a_writer_does_not_wait_for_readers(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "live.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        before = reader.execute("SELECT count(*) FROM snapshots").fetchone()
        with closing(open_writer(folder)) as writer:
            for snapshot in made_up(10)[3:]:
                writer.store(PORTAL, snapshot)
        assert reader.execute("SELECT count(*) FROM snapshots").fetchone() == before


def test_every_reading_is_of_one_moment_while_a_writer_is_at_work(folder: Path) -> None:
    done = threading.Event()
    failures: list[str] = []

    def read() -> None:
        with closing(open_reader(folder)) as reader:
            while not done.is_set():
                views = reader.views(PORTAL.id)
                if len(views.snapshot) != 3 * len(set(views.snapshot.tolist())):
                    failures.append("half a snapshot")

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    with closing(open_writer(folder)) as writer:
        for snapshot in made_up(60)[3:]:
            writer.store(PORTAL, snapshot)
    done.set()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
