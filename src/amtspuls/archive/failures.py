"""What goes wrong with a database file, said so that a person knows what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from amtspuls.archive.file_errors import file_errors
from amtspuls.errors import ArchiveError

_ADVICE = {
    "SQLITE_FULL": "{path}: the disk is full; nothing was stored: free some space, then run again",
    "SQLITE_NOTADB": "{path} is not an archive: name another folder with --archive",
    "SQLITE_CORRUPT": "{path} is damaged: put a backup in its place, or rescue what is left with"
    " the .recover command of the sqlite3 program",
    "SQLITE_READONLY": "{path} may not be written: check who owns the folder and its files",
    "SQLITE_CANTOPEN": "{path} cannot be opened: check that you may read it and write to its folder",
    "SQLITE_PERM": "{path} cannot be opened: check that you may read it and write to its folder",
    "SQLITE_BUSY": "{path} is held by another program: wait for it, then run again",
    "SQLITE_LOCKED": "{path} is held by another program: wait for it, then run again",
    "SQLITE_IOERR": "{path}: the disk gave an error or has no space left; nothing was stored:"
    " check the disk, then run again",
}


@contextmanager
def archive_errors(path: Path) -> Iterator[None]:
    """Turn every error of the database or its files below into an ``ArchiveError`` about ``path``.

    Raises:
        ArchiveError: The database or the file system failed; the message says what to do.
    """
    try:
        with file_errors(path):
            yield
    except DBAPIError as error:
        raise _explain(error.orig or error, path) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _explain(error, path) from error


def _explain(error: BaseException, path: Path) -> ArchiveError:
    name: str = getattr(error, "sqlite_errorname", "")
    # Extended names begin with the plain one: SQLITE_IOERR_WRITE.
    plain = "_".join(name.split("_")[:2])
    advice = _ADVICE.get(plain, "{path}: the database says: {error}")
    return ArchiveError(
        advice.format(path=path, error=error), path=str(path), database_error=f"{name} {error}"
    )


def damaged(path: Path, error: Exception) -> ArchiveError:
    """An ``ArchiveError`` for values that no version of Amtspuls writes."""
    return ArchiveError(
        _ADVICE["SQLITE_CORRUPT"].format(path=path), path=str(path), database_error=str(error)
    )
