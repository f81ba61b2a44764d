"""The picture of free slots: moments to the right, days of the slots upwards, darker where more is free."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import altair as alt
import numpy as np

from amtspuls.analysis.grouping import Watched
from amtspuls.charts.axes import Classes, classes_of, day_axis, real_time_axis, runs_of
from amtspuls.charts.base import Options, Picture
from amtspuls.charts.free_stock_data import FreeDays, read_free_days
from amtspuls.charts.style import GREY, INK, QUIET, WIDTH, heading, inline, small_print, styled
from amtspuls.charts.words import Say, Texts, say_share, speaker

COLUMNS = 200
"""Moments that a picture has room for."""

WHITE = "#ffffff"
_ROW_POINTS, _LEAST_POINTS, _MOST_POINTS = 9, 120, 620

TEXTS: Texts = MappingProxyType(
    {
        "title": ("Free slots: what the pages offered", "Freie Termine: was die Seiten anboten"),
        "slot_day": ("day of the slot", "Tag des Termins"),
        "moment": ("moment of observation", "Zeitpunkt der Beobachtung"),
        "none": ("none free", "keiner frei"),
        "more": ("{number} and more", "{number} und mehr"),
        "unknown": ("not known", "nicht bekannt"),
        "legend": ("free on the day:", "am Tag frei:"),
        "answering": (
            "days are sums over the calendars that answered, {share} of {number}",
            "Tage sind Summen über die Kalender, die antworteten: {share} von {number}",
        ),
    }
)


def draw_free_stock(
    watched: Sequence[Watched], *, options: Options | None = None
) -> alt.LayerChart:
    """Draw free slots by moment of observation and day of the slot.

    White means that nothing was free, grey with a line that it is not known. Days that had passed
    are not drawn.

    Args:
        watched: Portals and range; all are added up, so one portal, or portals of one kind, say more.
        options: Language, size, and whether it has a title.
    """
    options = options or Options()
    say = speaker(TEXTS, options.lang)
    found = read_free_days(watched, COLUMNS)
    classes = classes_of(found.free)
    rows = list(_rows(found, classes))
    chart = alt.LayerChart(layer=_layers(found, classes, rows, options, say))
    height = len(found.free) * _ROW_POINTS
    chart.width = options.width or WIDTH
    chart.height = options.height or min(max(height, _LEAST_POINTS), _MOST_POINTS)
    if options.titled:
        more = [
            say(
                "answering",
                share=say_share(found.answering, options.lang),
                number=found.calendars,
            )
        ] * (found.calendars > 1 and found.answering is not None)
        lines = small_print(watched, options.lang, measured="", free=True, more=more)
        chart.title = heading(say("title"), lines)
    return styled(chart, options.lang)


def _rows(found: FreeDays, classes: Classes) -> list[dict[str, Any]]:
    """Cells with the same class side by side are one; days that had passed have none."""
    edges = found.pieces.edges_s.tolist()
    passed = _passed(found)
    cells = np.where(passed, -2, classes.places(found.free))
    return [
        {
            "from": edges[run.begin],
            "until": edges[run.end],
            "row": run.row,
            "next": run.row + 1,
            "middle": run.row + 0.5,
            "class": run.value,
        }
        for run in runs_of(cells)
        if run.value > -2
    ]


def _passed(found: FreeDays) -> np.ndarray[Any, np.dtype[np.bool_]]:
    today = found.today
    rows = np.arange(len(found.free))[:, None] + found.first_day
    passed: np.ndarray[Any, np.dtype[np.bool_]] = rows < today[None, :]
    return passed


def _layers(
    found: FreeDays, classes: Classes, rows: list[dict[str, Any]], options: Options, say: Say
) -> list[alt.Chart]:
    x = real_time_axis(found.pieces, options.lang).title(say("moment"))
    y = day_axis(found.first_day, len(found.free), options.lang).title(say("slot_day"))
    more = classes.names(say("more", number="{number}"), options.lang)
    names = [say("unknown"), say("none"), *more]
    for row in rows:
        row["what"] = names[row["class"] + 1]
    cells = (
        alt.Chart(inline(rows))
        .mark_rect()
        .encode(x=x, x2="until:Q", y=y, y2="next:Q", color=_colour(names, classes, say))
    )
    # Axes of layers become one: an axis without marks of its own would thin out those of the others.
    middle = day_axis(found.first_day, len(found.free), options.lang, "middle")
    return [cells, *_unknown(rows, x, middle.title(say("slot_day"))), _today(found, x, y)]


def _colour(names: list[str], classes: Classes, say: Say) -> alt.Color:
    return alt.Color(
        "what:N",
        title=say("legend"),
        scale=alt.Scale(domain=names, range=[GREY, WHITE, *classes.colours]),
        legend=alt.Legend(
            orient="top",
            titleOrient="left",
            direction="horizontal",
            offset=4,
            symbolStrokeColor=QUIET,
            symbolStrokeWidth=0.5,
            columns=len(names),
        ),
    )


def _unknown(rows: list[dict[str, Any]], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """A line through what is not known: grey alone is a shade among shades."""
    unknown = [row for row in rows if row["class"] == -1]
    if not unknown:
        return []
    lines: alt.Chart = (
        alt.Chart(inline(unknown))
        .mark_rule(color=QUIET, strokeWidth=0.4)
        .encode(x=x, x2="until:Q", y=y)
    )
    return [lines]


def _today(found: FreeDays, x: alt.X, y: alt.Y) -> alt.Chart:
    """The line of steps below which days have passed."""
    edges, days = found.pieces.edges_s.tolist(), found.today_at_edges.tolist()
    steps = [
        {"from": edge, "row": day - found.first_day} for edge, day in zip(edges, days, strict=True)
    ]
    line: alt.Chart = (
        alt.Chart(inline(steps))
        .mark_line(color=INK, strokeWidth=1.2, interpolate="step-after")
        .encode(x=x, y=y)
    )
    return line


PICTURE = Picture(
    "free-stock",
    "free slots by moment of observation and day of the slot",
    lambda asked: draw_free_stock(asked.watched, options=asked.options),
)
