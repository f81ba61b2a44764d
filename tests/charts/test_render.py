from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import altair as alt
import pytest
import vl_convert

from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.charts.activity import draw_activity
from amtspuls.charts.base import Options
from amtspuls.charts.render import render_html, render_json, render_svg, write_chart
from amtspuls.charts.words import Lang
from amtspuls.errors import ConfigError, OutputError
from amtspuls.files import write_whole
from support.measure_cases import morning
from support.pictures import loads_from, size_of

SVG = "{http://www.w3.org/2000/svg}"


def chart_in(lang: Lang = Lang.EN) -> alt.LayerChart:
    return draw_activity(load_watched(morning(), Selection()), options=Options(lang=lang))


def test_every_ending_is_written_whole(tmp_path: Path) -> None:
    chart = chart_in()
    for name in ("a.png", "a.SVG", "a.html", "a.json"):
        write_chart(chart, tmp_path / name)
    width, height = size_of((tmp_path / "a.png").read_bytes())
    assert width > 1500
    assert height > 600
    assert ElementTree.parse(tmp_path / "a.SVG").getroot().tag == f"{SVG}svg"
    assert (tmp_path / "a.html").read_text().startswith("<!DOCTYPE html>")
    assert json.loads((tmp_path / "a.json").read_text()) == chart.to_dict()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.SVG",
        "a.html",
        "a.json",
        "a.png",
    ]


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        (Lang.EN, "Bookings and cancellations per hour"),
        (Lang.DE, "Buchungen und Absagen je Stunde"),
    ],
)
def test_a_page_is_its_drawing_and_loads_nothing(lang: Lang, title: str) -> None:
    page = render_html(chart_in(lang))
    assert f'<html lang="{lang}">' in page
    assert f"<title>{title}</title>" in page
    assert render_svg(chart_in(lang)) in page
    assert "<script" not in page
    assert list(loads_from(page)) == []
    assert len(page) < 100_000


def test_the_specification_draws_the_same_picture_elsewhere() -> None:
    chart = chart_in(Lang.DE)
    specification = json.loads(render_json(chart))
    assert specification["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert vl_convert.vegalite_to_svg(specification) == render_svg(chart)


def test_a_picture_without_title_makes_a_page_all_the_same() -> None:
    watched = load_watched(morning(), Selection())
    page = render_html(draw_activity(watched, options=Options(titled=False)))
    assert "<title>amtspuls</title>" in page


def test_other_endings_are_errors_that_list_the_possible(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"ends in \.png, \.svg, \.html or \.json, not in '\.pdf'"
    ):
        write_chart(chart_in(), tmp_path / "a.pdf")
    with pytest.raises(ConfigError, match="not in 'nothing'"):
        write_chart(chart_in(), tmp_path / "a")


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.svg").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_chart(chart_in(), tmp_path / "a.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.html"
    write_whole(b"old", target)

    def fail(self: Path, other: Path) -> Path:
        raise OSError(28, f"no space for {other} from {self}")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OutputError, match="no space"):
        write_whole(b"new", target)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert target.read_bytes() == b"old"
