"""The members of a weekly bundle, once from front to end, and what of them is damage."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from isal import igzip, isal_zlib

from amtspuls.bundle.rows import portal_of_member
from amtspuls.errors import BundleError

_CHUNK_BYTES = 1 << 20
_ISAL_ERROR = cast("type[Exception]", isal_zlib.error)  # its stub calls the class an instance
_DAMAGED = (tarfile.TarError, EOFError, zlib.error, _ISAL_ERROR, gzip.BadGzipFile)


def open_unpacked(path: Path) -> IO[bytes]:
    """Open a gzip file as the bytes in it."""
    file: IO[bytes] = cast("Any", igzip).open(path)
    return file


def stream_portals(path: Path) -> Iterator[tuple[str, bytes]]:
    """Portals of a bundle and their whole CSVs, in the order of the members.

    Raises:
        BundleError: It is missing, no gzipped tar, cut off, or holds something else than portals.
    """
    seen: dict[str, tarfile.TarInfo] = {}
    with (
        naming_damage(path),
        open_unpacked(path) as file,
        tarfile.open(fileobj=file, mode="r:") as tar,
    ):
        for member in tar:
            portal_id = require_portal(path, member, seen)
            # Straight out of the stream: tarfile would copy a member piece by piece.
            file.seek(member.offset_data)
            data = file.read(member.size)
            if len(data) < member.size:
                raise EOFError(f"{member.name} is cut off")
            yield portal_id, data
        check_end(path, file, tar.offset, seen)


def require_portal(path: Path, member: tarfile.TarInfo, seen: dict[str, tarfile.TarInfo]) -> str:
    """The portal that a member is of; it is added to ``seen``.

    Raises:
        BundleError: It is no portal's file, or was seen before.
    """
    portal_id = portal_of_member(member.name)
    if portal_id is None or not member.isfile():
        raise _member_error(path, member, "does not belong here: want <portal>.csv files only")
    if portal_id in seen:
        raise _member_error(path, member, "is there twice")
    seen[portal_id] = member
    return portal_id


def check_end(path: Path, file: IO[bytes], offset: int, seen: dict[str, tarfile.TarInfo]) -> None:
    """Read on to the end: a listing stops quietly at a damaged header, and gzip's checksum is last.

    Args:
        path: The bundle, for messages.
        file: Its unpacked bytes.
        offset: Where the listing stopped.
        seen: Members found.

    Raises:
        BundleError: Nothing was found, or something else than an end follows.
    """
    if not seen:
        raise BundleError(f"{path}: holds no <portal>.csv", path=str(path))
    file.seek(offset)
    rest, clean = 0, True
    for chunk in iter(partial(file.read, _CHUNK_BYTES), b""):
        rest += len(chunk)
        clean &= chunk.count(0) == len(chunk)
    if not clean or rest < tarfile.BLOCKSIZE:
        raise _member_error(path, list(seen.values())[-1], "is followed by damaged bytes")


@contextmanager
def naming_damage(path: Path) -> Iterator[None]:
    """Turn errors of the disk, of gzip and of tar into a ``BundleError`` that names the file."""
    try:
        yield
    except _DAMAGED as error:
        raise BundleError(
            f"{path}: is no complete tar.gz ({error}); fetch or export it again", path=str(path)
        ) from error
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}", path=str(path)) from error


def _member_error(path: Path, member: tarfile.TarInfo, text: str) -> BundleError:
    return BundleError(f"{path}: member {member.name!r} {text}", path=str(path), member=member.name)
