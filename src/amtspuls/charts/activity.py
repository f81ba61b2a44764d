"""The picture of activity: bookings upwards, cancellations downwards, gaps in grey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import altair as alt

from amtspuls import __version__
from amtspuls.analysis.base import count_of, per_cent
from amtspuls.analysis.grouping import By, Watched, observe
from amtspuls.analysis.localtime import DAY_S, HOUR_S
from amtspuls.analysis.timeline import Bin, Timeline, list_weeks, read_timeline, say_weeks
from amtspuls.analysis.transitions import RULE
from amtspuls.charts.render import FONT

BLUE, RED, GREY = "#0b5fa5", "#d1495b", "#dcdcdc"
"""Apart for colour-blind eyes and in print: the red is the lighter one and points downwards."""

INK, QUIET, FAINT = "#1d2530", "#5b6673", "#eceff2"
GAP_BELOW = 0.5
"""Hours of which less was covered are grey."""

_NAMED_PORTALS = 4
_WHOLE_AND_UNSIGNED = "datum.value % 1 ? '' : format(abs(datum.value), ',~f')"
_DAYS_BY_HOURS, _DAYS_BY_DAYS, _DAYS_BY_WEEKS = 2.5, 14, 92
_BOOKINGS, _CANCELLATIONS, _GAP = "bookings", "cancellations", "not or hardly observed"


def draw_activity(
    watched: Sequence[Watched], *, width: int = 860, height: int = 300, titled: bool = True
) -> alt.LayerChart:
    """Draw bookings and cancellations over time, in local time.

    Args:
        watched: Portals and range; all portals are drawn together.
        width: Of the drawing area, in points.
        height: As well.
        titled: Whether title and subtitle say what it is; a page that says so itself needs none.
    """
    timeline = read_timeline(watched)
    x = _time_axis(timeline)
    gaps = list(_gaps(timeline))
    layers = [
        *([_bands(gaps, x)] if gaps else []),
        _bars(timeline, x, _colour(with_gaps=bool(gaps))),
        alt.Chart(_data([{"zero": 0}])).mark_rule(color=INK).encode(y="zero:Q"),
    ]
    chart = alt.LayerChart(layer=layers)
    chart.width, chart.height = width, height
    if titled:
        chart.title = _title(watched, timeline)
    return _styled(chart)


def _styled(chart: alt.LayerChart) -> alt.LayerChart:
    styled: alt.LayerChart = (
        chart.configure(font=FONT, background="#ffffff", padding=12)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=QUIET,
            titleColor=QUIET,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        .configure_legend(labelColor=INK, labelFontSize=13, symbolType="square", symbolSize=160)
    )
    return styled


def _title(watched: Sequence[Watched], timeline: Timeline) -> alt.TitleParams:
    each = "hour" if timeline.width_s == HOUR_S else "day"
    ids = [one.evidence.record.portal_id for one in watched]
    named = ", ".join(ids[:_NAMED_PORTALS]) + (" and others" if len(ids) > _NAMED_PORTALS else "")
    coverage = observe(watched, By.ALL)["", 0].coverage
    facts = [
        f"Observed in {per_cent(coverage)} of the time",
        f"provisional estimate (rule {RULE})",
        f"amtspuls {__version__}",
    ]
    if timeline.untimed:
        facts.insert(2, f"{count_of(timeline.untimed, 'change')} across gaps not drawn")
    what = [
        f"{count_of(len(ids), 'portal')}: {named}",
        say_weeks(list_weeks(watched)),
        "local time",
    ]
    return alt.TitleParams(
        text=f"Bookings and cancellations per {each}",
        subtitle=[" · ".join(what), " · ".join(facts)],
        anchor="start",
        fontSize=19,
        subtitleFontSize=13,
        color=INK,
        subtitleColor=QUIET,
        subtitlePadding=6,
        offset=14,
    )


def _time_axis(timeline: Timeline) -> alt.X:
    starts = list(timeline.bins)
    end = starts[-1] + timeline.width_s
    form, ticks = _ticks(starts[0], end)
    axis = alt.Axis(
        format=form, values=[1000 * at for at in ticks], gridColor=FAINT, labelOverlap=True
    )
    scale = alt.Scale(type="utc", domain=[_wall(starts[0]), _wall(end)], nice=False)
    return alt.X("start:T", title=None, axis=axis, scale=scale)


def _ticks(first_s: int, end_s: int) -> tuple[str, list[int]]:
    """Form and local seconds of the marks of the time axis: hours, days, Mondays or months."""
    days = (end_s - first_s) / DAY_S
    step_s = 6 * HOUR_S if days <= _DAYS_BY_HOURS else DAY_S
    marks = range(-(-first_s // step_s) * step_s, end_s + 1, step_s)
    if days <= _DAYS_BY_HOURS:
        return "%a %d, %H:%M", list(marks)
    if days <= _DAYS_BY_DAYS:
        return "%a %d %b", list(marks)
    dates = {at: datetime.fromtimestamp(at, UTC) for at in marks}
    if days <= _DAYS_BY_WEEKS:
        return "%d %b", [at for at, on in dates.items() if on.weekday() == 0]
    return "%b %Y", [at for at, on in dates.items() if on.day == 1]


def _colour(*, with_gaps: bool) -> alt.Color:
    names = [_BOOKINGS, _CANCELLATIONS, *([_GAP] if with_gaps else [])]
    return alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=names, range=[BLUE, RED, GREY][: len(names)]),
        legend=alt.Legend(orient="top", direction="horizontal", offset=4),
    )


def _bars(timeline: Timeline, x: alt.X, colour: alt.Color) -> alt.Chart:
    each = "hour" if timeline.width_s == HOUR_S else "day"
    rows = [
        {
            "start": _wall(start),
            "end": _wall(start + timeline.width_s),
            "number": number,
            "what": what,
        }
        for start, one in timeline.bins.items()
        for what, number in ((_BOOKINGS, one.bookings), (_CANCELLATIONS, -one.cancellations))
        if number
    ]
    y = alt.Y(
        "number:Q",
        title=f"per {each}",
        stack=None,
        axis=alt.Axis(labelExpr=_WHOLE_AND_UNSIGNED, gridColor=FAINT),
    )
    bars: alt.Chart = (
        alt.Chart(_data(rows))
        .mark_rect()
        .encode(x=x, x2="end:T", y=y, y2=alt.datum(0), color=colour)
    )
    return bars


def _bands(gaps: Sequence[tuple[int, int]], x: alt.X) -> alt.Chart:
    rows = [{"start": _wall(first), "end": _wall(last), "what": _GAP} for first, last in gaps]
    colour = _colour(with_gaps=True)
    bands: alt.Chart = alt.Chart(_data(rows)).mark_rect().encode(x=x, x2="end:T", color=colour)
    return bands


def _gaps(timeline: Timeline) -> Iterator[tuple[int, int]]:
    """Stretches of bins that were hardly covered, as local seconds from and until."""
    begun: int | None = None
    for start, one in timeline.bins.items():
        hidden = _is_gap(one)
        if hidden and begun is None:
            begun = start
        if not hidden and begun is not None:
            yield begun, start
            begun = None
    if begun is not None:
        yield begun, max(timeline.bins) + timeline.width_s


def _is_gap(one: Bin) -> bool:
    """An hour that the clocks left out was asked by nobody and is no gap."""
    return one.asked_s > 0 and one.coverage < GAP_BELOW


def _wall(local_s: int) -> str:
    """Wall time as the chart wants it: written as if it were UTC, on a scale that shows UTC."""
    return datetime.fromtimestamp(local_s, UTC).isoformat().replace("+00:00", "Z")


def _data(rows: list[dict[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=rows)
