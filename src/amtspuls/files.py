"""Files that are there whole or not at all: written beside their place, then moved into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from amtspuls.errors import OutputError

PART = ".part"
"""Ending of a file that is being written; what a killed process left is written over."""


@contextmanager
def replacing_file(place: Path) -> Iterator[IO[bytes]]:
    """Open a new file that takes its place when the block ends well; until then the old one stays.

    Raises:
        OutputError: The disk is full, or the folder cannot be written.
    """
    part = place.with_name(f".{place.name}{PART}")
    with naming_the_file(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(place)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_folder(place.parent)


def write_whole(content: bytes, to: Path) -> None:
    """Write a file in one step: others see the old one or the whole new one.

    Raises:
        OutputError: The disk is full, or the folder cannot be written.
    """
    with replacing_file(to) as stream:
        stream.write(content)


@contextmanager
def naming_the_file(path: Path) -> Iterator[None]:
    """Turn errors of the disk into an ``OutputError`` that says which file is untouched."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}; what was there before is untouched",
            path=str(path),
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the disk remember which files a folder has."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
