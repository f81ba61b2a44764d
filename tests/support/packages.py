"""Archives of sealed weeks to package, and packages looked at with tools that are not ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from frictionless import Package, Resource, Schema

from amtspuls.analysis.legacy.ledger import LegacyLedger
from amtspuls.archive.sealed.manifest import LIVE, Source
from amtspuls.archive.sealed.model import SealedCapacities, SealedPortal
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.package.columns import WEEK_TABLES
from amtspuls.bundle.package.describe import parquet_path
from amtspuls.bundle.package.write import PackageReport, write_package
from amtspuls.model import Outcome
from support.legacy_weeks import PlainRow, seal_rows
from support.sealed_portals import MONDAY

WEEK = IsoWeek.of(MONDAY)
IMPORT = Source("import", f"{WEEK}.tar.gz", "0" * 64, ())
_QUARTER = timedelta(minutes=15)


def fitting(portal: SealedPortal) -> SealedPortal:
    """A generated portal with outcomes and changes of places that a week can have."""
    shots = portal.snapshots
    count, calendars = len(shots.taken_at), len(portal.calendars)
    outcomes = [list(Outcome)[n % len(Outcome)].value for n in range(count)]
    changes = portal.capacities
    rows = np.zeros((4, 0), dtype=np.int32)
    if count and calendars:
        places = np.stack([changes.calendar % calendars, changes.slot % 10**7, changes.at % count])
        _, kept = np.unique(places, axis=1, return_index=True)
        rows = np.vstack([places, changes.capacity])[:, kept]
    return replace(
        portal,
        snapshots=shots._replace(outcome=np.array(outcomes, dtype=object)),
        capacities=SealedCapacities(*(row.astype(np.int32) for row in rows)),
    )


def plain_portal(
    portal_id: str, week: IsoWeek, snapshots: int = 40, places: int = 30
) -> SealedPortal:
    """A portal of two calendars whose slots come and go, at so many times of a day."""
    begin = datetime.combine(week.start, datetime.min.time())
    first = (begin - datetime(1970, 1, 1)) // timedelta(minutes=1)
    rows = []
    for n in range(snapshots):
        for key in ("1", "2"):
            free = [first + 2880 + 10 * k for k in range(places) if (k * 7 + n // 5) % 3]
            rows.append(PlainRow(begin + n * _QUARTER, key, tuple(free)))
    return seal_rows(portal_id, rows)


def plain_archive(folder: Path, weeks: Sequence[IsoWeek], source: Source = LIVE) -> Path:
    """An archive of sealed weeks without a live part."""
    for week in weeks:
        portals = [plain_portal(portal_id, week) for portal_id in ("amt", "bau")]
        write_week(folder / WEEKS_NAME, week, portals, source)
    return folder


def following(week: IsoWeek, count: int) -> list[IsoWeek]:
    """So many weeks, beginning with one."""
    weeks = [week]
    while len(weeks) < count:
        weeks.append(weeks[-1].following)
    return weeks


def package_of(
    archive: Path, to: Path, weeks: Sequence[IsoWeek], licence: str = ""
) -> PackageReport:
    """Package weeks of an archive."""
    return write_package(
        weeks, lambda w: open_week(archive / WEEKS_NAME, w), to, LegacyLedger(), licence=licence
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows_of(
    package: Path, table: str, week: IsoWeek = WEEK, most: int | None = None
) -> list[dict[str, Any]]:
    """Rows of a Parquet file, the first ones; without what its folders' names say."""
    path = package / parquet_path(table, week)
    rows: list[dict[str, Any]] = pq.ParquetFile(path).read().slice(0, most).to_pylist()
    return rows


def check_standard(package: Path, weeks: Sequence[IsoWeek], most: int = 1000) -> None:
    """Let the standard's own library look at a package.

    It reads Parquet by way of pandas, which turns empty integers into fractions: rows are handed to it as
    they are, at most ``most`` of a file.
    """
    described = Package(str(package / "datapackage.json"))
    assert not list(
        Package.metadata_validate(json.loads((package / "datapackage.json").read_text()))
    )
    assert len(described.resources) == 5 + len(WEEK_TABLES) * len(weeks)
    for resource in described.resources:
        assert resource.path
        assert (package / resource.path).stat().st_size == resource.bytes
        if resource.path.endswith(".csv"):
            assert resource.validate().valid, resource.validate().flatten()
    for table in WEEK_TABLES:
        schema: dict[str, Any] = json.loads((package / f"schemas/{table}.json").read_text())
        for week in weeks:
            rows = rows_of(package, table, week, most)
            if rows:
                seen = Resource(data=rows, schema=Schema.from_descriptor(schema)).validate()
                assert seen.valid, (table, str(week), seen.flatten())
