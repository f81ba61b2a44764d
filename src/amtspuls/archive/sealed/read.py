"""Reading sealed weeks: which are there, and what a portal of one of them showed.

A file is compared with its digest before anything is taken out of it, so that a damaged week is an error
and never a wrong number.
"""

from __future__ import annotations

import hashlib
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.sealed.format import (
    SCHEMAS,
    TABLES,
    decode_calendars,
    decode_portal,
    decode_record,
    no_rows,
    rows_in,
    schema_of_one,
)
from amtspuls.archive.sealed.manifest import (
    MANIFEST_NAME,
    Manifest,
    SealedFiles,
    file_name,
    open_files,
)
from amtspuls.archive.sealed.model import SealedCalendar, SealedPortal
from amtspuls.archive.week import IsoWeek, folder_of, sealed_weeks
from amtspuls.errors import ArchiveError

_FILES = fs.LocalFileSystem()


def list_weeks(weeks: Path) -> list[IsoWeek]:
    """Sealed weeks of a folder, ascending; none where there is no such folder, which others may be making."""
    return [
        week for week in sealed_weeks(weeks) if (folder_of(weeks, week) / MANIFEST_NAME).is_file()
    ]


def open_week(weeks: Path, week: IsoWeek) -> SealedWeek:
    """Open one sealed week; only ``week.json`` is read at once.

    Raises:
        ArchiveError: It is not there, damaged, or of a newer version.
    """
    return SealedWeek(open_files(weeks, week))


class SealedWeek:
    """A sealed week; ``open_week`` makes one. Files are read when they are asked for, and kept."""

    def __init__(self, files: SealedFiles) -> None:
        self._path, self._manifest = files
        self._places = {counts.portal_id: n for n, counts in enumerate(self._manifest.portals)}
        self._starts = {
            table: [0, *accumulate(rows_in(counts, table) for counts in self._manifest.portals)]
            for table in TABLES
        }
        self._tables: dict[str, _Table] = {}

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._path

    @property
    def manifest(self) -> Manifest:
        """What ``week.json`` says."""
        return self._manifest

    @property
    def portal_ids(self) -> tuple[str, ...]:
        """Portals of the week, by id in byte order."""
        return tuple(self._places)

    def calendars(self, portal_id: str) -> tuple[SealedCalendar, ...]:
        """Calendars of a portal; their places are their numbers.

        Raises:
            ArchiveError: The week has no such portal, or a file is damaged.
        """
        return decode_calendars(self._rows("calendars", portal_id))

    def all_calendars(self) -> dict[str, tuple[SealedCalendar, ...]]:
        """Calendars of every portal, as ``calendars`` has them; many times as fast as one by one.

        Raises:
            ArchiveError: A file is damaged.
        """
        starts = self._starts["calendars"]
        whole = decode_calendars(self._open("calendars").whole()) if starts[-1] else ()
        return {
            portal_id: whole[starts[place] : starts[place + 1]]
            for portal_id, place in self._places.items()
        }

    def portal(self, portal_id: str) -> SealedPortal:
        """All that the week holds of a portal; only its row groups are decoded.

        Raises:
            ArchiveError: The week has no such portal, or a file is missing or damaged.
        """
        return decode_portal({table: self._rows(table, portal_id) for table in TABLES})

    def latest_slots(self) -> dict[str, int]:
        """By portal a slot that none of its slots is later than; portals without spans are left out.

        It is told by the footer of the file, for portals that share a row group together.

        Raises:
            ArchiveError: A file is damaged.
        """
        starts = self._starts["spans"]
        latest = self._open("spans").latest("slot") if starts[-1] else []
        return {
            portal_id: next(slot for until, slot in latest if starts[place] < until)
            for portal_id, place in self._places.items()
            if starts[place] < starts[place + 1]
        }

    def record(self, portal_id: str) -> tuple[PortalRecord, bool]:
        """A portal as it was known then, and whether its rows are unions of several snapshots.

        Raises:
            ArchiveError: The week has no such portal, or a file is damaged.
        """
        return decode_record(self._rows("portals", portal_id))

    def verify(self) -> None:
        """Compare every file with its size, digest, schema version and row counts.

        Raises:
            ArchiveError: One differs, or is missing; names the file.
        """
        for table in TABLES:
            if self._manifest.file(file_name(table)):
                self._open(table).check(self._starts[table][-1])
            elif self._starts[table][-1]:
                raise ArchiveError(
                    f"{self._path / MANIFEST_NAME}: names no {file_name(table)}",
                    path=str(self._path),
                )

    def _rows(self, table: str, portal_id: str) -> pa.Table:
        place = self._places.get(portal_id)
        if place is None:
            raise ArchiveError(
                f"{self._path}: no portal {portal_id!r} in this week", portal=portal_id
            )
        start, until = self._starts[table][place : place + 2]
        if start == until:
            return no_rows(table)
        return self._open(table).rows(start, until)

    def _open(self, table: str) -> _Table:
        if table not in self._tables:
            self._tables[table] = _Table(self._path / file_name(table), table, self._manifest)
        return self._tables[table]


class _Table:
    """One Parquet file in memory; the row group read last is kept."""

    def __init__(self, path: Path, table: str, manifest: Manifest) -> None:
        entry = manifest.file(path.name)
        data = _read(path)
        if entry is None or data.size != entry.size_bytes:
            raise _damaged(path, f"has {data.size} bytes, not those of {MANIFEST_NAME}")
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise _damaged(path, f"does not have the digest that {MANIFEST_NAME} names")
        self._path, self._table, self._schema = path, table, schema_of_one(table)
        try:
            coded = [field.name for field in self._schema if pa.types.is_dictionary(field.type)]
            self._file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=coded)
        except pa.ArrowException as error:
            raise _damaged(path, f"is no Parquet ({error})") from error
        except KeyError as error:
            names = pq.ParquetFile(pa.BufferReader(data)).schema_arrow.names
            raise _damaged(path, f"has the columns {', '.join(names)}") from error
        groups = self._file.metadata
        self._bounds = [
            0,
            *accumulate(groups.row_group(n).num_rows for n in range(groups.num_row_groups)),
        ]
        self._kept: tuple[int, pa.Table] | None = None

    def check(self, rows: int) -> None:
        """Compare columns and rows with what they must be."""
        names = self._file.schema_arrow.names
        if names != SCHEMAS[self._table].names:
            raise _damaged(self._path, f"has the columns {', '.join(names)}")
        if self._bounds[-1] != rows:
            raise _damaged(self._path, f"has {self._bounds[-1]} rows, {MANIFEST_NAME} says {rows}")
        for group in range(len(self._bounds) - 1):
            self._group(group)

    def whole(self) -> pa.Table:
        """All rows."""
        groups = [self._group(group) for group in range(len(self._bounds) - 1)]
        return pa.concat_tables(groups)

    def latest(self, column: str) -> list[tuple[int, int]]:
        """For each row group the row that it ends before, and the greatest value of a column in it."""
        place = self._file.schema_arrow.names.index(column)
        groups = (
            self._file.metadata.row_group(group).column(place).statistics
            for group in range(len(self._bounds) - 1)
        )
        found = (int(told.max) if told and told.has_min_max else 2**31 for told in groups)
        return list(zip(self._bounds[1:], found, strict=True))

    def rows(self, start: int, until: int) -> pa.Table:
        """Rows ``start`` to ``until``; they lie in one row group, as the writer sees to."""
        for group, begins in enumerate(self._bounds[:-1]):
            if begins <= start and until <= self._bounds[group + 1]:
                return self._group(group).slice(start - begins, until - start)
        raise _damaged(self._path, f"has no rows {start} to {until} in one row group")

    def _group(self, group: int) -> pa.Table:
        if self._kept is None or self._kept[0] != group:
            try:
                # A group is so small that handing columns to threads costs more than it saves.
                rows = self._file.read_row_group(group, self._schema.names, use_threads=False)
                # Seldom: casting loads all functions that Arrow has.
                fits = rows.schema.equals(self._schema)
                self._kept = (group, rows if fits else rows.cast(self._schema))
            except (pa.ArrowException, OSError, ValueError) as error:
                raise _damaged(self._path, f"row group {group} cannot be read ({error})") from error
        return self._kept[1]


def _read(path: Path) -> pa.Buffer:
    try:
        with _FILES.open_input_stream(str(path)) as stream:
            return stream.read_buffer()
    except FileNotFoundError as error:
        raise _damaged(path, "is missing") from error
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error}", path=str(path)) from error


def _damaged(path: Path, text: str) -> ArchiveError:
    return ArchiveError(
        f"{path}: {text}: fetch this week from a copy, or import it again", path=str(path)
    )
