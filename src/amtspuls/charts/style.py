"""What all pictures look like: type, colours, title and small print, the axis of time."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import altair as alt
from altair.utils.schemapi import debug_mode

from amtspuls import __version__
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.localtime import DAY_S, HOUR_S
from amtspuls.analysis.observed import observe
from amtspuls.analysis.provenance import Provenance
from amtspuls.analysis.timeline import Bin, Timeline, list_weeks
from amtspuls.charts.words import (
    WORDS,
    Lang,
    say_portals,
    say_share,
    say_weeks,
    speaker,
    vega_locale,
)

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first is inside vl-convert, so that pictures look the same on a machine without fonts."""

BLUE, ORANGE, SKY, OLIVE = "#08457e", "#e2661e", "#6db3e8", "#8a8a2e"
"""Series, in this order: apart for colour-blind eyes; the first three also in black and white."""

SERIES = (BLUE, ORANGE, SKY, OLIVE)
DASHES: tuple[list[int], ...] = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2])
"""Dashes of lines, one per series: lines cross, so that shade alone does not tell them apart."""

HEAT = ("#eef3f8", "#a9c8e4", "#4f8fc6", "#08457e", "#04203c")
"""From few to many, ever darker: reads the same in grey."""

GREY = "#dcdcdc"
"""Not or hardly observed; white on a heat map means nothing at all."""

INK, QUIET, FAINT = "#1d2530", "#5b6673", "#eceff2"

WIDTH, HEIGHT = 860, 300
"""Of the drawing area, in points."""

Chart = alt.LayerChart | alt.Chart | alt.HConcatChart | alt.VConcatChart | alt.FacetChart
_AnyChart = TypeVar("_AnyChart", bound=Chart)

_LINE_LENGTH = 125
"""Characters of small print that fit beside a picture of the usual width."""

_DAYS_BY_HOURS, _DAYS_BY_DAYS, _DAYS_BY_WEEKS = 2.5, 14, 92
_FORMS = {
    "hours": ("%a %d, %H:%M", "%a %d., %H:%M"),
    "days": ("%a %d %b", "%a %-d. %b"),
    "weeks": ("%d %b", "%-d. %b"),
    "months": ("%b %Y", "%b %Y"),
}


def styled(chart: _AnyChart, lang: Lang = Lang.EN) -> _AnyChart:
    """Give a finished chart the common look; call it last, once, on the outermost chart."""
    done: _AnyChart = (
        chart.configure(
            font=FONT,
            background="#ffffff",
            padding=12,
            locale=alt.Locale.from_dict(vega_locale(lang)),
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=QUIET,
            titleColor=QUIET,
            gridColor=FAINT,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        .configure_legend(
            labelColor=INK,
            titleColor=QUIET,
            labelFontSize=13,
            labelLimit=400,
            titleFontWeight="normal",
            symbolType="square",
            symbolSize=160,
        )
        .configure_header(labelColor=INK, titleColor=QUIET, labelFontSize=12)
    )
    return done


def heading(text: str, lines: Sequence[str]) -> alt.TitleParams:
    """Title of a picture, with the small print as lines below it."""
    return alt.TitleParams(
        text=text,
        subtitle=[line for line in lines if line],
        anchor="start",
        fontSize=19,
        subtitleFontSize=13,
        color=INK,
        subtitleColor=QUIET,
        subtitlePadding=6,
        offset=14,
    )


def small_print(
    watched: Sequence[Watched],
    lang: Lang,
    *,
    rule: str | None = None,
    measured: str | None = None,
    free: bool = False,
    more: Sequence[str] = (),
) -> list[str]:
    """What every picture carries: portals, weeks and zone; coverage, rule and version.

    Args:
        watched: What the picture is about.
        lang: Its language.
        rule: The rule that its figures are estimated by, where they are estimates.
        measured: The rule that they are measured by, where nothing is guessed; empty where it has no name.
        free: Whether it tells what was free: the time in which a calendar was sold out is known then.
        more: Further facts, already in the language, before the version.
    """
    say = speaker(WORDS, lang)
    ids = [one.evidence.record.portal_id for one in watched]
    about = [say_portals(ids, lang), say_weeks(list_weeks(watched), lang), say("local_time")]
    coverage = observe(watched, By.ALL, shown=free)["", 0].coverage
    facts = [
        say("coverage", share=say_share(coverage, lang)),
        *([say("estimate", rule=rule)] if rule else []),
        *(
            [say("measured" if measured else "measured_plainly", rule=measured)]
            * (measured is not None)
        ),
        *more,
        f"amtspuls {__version__}",
    ]
    return [" · ".join(about), " · ".join(facts)]


def say_not_compared(watched: Sequence[Watched], lang: Lang) -> list[str]:
    """That no change could have been seen: a picture without marks would read as none; empty where it could."""
    compared = observe(watched, By.ALL)["", 0].compared
    return [] if compared else [speaker(WORDS, lang)("not_compared")]


def add_provenance(chart: Chart, provenance: Provenance, lang: Lang) -> None:
    """Add to the small print which data a picture was drawn from, and what draws it again."""
    if not isinstance(chart.title, alt.TitleParams):
        return
    say = speaker(WORDS, lang)
    text = say("data", digest=provenance.archive_digest)
    if provenance.command:
        text = f"{text} · {provenance.command}"
    lines = textwrap.wrap(text, _LINE_LENGTH, break_long_words=False, break_on_hyphens=False)
    chart.title.subtitle = [*chart.title.subtitle, *lines]


def time_axis(from_s: int, until_s: int, lang: Lang = Lang.EN, *, field: str = "start") -> alt.X:
    """The horizontal axis of time with marks that fit its length.

    Args:
        from_s: Left end, local seconds (seconds after 1970-01-01 00:00 of wall time).
        until_s: Right end.
        lang: Language of the marks.
        field: Field of the data with times as ``wall`` writes them.
    """
    form, ticks = time_marks(from_s, until_s, lang)
    axis = alt.Axis(
        format=form, values=[1000 * at for at in ticks], gridColor=FAINT, labelOverlap=True
    )
    scale = alt.Scale(type="utc", domain=[wall(from_s), wall(until_s)], nice=False)
    return alt.X(f"{field}:T", title=None, axis=axis, scale=scale)


def time_marks(from_s: int, until_s: int, lang: Lang = Lang.EN) -> tuple[str, list[int]]:
    """Form and local seconds of the marks of an axis of time: hours, days, Mondays or months."""
    days = (until_s - from_s) / DAY_S
    step_s = 6 * HOUR_S if days <= _DAYS_BY_HOURS else DAY_S
    marks = list(range(-(-from_s // step_s) * step_s, until_s + 1, step_s))
    dates = {at: datetime.fromtimestamp(at, UTC) for at in marks}
    if days <= _DAYS_BY_HOURS:
        kind = "hours"
    elif days <= _DAYS_BY_DAYS:
        kind = "days"
    elif days <= _DAYS_BY_WEEKS:
        kind, marks = "weeks", [at for at, on in dates.items() if on.weekday() == 0]
    else:
        kind, marks = "months", [at for at, on in dates.items() if on.day == 1]
    return _FORMS[kind][list(Lang).index(lang)], marks


def stretches(timeline: Timeline, hidden: Callable[[Bin], bool]) -> Iterator[tuple[int, int]]:
    """Stretches of hidden bins, as local seconds from and until."""
    begun: int | None = None
    for start, one in timeline.bins.items():
        if begun is None and hidden(one):
            begun = start
        elif begun is not None and not hidden(one):
            yield begun, start
            begun = None
    if begun is not None:
        yield begun, max(timeline.bins) + timeline.width_s


def gap_bands(gaps: Iterable[tuple[int, int]], x: alt.X, colour: alt.Color, name: str) -> alt.Chart:
    """Bands from top to bottom where too little was observed; ``name`` is theirs in the legend."""
    rows = [{"start": wall(first), "end": wall(until), "what": name} for first, until in gaps]
    bands: alt.Chart = alt.Chart(inline(rows)).mark_rect().encode(x=x, x2="end:T", color=colour)
    return bands


def wall(local_s: int) -> str:
    """Wall time as a chart wants it: written as if it were UTC, on a scale that shows UTC."""
    return datetime.fromtimestamp(local_s, UTC).isoformat().replace("+00:00", "Z")


def inline(rows: list[dict[str, Any]]) -> alt.InlineData:
    """Rows inside the specification: a picture never loads anything."""
    # Checked with the whole picture when it is rendered; row by row it would cost more than the drawing.
    with debug_mode(arg=False):
        return _Rows(values=rows)


class _Rows(alt.InlineData):
    """Rows that layers share: Altair copies a chart each time it is put into another or configured."""

    def __deepcopy__(self, _memo: object) -> _Rows:
        return self
