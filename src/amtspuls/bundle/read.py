"""Weekly bundles of the predecessor, read: a tar.gz with one CSV per portal, and metadata.json.

Everything here is lossless: rows keep their order, blank rows and missing rows stay different things.
Damage is a ``BundleError`` that names file, member and line. Format: docs/reference/bundle.md.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from zoneinfo import ZoneInfo

from amtspuls.bundle.metadata import CalendarNames, Metadata, PortalNames, read_metadata
from amtspuls.bundle.rows import Place, RecordedPortal, parse_portal
from amtspuls.bundle.stream import check_end, naming_damage, open_unpacked, require_portal
from amtspuls.errors import BundleError

__all__ = [
    "BUNDLE_ZONE",
    "Bundle",
    "CalendarNames",
    "Metadata",
    "PortalNames",
    "RecordedPortal",
    "local_to_utc",
    "open_bundle",
    "read_metadata",
]

BUNDLE_ZONE = ZoneInfo("Europe/Berlin")
"""Zone of all times in a bundle."""


class Bundle:
    """An open bundle; ``open_bundle`` makes one. Members are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with ExitStack() as stack:
            self._file = stack.enter_context(open_unpacked(path))
            self._tar = stack.enter_context(tarfile.open(fileobj=self._file, mode="r:"))
            self._members = self._list_members()
            self._open = stack.pop_all()

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._path

    @property
    def portal_ids(self) -> tuple[str, ...]:
        """Portals in the bundle, in the order of its members (the cheapest one to read in)."""
        return tuple(self._members)

    def read_portal(self, portal_id: str) -> RecordedPortal:
        """Read all rows of one portal.

        Raises:
            BundleError: The portal is not in the bundle, or its CSV is damaged.
        """
        member = self._members.get(portal_id)
        if member is None:
            raise BundleError(
                f"{self._path}: no {portal_id}.csv in it", path=str(self._path), portal=portal_id
            )
        with naming_damage(self._path):
            stream = self._tar.extractfile(member)
            data = stream.read() if stream else b""
        return parse_portal(data, portal_id, Place(self._path, member.name))

    def close(self) -> None:
        """Close the file."""
        self._open.close()

    def __enter__(self) -> Bundle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _list_members(self) -> dict[str, tarfile.TarInfo]:
        found: dict[str, tarfile.TarInfo] = {}
        for member in self._tar:
            require_portal(self._path, member, found)
        check_end(self._path, self._file, self._tar.offset, found)
        return found


def open_bundle(path: Path) -> Bundle:
    """Open a weekly bundle and list its members; use it in a ``with`` statement.

    Raises:
        BundleError: It is missing, no gzipped tar, cut off, or holds something else than portals.
    """
    with naming_damage(path):
        return Bundle(path)


def local_to_utc(
    times: Sequence[datetime],
    zone: ZoneInfo = BUNDLE_ZONE,
    fail: Callable[[int], BundleError] | None = None,
) -> list[datetime]:
    """Turn naive local times, in the order they happened, into aware UTC.

    In the repeated hour of autumn a time belongs to the first pass until the times step back; from
    there on to the second. Where only one pass was recorded, or where the passes are mixed (the
    predecessor named files by wall time), it is read as the first. A time of the hour that spring
    leaves out is read with the offset before the change.

    Args:
        times: Naive local times, ascending except for the step back in autumn.
        zone: Their zone.
        fail: Makes the error for the place of a time that comes before its predecessor.

    Raises:
        BundleError: A time steps back outside the repeated hour.
    """
    instants: list[datetime] = []
    previous_local, previous = datetime(1, 1, 1), datetime(1, 1, 1, tzinfo=UTC)
    for place, local in enumerate(times):
        if local == previous_local:
            instants.append(previous)
            continue
        first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        # Where first is before second the hour is repeated, and the second pass follows the first.
        instant = second if first < previous and first < second else first
        if instant < previous:
            raise fail(place) if fail else BundleError(f"{local} comes after {previous_local}")
        instants.append(instant)
        previous_local, previous = local, instant
    return instants
