from __future__ import annotations

from pathlib import Path

import pytest

from amtspuls.charts.registry import PICTURES
from support.city_archive import make_cities
from support.command import run_command, run_well
from support.measure_archive import make_archive
from support.pictures import unwrapped
from support.portals import run


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "1 portal: bonn"), ("de", "1 Portal: bonn · Woche 2026-05 · Ortszeit")],
)
def test_a_picture_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, said: str
) -> None:
    archive = str(make_archive(tmp_path / "a"))
    out = tmp_path / "activity.svg"
    arguments = ["plot", "activity", "--archive", archive, "--out", str(out), "-i", "bonn"]
    code, _, err = run(capsys, *arguments, "--until", "2026-01-26 07:00", "--lang", lang)
    assert code == 0
    assert str(out) in err
    assert said in out.read_text()


def test_without_a_name_the_pictures_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, shown, _ = run(capsys, "plot")
    assert code == 0
    for name in PICTURES:
        assert name in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("activity", "--out", "a.gif"), "a picture ends in .png, .svg, .html or .json"),
        (("pulse", "--out", "a.png"), "there are: activity"),
        (("activity",), "say where the picture goes: amtspuls plot activity --out activity.png"),
        (("activity", "--out", "a.png", "--lang", "fr"), "--lang takes en or de"),
        (("activity", "--out", "a.png", "--rule", "sead"), "--rule takes seed or successor"),
        (("coverage", "--out", "a.png", "--rule", "seed"), "the picture coverage takes no --rule"),
    ],
)
def test_mistakes_are_told_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = run(capsys, "plot", *arguments, "--archive", "nowhere")
    assert code == 2
    assert said in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("-i", "bon"), 2, "nearest: bonn"),
        (("--from", "2026-02-01", "--until", "2026-01-01"), 2, "is not before"),
        (("--from", "2031-01-01"), 1, "no snapshot of the selected portals lies between"),
    ],
)
def test_questions_without_an_answer_leave_no_file(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    archive, out = str(make_archive(tmp_path / "a")), tmp_path / "a.svg"
    got, _, err = run(
        capsys, "plot", "activity", "--archive", archive, "--out", str(out), *arguments
    )
    assert (got, out.exists()) == (code, False)
    assert said in " ".join(err.split())


OVERLAY = """
[[portal]]
id = "bielefeldbb"
name = "Senne"
system = "tempus"
url = "https://tempus-termine.com/termine/index.php?anlagennr=83"
status = "silent"
last_seen = 2026-04-12
kind = "citizen_office"
place = { city = "Senne", state = "Nordrhein-Westfalen", latitude = 51.9, longitude = 8.5 }
"""


def test_cities_are_those_of_the_users_catalogue_in_table_picture_and_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_cities(tmp_path / "amtspuls-archive")
    overlay = ("--catalogue", "mine.toml")
    Path("mine.toml").write_text(OVERLAY)
    table = run_well("compare", "senne", "bonn", *overlay).out
    assert "Senne" in table
    assert "amtspuls compare senne bonn --catalogue mine.toml" in table
    by_city = run_well("estimate", "--by", "city", *overlay).out
    assert "amtspuls estimate --by city --catalogue mine.toml" in by_city
    run_well("plot", "compare", "--out", "mine.svg", *overlay)
    run_well("plot", "compare", "--out", "packaged.svg")
    run_well("report", "--out", "mine.html", *overlay)
    Path("amtspuls.toml").write_text('catalogue = ["mine.toml"]\n')
    run_well("plot", "compare", "--out", "settings.svg")
    for name in ("mine.svg", "settings.svg", "mine.html"):
        shown = Path(name).read_text()
        assert ">Senne<" in shown, name
        assert ">Bielefeld<" not in shown, name
    assert "--catalogue mine.toml" in Path("mine.svg").read_text()
    words = unwrapped(Path("mine.html").read_text())
    assert "amtspuls plot compare --out compare.png --catalogue mine.toml" in words
    assert "amtspuls plot wait --out wait.png</code>" in words
    assert "amtspuls report --catalogue mine.toml" in words
    assert ">Bielefeld<" in Path("packaged.svg").read_text()


def test_a_picture_that_does_not_ask_the_catalogue_takes_none(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(OVERLAY)
    overlay = ("--catalogue", tmp_path / "mine.toml")
    shown = run_command("plot", "wait", "--out", tmp_path / "a.svg", *overlay)
    assert shown.code == 2
    assert "the picture wait takes no --catalogue" in shown.err
