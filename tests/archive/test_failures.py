"""Full disks, read-only folders, damaged files: a clear message, and the archive as before."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from amtspuls.archive.base import ArchiveReader, ArchiveWriter
from amtspuls.archive.connect import writing_engine
from amtspuls.archive.live import open_reader, open_writer
from amtspuls.archive.lock import WriterLock
from amtspuls.archive.writer import LiveWriter
from amtspuls.errors import ArchiveError
from amtspuls.model import HostState
from support.histories import PORTAL, effort, everything, made_up, scratch
from support.limits import as_nobody, small_files

pytestmark = pytest.mark.slow

HISTORY = made_up(40, calendars=12)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An archive with three snapshots, in a place that everybody may enter."""
    with scratch() as place:
        Path(place).chmod(0o755)
        _fill(Path(place) / "archive", 3)
        yield Path(place) / "archive"
        (Path(place) / "archive").chmod(0o755)


def _fill(folder: Path, count: int) -> None:
    with closing(open_writer(folder)) as writer:
        for snapshot in HISTORY[:count]:
            writer.store(PORTAL, snapshot)


@contextmanager
def _few_pages(folder: Path, spare: int) -> Iterator[LiveWriter]:
    """A writer whose database may grow by ``spare`` pages only, as on a full disk."""
    engine: Engine = writing_engine(folder / "live.sqlite")
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        [(pages,)] = cursor.execute("PRAGMA page_count").fetchall()
        cursor.execute(f"PRAGMA max_page_count={pages + spare}")
    writer = LiveWriter(engine, folder / "live.sqlite", WriterLock(folder))
    with closing(writer):
        yield writer


def _store_until_it_fails(
    writer: ArchiveWriter, reader: ArchiveReader
) -> tuple[dict[str, Any], str]:
    """Store until it fails; return what was there before that snapshot, and the message."""
    for snapshot in HISTORY[3:]:
        before = everything(reader)
        try:
            writer.store(PORTAL, snapshot)
        except ArchiveError as error:
            return before, error.message
    raise AssertionError("everything fitted")


def test_a_full_disk_stores_nothing_of_the_snapshot(folder: Path) -> None:
    with _few_pages(folder, spare=2) as writer, closing(open_reader(folder)) as reader:
        before, message = _store_until_it_fails(writer, reader)
        assert "the disk is full; nothing was stored" in message
        assert everything(reader) == before
        # The writer goes on: small things still fit, and what it remembers is what is stored.
        writer.save_host_states([HostState("https://a.example", budget_spent=3)])
    _continue_like_an_undisturbed_run(folder)


def test_a_write_that_the_file_system_refuses_stores_nothing(folder: Path) -> None:
    with closing(open_writer(folder)) as writer, closing(open_reader(folder)) as reader:
        size = max(path.stat().st_size for path in folder.iterdir())
        with small_files(size + 30_000):
            before, message = _store_until_it_fails(writer, reader)
        assert "no space left; nothing was stored" in message
        assert everything(reader) == before
        newest = writer.newest_snapshot_at(PORTAL.id)
        assert newest is not None
        following = next(s for s in HISTORY if s.taken_at > newest)
        writer.store(PORTAL, following)
    _continue_like_an_undisturbed_run(folder)


def test_the_same_snapshot_can_be_stored_once_there_is_room(folder: Path) -> None:
    following = HISTORY[3]
    views = tuple(replace(view, asked=("noch nie gefragt",)) for view in following.views)
    with closing(open_writer(folder)) as writer, closing(open_reader(folder)) as reader:
        with small_files(8192), pytest.raises(ArchiveError, match="nothing was stored"):
            writer.store(PORTAL, replace(following, views=views))
        assert len(reader.snapshots(PORTAL.id).number) == 3
        writer.store(PORTAL, replace(following, views=views))
        assert len(reader.snapshots(PORTAL.id).number) == 4


def _continue_like_an_undisturbed_run(folder: Path) -> None:
    with scratch() as place:
        _fill(Path(place), len(HISTORY))
        with closing(open_writer(folder)) as writer:
            newest = writer.newest_snapshot_at(PORTAL.id)
            assert newest is not None
            for snapshot in HISTORY:
                if snapshot.taken_at > newest:
                    writer.store(PORTAL, snapshot)
        with closing(open_reader(folder)) as one, closing(open_reader(Path(place))) as other:
            assert everything(one) == everything(other)


def test_a_disk_without_room_for_a_new_archive(tmp_path: Path) -> None:
    with small_files(8192), pytest.raises(ArchiveError):
        open_writer(tmp_path / "new")
    _fill(tmp_path / "new", 1)


def test_a_read_only_folder_can_be_read_but_not_written(folder: Path) -> None:
    with closing(open_reader(folder)) as reader:
        before = everything(reader)
    for path in [*folder.iterdir(), folder]:
        path.chmod(0o555)
    with as_nobody():
        with pytest.raises(ArchiveError, match="check"):
            open_writer(folder)
        with closing(open_reader(folder)) as reader:
            assert everything(reader) == before
        with pytest.raises(ArchiveError, match="check"):
            open_writer(folder.parent / "new")
    assert not (folder.parent / "new").exists()


def test_an_archive_without_any_log_can_be_read_where_nothing_can_be_written(folder: Path) -> None:
    for path in [*folder.iterdir(), folder]:
        path.chmod(0o555)
    names = sorted(path.name for path in folder.iterdir())
    with as_nobody(), closing(open_reader(folder)) as reader:
        assert len(reader.snapshots(PORTAL.id).number) == 3
    assert (
        sorted(path.name for path in folder.iterdir())
        == names
        == ["live.lock", "live.sqlite", "weeks"]
    )


def test_a_file_that_may_not_be_read(folder: Path) -> None:
    (folder / "live.sqlite").chmod(0)
    with as_nobody(), pytest.raises(ArchiveError, match="cannot be opened"):
        open_reader(folder)


def _readings() -> list[Callable[[ArchiveReader], object]]:
    at = HISTORY[1].taken_at
    return [
        lambda reader: everything(reader),
        lambda reader: everything(reader, at, HISTORY[2].taken_at),
        lambda reader: reader.state(PORTAL.id, at),
    ]


def _try_everything(folder: Path) -> int:
    """Read and write a damaged archive; return how often it said so."""
    complaints = 0
    for reading in _readings():
        try:
            with closing(open_reader(folder)) as reader:
                reading(reader)
        except ArchiveError:
            complaints += 1
    try:
        with closing(open_writer(folder)) as writer:
            writer.store(PORTAL, HISTORY[3])
    except ArchiveError:
        complaints += 1
    return complaints


def _replace(path: Path, content: bytes | bytearray) -> None:
    """Put another file in the place of a database, as who restores a backup must: without the log of the old one."""
    for name in ("", "-wal", "-shm"):
        path.with_name(path.name + name).unlink(missing_ok=True)
    path.write_bytes(content)


def test_a_damaged_file_is_answered_or_complained_about_and_nothing_else(folder: Path) -> None:
    rng = random.Random(7)
    path = folder / "live.sqlite"
    whole = path.read_bytes()
    complaints = 0
    for _ in range(effort(15)):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 40)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        _replace(path, damaged[: rng.choice([len(damaged), rng.randrange(1, len(damaged))])])
        complaints += _try_everything(folder)
    assert complaints > 10
    _replace(path, whole)
    assert _try_everything(folder) == 0


def test_values_that_nobody_wrote_are_called_damage(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "live.sqlite")) as database:
        database.execute("UPDATE texts SET text = 'gestern' WHERE text LIKE '2026%'")
        database.commit()
    with (
        closing(open_reader(folder)) as reader,
        pytest.raises(ArchiveError, match="is damaged: put a backup in its place"),
    ):
        reader.state(PORTAL.id, HISTORY[2].taken_at)
