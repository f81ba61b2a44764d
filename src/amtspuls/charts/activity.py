"""The picture of activity: bookings upwards, cancellations downwards, gaps in grey."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import altair as alt

from amtspuls.analysis import seed_rule, successor_rule
from amtspuls.analysis.estimate import estimate
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.localtime import HOUR_S
from amtspuls.analysis.timeline import Bin, Timeline, read_timeline
from amtspuls.charts.activity_lines import draw_seed, draw_successor
from amtspuls.charts.base import Asked, Options, Picture
from amtspuls.charts.style import (
    BLUE,
    GREY,
    HEIGHT,
    INK,
    ORANGE,
    WIDTH,
    gap_bands,
    heading,
    inline,
    say_not_compared,
    small_print,
    stretches,
    styled,
    time_axis,
    wall,
)
from amtspuls.charts.words import Lang, Say, Texts, say_number, speaker

GAP_BELOW = 0.5
"""Hours of which less was covered are grey."""

TEXTS: Texts = MappingProxyType(
    {
        "title": ("Bookings and cancellations per {each}", "Buchungen und Absagen je {each}"),
        "per": ("per {each}", "je {each}"),
        "bookings": ("bookings", "Buchungen"),
        "cancellations": ("cancellations", "Absagen"),
        "in_all": (
            "{what} in all: {number} ({low} to {high})",
            "{what} insgesamt: {number} ({low} bis {high})",
        ),
        "gap": ("not or hardly observed", "nicht oder kaum beobachtet"),
        "untimed": (
            "{number} changes across gaps not drawn",
            "{number} Änderungen über Lücken hinweg nicht gezeichnet",
        ),
        "untimed_one": (
            "1 change across gaps not drawn",
            "1 Änderung über eine Lücke hinweg nicht gezeichnet",
        ),
    }
)

_WHOLE_AND_UNSIGNED = "datum.value % 1 ? '' : format(abs(datum.value), ',~f')"


def draw_activity(watched: Sequence[Watched], *, options: Options | None = None) -> alt.LayerChart:
    """Draw bookings and cancellations over time, in local time.

    Args:
        watched: Portals and range; all portals are drawn together.
        options: Language, size, and whether it has a title.
    """
    options = options or Options()
    say = speaker(TEXTS, options.lang)
    timeline = read_timeline(watched)
    x = time_axis(min(timeline.bins), max(timeline.bins) + timeline.width_s, options.lang)
    gaps = list(stretches(timeline, _is_gap))
    colour = _colour(say, with_gaps=bool(gaps))
    layers = [
        *([gap_bands(gaps, x, colour, say("gap"))] if gaps else []),
        _bars(timeline, x, colour, say),
        alt.Chart(inline([{"zero": 0}])).mark_rule(color=INK).encode(y="zero:Q"),
    ]
    chart = alt.LayerChart(layer=layers)
    chart.width, chart.height = options.width or WIDTH, options.height or HEIGHT
    if options.titled:
        chart.title = _title(watched, timeline, options, say)
    return styled(chart, options.lang)


def _title(
    watched: Sequence[Watched], timeline: Timeline, options: Options, say: Say
) -> alt.TitleParams:
    more = say_not_compared(watched, options.lang)
    if timeline.untimed:
        key = "untimed_one" if timeline.untimed == 1 else "untimed"
        more += [say(key, number=say_number(timeline.untimed, options.lang))]
    rule = watched[0].transitions.rule
    about, facts = small_print(watched, options.lang, rule=rule, more=more)
    lines = [about, _say_totals(watched, options.lang, say), facts]
    return heading(say("title", each=_each(timeline, say)), lines)


def _say_totals(watched: Sequence[Watched], lang: Lang, say: Say) -> str:
    """Both sums of the whole range with low and high; what may not be estimated is not told."""
    totals = []
    for key, kind in (("bookings", Kind.BOOKED), ("cancellations", Kind.CANCELLED)):
        found = estimate(watched, kind, By.ALL)["", 0]
        if found:
            number, low, high = (
                say_number(value, lang) for value in (found.central, found.low, found.high)
            )
            totals.append(say("in_all", number=number, what=say(key), low=low, high=high))
    return " · ".join(totals)


def _each(timeline: Timeline, say: Say) -> str:
    return say("hour" if timeline.width_s == HOUR_S else "day")


def _colour(say: Say, *, with_gaps: bool) -> alt.Color:
    names = [say("bookings"), say("cancellations"), *([say("gap")] if with_gaps else [])]
    return alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=names, range=[BLUE, ORANGE, GREY][: len(names)]),
        legend=alt.Legend(orient="top", direction="horizontal", offset=4),
    )


def _bars(timeline: Timeline, x: alt.X, colour: alt.Color, say: Say) -> alt.Chart:
    rows = [
        {
            "start": wall(start),
            "end": wall(start + timeline.width_s),
            "number": number,
            "what": what,
        }
        for start, one in timeline.bins.items()
        for what, number in (
            (say("bookings"), one.bookings),
            (say("cancellations"), -one.cancellations),
        )
        if number and not _is_gap(one)
    ]
    y = alt.Y(
        "number:Q",
        title=say("per", each=_each(timeline, say)),
        stack=None,
        axis=alt.Axis(labelExpr=_WHOLE_AND_UNSIGNED),
    )
    bars: alt.Chart = (
        alt.Chart(inline(rows))
        .mark_rect()
        .encode(x=x, x2="end:T", y=y, y2=alt.datum(0), color=colour)
    )
    return bars


def _is_gap(one: Bin) -> bool:
    """No figure is told of a gap; an hour that the clocks left out was asked by nobody and is none."""
    return one.asked_s > 0 and one.coverage < GAP_BELOW


def _draw_by_rule(asked: Asked) -> alt.LayerChart:
    if asked.options.rule is None:
        return draw_activity(asked.watched, options=asked.options)
    return _BY_RULE[asked.options.rule](asked)


_BY_RULE: Mapping[str, Callable[[Asked], alt.LayerChart]] = MappingProxyType(
    {seed_rule.RULE: draw_seed, successor_rule.RULE: draw_successor}
)

PICTURE = Picture(
    "activity",
    "bookings upwards, cancellations downwards by local hour or day, gaps in grey",
    _draw_by_rule,
    options=("rule",),
    rules=tuple(_BY_RULE),
    aggregated_rules=(successor_rule.RULE,),
)
