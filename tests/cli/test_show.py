"""``amtspuls show``: any past moment, in words that people understand."""

from __future__ import annotations

import csv
import io
import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amtspuls import __version__
from amtspuls.archive.live import open_writer
from amtspuls.catalogue.portal import Portal
from amtspuls.cli.daytables import print_day_tables
from amtspuls.cli.output import Format
from amtspuls.model import Calendar, Covered, Outcome, Slot, Snapshot, View, slot_from_local
from support.portals import run

BONN = Portal(id="bonn", name="Stadt Bonn", system="netappoint", url="https://bonn.example/")
DAY = date(2021, 8, 10)
KFZ, MELDE = Calendar("kfz", "Kfz-Zulassungswesen"), Calendar("melde", "Meldewesen")
AT = datetime(2021, 7, 19, 9, 33, 50, tzinfo=UTC)


def _slot(text: str) -> Slot:
    return slot_from_local(datetime.fromisoformat(text))


def _shot(taken_at: datetime, *views: View, outcome: Outcome = Outcome.OK) -> Snapshot:
    return Snapshot(BONN.id, taken_at, taken_at, outcome, views)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    covered = Covered.from_ranges([(date(2021, 7, 19), date(2021, 9, 1))])
    kfz = View(KFZ, Outcome.OK, covered, (_slot("2021-08-10T07:45"), _slot("2021-08-10T07:50")))
    melde = View(MELDE, Outcome.PARTIAL, Covered.from_days([date(2021, 8, 11)]))
    later = View(KFZ, Outcome.OK, covered, (_slot("2021-08-10T07:50"), _slot("2021-08-12T09:00")))
    captcha = View(MELDE, Outcome.REFUSED, reason="captcha")
    with closing(open_writer(tmp_path / "archive")) as writer:
        writer.store(BONN, _shot(AT, kfz, melde))
        writer.store(BONN, _shot(AT + timedelta(minutes=15), later, captcha))
        writer.store(BONN, _shot(AT + timedelta(minutes=30), outcome=Outcome.UNREACHABLE))
    return tmp_path / "archive"


def digest_in(out: str) -> str:
    (found,) = re.findall(r"data ([0-9a-f]{12});", out)
    return str(found)


def without_origin(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without where they come from, which each of them has to say."""
    keys = ("coverage", "weeks", "version", "archive_digest", "command")
    assert all(row[key] not in (None, "") for row in rows for key in keys)
    return [{key: cell for key, cell in row.items() if key not in keys} for row in rows]


def test_one_day_in_the_form_of_the_seed(capsys: pytest.CaptureFixture[str], archive: Path) -> None:
    code, out, err = run(
        capsys, "show", "bonn", "--at", "2021-07-19 11:33:50", "--day", "2021-08-10",
        "--archive", str(archive), "--format", "markdown",
    )  # fmt: skip
    assert code == 0
    assert out == (
        "|  | Kfz-Zulassungswesen | Meldewesen |\n|:---|:---|:---|\n"
        "| 2021-08-10T07:45:00 | X | ? |\n| 2021-08-10T07:50:00 | X | ? |\n"
        f"\nweek 2021-29, 100 % covered; amtspuls {__version__}; data {digest_in(out)}; amtspuls show bonn"
        " --at '2021-07-19 11:33:50' --day 2021-08-10 --format markdown\n"
    )
    assert "Stadt Bonn (bonn) at 2021-07-19 11:33:50: 2 free slots in 2 calendars" in err


def test_the_newest_snapshot_is_shown_with_its_age(
    capsys: pytest.CaptureFixture[str], archive: Path
) -> None:
    code, out, err = run(capsys, "show", "bonn", "--archive", str(archive), "--format", "json")
    assert code == 0
    assert without_origin(json.loads(out)) == [
        {"day": "2021-08-10", "calendar": KFZ.name, "free": 1, "first": "07:50", "last": "07:50"},
        {"day": "2021-08-12", "calendar": KFZ.name, "free": 1, "first": "09:00", "last": "09:00"},
    ]
    assert "snapshot of 2021-07-19 12:03:50, unreachable" in err
    assert "Kfz-Zulassungswesen: last seen 2021-07-19 11:48:50" in err
    assert "Meldewesen: not known, its newest view was refused" in err
    assert "add --day 2021-08-10" in err


def test_a_portal_that_never_answered_is_not_one_without_free_slots(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with closing(open_writer(tmp_path / "archive")) as writer:
        writer.store(BONN, _shot(AT, outcome=Outcome.UNREACHABLE))
    code, out, err = run(
        *(capsys, "show", "bonn", "--archive", str(tmp_path / "archive"), "--format", "json")
    )
    assert (code, json.loads(out)) == (0, [])
    assert "11:33:50: nothing is known, no calendar has been seen; snapshot of" in err
    assert "free slot" not in err


def test_csv_and_json_name_the_columns(capsys: pytest.CaptureFixture[str], archive: Path) -> None:
    arguments = ["show", "bonn", "--day", "2021-08-12", "--archive", str(archive), "--format"]
    _code, out, _err = run(capsys, *arguments, "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    shown = {"slot": "2021-08-12T09:00:00", "Kfz-Zulassungswesen": "X", "Meldewesen": "?"}
    assert without_origin(rows) == [shown]
    assert list(rows[0])[:3] == list(shown)
    assert rows[0]["command"] == "amtspuls show bonn --day 2021-08-12 --format csv"
    # One of two calendars answered in the newest snapshot but one, and nobody in the newest.
    assert rows[0]["weeks"] == "2021-29"
    assert 0 < float(rows[0]["coverage"]) <= 0.5
    _code, out, _err = run(capsys, *arguments, "json")
    assert without_origin(json.loads(out)) == [
        {"slot": "2021-08-12T09:00:00", "Kfz-Zulassungswesen": "X", "Meldewesen": "?"}
    ]
    _code, out, _err = run(capsys, *arguments, "table")
    assert [line.split() for line in out.splitlines() if ":" in line] == [
        ["2021-08-12T09:00:00", "X", "?"]
    ]


def test_all_days_of_a_snapshot_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    days = [date(2021, 8, 10), date(2021, 8, 12)]
    slots = (_slot("2021-08-10T07:50"), _slot("2021-08-12T09:00"))
    view = View(KFZ, Outcome.OK, Covered.from_days(days), slots)
    print_day_tables([view], Format.CSV)
    assert capsys.readouterr().out == (
        "slot,Kfz-Zulassungswesen\n2021-08-10T07:50:00,X\n"
        "slot,Kfz-Zulassungswesen\n2021-08-12T09:00:00,X\n"
    )


def test_a_day_without_free_slots_says_whether_it_is_known(
    capsys: pytest.CaptureFixture[str], archive: Path
) -> None:
    _code, _out, err = run(capsys, "show", "bonn", "--day", "2021-08-11", "--archive", str(archive))
    assert "2021-08-11: nothing free in 1 calendars, not known of 1" in err


def test_a_moment_long_after_the_newest_snapshot_is_not_passed_off_as_known(
    capsys: pytest.CaptureFixture[str], archive: Path
) -> None:
    def said(at: str) -> str:
        return run(capsys, "show", "bonn", "--at", at, "--archive", str(archive))[2]

    assert "that snapshot is 3 days older than the moment asked for" in said("2021-07-22 12:00")
    assert "that snapshot is 1 hour older" in said("2021-07-19 13:05")
    assert "older" not in said("2021-07-19 13:03")


def test_a_day_that_is_over_says_how_to_see_it(
    capsys: pytest.CaptureFixture[str], archive: Path
) -> None:
    arguments = ("show", "bonn", "--archive", str(archive), "--day")
    hint = 'add --at "2021-07-18 00:00"'
    assert hint in run(capsys, *arguments, "2021-07-18")[2]
    assert "add --at" not in run(capsys, *arguments, "2021-07-19")[2]
    assert "add --at" not in run(capsys, *arguments, "2021-07-18", "--at", "2021-07-19 12:00")[2]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show", "bon"], 2, "the archive knows no portal 'bon'; near: bonn"),
        (["show", "xyz"], 2, "the archive knows no portal 'xyz'; it holds: bonn"),
        (["show", "bonn", "--at", "yesterday"], 2, "'yesterday' is no time"),
        (["show", "bonn", "--day", "10.8."], 2, "'10.8.' is no day"),
        (
            ["show", "bonn", "--at", "2021-07-19 11:33:49"],
            1,
            "no snapshot of bonn at or before 2021-07-19 11:33:49: the first one is of 2021-07-19 11:33:50",
        ),
    ],
)
def test_mistakes(
    capsys: pytest.CaptureFixture[str], archive: Path, arguments: list[str], code: int, words: str
) -> None:
    found, _out, err = run(capsys, *arguments, "--archive", str(archive))
    assert (found, words in err) == (code, True), err


def test_no_archive_at_all(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _out, err = run(capsys, "show", "bonn", "--archive", str(tmp_path / "nothing"))
    assert code == 1
    assert "no archive in" in err


def test_an_archive_without_snapshots(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    open_writer(tmp_path / "empty").close()
    code, _out, err = run(capsys, "show", "bonn", "--archive", str(tmp_path / "empty"))
    assert (code, "holds no snapshot at all" in err) == (2, True)


def test_the_repeated_hour_is_printed_with_its_offset(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with closing(open_writer(tmp_path)) as writer:
        for hour in (0, 1):
            taken_at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
            slots = (_slot("2026-10-26T08:00"),) if hour else ()
            view = View(KFZ, Outcome.OK, Covered.from_days([date(2026, 10, 26)]), slots)
            writer.store(BONN, _shot(taken_at, view))
    for time, printed, free in (
        ("02:30", "02:30:00+02:00", "0 free slots"),
        ("02:30+01:00", "02:30:00+01:00", "1 free slot"),
    ):
        _code, _out, err = run(
            capsys, "show", "bonn", "--at", f"2026-10-25 {time}", "--archive", str(tmp_path)
        )
        assert f"at 2026-10-25 {printed}: {free} in 1 calendar;" in err


def test_migrating_a_current_archive_changes_nothing(
    capsys: pytest.CaptureFixture[str], archive: Path
) -> None:
    code, _out, err = run(capsys, "migrate", "--archive", str(archive))
    assert (code, "has schema" in err) == (0, True)
    assert not list(archive.glob("*.before-*"))


def _seed_table(shared: Path) -> list[list[str]]:
    """Cells of the seed's example table, its heading first."""
    lines = (shared / "SEED.md").read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if "*Führerscheinwesen*" in line)
    table = [line for line in lines[start : start + 62] if line.startswith("|")]
    cells = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in table]
    return [cells[0], *cells[2:]]


def _recorded_bonn(shared: Path) -> Iterator[Snapshot]:
    """The rows of the recorded week around the seed's moment, as snapshots."""
    bundle = shared / "data" / "office-schedule-data" / "raw" / "2021" / "2021-29.tar.gz"
    names = {
        key: Calendar(key, entry["name"])
        for key, entry in json.loads(
            (shared / "data" / "office-schedule-data" / "raw" / "metadata.json").read_text("utf-8")
        )["bonn"]["locations"].items()
    }
    days = Covered.from_ranges([(date(2021, 7, 19), date(2021, 12, 31))])
    with tarfile.open(bundle) as tar:
        member = next(m for m in tar.getmembers() if m.name.endswith("bonn.csv"))
        extracted = tar.extractfile(member)
        assert extracted is not None
        rows = csv.reader(io.TextIOWrapper(extracted, "utf-8"))
        columns = [_slot(text) for text in next(rows)[3:]]
        views: dict[str, list[View]] = {}
        for taken, _source, key, *cells in rows:
            if "2021-07-19T11" <= taken.replace(" ", "T") < "2021-07-19T12":
                slots = tuple(s for s, cell in zip(columns, cells, strict=True) if cell == "1")
                views.setdefault(taken, []).append(View(names[key], Outcome.OK, days, slots))
    for taken, seen in views.items():
        taken_at = datetime.fromisoformat(taken).replace(tzinfo=BONN.zone_info).astimezone(UTC)
        yield _shot(taken_at.replace(microsecond=0), *seen)


def test_the_seed_s_own_table_of_bonn(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, shared: Path
) -> None:
    with closing(open_writer(tmp_path)) as writer:
        for snapshot in _recorded_bonn(shared):
            writer.store(BONN, snapshot)
    code, out, _err = run(
        capsys, "show", "bonn", "--day", "2021-08-10", "--at", "2021-07-19 11:33:50",
        "--archive", str(tmp_path), "--format", "markdown",
    )  # fmt: skip
    lines = out.splitlines()
    lines, origin = lines[:-2], lines[-1]
    assert origin.startswith("week 2021-29, ")
    printed = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert code == 0
    assert [printed[0], *printed[2:]] == _seed_table(shared)
    assert len(lines) == 62
