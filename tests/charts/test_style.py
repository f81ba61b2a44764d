from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import altair as alt
import pytest

from amtspuls.charts.render import render_svg
from amtspuls.charts.style import DASHES, HEAT, SERIES, inline, styled, time_axis, time_marks, wall
from amtspuls.charts.words import Lang
from support.pictures import texts_of


def grey(colour: str) -> float:
    """Lightness of a colour as a black and white printer sees it, 0 to 255."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_series_and_heat_stay_apart_in_black_and_white() -> None:
    first = sorted(grey(colour) for colour in SERIES[:3])
    assert all(high - low >= 30 for low, high in pairwise(first))
    heat = [grey(colour) for colour in HEAT]
    assert all(light - dark >= 25 for light, dark in pairwise(heat))
    assert len(DASHES) == len(SERIES) == len({tuple(dash) for dash in DASHES})


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("until", "forms", "first"),
    [
        ("2026-01-28 00:00", ("%a %d, %H:%M", "%a %d., %H:%M"), "2026-01-26 12:00"),
        ("2026-02-01 00:00", ("%a %d %b", "%a %-d. %b"), "2026-01-27 00:00"),
        ("2026-03-20 00:00", ("%d %b", "%-d. %b"), "2026-02-02 00:00"),
        ("2026-12-20 00:00", ("%b %Y", "%b %Y"), "2026-02-01 00:00"),
    ],
)
def test_marks_of_time_fit_the_length(until: str, forms: tuple[str, str], first: str) -> None:
    for lang, form in zip(Lang, forms, strict=True):
        found, marks = time_marks(at("2026-01-26 07:00"), at(until), lang)
        assert found == form
        assert marks[0] == at(first)
        assert marks[-1] <= at(until)


def test_layers_share_their_rows_however_often_a_chart_is_put_into_another() -> None:
    rows = inline([{"number": 1}])
    layer = alt.Chart(rows).mark_point().encode(y="number:Q")
    chart = styled(alt.LayerChart(layer=[layer, layer.mark_line()]))
    assert all(one.data is rows for one in chart.layer) or chart.data is rows
    assert list(chart.to_dict()["datasets"].values()) == [[{"number": 1}]]


def test_a_german_axis_has_german_days_and_numbers() -> None:
    from_s, until_s = at("2026-01-26 00:00"), at("2026-02-01 00:00")
    rows = [{"start": wall(from_s), "number": 12345}]
    chart = alt.Chart(inline(rows)).mark_point()
    drawn = styled(chart.encode(x=time_axis(from_s, until_s, Lang.DE), y="number:Q"), Lang.DE)
    shown = texts_of(render_svg(drawn))
    assert "Mo 26. Jan" in shown
    assert "10.000" in shown
    english = styled(chart.encode(x=time_axis(from_s, until_s), y="number:Q"))
    assert {"Mon 26 Jan", "10\u202f000"} <= set(texts_of(render_svg(english)))
