"""Old bundles into sealed weeks: one week at a time, and many in parallel.

A week is there whole or not at all, so an import that was stopped is simply started again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.sealed.manifest import Manifest, Source
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.read import list_weeks, open_week
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import DATABASE_NAME, IsoWeek, folder_of
from amtspuls.bundle.finding import METADATA_NAME, Found
from amtspuls.bundle.metadata import Metadata, read_metadata
from amtspuls.bundle.oddities import Oddity, find_oddities, find_week_oddities
from amtspuls.bundle.read import BUNDLE_ZONE
from amtspuls.bundle.scan import Place, scan_portal
from amtspuls.bundle.spans import seal_portal
from amtspuls.bundle.stream import naming_damage, stream_portals
from amtspuls.errors import AmtspulsError, ArchiveError

AGGREGATED = frozenset({"impfthueringen"})
"""Portals or systems whose rows in old bundles are unions of one-minute snapshots: bundle.md says why."""


class Status(StrEnum):
    """How the import of one bundle ended."""

    IMPORTED = "imported"
    THERE = "there"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WeekImport:
    """What importing one bundle did.

    Attributes:
        found: The bundle.
        status: ``there``: the same bundle had been imported before, nothing was done.
        portals: Portals in the sealed week.
        snapshots: Snapshots in it.
        rows: Rows of all CSVs.
        spans: Spans in it.
        size_bytes: Length of the sealed files.
        oddities: What is odd about it, whenever it was imported.
        error: Why it failed; empty otherwise.
    """

    found: Found
    status: Status
    portals: int = 0
    snapshots: int = 0
    rows: int = 0
    spans: int = 0
    size_bytes: int = 0
    oddities: tuple[Oddity, ...] = ()
    error: str = ""


def load_metadata(path: Path | None) -> Metadata:
    """Read a metadata.json; without one every name is unknown."""
    return read_metadata(path) if path else Metadata(Path(METADATA_NAME), {})


def import_bundle(found: Found, weeks: Path, names: Metadata) -> WeekImport:
    """Import one bundle, unless the same one is there.

    Args:
        found: The bundle.
        weeks: Folder of sealed weeks.
        names: What metadata.json says.

    Raises:
        BundleError: It is damaged.
        ArchiveError: The week was sealed from something else, or the archive has live snapshots in it
            or before it.
        OutputError: The disk is full, or the folder cannot be written.
    """
    with naming_damage(found.path):
        digest = hashlib.sha256(found.path.read_bytes()).hexdigest()
    if _is_there(found, weeks, digest):
        sealed = open_week(weeks, found.week)
        return _report(found, sealed.manifest, map(sealed.portal, sealed.portal_ids), Status.THERE)
    portals = read_week(found, names)
    _require_room(weeks.parent, found.week, portals)
    source = Source(
        "import", found.path.name, digest, tuple(portal.record.portal_id for portal in portals)
    )
    try:
        manifest = write_week(weeks, found.week, portals, source)
    except ArchiveError:
        # Another import, started before this one, may have been quicker.
        if not _is_there(found, weeks, digest):
            raise
        manifest = open_week(weeks, found.week).manifest
    return _report(found, manifest, portals, Status.IMPORTED)


def _require_room(folder: Path, week: IsoWeek, portals: Iterable[SealedPortal]) -> None:
    if (folder / DATABASE_NAME).is_file():
        # Most imports go beside no database, and need not load what opens one.
        from amtspuls.archive.beside import require_room

        require_room(folder, week, {portal.record.portal_id for portal in portals})


def read_week(found: Found, names: Metadata) -> list[SealedPortal]:
    """All portals of a bundle, in the order of its members.

    Raises:
        BundleError: It is damaged.
    """
    portals = []
    for portal_id, data in stream_portals(found.path):
        place = Place(found.path, f"{portal_id}.csv")
        scanned = scan_portal(data, portal_id, place)
        record = _record(portal_id, names)
        portals.append(
            seal_portal(
                scanned,
                record,
                found.week,
                place,
                names=names.portals.get(portal_id),
                aggregated=bool(AGGREGATED & {portal_id, record.system}),
            )
        )
    return portals


def _record(portal_id: str, names: Metadata) -> PortalRecord:
    known = names.portals.get(portal_id)
    return PortalRecord(
        portal_id,
        known.name if known else portal_id,
        names.system(portal_id),
        known.url if known else "",
        BUNDLE_ZONE.key,
    )


def _is_there(found: Found, weeks: Path, digest: str) -> bool:
    if found.week not in list_weeks(weeks):
        return False
    source = open_week(weeks, found.week).manifest.source
    if source.sha256 != digest:
        place = folder_of(weeks, found.week)
        raise ArchiveError(
            f"week {found.week} is sealed already, from {source}; {found.path} is another source:"
            f" remove {place} first if this one is to take its place",
            path=str(place),
        )
    return True


def _report(
    found: Found, manifest: Manifest, portals: Iterable[SealedPortal], status: Status
) -> WeekImport:
    oddities, rows = [*find_week_oddities(found.week, BUNDLE_ZONE)], 0
    for portal in portals:
        oddities += find_oddities(portal, found.week)
        rows += int((portal.views.last - portal.views.first + 1).sum())
    return WeekImport(
        found,
        status,
        portals=len(manifest.portals),
        snapshots=sum(counts.snapshots for counts in manifest.portals),
        rows=rows,
        spans=sum(counts.spans for counts in manifest.portals),
        size_bytes=manifest.size_bytes,
        oddities=tuple(oddities),
    )


def try_import(found: Found, weeks: Path, names: Metadata) -> WeekImport:
    """Import one bundle; what goes wrong is in the report."""
    try:
        return import_bundle(found, weeks, names)
    except AmtspulsError as error:
        return WeekImport(found, Status.FAILED, error=str(error))


def import_bundles(
    bundles: Sequence[Found],
    weeks: Path,
    names: Metadata,
    *,
    processes: int = 1,
    executor: Executor | None = None,
    on_week: Callable[[str], None] = lambda _: None,
) -> list[WeekImport]:
    """Import many bundles; one that fails does not keep the others back.

    Args:
        bundles: Which.
        weeks: Folder of sealed weeks.
        names: What metadata.json says.
        processes: How many to use; 1 works in this one.
        executor: Takes the work instead: the workers of a cluster; see ``bundle.cluster``.
        on_week: Called with each week when it is done.

    Returns:
        One report for each bundle, in their order.
    """
    if executor is not None:
        from amtspuls.bundle.cluster import import_with

        return import_with(executor, bundles, weeks, names, on_week)
    if min(processes, len(bundles)) <= 1:
        reports = []
        for found in bundles:
            reports.append(try_import(found, weeks, names))
            on_week(str(found.week))
        return reports
    from amtspuls.bundle.workers import import_in_parallel

    return import_in_parallel(bundles, weeks, names, min(processes, len(bundles)), on_week)
