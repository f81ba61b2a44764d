"""The picture of coverage: a row per portal, time to the right, holes in grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import altair as alt
import numpy as np

from amtspuls.analysis.changes import Floats
from amtspuls.analysis.coverage import seconds_between
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import Ints
from amtspuls.charts.axes import real_time_axis, runs_of
from amtspuls.charts.base import Options, Picture
from amtspuls.charts.pieces import Pieces, recorded
from amtspuls.charts.style import (
    GREY,
    HEAT,
    INK,
    QUIET,
    WIDTH,
    heading,
    inline,
    small_print,
    styled,
)
from amtspuls.charts.words import Say, Texts, say_share, speaker

COLUMNS = 200
"""Pieces of time that a picture has room for."""

_LOWS = (0.001, 0.5, 0.75, 0.95)
"""Least share of the classes above ``none``; a piece that lacks a few seconds counts as whole."""

_COLOURS = (GREY, "#f2a87c", "#cfe0f0", "#6ba3d2", HEAT[3])
"""None is grey; little is orange, so that it is not taken for a light day."""

_ROW_POINTS = 17
MOST_ROWS = 60

TEXTS: Texts = MappingProxyType(
    {
        "title": ("What was observed", "Was beobachtet wurde"),
        "none": ("nothing", "nichts"),
        "little": ("under half", "unter der Hälfte"),
        "half": ("half and more", "Hälfte und mehr"),
        "most": ("three quarters and more", "drei Viertel und mehr"),
        "whole": ("95 % and more", "95 % und mehr"),
        "left_out": (
            "{number} portals beyond the first {shown} not drawn",
            "{number} Portale nach den ersten {shown} nicht gezeichnet",
        ),
    }
)


@dataclass(frozen=True, eq=False)
class CoverageGrid:
    """Covered time by portal and piece of time.

    Attributes:
        pieces: The pieces.
        portals: Ids of the portals, the row of each.
        shares: Covered share of each piece, the mean over the portal's calendars; shape (portals, pieces).
            A portal whose own range leaves a piece out has NaN there.
        whole: Covered share of each portal's own range.
    """

    pieces: Pieces
    portals: tuple[str, ...]
    shares: Floats
    whole: Floats


def read_coverage(watched: Sequence[Watched], at_most: int = COLUMNS) -> CoverageGrid:
    """Work out the covered share by portal and piece of time.

    Args:
        watched: The portals.
        at_most: How many pieces the picture has room for.
    """
    pieces = Pieces.of(watched, at_most)
    shares = np.full((len(watched), len(pieces)), np.nan)
    whole = np.zeros(len(watched))
    for row, one in enumerate(watched):
        asked, covered = one.evidence.asked, one.covered
        calendars = max(1, len(one.calendars))
        own = _own(pieces, asked.from_s, asked.until_s)
        seconds = seconds_between(covered.from_s, covered.until_s, pieces.edges_s)
        inside = own > 0
        shares[row, inside] = seconds[inside] / (own[inside] * calendars)
        whole[row] = covered.seconds.sum() / max(1, asked.seconds * calendars)
    ids = tuple(one.evidence.record.portal_id for one in watched)
    return CoverageGrid(pieces, ids, shares, whole)


def _own(pieces: Pieces, from_s: int, until_s: int) -> Ints:
    """Seconds of each piece that lie in a portal's own range."""
    low = np.maximum(pieces.edges_s[:-1], from_s)
    high = np.minimum(pieces.edges_s[1:], until_s)
    own: Ints = np.maximum(0, high - low)
    return own


def draw_coverage(watched: Sequence[Watched], *, options: Options | None = None) -> alt.LayerChart:
    """Draw how much of the time each portal was observed, with the share of its whole range beside it.

    Args:
        watched: Portals and range; beyond the first 60 portals no more are drawn, and the small print
            says so.
        options: Language, size, and whether it has a title.
    """
    options = options or Options()
    say = speaker(TEXTS, options.lang)
    watched = recorded(watched)
    shown = watched[:MOST_ROWS]
    found = read_coverage(shown)
    chart = alt.LayerChart(layer=_layers(found, options, say))
    chart.width = options.width or WIDTH
    chart.height = options.height or _ROW_POINTS * len(shown)
    if options.titled:
        hidden = len(watched) - len(shown)
        more = [say("left_out", number=hidden, shown=MOST_ROWS)] if hidden else []
        chart.title = heading(say("title"), small_print(watched, options.lang, more=more))
    return styled(chart, options.lang)


def _layers(found: CoverageGrid, options: Options, say: Say) -> list[alt.Chart]:
    x = real_time_axis(found.pieces, options.lang)
    y = alt.Y(
        "portal:N",
        title=None,
        sort=list(found.portals),
        axis=alt.Axis(
            ticks=False, domain=False, labelColor=INK, labelLimit=220, labelOverlap=False
        ),
        scale=alt.Scale(paddingInner=0.18, paddingOuter=0.1),
    )
    names = [say(key) for key in ("none", "little", "half", "most", "whole")]
    colour = alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=names, range=list(_COLOURS)),
        legend=alt.Legend(orient="top", direction="horizontal", offset=4, columns=len(names)),
    )
    rows = _rows(found, names)
    layers = [alt.Chart(inline(rows)).mark_rect().encode(x=x, x2="until:Q", y=y, color=colour)]
    holes = [row for row in rows if row["what"] == names[0]]
    if holes:
        layers.append(
            alt.Chart(inline(holes))
            .mark_rule(color=QUIET, strokeWidth=0.5)
            .encode(x=x, x2="until:Q", y=y)
        )
    shares = [
        {
            "portal": portal,
            "share": say_share(share, options.lang),
            "at": found.pieces.stretch.until_s,
        }
        for portal, share in zip(found.portals, found.whole.tolist(), strict=True)
    ]
    layers.append(
        alt.Chart(inline(shares))
        .mark_text(align="left", dx=6, fontSize=11, color=INK)
        .encode(x=alt.X("at:Q"), y=y, text="share:N")
    )
    return layers


def _rows(found: CoverageGrid, names: Sequence[str]) -> list[dict[str, Any]]:
    edges = found.pieces.edges_s.tolist()
    places = np.searchsorted(np.array(_LOWS), np.nan_to_num(found.shares), "right")
    cells = np.where(np.isnan(found.shares), -1, places).astype(np.int64)
    return [
        {
            "portal": found.portals[run.row],
            "from": edges[run.begin],
            "until": edges[run.end],
            "what": names[run.value],
        }
        for run in runs_of(cells)
        if run.value >= 0
    ]


PICTURE = Picture(
    "coverage",
    "how much of the time each portal was observed, with its holes",
    lambda asked: draw_coverage(asked.watched, options=asked.options),
)
