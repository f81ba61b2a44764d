from __future__ import annotations

import csv
import io
import json
import re
import shlex
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from amtspuls import __version__
from amtspuls.analysis.measures import MEASURES
from amtspuls.archive.live import open_writer
from amtspuls.model import Outcome, Snapshot
from support.command import run_well
from support.measure_archive import KIEL, make_archive, make_empty_archive
from support.portals import run
from support.tiny_archive import utc


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return str(make_archive(tmp_path / "amtspuls-archive"))


def test_without_a_name_the_measures_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "measure", "--format", "csv")
    assert code == 0
    names = [row["measure"] for row in csv.DictReader(io.StringIO(out))]
    assert names == list(MEASURES)
    assert {"activity", "wait"} <= set(names)


def test_json_has_every_column_of_each_portal(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "measure", "activity", "--archive", archive, "--format", "json")
    assert (code, err) == (0, "")
    bonn, kiel = json.loads(out)
    assert re.fullmatch("[0-9a-f]{12}", bonn["archive_digest"])
    figures = {column.key: bonn.pop(column.key) for column in MEASURES["activity"].columns}
    assert figures.pop("refused") == ""
    assert all(isinstance(figure, int | float) for figure in figures.values())
    assert bonn == {
        "portal": "bonn",
        "coverage": 1.0,
        "snapshots": 5,
        "from": "2026-01-26 06:00:00+01:00",
        "until": "2026-01-26 07:15:00+01:00",
        "rule": MEASURES["activity"].rule,
        "provisional": True,
        "weeks": "2026-05",
        "version": __version__,
        "archive_digest": kiel["archive_digest"],
        "command": "amtspuls measure activity --format json",
    }
    assert (kiel["portal"], kiel["snapshots"], round(kiel["coverage"], 3)) == ("kielsw", 5, 0.833)


def test_a_table_has_a_sentence_and_the_small_print_beside_it(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "measure", "wait", "-i", "bonn")
    assert code == 0
    assert ", local time. Rule " in err
    assert "How long is the wait" in out
    assert "> 9" in out
    said = "median wait 1.0 days (third free slot > 9; looked 9.7 days ahead), measured in 100 %"
    assert said in err
    assert "local time. Rule free-starts-1: " in err
    assert archive


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_table_that_is_copied_keeps_its_origin(
    archive: str, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    code, out, _ = run(
        capsys, "measure", "wait", "--archive", archive, "-i", "b*", "--format", form
    )
    assert code == 0
    line = out.splitlines()[-1]
    assert line.startswith(f"week 2026-05, 100 % covered; amtspuls {__version__}; data ")
    assert "; amtspuls measure wait -i 'b*'" in line


def test_csv_stays_plain_rows_and_its_command_gives_it_again(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["measure", "wait", "--from", "2026-01-26 06:15", "--format", "csv"]
    code, out, _ = run(capsys, *asked, "--archive", archive)
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 2
    assert all(None not in row and None not in row.values() for row in rows)
    words = shlex.split(rows[0]["command"])
    assert words[0] == "amtspuls"
    _, again, _ = run(capsys, *words[1:], "--archive", archive)
    assert again == out


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_explains_itself_without_an_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "measure", name, "--explain")
    assert (code, err) == (0, "")
    words = " ".join(out.split())
    measure = MEASURES[name]
    texts = [measure.question, measure.source, *measure.formula.splitlines(), *measure.caveats]
    for text in [*texts, *(column.key for column in measure.columns)]:
        assert " ".join(text.split()) in words
    _, table, _ = run(capsys, "measure", name, "--explain", "--format", "csv")
    parts = [row["part"] for row in csv.DictReader(io.StringIO(table))]
    assert set(parts) == {
        "question", "formula", "column", "source", "caveat", "by", "rule", "more",
    }  # fmt: skip
    assert parts.count("column") == len(measure.columns)


def test_hours_and_shares_are_shown_for_people(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["measure", "booking-times", "--archive", archive, "-i", "bonn"]
    code, out, _ = run(capsys, *arguments, "--format", "markdown")
    assert code == 0
    (six,) = [line for line in out.splitlines() if line.startswith("| 06:00 |")]
    # Bookings, their share of all in per cent, covered hours, bookings per hour, none untimed.
    assert six == "| 06:00 | 1 | 100.0 | 1.0 | 1.0 | 0 | 100 | 4 |"


def test_times_are_local_and_cut_the_range(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["measure", "activity", "--archive", archive, "--by", "all", "--format", "json"]
    times = ["--from", "2026-01-26 06:30", "--until", "2026-01-26T07:00"]
    code, out, _ = run(capsys, *arguments, "-i", "bonn", *times)
    assert code == 0
    (row,) = json.loads(out)
    assert [row["from"], row["until"]] == ["2026-01-26 06:30:00+01:00", "2026-01-26 07:00:00+01:00"]
    # What vanished at 06:30 is back at 07:00: it was held, and what is known after the range tells.
    assert [row["bookings"], row["cancellations"], row["snapshots"]] == [0, 0, 2]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["waiting"], 2, "did you mean wait"),
        (["wait", "--by", "moon"], 2, "it can by: portal, all, calendar"),
        (["wanted-times", "--by", "portal"], 2, "it can by: hour, weekday, all"),
        (["wait", "-i", "kielws"], 2, "nearest: kielsw"),
        (["wait", "-i", "bonn", "-e", "*"], 2, "no portal in the archive passes"),
        (["wait", "--system", "smart"], 2, "there are: tempus, tevis"),
        (
            ["wait", "--from", "2026-01-27", "--until", "2026-01-26"],
            2,
            "--from 2026-01-27 is not before --until 2026-01-26",
        ),
        (["wait", "--from", "soon"], 2, "'soon' is no time"),
        (["wait", "--from", "2027-01-01"], 1, "the archive holds them from 2026-01-26 06:00"),
        (["wait", "--archive", "elsewhere"], 1, "no archive in elsewhere"),
    ],
)
def test_mistakes_are_told_with_a_way_out(
    archive: str,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    got, out, err = run(capsys, "measure", *arguments)
    assert (got, out) == (code, "")
    assert said in err
    assert archive


def test_an_empty_archive_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_empty_archive(tmp_path / "empty")
    code, _, err = run(capsys, "measure", "wait", "--archive", str(folder))
    assert code == 1
    assert "holds no snapshot yet" in err


def test_of_an_office_that_nobody_asked_nothing_is_known(tmp_path: Path) -> None:
    folder = make_archive(tmp_path)
    later = utc("2026-03-02 05:00")
    with closing(open_writer(folder)) as archive:
        for step in range(3):
            at = later + timedelta(minutes=15 * step)
            archive.store(KIEL, Snapshot("kielsw", at, at, Outcome.OK, period_s=900))
    shown = run_well(
        "measure", "activity", "--by", "portal", "--from", "2026-03-02", "--format", "json",
        "--archive", folder,
    )  # fmt: skip
    (kiel,) = json.loads(shown.out)
    assert "not asked in this range: 1 portal" in shown.err
    assert (kiel["portal"], kiel["bookings"], kiel["snapshots"]) == ("kielsw", None, 3)
    assert kiel["refused"] == "covered 0 %, under 50 %: no figure"


@pytest.mark.parametrize("form", ["csv", "json"])
def test_who_was_not_asked_has_no_row_and_who_failed_has_one(
    archive: str, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """After 07:15 only Kiel was asked, and did not answer."""
    for name in ("activity", "coverage"):
        arguments = ["measure", name, "--archive", archive, "--by", "portal", "--format", form]
        times = ["--from", "2026-01-26 07:15", "--until", "2026-01-26 07:30"]
        code, out, err = run(capsys, *arguments, *times)
        assert (code, err) == (0, "not asked in this range: 1 portal of the archive\n")
        rows = json.loads(out) if form == "json" else list(csv.DictReader(io.StringIO(out)))
        assert [row["portal"] for row in rows] == ["kielsw"]
        assert [float(row["coverage"]) for row in rows] == [0.0]
