"""Writing a sealed week: a folder that is there whole or not at all.

The files are put together in a hidden folder beside their place, ``week.json`` last, and moved there in
one step. A process that is killed leaves only the hidden folder, which the next writer removes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from amtspuls.archive.sealed.format import (
    OPTIONAL_TABLES,
    SCHEMAS,
    TABLES,
    counts_of,
    encode_portal,
)
from amtspuls.archive.sealed.manifest import (
    MANIFEST_NAME,
    PRODUCER,
    SCHEMA_VERSION,
    FileEntry,
    Manifest,
    Source,
    file_name,
)
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.week import IsoWeek, folder_of
from amtspuls.errors import ArchiveError
from amtspuls.files import PART, naming_the_file, sync_folder

LOCK_NAME = ".weeks.lock"
ROW_GROUP_ROWS = 16_384
"""A row group ends with the portal in which it reaches this many rows."""

_ZSTD_LEVEL = 9
_FILES = fs.LocalFileSystem()


def write_week(
    weeks: Path, week: IsoWeek, portals: Iterable[SealedPortal], source: Source
) -> Manifest:
    """Write one week, all or nothing.

    Several processes may write different weeks at a time.

    Args:
        weeks: Folder of sealed weeks (``weeks/`` of an archive); made if it is missing.
        week: Which week.
        portals: What it holds, in any order; each portal once.
        source: Where that comes from.

    Returns:
        What ``week.json`` says.

    Raises:
        ArchiveError: The week is there already, or a portal comes twice.
        OutputError: The disk is full, or the folder cannot be written.
    """
    place = folder_of(weeks, week)
    with naming_the_file(place):
        _require_free(place, week)
    ordered = sorted(portals, key=lambda portal: portal.record.portal_id.encode())
    ids = [portal.record.portal_id for portal in ordered]
    if len(set(ids)) < len(ids):
        raise ArchiveError(f"week {week}: a portal comes twice", path=str(place))
    contents = _contents(ordered)
    manifest = Manifest(
        week=week,
        schema=SCHEMA_VERSION,
        producer=PRODUCER,
        source=source,
        files=tuple(
            FileEntry(name, data.size, hashlib.sha256(data).hexdigest(), rows)
            for name, (data, rows) in contents.items()
        ),
        portals=tuple(map(counts_of, ordered)),
    )
    with naming_the_file(place), _writing_to(weeks):
        part = weeks / f".{week}.{os.getpid()}{PART}"
        try:
            _FILES.create_dir(str(part))
            for name, (data, _) in contents.items():
                _write_file(part / name, data)
            _write_file(part / MANIFEST_NAME, manifest.to_bytes())
            sync_folder(part)
            _FILES.create_dir(str(place.parent))
            _require_free(place, week)
            _FILES.move(str(part), str(place))
        except BaseException:
            _remove(part)
            raise
        for folder in (place.parent, weeks):
            sync_folder(folder)
    return manifest


def _require_free(place: Path, week: IsoWeek) -> None:
    if _FILES.get_file_info(str(place)).type == fs.FileType.NotFound:
        return
    if _FILES.get_file_info(str(place / MANIFEST_NAME)).type == fs.FileType.NotFound:
        raise ArchiveError(
            f"{place} is no sealed week but in the way of one ({MANIFEST_NAME} is missing):"
            " move it away",
            path=str(place),
        )
    raise ArchiveError(f"week {week} is sealed already: {place}", path=str(place), week=str(week))


def _contents(portals: Sequence[SealedPortal]) -> dict[str, tuple[pa.Buffer, int]]:
    """Bytes and rows of every file."""
    encoded = [encode_portal(portal) for portal in portals]
    contents = {}
    for table in TABLES:
        parts = [own[table] for own in encoded]
        rows = sum(part.num_rows for part in parts)
        if rows or table not in OPTIONAL_TABLES:
            contents[file_name(table)] = (_parquet(table, parts), rows)
    return contents


def _parquet(table: str, parts: Sequence[pa.Table]) -> pa.Buffer:
    schema = SCHEMAS[table]
    texts = [
        field.name
        for field in schema
        if pa.types.is_string(field.type) or pa.types.is_list(field.type)
    ]
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        compression_level=_ZSTD_LEVEL,
        use_dictionary=[f"{name}.list.element" if name == "services" else name for name in texts],
        column_encoding={
            field.name: "RLE" if pa.types.is_boolean(field.type) else "DELTA_BINARY_PACKED"
            for field in schema
            if field.name not in texts
        },
        store_schema=False,
    ) as writer:
        for group in _row_groups(parts):
            writer.write_table(pa.concat_tables(group).combine_chunks(), row_group_size=2**31 - 1)
        writer.add_key_value_metadata(
            {"amtspuls.schema": str(SCHEMA_VERSION), "amtspuls.producer": PRODUCER}
        )
    return sink.getvalue()


def _row_groups(parts: Iterable[pa.Table]) -> Iterator[list[pa.Table]]:
    """Portals that share a row group; a portal is never cut."""
    group: list[pa.Table] = []
    rows = 0
    for part in parts:
        group.append(part)
        rows += part.num_rows
        if rows >= ROW_GROUP_ROWS:
            yield group
            group, rows = [], 0
    if rows:
        yield group


def _write_file(path: Path, data: pa.Buffer | bytes) -> None:
    with _FILES.open_output_stream(str(path)) as stream:
        stream.write(data)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _writing_to(weeks: Path) -> Iterator[None]:
    """Share the folder with other writers; whoever finds it without one removes what killed ones left."""
    _FILES.create_dir(str(weeks))
    handle = os.open(weeks / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            for part in weeks.glob(f".*{PART}"):
                _remove(part)
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _remove(part: Path) -> None:
    if _FILES.get_file_info(str(part)).type == fs.FileType.Directory:
        _FILES.delete_dir(str(part))
