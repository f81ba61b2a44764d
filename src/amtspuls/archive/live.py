"""Opening an archive: a folder with ``live.sqlite`` and, for the weeks that are sealed, ``weeks``."""

from __future__ import annotations

from pathlib import Path

from amtspuls.archive import schema
from amtspuls.archive.base import ArchiveReader, ArchiveWriter
from amtspuls.archive.connect import (
    create_schema,
    log_ahead,
    reading_engine,
    revision_of,
    writing_engine,
)
from amtspuls.archive.failures import archive_errors
from amtspuls.archive.lock import WriterLock
from amtspuls.archive.reader import Reader
from amtspuls.archive.reader_live import LiveReader
from amtspuls.archive.shelf import Shelf
from amtspuls.archive.week import DATABASE_NAME, WEEKS_NAME, sealed_weeks
from amtspuls.archive.writer import LiveWriter
from amtspuls.errors import ArchiveError


def open_writer(folder: Path, *, wait_s: float = 0.0, create: bool = True) -> ArchiveWriter:
    """Open an archive for writing; an older schema is migrated first, after a backup.

    Args:
        folder: The archive.
        wait_s: How long to wait for another writer, in seconds of the machine.
        create: Whether a missing archive is made; one of sealed weeks alone gets its live part.

    Raises:
        ArchiveLockedError: Another process still writes to it after ``wait_s``.
        ArchiveError: The folder is no archive, may not be written, or was written by a newer version.
    """
    with archive_errors(folder):
        _prepare(folder, create=create)
        lock = WriterLock(folder, wait_s=wait_s)
        try:
            return _open_locked(folder, lock)
        except BaseException:
            lock.release()
            raise


def open_reader(folder: Path) -> ArchiveReader:
    """Open an archive for reading, while a writer is at work or not: live part and sealed weeks as one.

    Raises:
        ArchiveError: There is none, it is damaged, or its schema is another one.
    """
    return open_whole(folder)


def open_whole(folder: Path) -> Reader:
    """As ``open_reader``, for callers that want more than the protocol.

    Raises:
        ArchiveError: There is none, it is damaged, or its schema is another one.
    """
    path = folder / DATABASE_NAME
    with archive_errors(path):
        shelf = Shelf(folder / WEEKS_NAME)
        if not path.is_file():
            if not shelf.weeks():
                raise _missing(folder)
            return Reader(None, shelf)
        engine = reading_engine(path)
        try:
            with engine.begin() as connection:
                _require_current(revision_of(connection, path), folder)
        except BaseException:
            engine.dispose()
            raise
    return Reader(LiveReader(engine, path), shelf)


def _require_current(revision: str | None, folder: Path) -> None:
    if revision is None:
        raise _missing(folder)
    if revision != schema.REVISIONS[-1]:
        raise ArchiveError(
            f"{folder} has schema {revision}, this version reads {schema.REVISIONS[-1]}: run"
            f" `amtspuls migrate --archive {folder}` once (it makes a backup first)",
            path=str(folder),
            revision=revision,
        )


def _missing(folder: Path) -> ArchiveError:
    return ArchiveError(
        f"no archive in {folder}: name its folder with --archive, or make one with"
        " `amtspuls snapshot` or `amtspuls replay`",
        path=str(folder),
    )


def _prepare(folder: Path, *, create: bool) -> None:
    """Make the folder of a new archive; refuse one that holds other things."""
    if (folder / DATABASE_NAME).is_file():
        return
    if not create and not sealed_weeks(folder / WEEKS_NAME):
        raise _missing(folder)
    folder.mkdir(parents=True, exist_ok=True)
    ours = {WEEKS_NAME, "live.lock"}
    strangers = sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.name not in ours and not entry.name.startswith(".")
    )
    if strangers:
        raise ArchiveError(
            f"{folder} is no archive and not empty ({strangers[0]}): name another folder with --archive",
            path=str(folder),
        )


def _open_locked(folder: Path, lock: WriterLock) -> LiveWriter:
    path = folder / DATABASE_NAME
    engine = writing_engine(path)
    try:
        with engine.begin() as connection:
            revision = revision_of(connection, path)
        log_ahead(engine)
        if revision is None:
            with engine.begin() as connection:
                create_schema(connection)
        (folder / WEEKS_NAME).mkdir(exist_ok=True)
        if revision not in {None, schema.REVISIONS[-1]}:
            # Alembic is heavy and only needed once per schema.
            from amtspuls.archive.migrate import migrate

            migrate(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return LiveWriter(engine, path, lock)
