from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from support.city_archive import make_cities
from support.command import Result, run_command, run_well
from support.measure_archive import make_empty_archive


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_cities(tmp_path / "amtspuls-archive")


def compare(*arguments: str) -> Result:
    return run_well("compare", *arguments)


def test_a_table_has_a_row_for_each_city_and_says_what_to_mind(archive: Path) -> None:
    shown = compare("bielefeld", "BONN", "--service", "Personalausweis", "--archive", str(archive))
    assert "Wait of a person who takes any office of the city (id card)" in shown.out
    bielefeld, bonn = (
        next(line.split() for line in shown.out.splitlines() if line.split()[:1] == [name])
        for name in ("Bielefeld", "Bonn")
    )
    assert bielefeld[:3] == ["Bielefeld", "2", "1.0"]
    assert bonn[:4] == ["Bonn", "1", "2.0", ">"]
    assert "Mind: Different booking systems (smartcjm, tempus)" in shown.out
    assert "week 2026-05, 100 % covered" in shown.out
    assert "amtspuls compare bielefeld BONN --service Personalausweis" in shown.out
    assert "docs/how-to/compare-cities.md" in shown.err


def test_without_a_service_citizen_offices_are_meant(archive: Path) -> None:
    rows = json.loads(compare("bielefeld", "--format", "json").out)
    assert [row["offices"] for row in rows] == [3]
    # The quickest of all is for collecting.
    assert rows[0]["median_first_days"] < 0.1
    assert "All services together" in rows[0]["warnings"]
    same = json.loads(compare("bielefeld", "--kind", "citizen office", "--format", "json").out)
    assert same[0]["median_first_days"] == rows[0]["median_first_days"]
    shown = compare("bielefeld").out
    assert "Wait of a person who takes any calendar of the city (all services" in shown
    assert "quickest calendar" in " ".join(shown.split())
    assert "office," not in shown
    assert archive.is_dir()


def test_csv_has_every_figure_with_its_origin(archive: Path) -> None:
    arguments = ("bonn", "bielefeld", "--service", "id_card", "--format", "csv")
    bonn, bielefeld = csv.DictReader(io.StringIO(compare(*arguments).out))
    assert [bonn["city"], bielefeld["city"]] == ["Bonn", "Bielefeld"]
    assert [bonn["median_third_days"], bonn["zero_share"]] == ["> 64", "0.25"]
    assert bonn["command"] == "amtspuls compare bonn bielefeld --service id_card --format csv"
    assert len(bonn["archive_digest"]) == 12
    assert bonn["coverage"] == "1.0"
    assert archive.is_dir()


def test_markdown_keeps_what_to_mind_apart_from_the_table(archive: Path) -> None:
    shown = compare("bonn", "bielefeld", "--service", "id_card", "--format", "markdown")
    assert "| Bonn | 1 | 2.0 | > 64 | 75.0 | 25.0 |" in shown.out
    assert "\n\nMind: Different booking systems" in shown.out
    assert archive.is_dir()


def test_times_cut_the_range(archive: Path) -> None:
    times = ("--from", "2026-01-26 06:45", "--until", "2026-01-26 07:00")
    (row,) = json.loads(compare("bonn", *times, "--format", "json").out)
    assert [row["moments"], row["zero_share"], row["median_first_days"]] == [1, 1.0, "> 64"]
    assert archive.is_dir()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["kiel"], 2, "the archive holds no portal of Kiel"),
        (["bon"], 2, "nearest: Bonn"),
        (["bonn", "--kind", "moon"], 2, "there are: citizen_office"),
        (["bonn", "--kind", "health"], 2, "of the kind health; it holds: citizen_office"),
        (["bonn", "--service", "Mondfahrt"], 2, "there are: id_card (Personalausweis)"),
        (["bonn", "--least", "80"], 2, "80 % is 0.8"),
        (["bonn", "--from", "2026-02-01", "--until", "2026-01-01"], 2, "is not before"),
        (["bonn", "--from", "2027-01-01"], 1, "no snapshot of the selected portals"),
        (["bonn", "--archive", "elsewhere"], 1, "no archive in elsewhere"),
    ],
)
def test_mistakes_are_told_with_a_way_out(
    archive: Path, arguments: list[str], code: int, said: str
) -> None:
    found = run_command("compare", *arguments)
    assert (found.code, found.out) == (code, "")
    assert said in found.err
    assert archive.is_dir()


def test_an_empty_archive_is_said_to_be_empty(tmp_path: Path) -> None:
    found = run_command("compare", "bonn", "--archive", make_empty_archive(tmp_path / "empty"))
    assert found.code == 1
    assert "holds no snapshot yet" in found.err
    lost = run_command("compare", "bonn", "--archive", tmp_path / "none")
    for other in (found, lost):
        said = " ".join(other.err.split())
        ways = ("snapshot", "import", "replay", "demo")
        assert [f"`amtspuls {way}`" in said for way in ways] == [True] * 4
