"""The picture of the wait: days to the first and the third free slot, beyond the horizon at the top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any

import altair as alt
import numpy as np

from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.wait import RULE
from amtspuls.charts.axes import real_time_axis
from amtspuls.charts.base import Options, Picture
from amtspuls.charts.style import (
    BLUE,
    DASHES,
    GREY,
    HEIGHT,
    ORANGE,
    QUIET,
    WIDTH,
    heading,
    inline,
    small_print,
    styled,
)
from amtspuls.charts.wait_data import Course, read_course
from amtspuls.charts.words import Say, Texts, say_number, speaker

COLUMNS = 340
"""Pieces of time that a picture has room for."""

BAND = "#f3ead8"
_STRIP = 0.07
"""Height of the strip at the top, as a share of the days below it."""

_ROUND = (1, 2, 3, 4, 5, 7, 10, 14, 21, 28, 42, 60, 90, 120, 180, 365)

TEXTS: Texts = MappingProxyType(
    {
        "title": ("How long the wait is", "Wie lang die Wartezeit ist"),
        "days": ("days until a free slot", "Tage bis zum freien Termin"),
        "first": ("first free slot", "erster freier Termin"),
        "third": ("third free slot", "dritter freier Termin"),
        "band": ("further ahead than asked", "weiter voraus als gefragt"),
        "gap": ("not or hardly known", "nicht oder kaum bekannt"),
        "median": (
            "median over all calendars together",
            "Median über alle Kalender zusammen",
        ),
        "asked": ("asked {days} days ahead", "{days} Tage voraus gefragt"),
        "top": ("> horizon", "> Horizont"),
    }
)


def draw_wait(watched: Sequence[Watched], *, options: Options | None = None) -> alt.LayerChart:
    """Draw the wait over time.

    Where the median moment has no free slot, it is drawn in a strip at the top: the wait is longer than
    the days that were asked about, not unknown. Days further ahead than asked are tinted.

    Args:
        watched: Portals and range; all calendars are taken together.
        options: Language, size, and whether it has a title.
    """
    options = options or Options()
    say = speaker(TEXTS, options.lang)
    found = read_course(watched, COLUMNS)
    chart: alt.LayerChart = alt.LayerChart(layer=_layers(found, options, say)).resolve_scale(
        color="independent", stroke="independent", strokeDash="independent"
    )
    chart.width, chart.height = options.width or WIDTH, options.height or HEIGHT
    if options.titled:
        known = found.horizon_days[np.isfinite(found.horizon_days)]
        far = say_number(float(np.median(known)), options.lang) if len(known) else ""
        asked = [say("asked", days=far)] if far else []
        lines = small_print(
            watched, options.lang, measured=RULE, free=True, more=[say("median"), *asked]
        )
        chart.title = heading(say("title"), lines)
    return styled(chart, options.lang)


def _top(found: Course) -> float:
    """Upper end of the axis of days: room for the longest wait, and for the horizon where it is near."""
    waits = np.concatenate((found.first_days, found.third_days))
    longest = float(np.max(waits[np.isfinite(waits)], initial=0.0))
    known = found.horizon_days[np.isfinite(found.horizon_days)]
    horizon = float(np.max(known, initial=0.0))
    endless = bool(np.isinf(waits).any())
    wanted = max(longest * 1.05, horizon if endless or longest > horizon / 3 else 0.0, 1.0)
    return float(next((days for days in _ROUND if days >= wanted), wanted))


def _layers(found: Course, options: Options, say: Say) -> list[alt.Chart]:
    top = _top(found)
    end = top * (1 + _STRIP)
    x = real_time_axis(found.pieces, options.lang)
    ticks = f"datum.value > {top} ? '{say('top')}' : format(datum.value, ',~f')"
    marks = [*_steps(top), top * (1 + _STRIP / 2)]
    y = alt.Y(
        "days:Q",
        title=say("days"),
        scale=alt.Scale(domain=[0, end], nice=False),
        axis=alt.Axis(values=marks, labelExpr=ticks, labelOverlap=False),
    )
    areas = _areas(found, top, end, say)
    layers = [_tint(areas, x, y, say)] if areas else []
    rows = [
        *_series(found, found.first_days, say("first")),
        *_series(found, found.third_days, say("third")),
    ]
    if rows:
        layers.append(_lines(rows, x, y, say))
    ceiling = alt.Chart(inline([{"days": top}])).mark_rule(color=QUIET, strokeWidth=0.6)
    layers.append(ceiling.encode(y=y))
    strips = [
        *_strip(found, found.third_days, say("third"), top * (1 + _STRIP * 0.28)),
        *_strip(found, found.first_days, say("first"), top * (1 + _STRIP * 0.72)),
    ]
    if strips:
        layers.append(_strips(strips, x, y, say))
    return layers


def _steps(top: float) -> list[float]:
    step = next(step for step in (1, 2, 5, 7, 14, 28, 56, 112, 1000) if top / step <= 7)
    return [
        float(step * place) for place in range(int(top / step) + 1) if step * place < 0.95 * top
    ]


def _areas(found: Course, top: float, end: float, say: Say) -> list[dict[str, Any]]:
    """Tinted areas: what lies beyond the horizon, and pieces of which too little is known."""
    edges = found.pieces.edges_s.tolist()
    rows = []
    for begin, until in _stretches(np.isnan(found.first_days)):
        rows.append(
            {
                "from": edges[begin],
                "until": edges[until],
                "days": 0.0,
                "high": end,
                "what": say("gap"),
            }
        )
    for place, horizon in enumerate(found.horizon_days.tolist()):
        if horizon < top:
            rows.append(
                {
                    "from": edges[place],
                    "until": edges[place + 1],
                    "days": horizon,
                    "high": end,
                    "what": say("band"),
                }
            )
    return rows


def _tint(rows: list[dict[str, Any]], x: alt.X, y: alt.Y, say: Say) -> alt.Chart:
    there = {row["what"] for row in rows}
    names = [say(key) for key in ("band", "gap") if say(key) in there]
    colours = [colour for key, colour in (("band", BAND), ("gap", GREY)) if say(key) in there]
    colour = alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=names, range=colours),
        legend=alt.Legend(orient="top", direction="horizontal", offset=4),
    )
    # Without an edge of its own colour, neighbouring rectangles show seams.
    edge = alt.Stroke("what:N", scale=alt.Scale(domain=names, range=colours), legend=None)
    tint: alt.Chart = (
        alt.Chart(inline(rows))
        .mark_rect(strokeWidth=0.7)
        .encode(x=x, x2="until:Q", y=y, y2="high:Q", color=colour, stroke=edge)
    )
    return tint


def _series(found: Course, days: Floats, name: str) -> Iterator[dict[str, Any]]:
    """Points of a line in steps; it breaks where nothing finite is known."""
    edges = found.pieces.edges_s.tolist()
    for part, (begin, until) in enumerate(_stretches(np.isfinite(days))):
        for place in range(begin, until + 1):
            value = days[min(place, until - 1)]
            yield {
                "from": edges[place],
                "days": float(value),
                "what": name,
                "part": f"{name} {part}",
            }


def _lines(rows: list[dict[str, Any]], x: alt.X, y: alt.Y, say: Say) -> alt.Chart:
    names = [say("first"), say("third")]
    legend = alt.Legend(orient="top", direction="horizontal", offset=4, symbolType="stroke")
    lines: alt.Chart = (
        alt.Chart(inline(rows))
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=x,
            y=y,
            detail="part:N",
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=names, range=[BLUE, ORANGE]),
                legend=legend,
            ),
            strokeDash=alt.StrokeDash(
                "what:N",
                title=None,
                scale=alt.Scale(domain=names, range=list(DASHES[:2])),
                legend=legend,
            ),
        )
    )
    return lines


def _strip(found: Course, days: Floats, name: str, height: float) -> Iterator[dict[str, Any]]:
    edges = found.pieces.edges_s.tolist()
    for begin, until in _stretches(np.isinf(days)):
        yield {"from": edges[begin], "until": edges[until], "days": height, "what": name}


def _strips(rows: list[dict[str, Any]], x: alt.X, y: alt.Y, say: Say) -> alt.Chart:
    names = [say("first"), say("third")]
    colour = alt.Color("what:N", scale=alt.Scale(domain=names, range=[BLUE, ORANGE]), legend=None)
    strips: alt.Chart = (
        alt.Chart(inline(rows))
        .mark_rule(strokeWidth=5)
        .encode(x=x, x2="until:Q", y=y, color=colour)
    )
    return strips


def _stretches(chosen: Bools) -> Iterator[tuple[int, int]]:
    """Runs of true places as begin and end (not included)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], chosen, [False])).astype(int)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


PICTURE = Picture(
    "wait",
    "days to the first and third free slot over time; moments without one at the top",
    lambda asked: draw_wait(asked.watched, options=asked.options),
)
