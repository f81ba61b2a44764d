"""``amtspuls sql`` as a user runs it."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from amtspuls.archive.live import open_writer
from amtspuls.model import Calendar, Covered, Outcome, Snapshot, View, slot_from_local
from support.command import run_command, run_well
from support.histories import PORTAL

SLOT = slot_from_local(datetime(2026, 2, 3, 9, 0))
DAYS = Covered.from_days([datetime(2026, 2, 3).date()])


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A calendar with a slot that vanishes."""
    folder = tmp_path / "archive"
    with closing(open_writer(folder)) as writer:
        for hour, slots in ((8, (SLOT,)), (9, ())):
            taken = datetime(2026, 2, 2, hour, 0, tzinfo=UTC)
            calendar = Calendar("7/70", "Bürgerbüro", ("Reisepass", "Führungszeugnis"))
            view = View(calendar, Outcome.OK, DAYS, slots)
            writer.store(PORTAL, Snapshot(PORTAL.id, taken, taken, Outcome.OK, (view,)))
    return folder


QUERY = "SELECT s.calendar, name, services, opened_at, ended FROM spans s JOIN calendars USING (portal, calendar)"


def test_every_format_tells_the_same(archive: Path, tmp_path: Path) -> None:
    row = {
        "calendar": "7/70",
        "name": "Bürgerbüro",
        "services": ["Reisepass", "Führungszeugnis"],
        "opened_at": "2026-02-02 08:00:00",
        "ended": "vanished",
    }
    asked = ("sql", QUERY, "--archive", str(archive))
    assert json.loads(run_well(*asked, "--format", "json").out) == [row]
    (read,) = csv.DictReader(io.StringIO(run_well(*asked, "--format", "csv").out))
    assert read | {"services": json.loads(read["services"])} == row
    shown = run_well(*asked).out
    assert "Bürgerbüro" in shown
    assert "vanished" in shown
    for form in ("csv", "json"):
        run_well(*asked, "--format", form, "--out", str(tmp_path / form))
        assert (tmp_path / form).read_text() == run_well(*asked, "--format", form).out
    run_well(*asked, "--format", "parquet", "--out", str(tmp_path / "rows.parquet"))
    (kept,) = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert kept | {"opened_at": str(kept["opened_at"])} == row


def test_no_rows_are_an_answer(archive: Path) -> None:
    asked = ("sql", "SELECT portal FROM spans WHERE false", "--archive", str(archive))
    assert json.loads(run_well(*asked, "--format", "json").out) == []
    assert run_well(*asked, "--format", "csv").out == "portal\n"


def test_a_table_shows_the_first_rows_and_says_so(archive: Path) -> None:
    result = run_command("sql", "SELECT * FROM range(250) AS r(number)", "--archive", str(archive))
    assert result.code == 0
    assert "\n     99 \n" in result.out or " 99" in result.out
    assert "100" not in result.out
    assert "--format csv" in result.err


def test_the_schema_needs_no_archive() -> None:
    rows = json.loads(run_well("sql", "--schema", "--format", "json").out)
    assert {"table", "column", "type", "meaning"} == set(rows[0])
    assert any(row["table"] == "spans" and row["column"] == "closed_at" for row in rows)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("SELECT nam FROM portals",), "name"),
        (("DELETE FROM portals",), "only SELECT"),
        (("SELECT 1; SELECT 2",), "one statement"),
        (("",), "the query is empty"),
        ((), "name one SELECT"),
        (("SELECT 1", "--schema"), "name one SELECT"),
        (("SELECT 1", "--format", "parquet"), "--out FILE"),
        (("--schema", "--format", "parquet"), "table, csv or json"),
    ],
)
def test_mistakes_are_told(archive: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run_command("sql", *arguments, "--archive", str(archive))
    assert result.code == 2
    assert said in result.err
    assert "Traceback" not in result.err
    assert not result.out


def test_a_file_that_cannot_be_written_stays_as_it_was(archive: Path, tmp_path: Path) -> None:
    result = run_command(
        "sql",
        "SELECT 1",
        "--format",
        "csv",
        "--out",
        str(tmp_path / "no" / "x.csv"),
        "--archive",
        str(archive),
    )
    assert result.code == 1 or (tmp_path / "no" / "x.csv").read_text() == "1\n1\n"
    out = tmp_path / "rows.csv"
    out.write_text("before")
    failing = "SELECT CASE WHEN number = 9999 THEN error('no') ELSE 'x' END FROM range(10000) AS r(number)"
    result = run_command(
        "sql", failing, "--format", "csv", "--out", str(out), "--archive", str(archive)
    )
    assert result.code == 2
    assert out.read_text() == "before"


def test_without_an_archive_it_says_so(tmp_path: Path) -> None:
    result = run_command("sql", "SELECT 1", "--archive", str(tmp_path / "none"))
    assert result.code == 1
    assert "no archive" in result.err
