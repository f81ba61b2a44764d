"""Weekly bundles, written: what the archive knows of a week in the predecessor's form.

Format and limits: docs/reference/bundle.md. A bundle is there whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from zoneinfo import ZoneInfo

from amtspuls.archive.base import ArchiveReader, PortalRecord
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.files import (
    TarStream,
    clean_leftovers,
    export_lock,
    replacing_folder,
)
from amtspuls.bundle.metadata import (
    CalendarNames,
    PortalNames,
    merge_metadata,
    metadata_bytes,
    read_metadata,
    read_metadata_json,
)
from amtspuls.bundle.render import PortalSheet, render_portal
from amtspuls.bundle.rows import portal_of_member
from amtspuls.errors import BundleError
from amtspuls.files import naming_the_file, replacing_file

METADATA_NAME = "metadata.json"
_MARK = ".incomplete"


@dataclass(frozen=True, slots=True)
class PortalReport:
    """What of one portal went into a bundle, and what did not.

    Attributes:
        portal_id: Its id.
        rows: Rows written.
        calendars: Calendars with rows.
        columns: Slots that were free at least once.
        partial_views: Views left out because some of their days were not answered for.
        failed_views: Views left out because nothing was answered.
        failed_snapshots: Snapshots that brought no view at all.
    """

    portal_id: str
    rows: int
    calendars: int
    columns: int
    partial_views: int
    failed_views: int
    failed_snapshots: int


@dataclass(frozen=True, slots=True)
class WeekReport:
    """What writing one week did.

    Attributes:
        week: Which one.
        path: The bundle.
        portals: One for each portal with at least one snapshot in the week; those without any row
            have no file.
        incomplete: Whether the archive does not reach over the whole week.
    """

    week: IsoWeek
    path: Path
    portals: tuple[PortalReport, ...]
    incomplete: bool

    @property
    def rows(self) -> int:
        """Rows of all portals."""
        return sum(portal.rows for portal in self.portals)


def bundle_path(to: Path, week: IsoWeek, *, compressed: bool = True) -> Path:
    """Where the bundle of a week belongs below the export folder."""
    return to / f"{week.year:04}" / (f"{week}.tar.gz" if compressed else str(week))


def is_exported(to: Path, week: IsoWeek, *, compressed: bool = True) -> bool:
    """Whether the bundle of a week is there, and was written when the week was complete."""
    path = bundle_path(to, week, compressed=compressed)
    return path.exists() and not _mark(path).exists()


def write_week(
    reader: ArchiveReader,
    week: IsoWeek,
    to: Path,
    *,
    portal_ids: Collection[str] | None = None,
    compressed: bool = True,
    incomplete: bool = False,
    on_portal: Callable[[str], None] = lambda _: None,
) -> WeekReport:
    """Write the bundle of one week, and add its portals to the metadata.json beside the years.

    Args:
        reader: The archive.
        week: Which week, in the local time of each portal.
        to: Export folder; made if it is missing.
        portal_ids: Portals wanted; without it all of the archive.
        compressed: A tar.gz; else a folder of CSVs.
        incomplete: Mark the bundle as one that is to be written again when the week is complete.
        on_portal: Called with each portal's id when it is written.

    Raises:
        ArchiveError: The archive cannot be read.
        BundleError: No snapshot lies in the week, another export writes into the folder, the disk
            refuses, or the metadata.json that is there is damaged. The old bundle is untouched.
    """
    wanted = [p for p in reader.portals() if portal_ids is None or p.portal_id in portal_ids]
    path = bundle_path(to, week, compressed=compressed)
    with export_lock(to):
        for folder in (to, path.parent):
            with naming_the_file(folder):
                clean_leftovers(folder)
        sheets = [_render(reader, portal, week) for portal in wanted]
        sheets = [sheet for sheet in sheets if sheet.rows or _was_asked(sheet)]
        if not sheets:
            raise BundleError(f"the archive has no snapshot in week {week}", week=str(week))
        written = [sheet for sheet in sheets if sheet.rows]
        _write_metadata(to / METADATA_NAME, wanted, written)
        if incomplete:
            with replacing_file(_mark(path)) as stream:
                stream.write(b"")
        if compressed:
            _write_tar(path, written, on_portal)
        else:
            _write_folder(path, written, on_portal)
        if not incomplete:
            with naming_the_file(_mark(path)):
                _mark(path).unlink(missing_ok=True)
    return WeekReport(week, path, tuple(map(_report, sheets)), incomplete)


def _render(reader: ArchiveReader, portal: PortalRecord, week: IsoWeek) -> PortalSheet:
    if not portal_of_member(f"{portal.portal_id}.csv"):
        raise BundleError(
            f"the portal id {portal.portal_id!r} cannot be a file name", portal=portal.portal_id
        )
    zone = ZoneInfo(portal.zone)
    return render_portal(reader, portal.portal_id, zone, week.bounds(zone))


def _was_asked(sheet: PortalSheet) -> bool:
    return bool(sheet.partial_views or sheet.failed_views or sheet.failed_snapshots)


def _mark(path: Path) -> Path:
    """A file beside a bundle that was written before its week was complete."""
    return path.with_name(path.name + _MARK)


def _write_tar(path: Path, sheets: Sequence[PortalSheet], on_portal: Callable[[str], None]) -> None:
    with replacing_file(path) as stream:
        tar = TarStream(stream)
        for name, sheet in _members(sheets):
            tar.add(name, sheet.size_bytes, sheet.chunks())
            on_portal(sheet.portal_id)
        tar.close()


def _write_folder(
    path: Path, sheets: Sequence[PortalSheet], on_portal: Callable[[str], None]
) -> None:
    with replacing_folder(path) as folder:
        for name, sheet in _members(sheets):
            with replacing_file(folder / name) as stream:
                stream.writelines(sheet.chunks())
            on_portal(sheet.portal_id)


def _members(sheets: Sequence[PortalSheet]) -> Iterator[tuple[str, PortalSheet]]:
    return iter(sorted(((f"{sheet.portal_id}.csv", sheet) for sheet in sheets), key=itemgetter(0)))


def _write_metadata(
    path: Path, portals: Sequence[PortalRecord], sheets: Sequence[PortalSheet]
) -> None:
    """Before the bundle: names without a bundle do no harm, a bundle without names does."""
    records = {portal.portal_id: portal for portal in portals}
    add_metadata(
        path, {sheet.portal_id: _names(records[sheet.portal_id], sheet) for sheet in sheets}
    )


def add_metadata(path: Path, names: Mapping[str, PortalNames]) -> None:
    """Add names to a metadata.json, which is made if it is missing; others in it stay.

    Raises:
        BundleError: The file that is there is damaged.
        OutputError: The disk is full, or the folder cannot be written.
    """
    known = {}
    if path.exists():
        read_metadata(path)
        known = read_metadata_json(path)
    raw = metadata_bytes(merge_metadata(known, names))
    if not path.exists() or path.read_bytes() != raw:
        with replacing_file(path) as stream:
            stream.write(raw)


def _names(portal: PortalRecord, sheet: PortalSheet) -> PortalNames:
    calendars = {
        record.calendar.key: CalendarNames(record.calendar.name, record.calendar.services)
        for record in sheet.calendars
    }
    return PortalNames(portal.name, portal.system, portal.url, calendars)


def _report(sheet: PortalSheet) -> PortalReport:
    return PortalReport(
        portal_id=sheet.portal_id,
        rows=sheet.rows,
        calendars=len(sheet.calendars),
        columns=len(sheet.columns),
        partial_views=sheet.partial_views,
        failed_views=sheet.failed_views,
        failed_snapshots=sheet.failed_snapshots,
    )
