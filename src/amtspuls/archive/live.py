"""Opening an archive: a folder with ``live.sqlite`` and, for the weeks that are sealed, ``weeks``.

What opens the live part (``archive.opening``) is loaded by the functions that find one: SQLAlchemy takes
longer to load than a question to sealed weeks takes to answer.
"""

from __future__ import annotations

from pathlib import Path

from amtspuls.archive.base import ArchiveReader, ArchiveWriter
from amtspuls.archive.file_errors import file_errors, no_archive
from amtspuls.archive.reader import Reader
from amtspuls.archive.shelf import Shelf
from amtspuls.archive.week import DATABASE_NAME, WEEKS_NAME, sealed_weeks
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
    # See above.
    from amtspuls.archive.opening import open_live_writer

    with file_errors(folder):
        _prepare(folder, create=create)
    return open_live_writer(folder, wait_s=wait_s)


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
    shelf = Shelf(folder / WEEKS_NAME)
    with file_errors(path):
        if not path.is_file():
            if not shelf.weeks():
                raise no_archive(folder)
            return Reader(None, shelf)
    # See above.
    from amtspuls.archive.opening import open_live_reader

    return Reader(open_live_reader(folder), shelf)


def _prepare(folder: Path, *, create: bool) -> None:
    """Make the folder of a new archive; refuse one that holds other things."""
    if (folder / DATABASE_NAME).is_file():
        return
    if not create and not sealed_weeks(folder / WEEKS_NAME):
        raise no_archive(folder)
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
