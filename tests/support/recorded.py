"""Recorded weeks, read with nothing but the standard library."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

Row = tuple[str, str, str]
Cell = tuple[str, str, str, str]


def bundle_of(shared: Path, week: str) -> tuple[Path, Path]:
    raw = shared / "data" / "office-schedule-data" / "raw"
    return raw / week[:4] / f"{week}.tar.gz", raw / "metadata.json"


def read_rows(bundle: Path, portal: str) -> Iterator[tuple[Row, list[str], list[str]]]:
    """Read a bundle with nothing but the standard library: row key, slot columns, cells."""
    with tarfile.open(bundle) as tar:
        member = tar.extractfile(f"{portal}.csv")
        assert member is not None
        reader = csv.reader(io.TextIOWrapper(member, "ascii", newline=""))
        header = next(reader)
        assert header[:3] == ["date", "source_id", "location_id"]
        for row in reader:
            assert len(row) == len(header)
            yield (row[0], row[1], row[2]), header[3:], row[3:]


def between(bundle: Path, portal: str, first: str, until: str) -> tuple[set[Row], set[Cell]]:
    rows: set[Row] = set()
    free: set[Cell] = set()
    for key, columns, cells in read_rows(bundle, portal):
        if first <= key[0] < until:
            rows.add(key)
            free.update(
                (*key, slot) for slot, cell in zip(columns, cells, strict=True) if cell == "1"
            )
    return rows, free
