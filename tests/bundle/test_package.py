"""What a data package holds: every row that was sealed, told so that others can read it."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from amtspuls.analysis.coverage import find_looks
from amtspuls.analysis.evidence import load_portal
from amtspuls.analysis.selection import Selection
from amtspuls.archive.live import open_reader
from amtspuls.archive.sealed.manifest import LIVE, Source
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.rows import free_at
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.package.columns import HIVE_COLUMNS, WEEK_TABLES
from amtspuls.bundle.package.coverage import find_coverage
from amtspuls.bundle.package.describe import parquet_path
from amtspuls.bundle.package.flat import flatten, parquet_bytes
from amtspuls.bundle.package.whole import WHOLE_TABLES
from amtspuls.errors import ConfigError
from amtspuls.model import Covered, Outcome
from support.packages import (
    IMPORT,
    WEEK,
    check_standard,
    files_of,
    fitting,
    following,
    package_of,
    plain_archive,
    plain_portal,
    rows_of,
)
from support.sealed_portals import History, sealed_portals

pytestmark = pytest.mark.slow

EXAMPLES = 100 if os.environ.get("AMTSPULS_ENDURANCE") else 10
EPOCH = datetime(1970, 1, 1)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks of two portals."""
    folder = tmp_path_factory.mktemp("package")
    weeks = following(WEEK, 3)
    package_of(plain_archive(folder / "archive", weeks), folder / "package", weeks)
    return folder / "package"


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def at(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def shown_by(package: Path) -> dict[tuple[datetime, str], set[datetime]]:
    """What each view showed, told by the rules of the README alone."""
    spans = rows_of(package, "spans")
    shown = {}
    for view in rows_of(package, "views"):
        covered = Covered.parse(view["covered"])
        shown[view["taken_at"], view["calendar"]] = {
            span["slot"]
            for span in spans
            if span["calendar"] == view["calendar"]
            and span["slot"].date() in covered
            and span["opened_at"] <= view["taken_at"]
            and (span["closed_at"] is None or view["taken_at"] < span["closed_at"])
        }
    return shown


@settings(max_examples=EXAMPLES, deadline=None)
@given(sealed_portals())
def test_every_view_can_be_rebuilt_by_the_rules_of_the_readme(
    made: tuple[SealedPortal, History],
) -> None:
    portal = fitting(made[0])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_week(folder / WEEKS_NAME, WEEK, [portal], LIVE)
        package_of(folder, folder / "p", [WEEK])

        check_standard(folder / "p", [WEEK])
        got = shown_by(folder / "p")
        views = {
            (row["taken_at"], row["calendar"]): row["outcome"]
            for row in rows_of(folder / "p", "views")
        }
        changes = rows_of(folder / "p", "capacities")

    expected, outcomes = {}, {}
    for ordinal, taken_at in enumerate(portal.snapshots.taken_at.tolist()):
        for number, view in made[1][ordinal].items():
            calendar = portal.calendars[number]
            if not calendar.copy:
                free = free_at(portal, ordinal).get(number, np.empty(0, int))
                outcomes[at(taken_at), calendar.key] = view.outcome
                expected[at(taken_at), calendar.key] = {at(60 * slot) for slot in free.tolist()}
    assert got == expected
    assert views == outcomes
    kept = [not portal.calendars[n].copy for n in portal.capacities.calendar.tolist()]
    assert len(changes) == sum(kept)


@settings(max_examples=EXAMPLES, deadline=None)
@given(sealed_portals())
def test_nothing_of_a_snapshot_is_lost(made: tuple[SealedPortal, History]) -> None:
    portal = fitting(made[0])
    shots = portal.snapshots
    tables = flatten(portal, "live")
    got, calendars, portals = (
        pq.read_table(BytesIO(parquet_bytes(name, [tables[name]]))).to_pylist()
        for name in ("snapshots", "calendars", "portals")
    )

    for number, row in enumerate(got):
        plain = {name: getattr(shots, name)[number] for name in shots._fields}
        for name in ("requests", "bytes", "period_s"):
            plain[name] = None if plain[name] < 0 else plain[name]
        for name in ("taken_at", "finished_at"):
            plain[name] = at(int(plain[name]))
        assert row == {"portal": "amt", **plain}
    assert len(got) == len(shots.taken_at)
    assert calendars == [
        {"portal": "amt", "calendar": c.key, "name": c.name, "services": list(c.services)}
        for c in portal.calendars
        if not c.copy
    ]
    assert [row["aggregated"] for row in portals] == [portal.aggregated]


def test_the_same_weeks_give_the_same_bytes(package: Path, tmp_path: Path) -> None:
    weeks = following(WEEK, 3)
    package_of(plain_archive(tmp_path / "a", weeks), tmp_path / "p", weeks[::-1])

    assert files_of(tmp_path / "p") == files_of(package)


def test_the_checksums_are_those_of_every_file(package: Path) -> None:
    command = ["sha256sum", "--strict", "-c", "SHA256SUMS"]
    seen = subprocess.run(command, cwd=package, capture_output=True, text=True, check=True)

    checked = {line.rpartition(": ")[0] for line in seen.stdout.splitlines()}
    assert checked == files_of(package).keys() - {"SHA256SUMS"}


def test_the_descriptor_keeps_the_standard_and_is_as_old_as_its_data(package: Path) -> None:
    check_standard(package, following(WEEK, 3), most=100)

    said = json.loads((package / "datapackage.json").read_text("utf-8"))
    newest = max(row["taken_at"] for row in rows_of(package, "snapshots", following(WEEK, 3)[-1]))
    assert said["created"] == f"{newest:%Y-%m-%dT%H:%M:%SZ}"
    assert said["version"] == "2026.7.0"
    assert "licenses" not in said
    described = {resource["path"] for resource in said["resources"]}
    texts = {"README.md", "DICTIONARY.md", "SHA256SUMS", "datapackage.json"}
    schemas = {f"schemas/{table}.json" for table in (*WEEK_TABLES, *WHOLE_TABLES)}
    assert files_of(package).keys() == described | texts | schemas


def test_files_have_the_described_columns_and_compact_encodings(package: Path) -> None:
    for table in WEEK_TABLES.values():
        file = pq.ParquetFile(package / parquet_path(table.name, WEEK))
        assert file.schema_arrow.equals(table.arrow_schema)
        group = file.metadata
        for number in range(group.num_columns if group.num_row_groups else 0):
            column = group.row_group(0).column(number)
            assert column.compression == "ZSTD"
    spans = pq.ParquetFile(package / parquet_path("spans", WEEK)).metadata.row_group(0)
    views = [(v["portal"], v["taken_at"], v["calendar"]) for v in rows_of(package, "views")]
    assert views == sorted(views)
    found = {spans.column(n).path_in_schema: spans.column(n).encodings for n in range(8)}
    assert "RLE_DICTIONARY" in found["calendar"]
    assert "DELTA_BINARY_PACKED" in found["slot"]


def test_the_dictionary_tells_every_column(package: Path) -> None:
    text = (package / "DICTIONARY.md").read_text("utf-8")
    for table in (*WEEK_TABLES.values(), *WHOLE_TABLES.values()):
        part = text.partition(f"\n## {table.name}\n")[2].partition("\n## ")[0]
        hive = HIVE_COLUMNS if table.name in WEEK_TABLES else ()
        told = re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)
        assert told == [column.name for column in (*table.columns, *hive)]
        assert all(column.comment for column in table.columns)


def test_the_examples_of_the_readme_run(package: Path) -> None:
    examples = re.findall(
        r"```python\n(.*?)```", (package / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert [re.findall(r"import (\w+)", example)[0] for example in examples] == [
        "duckdb", "polars", "pandas",
    ]  # fmt: skip
    for example in examples:
        command = [sys.executable, "-W", "error", "-c", example]
        seen = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)
        assert seen.returncode == 0, seen.stderr
        assert "amt" in seen.stdout
        assert "bau" in seen.stdout


def test_the_table_of_the_readme_is_that_of_the_files(package: Path) -> None:
    text = (package / "README.md").read_text("utf-8")
    lines = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.partition("\n## Portals")[2].splitlines()
        if line.startswith("|")
    ]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]
    summary, legacy = table_of(package / "summary.csv"), table_of(package / "legacy-summary.csv")
    assert [row["portal"] for row in rows] == ["amt", "bau"]
    for row, own, old in zip(rows, summary, legacy, strict=True):
        for name in ("weeks", "calendars", "snapshots", "spans"):
            assert row[name] == own[name]
        for name in ("changes", "appointments", "cancellations"):
            assert row[f"legacy {name}"] == old[f"num_{name}"]
    spans = sum(len(rows_of(package, "spans", week)) for week in following(WEEK, 3))
    assert f"**{spans:,}** spans" in text
    assert "**3** weeks: 2026-05..2026-07" in text


def coverage_of(
    portal: SealedPortal, folder: Path, source: Source = LIVE, week: IsoWeek = WEEK
) -> Mapping[str, str]:
    write_week(folder / WEEKS_NAME, week, [portal], source)
    package_of(folder, folder / "p", [week])
    return table_of(folder / "p" / "coverage.csv")[0]


def test_coverage_counts_what_was_planned_taken_and_missed(tmp_path: Path) -> None:
    week = IsoWeek.parse("2026-29")
    portal = plain_portal("amt", week, snapshots=672)
    shots = portal.snapshots
    planned = np.full(672, 900, dtype=np.int64)
    outcome = shots.outcome.copy()
    outcome[100:104] = "unreachable"
    outcome[200] = "throttled"
    failing = replace(portal, snapshots=shots._replace(period_s=planned, outcome=outcome))
    row = coverage_of(failing, tmp_path, week=week)

    told = {name: row[name] for name in ("planned", "snapshots", "ok", "unreachable", "holes")}
    assert told == {
        "planned": "672", "snapshots": "672", "ok": "667", "unreachable": "4", "holes": "2",
    }  # fmt: skip
    assert row["longest_hole_min"] == "75"
    assert row["source"] == "live"


@pytest.mark.parametrize("week", ["2026-13", "2026-43"])
def test_a_week_in_which_the_clocks_change_has_an_hour_less_or_more(
    tmp_path: Path, week: str
) -> None:
    portal = plain_portal("amt", IsoWeek.parse(week))
    write_week(tmp_path / WEEKS_NAME, IsoWeek.parse(week), [portal], IMPORT)
    package_of(tmp_path, tmp_path / "p", [IsoWeek.parse(week)])

    planned = table_of(tmp_path / "p" / "coverage.csv")[0]["planned"]
    assert planned == ("668" if week == "2026-13" else "676")


@settings(max_examples=EXAMPLES, deadline=None)
@given(sealed_portals())
def test_the_covered_share_is_that_of_our_measures(made: tuple[SealedPortal, History]) -> None:
    portal = fitting(made[0])
    if not len(portal.snapshots.taken_at):
        return
    got = find_coverage(portal, WEEK, "live").covered_share
    with tempfile.TemporaryDirectory() as name:
        write_week(Path(name) / WEEKS_NAME, WEEK, [portal], LIVE)
        with closing(open_reader(Path(name))) as reader:
            record = reader.portals()[0]
            from_at, until_at = WEEK.bounds(BERLIN)
            evidence = load_portal(reader, record, Selection(from_at=from_at, until_at=until_at))
            seconds = find_looks(evidence).covered.seconds.sum()

    seen = {n for n in np.unique(portal.views.calendar).tolist() if not portal.calendars[n].copy}
    assert got == pytest.approx(seconds / (7 * 86_400 * max(1, len(seen))), abs=1e-4)


def test_what_a_bundle_does_not_tell_is_empty(tmp_path: Path) -> None:
    row = coverage_of(plain_portal("amt", WEEK), tmp_path, IMPORT)

    assert row["source"] == "import"
    assert {row["finished_at"] for row in rows_of(tmp_path / "p", "snapshots")} == {None}
    told = table_of(tmp_path / "p" / "attribution.csv")[0]
    assert told["licence"] == "not stated"
    assert "office-schedule-scraper" in told["recorded_by"]
    assert "licence is not stated" in (tmp_path / "p" / "README.md").read_text("utf-8")


def test_a_licence_is_of_own_records_only(tmp_path: Path) -> None:
    weeks = following(WEEK, 2)
    plain_archive(tmp_path, weeks[:1])
    plain_archive(tmp_path, weeks[1:], IMPORT)

    package_of(tmp_path, tmp_path / "own", weeks[:1], "CC-BY-4.0")
    package_of(tmp_path, tmp_path / "both", weeks, "CC-BY-4.0")

    own, both = (
        json.loads((tmp_path / name / "datapackage.json").read_text()) for name in ("own", "both")
    )
    assert own["licenses"] == [{"name": "CC-BY-4.0"}]
    assert both["sources"][-1]["title"] == "office-schedule-data"
    told = table_of(tmp_path / "both" / "attribution.csv")[0]
    assert told["licence"] == "CC-BY-4.0 (by Amtspuls); not stated (by the predecessor)"
    with pytest.raises(ConfigError, match="no name of a licence"):
        package_of(tmp_path, tmp_path / "none", weeks, "do what you like!")
    assert not (tmp_path / "none").exists()


def test_names_that_pages_made_up_break_no_table(tmp_path: Path) -> None:
    portal = plain_portal("amt", WEEK)
    record = replace(
        portal.record, name="Amt | [x](y)\n# <b>\r\x85", url="https://example.org/a|b)"
    )
    coverage_of(replace(portal, record=record), tmp_path)

    text = (tmp_path / "p" / "README.md").read_text("utf-8")
    assert "\n| amt | Amt \\| \\[x\\](y) # \\<b\\> | tempus |" in text
    for name in ("summary", "legacy-summary"):
        assert table_of(tmp_path / "p" / f"{name}.csv")[0]["name"] == "Amt | [x](y) # <b>  "
    assert rows_of(tmp_path / "p", "portals")[0]["name"] == record.name
    check_standard(tmp_path / "p", [WEEK])


def test_portals_that_were_never_answered_are_told(tmp_path: Path) -> None:
    portal = plain_portal("amt", WEEK, places=0)
    failed = portal.snapshots.outcome.copy()
    failed[:] = Outcome.REFUSED.value
    runs = len(portal.views.first)
    views = portal.views._replace(
        outcome=np.full(runs, "refused", dtype=object), covered=np.full(runs, "", dtype=object)
    )
    row = coverage_of(
        replace(portal, snapshots=portal.snapshots._replace(outcome=failed), views=views),
        tmp_path,
    )

    assert (row["covered_share"], row["refused"], row["holes"]) == ("0.0", "40", "1")
    assert row["longest_hole_min"] == str(7 * 24 * 60)
    assert not table_of(tmp_path / "p" / "legacy-summary.csv")
    check_standard(tmp_path / "p", [WEEK])


def test_a_week_without_any_portal_is_a_package_too(tmp_path: Path) -> None:
    write_week(tmp_path / WEEKS_NAME, WEEK, [], LIVE)
    report = package_of(tmp_path, tmp_path / "p", [WEEK])

    assert (report.portals, report.snapshots, report.spans) == (0, 0, 0)
    assert not rows_of(tmp_path / "p", "spans")
    check_standard(tmp_path / "p", [WEEK])
