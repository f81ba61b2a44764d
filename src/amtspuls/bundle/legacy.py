"""Sealed weeks as bundles again: of an imported week every CSV comes back byte for byte.

Unlike ``bundle.write``, which renders what the archive knows, this gives back what a file said: rows that
are there twice, rows in another order, columns that were never free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np

from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.read import SealedWeek
from amtspuls.archive.sealed.rows import Rows, columns_of, on_covered_days, rows_of
from amtspuls.bundle.files import TarStream, clean_leftovers, export_lock, replacing_folder
from amtspuls.bundle.metadata import CalendarNames, PortalNames
from amtspuls.bundle.render import Cells, Course, Ints, header_bytes
from amtspuls.bundle.write import (
    METADATA_NAME,
    PortalReport,
    WeekReport,
    add_metadata,
    bundle_path,
)
from amtspuls.files import naming_the_file, replacing_file
from amtspuls.model import Outcome

_EPOCH = datetime(1970, 1, 1)
_NEWLINE = b"\r\n"
_DATE_LENGTH = 19
_CHUNK_ROWS = 256


@dataclass(frozen=True)
class LegacySheet:
    """The CSV of one sealed portal, ready to be written."""

    portal: SealedPortal

    @cached_property
    def rows(self) -> Rows:
        """Its rows, in the order of the file."""
        return rows_of(self.portal)

    @cached_property
    def columns(self) -> Ints:
        """Its slot columns."""
        return columns_of(self.portal).astype(np.int64)

    @cached_property
    def _courses(self) -> tuple[Course, ...]:
        spans = self.portal.spans
        bounds = np.searchsorted(spans.calendar, np.arange(len(self.portal.calendars) + 1))
        return tuple(
            self._course(number, slice(int(bounds[number]), int(bounds[number + 1])))
            for number in range(len(self.portal.calendars))
        )

    def _course(self, number: int, own: slice) -> Course:
        views, spans = self.portal.views, self.portal.spans
        slots = spans.slot[own].astype(np.int64)
        opened, closed = spans.opened[own].astype(np.int64), spans.closed[own].astype(np.int64)
        ordinals, parts = [], [(_ints(), _ints(), _ints())]
        row = 0
        whole = (views.calendar == number) & (views.outcome == Outcome.OK.value)
        for view in np.flatnonzero(whole).tolist():
            first, last = int(views.first[view]), int(views.last[view])
            shown = (opened <= last) & (closed > first)
            shown &= on_covered_days(spans.slot[own], views.covered[view])
            begins = np.maximum(opened[shown], first) - first + row
            ends = np.minimum(closed[shown], last + 1) - first + row
            parts.append((slots[shown], begins, ends))
            ordinals.append(np.arange(first, last + 1))
            row += last - first + 1
        slot, begin, end = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Course(np.concatenate([_ints(), *ordinals]), slot, begin, end)

    def _heads(self) -> list[bytes]:
        portal_id = self.portal.record.portal_id
        return [f",{portal_id},{calendar.key}".encode() for calendar in self.portal.calendars]

    @property
    def size_bytes(self) -> int:
        """Length of the file, without putting it together."""
        cells = sum(int((course.ends - course.begins).sum()) for course in self._courses)
        heads = np.array([len(head) for head in self._heads()], dtype=np.int64)
        fixed = len(self.rows.ordinal) * (_DATE_LENGTH + len(_NEWLINE) + len(self.columns))
        return (
            len(header_bytes(self.columns)) + fixed + cells + int(heads[self.rows.calendar].sum())
        )

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file, piece by piece."""
        yield header_bytes(self.columns)
        shots = self.portal.snapshots
        dates = [_date(second) for second in (shots.taken_at + shots.utc_offset_s).tolist()]
        heads = self._heads()
        cells = [Cells(course, self.columns) for course in self._courses]
        ordinals, calendars = self.rows.ordinal.tolist(), self.rows.calendar.tolist()
        for begins in range(0, len(ordinals), _CHUNK_ROWS):
            part = slice(begins, begins + _CHUNK_ROWS)
            yield b"".join(
                piece
                for ordinal, number in zip(ordinals[part], calendars[part], strict=True)
                for piece in (dates[ordinal], heads[number], cells[number].next_row(), _NEWLINE)
            )

    def report(self) -> PortalReport:
        """What goes into the bundle, and what does not."""
        views, shots = self.portal.views, self.portal.snapshots
        lengths = views.last - views.first + 1
        ok, partial = (views.outcome == kind.value for kind in (Outcome.OK, Outcome.PARTIAL))
        answered = [Outcome(outcome).answered for outcome in shots.outcome]
        return PortalReport(
            portal_id=self.portal.record.portal_id,
            rows=len(self.rows.ordinal),
            calendars=len(np.unique(self.rows.calendar)),
            columns=len(self.columns),
            partial_views=int(lengths[partial].sum()),
            failed_views=int(lengths[~ok & ~partial].sum()),
            failed_snapshots=answered.count(False),
        )


def write_legacy(
    sealed: SealedWeek,
    to: Path,
    *,
    compressed: bool = True,
    on_portal: Callable[[str], None] = lambda _: None,
) -> WeekReport:
    """Write the bundle of a sealed week, and add its portals to the metadata.json beside the years.

    Args:
        sealed: The week. Of an imported one the members are those of the bundle, in their order; of
            another one the portals that have rows, by name.
        to: Export folder; made if it is missing.
        compressed: A tar.gz; else a folder of CSVs.
        on_portal: Called with each portal's id when it is written.

    Raises:
        ArchiveError: The week is damaged.
        BundleError: Another export writes into the folder, or its metadata.json is damaged.
        OutputError: The disk is full, or the folder cannot be written.
    """
    path = bundle_path(to, sealed.manifest.week, compressed=compressed)
    sheets = [LegacySheet(sealed.portal(portal_id)) for portal_id in _members(sealed)]
    if not sealed.manifest.source.members:
        sheets = [sheet for sheet in sheets if len(sheet.rows.ordinal)]
    with export_lock(to):
        for folder in (to, path.parent):
            with naming_the_file(folder):
                clean_leftovers(folder)
        add_metadata(to / METADATA_NAME, {_id(sheet): _names(sheet) for sheet in sheets})
        write = _write_tar if compressed else _write_folder
        write(path, sheets, on_portal)
    return WeekReport(
        sealed.manifest.week, path, tuple(sheet.report() for sheet in sheets), incomplete=False
    )


def _members(sealed: SealedWeek) -> Sequence[str]:
    by_name = sorted(sealed.portal_ids, key="{}.csv".format)
    return sealed.manifest.source.members or by_name


def _write_tar(path: Path, sheets: Sequence[LegacySheet], on_portal: Callable[[str], None]) -> None:
    with replacing_file(path) as stream:
        tar = TarStream(stream)
        for sheet in sheets:
            tar.add(f"{_id(sheet)}.csv", sheet.size_bytes, sheet.chunks())
            on_portal(_id(sheet))
        tar.close()


def _write_folder(
    path: Path, sheets: Sequence[LegacySheet], on_portal: Callable[[str], None]
) -> None:
    with replacing_folder(path) as folder:
        for sheet in sheets:
            with replacing_file(folder / f"{_id(sheet)}.csv") as stream:
                stream.writelines(sheet.chunks())
            on_portal(_id(sheet))


def _id(sheet: LegacySheet) -> str:
    return sheet.portal.record.portal_id


def _names(sheet: LegacySheet) -> PortalNames:
    record = sheet.portal.record
    calendars = {
        calendar.key: CalendarNames(calendar.name or calendar.key, calendar.services)
        for calendar in sheet.portal.calendars
        if not calendar.copy
    }
    return PortalNames(record.name, record.system, record.url, calendars)


def _date(second: int) -> bytes:
    return f"{_EPOCH + timedelta(seconds=second):%Y-%m-%d %H:%M:%S}".encode("ascii")


def _ints() -> Ints:
    return np.empty(0, dtype=np.int64)
