"""The picture that compares portals: a dot at the median wait, a line over its spread, sorted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import altair as alt

from amtspuls.analysis import wait
from amtspuls.analysis.base import Row
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.measures import take_measure
from amtspuls.charts.base import Options, Picture
from amtspuls.charts.pieces import recorded
from amtspuls.charts.style import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    SKY,
    WIDTH,
    heading,
    inline,
    small_print,
    styled,
)
from amtspuls.charts.words import Lang, Say, Texts, say_number, say_share, speaker

MOST_ROWS = 60
_ROW_POINTS = 18
_BEYOND = 1.06
"""Where a wait beyond the horizon is drawn, as a multiple of the longest other one."""

_NOT_ASKED = "> 0"
"""A wait where nothing was free and not even today was asked about."""

TEXTS: Texts = MappingProxyType(
    {
        "title": ("How long the wait is, portal by portal", "Wartezeiten von Portal zu Portal"),
        "days": ("days until the first free slot", "Tage bis zum ersten freien Termin"),
        "dot": ("half of the time within", "die Hälfte der Zeit innerhalb von"),
        "range": ("10 % to 90 % of the time", "10 % bis 90 % der Zeit"),
        "beyond": ("longer than the days asked", "länger als die gefragten Tage"),
        "unknown": ("unknown", "unbekannt"),
        "nothing": ("nothing free", "nichts frei"),
        "d": ("{number} d", "{number} T"),
        "observed": ("{share} observed", "{share} beobachtet"),
        "warning": (
            "systems show different things: compare portals of one system",
            "Systeme zeigen Verschiedenes: nur Portale eines Systems vergleichen",
        ),
        "left_out": (
            "{number} portals with longer waits not drawn",
            "{number} Portale mit längeren Wartezeiten nicht gezeichnet",
        ),
    }
)


class Compared(NamedTuple):
    """One line of the picture.

    Attributes:
        name: Id of the portal.
        median: Days; infinite where the median moment had no free slot, NaN where it is not known.
        low: 10 % of the time within.
        high: 90 % of the time within.
        beyond: Text such as ``> 60`` where the median is infinite; else empty.
        coverage: Covered share; None where no time was asked.
    """

    name: str
    median: float
    low: float
    high: float
    beyond: str
    coverage: float | None


def read_compared(watched: Sequence[Watched]) -> tuple[Compared, ...]:
    """The wait of each portal, the shortest first and those that are not known last."""
    rows = take_measure(wait.MEASURE, watched, By.PORTAL).rows
    return tuple(sorted(map(_compared, rows), key=order_of))


def _compared(row: Row) -> Compared:
    median = row["median_first_days"]
    return Compared(
        row["portal"],
        days_of(median),
        days_of(row["p10_first_days"]),
        days_of(row["p90_first_days"]),
        median if isinstance(median, str) else "",
        row["coverage"],
    )


def days_of(value: float | str | None) -> float:
    """Days as a number: infinite for a text such as ``> 60``, NaN where they are not known."""
    if value is None:
        return math.nan
    return math.inf if isinstance(value, str) else float(value)


def order_of(one: Compared) -> tuple[bool, float, float, str]:
    """The shortest wait first, those that are not known last."""
    unknown = math.isnan(one.median)
    spread = math.inf if math.isnan(one.high) else one.high
    return unknown, 0.0 if unknown else one.median, spread, one.name


def draw_portals(watched: Sequence[Watched], *, options: Options | None = None) -> alt.LayerChart:
    """Draw the wait of each portal, sorted, with its spread over time and its coverage.

    Args:
        watched: Portals and range.
        options: Language, size, and whether it has a title.
    """
    options = options or Options()
    say = speaker(TEXTS, options.lang)
    watched = recorded(watched)
    every = read_compared(watched)
    shown = every[:MOST_ROWS]
    layers = lines_of(shown, options.lang, say)
    chart: alt.LayerChart = alt.LayerChart(layer=layers).resolve_scale(
        color="independent", shape="independent"
    )
    chart.width = options.width or WIDTH
    chart.height = options.height or _ROW_POINTS * len(shown)
    if options.titled:
        systems = {one.evidence.record.system for one in watched}
        more = [
            *([say("warning")] if len(systems) > 1 else []),
            *([say("left_out", number=len(every) - MOST_ROWS)] if len(every) > MOST_ROWS else []),
        ]
        lines = small_print(watched, options.lang, measured=wait.RULE, free=True)
        chart.title = heading(say("title"), [*lines, " · ".join(more)])
    return styled(chart, options.lang)


def lines_of(shown: Sequence[Compared], lang: Lang, say: Say) -> list[alt.Chart]:
    """Layers with a line for each name, in the order given: spread, median, and both in figures.

    Args:
        shown: What to draw.
        lang: Language.
        say: Says the texts of ``TEXTS``, or others under the same keys.
    """
    longest = _longest(shown)
    beyond = _BEYOND * longest
    rows = [_row(one, beyond, lang, say) for one in shown]
    x = alt.X(
        "days:Q",
        title=say("days"),
        scale=alt.Scale(domain=[0, beyond * 1.03], nice=False),
        axis=alt.Axis(values=_marks(longest), format="~g", gridColor=FAINT, labelOverlap=True),
    )
    y = alt.Y(
        "name:N",
        title=None,
        sort=[one.name for one in shown],
        axis=alt.Axis(
            ticks=False, domain=False, labelColor=INK, labelLimit=220, labelOverlap=False, grid=True
        ),
    )
    known = [row for row in rows if row["days"] is not None]
    return [
        *_ranges(known, x, y, say),
        *_dots(known, x, y, say),
        _texts(rows, beyond, y),
    ]


def _longest(shown: Sequence[Compared]) -> float:
    """Days that the axis has marks for; where every wait is longer than the days asked, those days."""
    ends = [days for one in shown for days in (one.median, one.high) if math.isfinite(days)]
    asked = [float(one.beyond.removeprefix("> ")) for one in shown if one.beyond]
    return max([1.0, *(ends or asked)])


def _marks(longest: float) -> list[int]:
    step = next(step for step in (1, 2, 5, 7, 14, 28, 56, 10_000) if longest / step <= 14)
    return list(range(0, int(longest) + 1, step))


def _row(one: Compared, beyond: float, lang: Lang, say: Say) -> dict[str, Any]:
    def placed(days: float) -> float | None:
        return None if math.isnan(days) else min(days, beyond)

    if math.isnan(one.median):
        said = say("unknown")
    elif one.beyond == _NOT_ASKED:
        said = say("nothing")
    else:
        said = say("d", number=one.beyond or say_number(one.median, lang, 1))
    seen = say("observed", share=say_share(one.coverage, lang))
    what = "beyond" if math.isinf(one.median) else "dot"
    return {
        "name": one.name,
        "days": placed(one.median),
        "low": placed(one.low),
        "high": placed(one.high),
        "what": say(what),
        "range": say("range"),
        "text": f"{said} · {seen}",
    }


def _ranges(rows: list[dict[str, Any]], x: alt.X, y: alt.Y, say: Say) -> list[alt.Chart]:
    bars = [row | {"days": row["low"]} for row in rows if None not in (row["low"], row["high"])]
    if not bars:
        return []
    colour = alt.Color(
        "range:N",
        title=None,
        scale=alt.Scale(domain=[say("range")], range=[SKY]),
        legend=alt.Legend(
            orient="top", direction="horizontal", offset=4, symbolType="stroke", symbolStrokeWidth=5
        ),
    )
    return [
        alt.Chart(inline(bars)).mark_rule(strokeWidth=5).encode(x=x, x2="high:Q", y=y, color=colour)
    ]


def _dots(rows: list[dict[str, Any]], x: alt.X, y: alt.Y, say: Say) -> list[alt.Chart]:
    there = {row["what"] for row in rows}
    if not there:
        return []
    names = [say(key) for key in ("dot", "beyond") if say(key) in there]
    colours = [colour for key, colour in (("dot", BLUE), ("beyond", ORANGE)) if say(key) in there]
    shapes = [
        shape
        for key, shape in (("dot", "circle"), ("beyond", "triangle-right"))
        if say(key) in there
    ]
    legend = alt.Legend(orient="top", direction="horizontal", offset=4, symbolSize=110)
    return [
        alt.Chart(inline(rows))
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "what:N", title=None, scale=alt.Scale(domain=names, range=colours), legend=legend
            ),
            shape=alt.Shape(
                "what:N", title=None, scale=alt.Scale(domain=names, range=shapes), legend=legend
            ),
        )
    ]


def _texts(rows: list[dict[str, Any]], beyond: float, y: alt.Y) -> alt.Chart:
    texts = [{"name": row["name"], "text": row["text"], "days": beyond * 1.03} for row in rows]
    written: alt.Chart = (
        alt.Chart(inline(texts))
        .mark_text(align="left", dx=6, fontSize=11, color=INK)
        .encode(x="days:Q", y=y, text="text:N")
    )
    return written


PICTURE = Picture(
    "portals",
    "the wait of each portal side by side: median, spread over time, coverage",
    lambda asked: draw_portals(asked.watched, options=asked.options),
)
