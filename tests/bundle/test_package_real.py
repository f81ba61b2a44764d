"""The real weeks of the predecessor as a package, where they are at hand."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import duckdb
import pytest

from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.finding import find_bundles
from amtspuls.bundle.importing import import_bundles, load_metadata
from support.packages import check_standard, package_of

pytestmark = pytest.mark.slow

_AFRESH = ("2021-28", "2026-05", "2026-13", "2026-29")
"""Weeks whose published figures began afresh, as a package's do."""


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_five_real_weeks_become_a_package(shared: Path, tmp_path: Path) -> None:
    data = shared / "data" / "office-schedule-data"
    names = load_metadata(data / "raw" / "metadata.json")
    found = find_bundles([data / "raw"])
    reports = import_bundles(found, tmp_path / WEEKS_NAME, names, processes=2)
    weeks = [report.found.week for report in reports]

    report = package_of(tmp_path, tmp_path / "p", weeks)

    assert (len(weeks), report.spans) == (5, sum(one.spans for one in reports))
    package = tmp_path / "p"
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=package, check=True)
    check_standard(package, weeks, most=50)
    published = [
        row for row in _rows(data / "metrics" / "summary-weekly.csv") if row["week"] in _AFRESH
    ]
    ours = _rows(package / "legacy-summary-weekly.csv")
    assert [row for row in ours if row["week"] in _AFRESH] == published
    coverage = {(row["week"], row["portal"]): row for row in _rows(package / "coverage.csv")}
    for row in published:
        told = coverage[row["week"], row["source_id"]]
        assert told["snapshots"] == told["ok"] == row["num_snapshots"]
    # The clocks change in this week: an hour less, and no hole.
    spring = coverage["2026-13", "beckum"]
    assert (spring["planned"], spring["snapshots"], spring["holes"]) == ("668", "668", "0")
    assert coverage["2021-28", "impfthueringen"]["aggregated"] == "true"
    sizes = [path.stat().st_size for path in package.glob("data/*/iso_year=2026/iso_week=05/*")]
    assert sum(sizes) <= 330_000
    for week in (weeks[0], IsoWeek.parse("2026-13")):
        _compare(package, open_week(tmp_path / WEEKS_NAME, week).path, week)


def _compare(package: Path, sealed: Path, week: IsoWeek) -> None:
    """Spans of a week as DuckDB reads them out of the package and out of the sealed files."""
    flat = (
        "SELECT portal, calendar, slot, opened_at, closed_at, from_before, goes_on"
        f" FROM read_parquet('{package}/data/spans/*/*/*.parquet', hive_partitioning = true)"
        f" WHERE iso_year = {week.year} AND iso_week = {week.week}"
    )
    joined = (
        "SELECT s.portal, c.key, make_timestamp(s.slot * 60000000::BIGINT),"
        " make_timestamp(o.taken_at * 1000000), make_timestamp(e.taken_at * 1000000), s.from_before,"
        f" s.goes_on FROM '{sealed}/spans.parquet' s"
        f" JOIN '{sealed}/calendars.parquet' c USING (portal, calendar)"
        f" JOIN '{sealed}/snapshots.parquet' o ON o.portal = s.portal AND o.ordinal = s.opened"
        f" LEFT JOIN '{sealed}/snapshots.parquet' e ON e.portal = s.portal AND e.ordinal = s.closed"
        " WHERE c.copy = 0"
    )
    # A connection of its own: what is left of a query would be in the way of others that share the common one.
    with duckdb.connect() as connection:
        missing, *counts = (
            connection.execute(f"SELECT count(*) FROM ({rows})").fetchall()
            for rows in (f"{joined} EXCEPT ALL {flat}", flat, joined)
        )
    assert missing == [(0,)]
    assert counts[0] == counts[1]
