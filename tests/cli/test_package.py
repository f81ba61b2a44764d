"""``amtspuls package``: which weeks it takes, what it says, what it refuses."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.archive.live import open_writer
from amtspuls.archive.sealed.manifest import LIVE
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.package.choose import WeekRange, say_weeks
from amtspuls.errors import ConfigError
from support.command import Result, run_command, run_well
from support.histories import PORTAL, made_up
from support.packages import (
    WEEK,
    check_standard,
    files_of,
    following,
    plain_archive,
    plain_portal,
    rows_of,
)
from support.sealing import seal

WEEKS = st.dates().map(IsoWeek.of)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2026-05, 2026-06 and 2026-08, all sealed."""
    weeks = following(WEEK, 4)
    return plain_archive(tmp_path_factory.mktemp("archive"), [*weeks[:2], weeks[3]])


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2026-05 and 2026-06 sealed; 2026-07 over, but not sealed; 2026-09 running."""
    folder = tmp_path_factory.mktemp("live")
    with closing(open_writer(folder)) as writer:
        for week in (0, 1, 2, 4):
            for snapshot in made_up(20, seed=week):
                at = snapshot.taken_at + timedelta(days=7 * week)
                moved = type(snapshot)(PORTAL.id, at, at, snapshot.outcome, (), 3, 5, 900, "t/1")
                writer.store(PORTAL, moved)
    seal(folder, datetime(2026, 3, 1, tzinfo=UTC), until=IsoWeek.parse("2026-06"))
    return folder


def packaged(package: Path) -> list[str]:
    """Weeks of a package."""
    names = [path.parts[-3:-1] for path in package.glob("data/spans/*/*/*.parquet")]
    return sorted(f"{year[-4:]}-{week[-2:]}" for year, week in names)


def refused(*arguments: object) -> str:
    result = run_command("package", *arguments)
    assert result.code == 2
    assert not result.out
    return result.err


def test_all_sealed_weeks_are_packaged_and_summed_up(archive: Path, tmp_path: Path) -> None:
    result = run_well("package", "--archive", archive, "--to", tmp_path / "p")

    assert packaged(tmp_path / "p") == ["2026-05", "2026-06", "2026-08"]
    assert result.out == ""
    assert "3 weeks, 2 portals, 240 snapshots" in result.err
    size = sum(map(len, files_of(tmp_path / "p").values()))
    assert f", {size / 1000:,.0f} kB" in result.err
    assert "2026-05..2026-06, 2026-08" in (tmp_path / "p" / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("2026-05", ["2026-05"]),
        ("2026-06..2026-10", ["2026-06", "2026-08"]),
        ("2026-06..", ["2026-06", "2026-08"]),
        ("..2026-06", ["2026-05", "2026-06"]),
    ],
)
def test_a_range_takes_the_weeks_in_it(
    archive: Path, tmp_path: Path, text: str, weeks: list[str]
) -> None:
    run_well("package", "--weeks", text, "--archive", archive, "--to", tmp_path / "p")
    assert packaged(tmp_path / "p") == weeks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-07", "no sealed week in 2026-07: there are 2026-05..2026-06, 2026-08"),
        ("2027-01..", "no sealed week in 2027-01..: there are"),
        ("2026-08..2026-05", "2026-08..2026-05: ends before it begins; write 2026-05..2026-08"),
        ("2026-54", "'2026-54' is no week"),
        ("2026-5..2026-08", "'2026-5' is no week"),
        ("spring", "'spring' is no week"),
        ("2026-05...2026-06", "'.2026-06' is no week"),
        ("..", "names no week: write a range like 2026-05..2026-12"),
        ("", "names no week: write a range like 2026-05..2026-12"),
    ],
)
def test_other_ranges_are_refused(archive: Path, tmp_path: Path, text: str, said: str) -> None:
    err = refused("--weeks", text, "--archive", archive, "--to", tmp_path / "p")

    assert said in err
    assert not list(tmp_path.iterdir())


def test_weeks_that_are_not_sealed_are_named_and_left_out(live: Path, tmp_path: Path) -> None:
    result = run_well("package", "--archive", live, "--to", tmp_path / "p")

    assert packaged(tmp_path / "p") == ["2026-05", "2026-06"]
    assert "not sealed yet, so left out: 2026-07, 2026-09 (`amtspuls seal`" in result.err
    check_standard(tmp_path / "p", [IsoWeek.parse("2026-05"), IsoWeek.parse("2026-06")])
    shots = rows_of(tmp_path / "p", "snapshots", IsoWeek.parse("2026-06"))
    assert {(shot["requests"], shot["period_s"]) for shot in shots} == {(3, 900)}
    again = run_well("package", "--weeks", "..2026-06", "--archive", live, "--to", tmp_path / "q")
    assert "left out" not in again.err


def test_a_week_that_is_being_sealed_is_not_packaged_yet(live: Path, tmp_path: Path) -> None:
    shutil.copytree(live, tmp_path / "a")
    week = IsoWeek.parse("2026-07")
    write_week(tmp_path / "a" / WEEKS_NAME, week, [plain_portal("amt", week)], LIVE)
    result = run_well("package", "--archive", tmp_path / "a", "--to", tmp_path / "p")

    assert packaged(tmp_path / "p") == ["2026-05", "2026-06"]
    assert "left out: 2026-07, 2026-09" in result.err


def test_only_weeks_that_are_not_sealed_are_an_error(live: Path, tmp_path: Path) -> None:
    err = refused("--weeks", "2026-07..", "--archive", live, "--to", tmp_path / "p")

    assert "no week of 2026-07.. is sealed" in err
    assert "`amtspuls seal`" in err


def test_an_archive_without_sealed_weeks_says_how_to_get_them(tmp_path: Path) -> None:
    open_writer(tmp_path / "a").close()
    err = refused("--archive", tmp_path / "a", "--to", tmp_path / "p")

    assert "no week is sealed" in err
    assert "amtspuls import" in err
    missing: Result = run_command("package", "--archive", tmp_path / "b", "--to", tmp_path / "p")
    assert (missing.code, "no archive in" in missing.err) == (1, True)


def test_somebody_elses_folder_is_left_alone(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    err = refused("--archive", archive, "--to", tmp_path)

    assert f"{tmp_path} is no package of ours" in err
    assert files_of(tmp_path) == {"notes": b"mine"}


@given(WEEKS, WEEKS)
def test_every_range_in_order_is_read(one: IsoWeek, other: IsoWeek) -> None:
    first, last = sorted((one, other))
    wanted = WeekRange.parse(f"{first}..{last}")

    assert (first in wanted, last in wanted) == (True, True)
    assert WeekRange.parse(str(wanted)) == wanted
    if first != last:
        assert last not in WeekRange.parse(f"..{first}")
        with pytest.raises(ConfigError, match="ends before it begins"):
            WeekRange.parse(f"{last}..{first}")


@given(st.sets(st.integers(0, 60)))
def test_weeks_are_told_in_few_words(numbers: set[int]) -> None:
    many = following(IsoWeek.parse("2025-40"), 62)
    weeks = [many[number] for number in sorted(numbers)]

    ranges = [WeekRange.parse(part) for part in say_weeks(weeks).split(", ") if weeks]
    assert [week for week in many if any(week in part for part in ranges)] == weeks
    assert sum(n - 1 not in numbers for n in numbers) == len(ranges)
