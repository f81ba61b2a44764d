"""Bundles that are there whole or not at all, one export at a time."""

from __future__ import annotations

import fcntl
import gzip
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from amtspuls.errors import BundleError
from amtspuls.files import PART, naming_the_file, sync_folder

LOCK_NAME = ".export.lock"
_OLD = ".old"
_GZIP_LEVEL = 6


@contextmanager
def export_lock(folder: Path) -> Iterator[None]:
    """Hold the only right to write bundles into a folder, which is made if it is missing.

    The kernel releases it when the process dies.

    Raises:
        BundleError: Another export writes into it.
        OutputError: It cannot be written.
    """
    with naming_the_file(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BundleError(
                f"another export writes to {folder}: wait for it, or stop it", path=str(folder)
            ) from error
        yield
    finally:
        os.close(handle)


def clean_leftovers(folder: Path) -> None:
    """Undo what a killed export left: half files go, a folder that was being exchanged comes back.

    Only under ``export_lock``, or it would take the files of a living export.
    """
    for part in sorted(folder.glob(f".*{PART}")):
        _remove(part)
    for old in sorted(folder.glob(f".*{_OLD}")):
        place = folder / old.name[1 : -len(_OLD)]
        if place.exists():
            _remove(old)
        else:
            old.rename(place)


@contextmanager
def replacing_folder(place: Path) -> Iterator[Path]:
    """Make a new folder that takes its place when the block ends well.

    A folder cannot be exchanged in one step: between two renames the old one is only at hand as
    ``.<name>.old``, from where ``clean_leftovers`` brings it back.

    Raises:
        OutputError: The disk is full, or the folder cannot be written.
    """
    part = place.with_name(f".{place.name}{PART}")
    old = place.with_name(f".{place.name}{_OLD}")
    with naming_the_file(place):
        part.mkdir(parents=True)
        try:
            yield part
            sync_folder(part)
            if place.exists():
                place.rename(old)
            part.rename(place)
        except BaseException:
            _remove(part)
            if old.exists() and not place.exists():
                old.rename(place)
            raise
        sync_folder(place.parent)
        if old.exists():
            _remove(old)


class TarStream:
    """A tar.gz of plain files whose bytes depend on names and contents only."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._gzip = gzip.GzipFile(
            filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=stream, mtime=0
        )

    def add(self, name: str, size_bytes: int, chunks: Iterable[bytes]) -> None:
        """Add a file; ``size_bytes`` is the length of all chunks together."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size_bytes, 0o644
        self._gzip.write(info.tobuf(format=tarfile.USTAR_FORMAT))
        written = 0
        for chunk in chunks:
            self._gzip.write(chunk)
            written += len(chunk)
        if written != size_bytes:
            raise ValueError(f"{name} has {written} bytes, {size_bytes} were announced")
        self._gzip.write(bytes(-size_bytes % tarfile.BLOCKSIZE))

    def close(self) -> None:
        """Write the end of the archive."""
        self._gzip.write(bytes(2 * tarfile.BLOCKSIZE))
        self._gzip.close()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
