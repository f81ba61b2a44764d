"""What goes wrong with the files of an archive, said so that a person knows what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from amtspuls.errors import ArchiveError


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn an error of the file system into an ``ArchiveError``.

    Those of the database too: ``failures.archive_errors``.

    Args:
        path: What the message names where the error names no file.

    Raises:
        ArchiveError: The file system failed; the message says what to do.
    """
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"{error.filename or path}: {error.strerror or error}: check the disk and who owns the folder",
            path=str(path),
        ) from error


def no_archive(folder: Path) -> ArchiveError:
    """An ``ArchiveError`` for a folder that holds no archive."""
    return ArchiveError(
        f"no archive in {folder}: name its folder with --archive, or make one with"
        " `amtspuls snapshot`, `amtspuls import`, `amtspuls replay` or `amtspuls demo`",
        path=str(folder),
    )
