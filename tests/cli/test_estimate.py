"""``amtspuls estimate`` and ``amtspuls transitions`` on a planted week: two calendars over the same desk."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree

import pyarrow.parquet as pq
import pytest

from amtspuls import __version__
from amtspuls.archive.sealed.manifest import LIVE
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import IsoWeek
from amtspuls.model import slot_from_local
from support.command import run_command, run_well
from support.legacy_weeks import PlainRow, seal_rows
from support.limits import as_nobody

START = datetime(2026, 1, 26, 4, 3)
"""As ``seal_rows`` says it; an hour earlier in winter."""
STEPS = 4 * 40
DAYS = (3, 4, 7)
BOOKED = {30: (3, 9), 34: (4, 10), 41: (7, 8), 52: (3, 11), 130: (4, 14)}
"""Step after which a slot (day, hour) is gone for good."""
HELD = {37: (7, 12), 60: (3, 14), 61: (4, 15)}
"""Step after which one is gone for a single step."""
CANCELLED = {30: 100}
"""Steps after which a booked one is back."""


def _shown(step: int) -> list[datetime]:
    gone = set()
    for at, which in BOOKED.items():
        if at <= step < CANCELLED.get(at, STEPS):
            gone.add(which)
    gone |= {which for at, which in HELD.items() if at == step}
    return [
        datetime(2026, 1, 26, hour) + timedelta(days=day)
        for day in DAYS
        for hour in range(8, 17)
        if (day, hour) not in gone
    ]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    rows = [
        PlainRow(
            START + step * timedelta(minutes=15), key, [slot_from_local(at) for at in _shown(step)]
        )
        for step in range(STEPS)
        for key in ("280/1", "280/2")
    ]
    write_week(folder / "weeks", IsoWeek.parse("2026-05"), [seal_rows("amt", rows)], LIVE)
    return folder


def test_a_booking_in_two_calendars_counts_once_and_a_hold_never(archive: Path) -> None:
    (row,) = json.loads(
        run_well("estimate", "--archive", archive, "--legacy", "--format", "json").out
    )
    assert row["portal"] == "amt"
    assert (row["bookings"], row["cancellations"]) == (len(BOOKED), len(CANCELLED))
    assert row["bookings_low"] <= len(BOOKED) <= row["bookings_high"]
    assert row["legacy_bookings"] > 2 * len(BOOKED)
    assert row["coverage"] == 1
    assert row["command"] == "amtspuls estimate --legacy --format json"


def test_the_old_numbers_of_a_week_are_not_put_beside_a_part_of_it(archive: Path) -> None:
    options = ("estimate", "--archive", archive, "--legacy", "--format", "json")
    found = run_well(*options, "--from", "2026-01-26 12:00", "--until", "2026-01-27")
    (row,) = json.loads(found.out)
    assert row["bookings"] is not None
    assert row["legacy_bookings"] is None
    assert "only for whole sealed weeks" in found.err.replace("\n", " ")
    whole = run_well(*options, "--from", "2026-01-26", "--until", "2026-01-28")
    assert json.loads(whole.out)[0]["legacy_bookings"], "nothing of the week lies outside"


def test_the_old_numbers_of_years_leave_out_weeks_of_which_nothing_is_known(
    archive: Path, tmp_path: Path
) -> None:
    copytree(archive, tmp_path, dirs_exist_ok=True)
    options = ("estimate", "--archive", tmp_path, "--legacy", "--format", "json")
    (alone,) = json.loads(run_well(*options).out)
    later = START + timedelta(weeks=60)
    rows = [PlainRow(later + timedelta(minutes=15 * n), "280/1", ()) for n in range(9)]
    week = IsoWeek.of(later.date())
    write_week(tmp_path / "weeks", week, [seal_rows("amt", rows)], LIVE)
    found = run_well(*options)
    (row,) = json.loads(found.out)
    assert row["legacy_bookings"] == alone["legacy_bookings"]
    assert row["bookings"] is None, "of sixty weeks nearly nothing is covered"
    assert "left out" not in found.err


def test_by_calendar_it_counts_in_each(archive: Path) -> None:
    out = run_well("estimate", "--archive", archive, "--by", "calendar", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["calendar"], float(row["bookings"])) for row in rows] == [
        ("280/1", len(BOOKED)),
        ("280/2", len(BOOKED)),
    ]


def test_by_hour_the_sum_is_the_total(archive: Path) -> None:
    rows = json.loads(
        run_well("estimate", "--archive", archive, "--by", "hour", "--format", "json").out
    )
    assert len(rows) == 24
    assert sum(row["bookings"] or 0 for row in rows) == pytest.approx(len(BOOKED))
    # Step 30 is seven and a half hours after the first one at three minutes past three.
    assert rows[10]["bookings"] == 1


def test_a_portal_without_a_city_is_told_as_unknown(archive: Path) -> None:
    rows = json.loads(
        run_well("estimate", "--archive", archive, "--by", "city", "--format", "json").out
    )
    assert [(row["city"], row["bookings"]) for row in rows] == [("unknown", len(BOOKED))]


def test_too_little_coverage_is_refused_and_not_nought(archive: Path) -> None:
    found = run_well(
        *("estimate", "--archive", archive, "--format", "json"),
        *("--from", "2026-01-26", "--until", "2026-02-02"),
    )
    (row,) = json.loads(found.out)
    assert row["bookings"] is None
    assert row["refused"] == "covered 24 %, under 50 %: no figure"
    assert "covered 24 %, under 50 %: no figure" in run_well(
        *("estimate", "--archive", archive, "--from", "2026-01-26", "--until", "2026-02-02")
    ).out.replace("\n", " ")


def test_an_unknown_grouping_and_reversed_dates_are_refused(archive: Path) -> None:
    for options, said in (
        (("--by", "town"), "cannot be had by 'town'"),
        (("--from", "2026-01-27", "--until", "2026-01-26"), "is not before"),
        (("-i", "nobody"), "no portal in the archive matches 'nobody'"),
    ):
        found = run_command("estimate", "--archive", archive, *options)
        assert found.code != 0
        assert said in found.err


def test_transitions_count_start_times_by_kind(archive: Path) -> None:
    (row,) = json.loads(run_well("transitions", "--archive", archive, "--format", "json").out)
    assert row["booked"] == 2 * len(BOOKED)
    assert row["held"] == row["hold_expired"] == 2 * len(HELD)
    assert row["cancelled"] == 2 * len(CANCELLED)
    assert row["unknown"] == 0
    (estimate,) = json.loads(run_well("estimate", "--archive", archive, "--format", "json").out)
    assert row["coverage"] == estimate["coverage"] > 0
    assert row["archive_digest"] == estimate["archive_digest"]


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_every_change_is_written_with_its_reason(
    archive: Path, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amtspuls.analysis.transition_table._ROWS_AT_ONCE", 3)
    place = tmp_path / f"changes{ending}"
    run_well("transitions", "--archive", archive, "--out", place)
    if ending == ".parquet":
        table = pq.read_table(place)
        assert table.schema.metadata[b"amtspuls.command"] == (
            b"amtspuls transitions --out changes.parquet"
        )
        weeks = json.loads(run_well("transitions", "--archive", archive, "--format", "json").out)
        assert table.schema.metadata[b"amtspuls.weeks"].decode() == weeks[0]["weeks"]
        rows = table.to_pylist()
        booked = [row for row in rows if row["kind"] == "booked"]
        assert len({row["episode"] for row in booked}) == len(BOOKED)
        assert all(row["seen_at"] < row["at"] for row in booked)
    else:
        rows = list(csv.DictReader(io.StringIO(place.read_text("utf-8"))))
        (origin,) = {(row["weeks"], row["version"], row["command"]) for row in rows}
        assert origin[1:] == (__version__, "amtspuls transitions --out changes.csv")
        assert all(row["archive_digest"] and 0 < float(row["coverage"]) <= 1 for row in rows)
    kinds = Counter((row["kind"], row["reason"]) for row in rows)
    assert kinds["booked", "stays-away"] == 2 * len(BOOKED)
    assert kinds["held", "comes-back"] == 2 * len(HELD)


def test_changes_go_to_no_other_ending_and_leave_nothing_half_written(
    archive: Path, tmp_path: Path
) -> None:
    found = run_command("transitions", "--archive", archive, "--out", tmp_path / "changes.xlsx")
    assert found.code == 2
    assert ".parquet or .csv" in found.err
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with as_nobody():
        found = run_command("transitions", "--archive", archive, "--out", locked / "changes.csv")
    assert found.code == 1
    assert not list(locked.iterdir())
