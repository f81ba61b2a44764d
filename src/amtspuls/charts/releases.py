"""The picture of releases: hours downwards, days to the right, a circle as large as what was released."""

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
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.localtime import Ints, day_of, hour_of
from amtspuls.charts.axes import day_marks, runs_of
from amtspuls.charts.base import Options, Picture
from amtspuls.charts.style import (
    BLUE,
    FAINT,
    GREY,
    QUIET,
    SKY,
    WIDTH,
    heading,
    inline,
    small_print,
    styled,
)
from amtspuls.charts.words import Say, Texts, say_number, speaker

GAP_BELOW = 0.5
"""Hours of which less was covered are grey."""

_HOURS = 24
_ROW_POINTS = 15
_WIDEST_POINTS = 32.0
"""Diameter of the largest circle where days are wide; it may reach into the neighbouring days."""

TEXTS: Texts = MappingProxyType(
    {
        "title": ("When slots are released", "Wann Termine freigegeben werden"),
        "hour": ("hour of the day", "Tagesstunde"),
        "all": ("newly offered slots", "neu angebotene Termine"),
        "office": (
            "of these not by the moving horizon alone",
            "davon nicht allein durch den wandernden Horizont",
        ),
        "gap": ("not or hardly observed", "nicht oder kaum beobachtet"),
        "largest": ("largest circle: {number} slots", "größter Kreis: {number} Termine"),
        "untimed": (
            "slots released across gaps not drawn: {number}",
            "über Lücken hinweg freigegebene Termine nicht gezeichnet: {number}",
        ),
    }
)


@dataclass(frozen=True, eq=False)
class ReleaseGrid:
    """Newly offered slots by local day and hour; arrays have shape (24, days).

    Attributes:
        first_day: Days after 1970-01-01 of the first column.
        slots: Slots whose hour of release is known.
        by_office: Those of them that the moving horizon alone did not bring in; nought where the rule
            does not tell.
        coverage: Covered share of the asked time; NaN where no time was asked, as in the hour that
            spring leaves out.
        untimed: Slots that were released across a gap.
    """

    first_day: int
    slots: Ints
    by_office: Ints
    coverage: Floats
    untimed: int


def read_releases(watched: Sequence[Watched]) -> ReleaseGrid:
    """Count newly offered slots by local day and hour, all portals together."""
    days = np.concatenate([day_of(one.cells.local_s) for one in watched])
    first_day = int(days.min())
    shape = (_HOURS, int(days.max()) - first_day + 1)
    slots, by_office = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    covered, asked = np.zeros(shape), np.zeros(shape)
    untimed = 0
    for one in watched:
        new = one.transitions.changes.of(Kind.RELEASED, Kind.HORIZON_ROLL)
        new = new.only(new.opening)
        untimed += int((~new.timed).sum())
        new = new.only(new.timed)
        local_s = one.evidence.offsets.to_local(new.at)
        hour, day = hour_of(local_s), day_of(local_s) - first_day
        np.add.at(slots, (hour, day), 1)
        owned = (new.kind == CODES[Kind.RELEASED]) & (new.confidence > 0)
        np.add.at(by_office, (hour[owned], day[owned]), 1)
        _add_coverage(one, first_day, covered, asked)
    share = np.divide(covered, asked, out=np.full(shape, np.nan), where=asked > 0)
    return ReleaseGrid(first_day, slots, by_office, share, untimed)


def _add_coverage(one: Watched, first_day: int, covered: Floats, asked: Floats) -> None:
    cells = one.cells
    place = hour_of(cells.local_s), day_of(cells.local_s) - first_day
    seconds = seconds_between(one.covered.from_s, one.covered.until_s, cells.edges_s)
    np.add.at(covered, place, seconds)
    np.add.at(asked, place, np.diff(cells.edges_s) * max(1, len(one.calendars)))


def draw_releases(watched: Sequence[Watched], *, options: Options | None = None) -> alt.LayerChart:
    """Draw when slots were released, by local day and hour.

    Args:
        watched: Portals and range; all portals are drawn together.
        options: Language, size, and whether it has a title.
    """
    options = options or Options()
    say = speaker(TEXTS, options.lang)
    found = read_releases(watched)
    chart = alt.LayerChart(layer=_layers(found, options, say))
    chart.width = options.width or WIDTH
    chart.height = options.height or _HOURS * _ROW_POINTS
    if options.titled:
        largest = say_number(int(found.slots.max()), options.lang)
        untimed = say_number(found.untimed, options.lang)
        more = [
            *([say("largest", number=largest)] if found.slots.any() else []),
            *([say("untimed", number=untimed)] if found.untimed else []),
        ]
        rule = watched[0].transitions.rule
        lines = small_print(watched, options.lang, rule=rule)
        chart.title = heading(say("title"), [" · ".join(more), *lines])
    return styled(chart, options.lang)


def _layers(found: ReleaseGrid, options: Options, say: Say) -> list[alt.Chart]:
    many = found.slots.shape[1]
    x = alt.X(
        "day:Q",
        title=None,
        axis=day_marks(found.first_day, many, options.lang),
        scale=alt.Scale(domain=[0, many], nice=False),
    )
    y = alt.Y(
        "hour:Q",
        title=say("hour"),
        axis=alt.Axis(values=list(range(0, _HOURS + 1, 3)), gridColor=FAINT),
        scale=alt.Scale(domain=[_HOURS, 0], nice=False),
    )
    names = [say("all"), say("office"), say("gap")]
    there = [True, bool(found.by_office.any()), bool((found.coverage < GAP_BELOW).any())]
    colours = [SKY, BLUE, GREY]
    colour = alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(
            domain=[name for name, used in zip(names, there, strict=True) if used],
            range=[shade for shade, used in zip(colours, there, strict=True) if used],
        ),
        # Circles of the first hour reach above the drawing area.
        legend=alt.Legend(
            orient="top", direction="horizontal", offset=_WIDEST_POINTS / 2, labelLimit=400
        ),
    )
    layers = [_gaps(found, x, y, colour, names[2])]
    day_points = (options.width or WIDTH) / many
    largest = np.pi / 4 * max(8.0, min(_WIDEST_POINTS, 2 * day_points)) ** 2
    scale = largest / (int(found.slots.max()) or 1)
    layers += [
        _circles(numbers, scale, x, y, colour, name)
        for numbers, name in ((found.slots, names[0]), (found.by_office, names[1]))
    ]
    return layers


def _gaps(found: ReleaseGrid, x: alt.X, y: alt.Y, colour: alt.Color, name: str) -> alt.Chart:
    rows = [
        {"day": run.begin, "next": run.end, "hour": run.row, "end": run.row + 1, "what": name}
        for run in runs_of((found.coverage < GAP_BELOW).astype(np.int64))
        if run.value
    ]
    gaps: alt.Chart = (
        alt.Chart(inline(rows)).mark_rect().encode(x=x, x2="next:Q", y=y, y2="end:Q", color=colour)
    )
    return gaps


def _circles(
    numbers: Ints, scale: float, x: alt.X, y: alt.Y, colour: alt.Color, name: str
) -> alt.Chart:
    """A circle in the middle of each hour with a release, its area in points ``scale`` times its slots."""
    hours, days = np.nonzero(numbers)
    rows: list[dict[str, Any]] = [
        {
            "day": day + 0.5,
            "hour": hour + 0.5,
            "slots": int(numbers[hour, day]),
            "area": max(6.0, round(scale * float(numbers[hour, day]), 1)),
            "what": name,
        }
        for hour, day in zip(hours.tolist(), days.tolist(), strict=True)
    ]
    rows.sort(key=lambda row: -row["slots"])
    size = alt.Size("area:Q", scale=None, legend=None)
    circles: alt.Chart = (
        alt.Chart(inline(rows))
        .mark_circle(opacity=0.85, stroke=QUIET, strokeWidth=0.4)
        .encode(x=x, y=y, size=size, color=colour)
    )
    return circles


PICTURE = Picture(
    "releases",
    "when slots are released, by day and hour; circles as large as their number",
    lambda asked: draw_releases(asked.watched, options=asked.options),
)
