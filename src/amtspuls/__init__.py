"""Amtspuls: remember what appointment pages of German offices showed, and work out what it says."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amtspuls.api import Archive

__all__ = ["__version__", "open"]
__version__ = "0.1.0"


def open(folder: str | PathLike[str]) -> Archive:  # noqa: A001 - always read as amtspuls.open; the built-in is not used here
    """Open an archive for reading; see ``amtspuls.api.Archive``.

    Raises:
        ArchiveError: There is none, it is damaged, or of another version.
    """
    # Arrow takes longer to load than most commands run.
    from amtspuls.api import open_archive

    return open_archive(folder)
