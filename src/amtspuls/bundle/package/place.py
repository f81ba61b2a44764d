"""The folder of a package: there whole or not at all, and nobody else's files are ever lost.

It is put together in ``.NAME.part`` beside its place and moved there. A folder that is there already is
replaced only if every file in it is one that a package of ours wrote and nobody changed since. Between two
renames the old one is only at hand as ``.NAME.old``; the next run brings it back.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from amtspuls.errors import BundleError, ConfigError
from amtspuls.files import PART, naming_the_file, sync_folder

SUMS_NAME = "SHA256SUMS"
DESCRIPTOR_NAME = "datapackage.json"
MARK = "amtspuls data package"
"""Value of ``format`` in the descriptor's ``amtspuls``, by which a package of ours is known."""

_OLD = ".old"


class Builder:
    """Takes the files of one package and remembers their digests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digests: dict[str, str] = {}
        self._sizes: dict[str, int] = {}

    @property
    def size_bytes(self) -> int:
        """Length of all files so far."""
        return sum(self._sizes.values())

    def facts(self, name: str) -> tuple[int, str]:
        """Length and digest in hex of a file that was added."""
        return self._sizes[name], self._digests[name]

    def add(self, name: str, data: bytes) -> None:
        """Write a file; ``name`` is its path within the package, with slashes."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        self._digests[name] = hashlib.sha256(data).hexdigest()
        self._sizes[name] = len(data)

    def finish(self) -> None:
        """Write the checksums of everything, as ``sha256sum -c`` reads them."""
        lines = [f"{digest}  {name}\n" for name, digest in sorted(self._digests.items())]
        self.add(SUMS_NAME, "".join(lines).encode())
        for folder, _, _ in os.walk(self._folder):
            sync_folder(Path(folder))


@contextmanager
def building(to: Path) -> Iterator[Builder]:
    """Put a package together; it takes its place when the block ends well.

    Args:
        to: Its folder; missing, empty, or a package of ours.

    Raises:
        ConfigError: Something else is there.
        BundleError: Another process writes to the same place.
        OutputError: The disk is full, or the folder cannot be written; what was there is untouched.
    """
    place = to.resolve()
    part = place.with_name(f".{place.name}{PART}")
    old = place.with_name(f".{place.name}{_OLD}")
    with naming_the_file(place):
        require_ours(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        with _holding(part):
            try:
                _clean(place, part, old)
                builder = Builder(part)
                yield builder
                builder.finish()
                require_ours(place)
                _exchange(place, part, old)
            except BaseException:
                _discard(part)
                if old.exists() and not place.exists():
                    old.rename(place)
                raise


def _clean(place: Path, part: Path, old: Path) -> None:
    """Undo what a killed run left."""
    if old.exists() and place.exists():
        require_ours(old)
        old.rename(part / "replaced")
    elif old.exists():
        old.rename(place)
        require_ours(place)
    for left in part.iterdir():
        _discard(left)


def _exchange(place: Path, part: Path, old: Path) -> None:
    if place.exists():
        place.rename(old)
    part.rename(place)
    sync_folder(place.parent)
    if old.exists():
        # Under this name it is rubbish to every later run, however little of it is left; held, since a run
        # that begins now takes the folder of this name for its own.
        with _held(old):
            old.rename(part)
            _discard(part)


@contextmanager
def _holding(part: Path) -> Iterator[None]:
    """Make the folder and hold it."""
    part.mkdir(exist_ok=True)
    with _held(part):
        yield


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder; the kernel lets go when the process dies.

    Raises:
        BundleError: Another process holds it, or moved it away just now.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_free = _is_at(handle, folder)
        except BlockingIOError:
            is_free = False
        if not is_free:
            raise BundleError(
                f"another process writes a package to {folder.parent}: wait for it, or stop it",
                path=str(folder),
            )
        yield
    finally:
        os.close(handle)


def _is_at(handle: int, folder: Path) -> bool:
    """Whether an open folder is still in its place."""
    try:
        return os.path.samestat(os.fstat(handle), folder.stat())
    except FileNotFoundError:
        return False


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def require_ours(place: Path) -> None:
    """See to it that nothing is lost when a folder is replaced.

    Raises:
        ConfigError: It is neither missing nor empty nor a package as we wrote it; names a file.
    """
    if not place.exists():
        return
    if not place.is_dir():
        raise _foreign(place, "is a file")
    files = sorted(path for path in place.rglob("*") if path.is_symlink() or not path.is_dir())
    if not files:
        if any(place.iterdir()):
            raise _foreign(place, "holds other folders")
        return
    sums = _sums(place)
    for path in files:
        name = path.relative_to(place).as_posix()
        if path.is_symlink() or name not in sums:
            raise _foreign(place, f"{name} is not of a package")
        if sums[name] and hashlib.sha256(path.read_bytes()).hexdigest() != sums[name]:
            raise _foreign(place, f"{name} was changed since it was packaged")


def _sums(place: Path) -> dict[str, str]:
    """Digests by file; empty for the list of them itself. None of them where it is no package."""
    try:
        descriptor = json.loads((place / DESCRIPTOR_NAME).read_bytes())
        is_ours = descriptor["amtspuls"]["format"] == MARK
        lines = (place / SUMS_NAME).read_text("utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return {}
    if not is_ours:
        return {}
    found = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    return {**found, SUMS_NAME: ""}


def _foreign(place: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{place} is no package of ours, so it is not replaced ({why}): name another folder, or move"
        " that one away",
        path=str(place),
    )
