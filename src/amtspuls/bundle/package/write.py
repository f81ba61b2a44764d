"""Writing a data package out of sealed weeks, all or nothing.

The same weeks packaged by the same version are the same bytes: nothing in it tells when it was made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.read import SealedWeek
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.package.columns import WEEK_TABLES
from amtspuls.bundle.package.coverage import find_coverage
from amtspuls.bundle.package.describe import (
    csv_bytes,
    descriptor,
    dictionary,
    json_bytes,
    parquet_path,
    schema_path,
    table_schema,
)
from amtspuls.bundle.package.flat import flatten, parquet_bytes
from amtspuls.bundle.package.place import DESCRIPTOR_NAME, Builder, building
from amtspuls.bundle.package.readme import LegacyCounts, readme
from amtspuls.bundle.package.summary import Totals
from amtspuls.bundle.package.whole import (
    ATTRIBUTION,
    COVERAGE,
    LEGACY_SUMMARY,
    LEGACY_WEEKLY,
    SUMMARY,
    WHOLE_TABLES,
)
from amtspuls.errors import ConfigError

_LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")


class LegacyNumbers(Protocol):
    """The predecessor's figures of the packaged weeks; ``analysis.legacy.ledger`` is one."""

    def add(self, week: IsoWeek, portals: Sequence[SealedPortal]) -> None:
        """Take a week; they come ascending."""
        ...

    def counts(self) -> Mapping[str, tuple[int, int, int]]:
        """Changes, appointments and cancellations of each portal."""
        ...

    def weekly_csv(self) -> str:
        """The predecessor's weekly summary."""
        ...

    def summary_csv(self) -> str:
        """The predecessor's summary table."""
        ...


@dataclass(frozen=True, slots=True)
class PackageReport:
    """What a package holds.

    Attributes:
        path: Its folder.
        weeks: Packaged weeks.
        portals: Portals with a snapshot.
        snapshots: Snapshots of all of them.
        spans: Rows of spans.
        size_bytes: Length of all files.
    """

    path: Path
    weeks: tuple[IsoWeek, ...]
    portals: int
    snapshots: int
    spans: int
    size_bytes: int


def write_package(
    weeks: Sequence[IsoWeek],
    load: Callable[[IsoWeek], SealedWeek],
    to: Path,
    legacy: LegacyNumbers,
    *,
    licence: str = "",
    on_week: Callable[[str], None] = lambda _: None,
) -> PackageReport:
    """Write a package; a package of ours that is there is replaced when the new one is whole.

    Args:
        weeks: Which weeks; at least one.
        load: Opens a sealed week.
        to: Folder of the package.
        legacy: Takes the weeks and gives the predecessor's figures.
        licence: What the publisher puts own records under, such as CC-BY-4.0; empty: nothing is said.
        on_week: Called with each week when it is done.

    Raises:
        ConfigError: The licence is no name, or the folder is neither missing, empty nor a package of ours.
        ArchiveError: A week is missing or damaged.
        BundleError: Another process writes to the same place.
        OutputError: The disk is full, or the folder cannot be written; what was there is untouched.
    """
    if licence and not _LICENCE.fullmatch(licence):
        raise ConfigError(f"{licence!r} is no name of a licence: write one like CC-BY-4.0")
    ordered = sorted(set(weeks))
    totals = Totals()
    with building(to) as builder:
        for week in ordered:
            _add_week(builder, load(week), totals, legacy)
            on_week(str(week))
        _add_tables(builder, totals, legacy, licence)
        _add_texts(builder, ordered, totals, legacy, licence)
        _add_descriptions(builder, ordered, totals, licence)
    return PackageReport(
        to,
        tuple(ordered),
        len(totals.portals),
        sum(portal.snapshots for portal in totals.portals),
        sum(portal.spans for portal in totals.portals),
        builder.size_bytes,
    )


def _add_week(builder: Builder, sealed: SealedWeek, totals: Totals, legacy: LegacyNumbers) -> None:
    week, source = sealed.manifest.week, sealed.manifest.source.kind
    portals = [sealed.portal(portal_id) for portal_id in sealed.portal_ids]
    parts: dict[str, list[pa.Table]] = {name: [] for name in WEEK_TABLES}
    for portal in portals:
        tables = flatten(portal, source)
        totals.add(portal, find_coverage(portal, week, source), tables)
        for name, table in tables.items():
            parts[name].append(table)
    for name, found in parts.items():
        builder.add(parquet_path(name, week), parquet_bytes(name, found))
    legacy.add(week, portals)


def _add_tables(builder: Builder, totals: Totals, legacy: LegacyNumbers, licence: str) -> None:
    builder.add("summary.csv", csv_bytes(SUMMARY, (one.cells() for one in totals.portals)))
    builder.add("coverage.csv", csv_bytes(COVERAGE, (one.cells() for one in totals.coverages)))
    builder.add(
        "attribution.csv",
        csv_bytes(ATTRIBUTION, (one.attribution(licence) for one in totals.portals)),
    )
    for name, text in (
        (LEGACY_SUMMARY.name, legacy.summary_csv()),
        (LEGACY_WEEKLY.name, legacy.weekly_csv()),
    ):
        builder.add(f"{name}.csv", text.encode())


def _add_texts(
    builder: Builder, weeks: Sequence[IsoWeek], totals: Totals, legacy: LegacyNumbers, licence: str
) -> None:
    counts = {portal_id: LegacyCounts(*found) for portal_id, found in legacy.counts().items()}
    builder.add("README.md", readme(weeks, totals.portals, counts, licence).encode())
    builder.add("DICTIONARY.md", dictionary().encode())


def _add_descriptions(
    builder: Builder, weeks: Sequence[IsoWeek], totals: Totals, licence: str
) -> None:
    for table in (*WEEK_TABLES.values(), *WHOLE_TABLES.values()):
        builder.add(schema_path(table.name), json_bytes(table_schema(table)))
    said = descriptor(builder, weeks, totals.portals, totals.newest_at, licence)
    builder.add(DESCRIPTOR_NAME, json_bytes(said))
