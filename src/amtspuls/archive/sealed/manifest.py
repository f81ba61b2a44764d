"""``week.json``: what a sealed week holds, and the mark that it is whole.

It is the last file that is written, and it names all others with size and digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from amtspuls import __version__
from amtspuls.archive.week import IsoWeek, folder_of
from amtspuls.errors import ArchiveError

MANIFEST_NAME = "week.json"
SCHEMA_VERSION = 1
"""Version of the files of a sealed week; a reader refuses newer ones."""

PRODUCER = f"amtspuls {__version__}"
_FORMAT = "amtspuls sealed week"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a sealed week comes from.

    Attributes:
        kind: ``live``: snapshots of this archive; ``import``: a bundle.
        bundle: Name of the bundle's file; empty for live ones.
        sha256: Digest of the bundle's file in hex; empty for live ones.
        members: Ids of the portals in the order of the bundle's members; empty for live ones.
    """

    kind: Literal["live", "import"]
    bundle: str = ""
    sha256: str = ""
    members: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.bundle} (sha256 {self.sha256[:12]})" if self.bundle else self.kind


LIVE = Source("live")
"""A week out of the live archive."""


class FileEntry(NamedTuple):
    """One file of a week: its name, length, digest in hex, and rows."""

    name: str
    size_bytes: int
    sha256: str
    rows: int


class PortalCounts(NamedTuple):
    """Rows of one portal in each table; portals and rows have the same order in all of them."""

    portal_id: str
    calendars: int
    snapshots: int
    views: int
    spans: int
    capacities: int
    extra_columns: int
    row_order: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``week.json`` says.

    Attributes:
        week: Which week.
        schema: Version of its files.
        producer: Name and version of the program that wrote it.
        source: Where its content comes from.
        files: All other files of the folder.
        portals: Row counts by portal, by id in byte order.
    """

    week: IsoWeek
    schema: int
    producer: str
    source: Source
    files: tuple[FileEntry, ...]
    portals: tuple[PortalCounts, ...]

    @property
    def size_bytes(self) -> int:
        """Length of all files together, ``week.json`` not counted."""
        return sum(entry.size_bytes for entry in self.files)

    def file(self, name: str) -> FileEntry | None:
        """The entry of a file; None where the week needs no such file."""
        return next((entry for entry in self.files if entry.name == name), None)

    def to_bytes(self) -> bytes:
        """The file, with a digest of its own content in it."""
        body = {
            "format": _FORMAT,
            "schema": self.schema,
            "week": str(self.week),
            "producer": self.producer,
            "source": asdict(self.source),
            "files": [entry._asdict() for entry in self.files],
            "portal_columns": list(PortalCounts._fields),
            "portals": [list(counts) for counts in self.portals],
        }
        return (_dumps({**body, "sha256": _digest(body)}) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes, path: str) -> Manifest:
        """Read the file; ``path`` is for messages.

        Raises:
            ArchiveError: It is damaged, or of a newer version.
        """
        body = _load(data, path)
        try:
            return cls(
                week=IsoWeek.parse(body["week"]),
                schema=int(body["schema"]),
                producer=str(body["producer"]),
                source=Source(**{**body["source"], "members": tuple(body["source"]["members"])}),
                files=tuple(FileEntry(**entry) for entry in body["files"]),
                portals=tuple(PortalCounts(*counts) for counts in body["portals"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(path, f"lacks a field ({error})") from error


def file_name(table: str) -> str:
    """The file that a table is in."""
    return f"{table}.parquet"


class SealedFiles(NamedTuple):
    """A sealed week as it lies on the disk.

    Attributes:
        path: Its folder.
        manifest: What ``week.json`` says.
    """

    path: Path
    manifest: Manifest


def open_files(weeks: Path, week: IsoWeek) -> SealedFiles:
    """Look at a sealed week; only ``week.json`` is read.

    Args:
        weeks: Folder of sealed weeks.
        week: Which week.

    Raises:
        ArchiveError: It is not there, damaged, or of a newer version.
    """
    folder = folder_of(weeks, week)
    place = folder / MANIFEST_NAME
    try:
        data = place.read_bytes()
    except FileNotFoundError as error:
        raise ArchiveError(
            f"week {week} is not sealed: {place} is missing", path=str(place)
        ) from error
    except OSError as error:
        raise ArchiveError(f"{place}: cannot be read: {error.strerror}", path=str(place)) from error
    manifest = Manifest.parse(data, str(place))
    if manifest.week != week:
        raise ArchiveError(
            f"{place}: is of week {manifest.week}, its folder says {week}", path=str(place)
        )
    return SealedFiles(folder, manifest)


def _load(data: bytes, path: str) -> Mapping[str, Any]:
    try:
        body = json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise _damaged(path, f"is no JSON ({error})") from error
    if not isinstance(body, dict) or body.get("format") != _FORMAT:
        raise _damaged(path, "is no description of a sealed week")
    schema = body.get("schema")
    if isinstance(schema, int) and schema > SCHEMA_VERSION:
        raise ArchiveError(
            f"{path}: has schema version {schema}, this version of Amtspuls knows {SCHEMA_VERSION}:"
            f" install a newer Amtspuls (it was written by {body.get('producer')})",
            path=path,
        )
    told = body.pop("sha256", None)
    if told != _digest(body):
        raise _damaged(path, "does not have the digest that it names")
    return body


def _damaged(path: str, text: str) -> ArchiveError:
    return ArchiveError(
        f"{path}: {text}: fetch this week from a copy, or import it again", path=path
    )


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_dumps(body).encode()).hexdigest()


def _dumps(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
