from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.charts.axes import SHADES, classes_of, day_axis, real_time_axis, runs_of
from amtspuls.charts.pieces import Pieces
from amtspuls.charts.render import render_svg
from amtspuls.charts.style import inline, styled
from amtspuls.charts.words import Lang
from support.pictures import texts_of
from support.tiny_archive import BERLIN, utc


def axis_of(channel: alt.X | alt.Y) -> dict[str, Any]:
    made: Any = channel.to_dict()
    axis: dict[str, Any] = made["axis"]
    return axis


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
def test_classes_are_few_start_at_one_and_tell_zero_and_unknown_apart(numbers: list[int]) -> None:
    given_ = np.array([*numbers, np.nan, 0.0])
    found = classes_of(given_)
    assert found.lows[0] == 1
    assert list(found.lows) == sorted(set(found.lows))
    assert len(found.lows) == len(found.colours) == len(found.names("{number} +", Lang.EN))
    assert len(set(found.colours)) == len(found.colours) <= len(SHADES)
    places = found.places(given_).tolist()
    assert places[-2:] == [-1, 0]
    for number, place in zip(numbers, places, strict=False):
        inside = [low for low in found.lows if low <= number]
        assert place == len(inside)


def test_classes_have_names_in_both_languages() -> None:
    found = classes_of(np.array([1.0, 1.0, 2.0, 3.0, 9.0, 40.0, 1500.0]))
    assert found.names("{number} and more", Lang.EN)[-1] == "30 and more"
    assert found.names("{number} und mehr", Lang.DE)[0] == "1"
    large = classes_of(np.array([1500.0, 5000.0]))
    assert large.names("ab {number}", Lang.DE) == ("1–1.499", "1.500–4.999", "ab 5.000")


def test_the_first_class_is_not_an_empty_one_beside_the_least_number() -> None:
    found = classes_of(np.array([7.0] + [800.0] * 4 + [2100.0] * 4 + [3100.0] * 9))
    assert found.names("{number} +", Lang.EN) == (
        "1–699",
        "700–1\u202f999",
        "2\u202f000–2\u202f999",
        "3\u202f000 +",
    )


@given(st.lists(st.lists(st.integers(-1, 2), min_size=5, max_size=5), min_size=1, max_size=5))
def test_runs_tell_every_cell_once(cells: list[list[int]]) -> None:
    found = list(runs_of(np.array(cells, np.int64)))
    told = [[9] * 5 for _ in cells]
    for run in found:
        for column in range(run.begin, run.end):
            assert told[run.row][column] == 9
            told[run.row][column] = run.value
    assert told == cells
    for one, other in pairwise(found):
        assert one.row != other.row or one.value != other.value


@pytest.mark.parametrize(
    ("first", "lang", "sunday", "hours"),
    [
        ("2026-03-22 23:00", Lang.DE, "So 29. März", 23),
        ("2026-10-18 22:00", Lang.EN, "Sun 25 Oct", 25),
        ("2026-01-25 23:00", Lang.EN, "Sun 01 Feb", 24),
    ],
)
def test_the_axis_of_time_has_days_as_long_as_the_clocks_made_them(
    first: str, lang: Lang, sunday: str, hours: int
) -> None:
    begin = int(utc(first).timestamp())
    edges = begin + 3600 * np.arange(6 * 24 + hours + 1, dtype=np.int64)
    x = real_time_axis(Pieces(edges, BERLIN), lang)
    values = axis_of(x)["values"]
    assert values[0] == begin
    lengths = np.diff([*values]).tolist()
    assert lengths[:6] == [24 * 3600] * 6
    assert lengths[6] == hours * 3600
    chart = alt.LayerChart(layer=[alt.Chart(inline([{"from": begin}])).mark_rule().encode(x=x)])
    chart.width = 900
    assert sunday in texts_of(render_svg(styled(chart, lang)))


def test_marks_of_days_stand_in_their_middle() -> None:
    monday = (datetime(2026, 1, 26) - datetime(1970, 1, 1)).days
    axis = axis_of(day_axis(monday, 40, Lang.EN))
    assert axis["values"] == [0.5, 7.5, 14.5, 21.5, 28.5, 35.5]
    assert len(axis_of(day_axis(monday, 1, Lang.EN))["values"]) == 1
    assert re.search("utcFormat", axis["labelExpr"])
