"""Opening the live part of an archive, for ``live.open_reader`` and ``live.open_writer``."""

from __future__ import annotations

from pathlib import Path

from amtspuls.archive import schema
from amtspuls.archive.connect import (
    create_schema,
    log_ahead,
    reading_engine,
    revision_of,
    writing_engine,
)
from amtspuls.archive.failures import archive_errors
from amtspuls.archive.file_errors import no_archive
from amtspuls.archive.lock import WriterLock
from amtspuls.archive.reader_live import LiveReader
from amtspuls.archive.week import DATABASE_NAME, WEEKS_NAME
from amtspuls.archive.writer import LiveWriter
from amtspuls.errors import ArchiveError


def open_live_reader(folder: Path) -> LiveReader:
    """Open the live part of an archive for reading.

    Raises:
        ArchiveError: It is no archive, is damaged, or its schema is another one.
    """
    path = folder / DATABASE_NAME
    with archive_errors(path):
        engine = reading_engine(path)
        try:
            with engine.begin() as connection:
                _require_current(revision_of(connection, path), folder)
        except BaseException:
            engine.dispose()
            raise
    return LiveReader(engine, path)


def open_live_writer(folder: Path, *, wait_s: float) -> LiveWriter:
    """Open the live part of an archive for writing; where there is none, it is made.

    Args:
        folder: The archive; the folder must exist.
        wait_s: How long to wait for another writer, in seconds of the machine.

    Raises:
        ArchiveLockedError: Another process still writes to it after ``wait_s``.
        ArchiveError: It is no archive, may not be written, or was written by a newer version.
    """
    with archive_errors(folder):
        lock = WriterLock(folder, wait_s=wait_s)
        try:
            return _open_locked(folder, lock)
        except BaseException:
            lock.release()
            raise


def _require_current(revision: str | None, folder: Path) -> None:
    if revision is None:
        raise no_archive(folder)
    if revision != schema.REVISIONS[-1]:
        raise ArchiveError(
            f"{folder} has schema {revision}, this version reads {schema.REVISIONS[-1]}: run"
            f" `amtspuls migrate --archive {folder}` once (it makes a backup first)",
            path=str(folder),
            revision=revision,
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
