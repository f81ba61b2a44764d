"""``amtspuls.open``: tables out of live and sealed weeks, the same before and after sealing."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import amtspuls
from amtspuls.api import Archive
from amtspuls.archive.frames import SCHEMAS
from amtspuls.archive.live import open_writer
from amtspuls.errors import ArchiveError, ConfigError
from amtspuls.model import (
    Calendar,
    Covered,
    Outcome,
    Slot,
    Snapshot,
    View,
    local_from_slot,
    utc_from_slot,
)
from support.histories import BERLIN, OTHER, PORTAL, made_up
from support.sealing import seal

LATE = datetime(2027, 6, 1, tzinfo=UTC)
FIRST_AT = made_up(1)[0].taken_at


def _shown(week: int) -> list[Snapshot]:
    """A morning of the first or the second week, with slots of that week and the one after it."""
    return [_later(snapshot, 7 * week) for snapshot in made_up(12, seed=week, slots=12)]


def _later(snapshot: Snapshot, days: int) -> Snapshot:
    at = snapshot.taken_at + timedelta(days=days)
    covered = Covered.from_ranges([(at.date(), at.date() + timedelta(days=14))])
    views = tuple(
        replace(
            view,
            covered=covered,
            slots=tuple(
                Slot(slot + (days + 7 * (n % 2)) * 1440) for n, slot in enumerate(view.slots)
            ),
        )
        for view in snapshot.views
    )
    views = tuple(replace(view, slots=tuple(sorted(view.slots))) for view in views)
    return Snapshot(PORTAL.id, at, at, Outcome.OK, views, 7, 70, 900, "tempus/1")


def _fill(folder: Path) -> None:
    with closing(open_writer(folder)) as writer:
        for week in range(2):
            for snapshot in _shown(week):
                writer.store(PORTAL, snapshot)
        at = FIRST_AT + timedelta(days=9)
        writer.store(PORTAL, Snapshot(PORTAL.id, at, at, Outcome.UNREACHABLE, reason="time-out"))
        refused = View(Calendar("zählung", "Z"), Outcome.REFUSED, reason="captcha")
        writer.store(OTHER, Snapshot(OTHER.id, FIRST_AT, FIRST_AT, Outcome.PARTIAL, (refused,)))


@pytest.fixture(scope="module", params=["live", "half", "sealed"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp(request.param) / "archive"
    _fill(place)
    if request.param != "live":
        seal(place, LATE if request.param == "sealed" else FIRST_AT + timedelta(days=8))
    return place


def _ahead(snapshot: Snapshot) -> int:
    """Slots that the snapshot shows and that have not begun."""
    at = snapshot.taken_at
    return sum(utc_from_slot(slot, BERLIN) > at for view in snapshot.views for slot in view.slots)


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def test_tables_have_the_documented_columns_and_lose_nothing(folder: Path) -> None:
    with amtspuls.open(folder) as archive:
        tables = {
            name: getattr(archive, name)()
            for name in ("portals", "calendars", "snapshots", "views", "spans")
        }
    for name, table in tables.items():
        assert table.schema.equals(SCHEMAS[name]), name
    assert [row["portal"] for row in _rows(tables["portals"])] == ["demo", "other"]
    assert tables["calendars"].column("services").to_pylist()[0] == ["Anliegen"]
    snapshots = _rows(tables["snapshots"])
    assert len(snapshots) == 26
    [failed] = [row for row in snapshots if row["outcome"] == "unreachable"]
    assert (failed["reason"], failed["period_s"]) == ("time-out", None)
    assert snapshots[0]["taken_at"] == FIRST_AT
    assert snapshots[0]["taken_local"] == datetime(2026, 1, 26, 6)
    views = _rows(tables["views"])
    assert len(views) == 2 * 12 * 3 + 1
    assert views[-1]["free"] is None
    assert (views[-1]["reason"], views[-1]["calendar"]) == ("captcha", "zählung")
    assert sum(row["opened"] for row in snapshots) == tables["spans"].num_rows
    assert all(
        row["closed_at"] is None or row["closed_at"] >= row["opened_at"]
        for row in _rows(tables["spans"])
    )


def test_filters_pick_portals_calendars_times_and_weeks(folder: Path) -> None:
    with amtspuls.open(folder) as archive:
        assert archive.calendars("dem*", ["k0", "k2"]).num_rows == 2
        assert archive.portals("nobody").num_rows == 0
        assert archive.snapshots(weeks="2026-06").num_rows == 13
        assert archive.snapshots(weeks=["2026-05", "2026-06"]).num_rows == 26
        assert archive.snapshots(weeks=[]).num_rows == 0
        assert (
            archive.snapshots(
                "demo", from_at="2026-01-26 06:15", until_at="2026-01-26T06:45"
            ).num_rows
            == 2
        )
        naive = datetime(2026, 1, 26, 6, 15)
        assert (
            archive.snapshots(
                "demo", from_at=naive, until_at=FIRST_AT + timedelta(hours=1)
            ).num_rows
            == 3
        )
        assert archive.views("demo", "k1", weeks="2026-05").num_rows == 12
        every = archive.spans("demo", "k1").num_rows
        first = archive.spans("demo", "k1", weeks="2026-05").num_rows
        second = archive.spans("demo", "k1", weeks="2026-06").num_rows
        assert 0 < first < every <= first + second
        with pytest.raises(ConfigError, match="no week"):
            archive.spans(weeks="May")
        for table in (archive.snapshots, archive.views, archive.spans):
            with pytest.raises(ConfigError, match=r"2026-02-03.*lies after.*2026-02-02.*exchange"):
                table(from_at="2026-02-03", until_at="2026-02-02")
        assert archive.views(from_at="2026-01-27", until_at="2026-01-27").num_rows == 0
        with pytest.raises(ConfigError, match="no time"):
            archive.spans(from_at="yesterday")


def test_any_moment_can_be_rebuilt(folder: Path) -> None:
    shown = _shown(0)
    with amtspuls.open(folder) as archive:
        table = archive.free_slots("demo", shown[4].taken_at)
        assert table.num_rows == _ahead(shown[4])
        assert set(table.column("known").to_pylist()) == {True}
        assert archive.free_slots("demo").num_rows >= 0
        assert archive.free_slots("demo", FIRST_AT - timedelta(days=1)).num_rows == 0
        with pytest.raises(ConfigError, match="knows no portal"):
            archive.free_slots("nobody")


def test_weeks_and_single_calendars_can_be_had(folder: Path) -> None:
    with amtspuls.open(folder) as archive:
        assert archive.weeks() == ["2026-05", "2026-06"]
        assert archive.weeks("other") == ["2026-05"]
        every, one = archive.wide("demo", "2026-05"), archive.wide("demo", "2026-05", "k[1]")
        assert one.column_names == every.column_names
        assert set(one.column("location_id").to_pylist()) == {"k1"}
        assert one.num_rows == 12


def test_wide_is_the_frame_of_the_bundle(folder: Path) -> None:
    with amtspuls.open(folder) as archive:
        table = archive.wide("demo", "2026-06")
        assert table.column_names[:2] == ["date", "location_id"]
        rows = iter(_rows(table))
        for snapshot in _shown(1):
            for view in snapshot.views:
                row = next(rows)
                local = snapshot.taken_at + timedelta(hours=1)
                assert row.pop("date") == local.replace(tzinfo=None)
                assert row.pop("location_id") == view.calendar.key
                assert [name for name, free in row.items() if free] == [
                    f"{local_from_slot(slot)}"
                    for slot in view.slots
                    if utc_from_slot(slot, BERLIN) > snapshot.taken_at
                ]
        assert next(rows, None) is None
        first = archive.wide("demo", "2026-05")
        free = sum(sum(first.column(name).to_pylist()) for name in first.column_names[2:])
        assert free == sum(map(_ahead, _shown(0)))
        with pytest.raises(ConfigError, match="no snapshot of demo in week 2026-09"):
            archive.wide("demo", "2026-09")


def test_there_must_be_an_archive_and_opening_is_lazy(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no archive"):
        amtspuls.open(tmp_path)
    code = "import sys, amtspuls; print('pyarrow' in sys.modules, amtspuls.open)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("False")
    assert Archive.__doc__
