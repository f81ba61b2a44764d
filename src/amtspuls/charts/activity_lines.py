"""The seed's two figures: appointments over time by the rules that they were drawn with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import altair as alt
import numpy as np

from amtspuls.analysis import seed_rule, successor_rule
from amtspuls.analysis.evidence import Evidence
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import HOUR_S, Ints
from amtspuls.analysis.selection import select_portals, split_united
from amtspuls.analysis.timeline import Bin, Timeline, cover_timeline
from amtspuls.charts.base import Asked, Options
from amtspuls.charts.style import (
    BLUE,
    DASHES,
    GREY,
    HEIGHT,
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
from amtspuls.charts.words import Lang, Say, Texts, say_names, say_number, speaker
from amtspuls.errors import ConfigError

TEXTS: Texts = MappingProxyType(
    {
        "title_seed": (
            "Appointments and cancellations per {each}, by the seed's rule",
            "Termine und Absagen je {each} nach der Regel der Vorlage",
        ),
        "title_successor": (
            "Appointments per {each}: a later offer books the one before",
            "Termine je {each}: ein späteres Angebot bucht das vorige",
        ),
        "per": ("per {each}", "je {each}"),
        "appointments": ("appointments", "Termine"),
        "cancellations": ("cancellations", "Absagen"),
        "gap": ("not observed", "nicht beobachtet"),
        "no_estimate": (
            "changes counted, not an estimate of bookings",
            "gezählte Änderungen, keine Schätzung der Buchungen",
        ),
        "total": ("{number} {what} in all", "insgesamt {number} {what}"),
        "without": ("left out: {names}", "ohne: {names}"),
        "unions": (
            "{names} (quarter-hour unions)",
            "{names} (vereinte Viertelstunden)",
        ),
        "several": (
            "{names} (several slots a day)",
            "{names} (mehrere Zeiten je Tag)",
        ),
        "silent": (
            "{names} (never answered)",
            "{names} (ohne Antwort)",
        ),
        "peaks": ("most in one {each}: {names}", "meiste je {each}: {names}"),
        "place": ("{number} place", "{number} Ort"),
        "places": ("{number} places", "{number} Orte"),
        "upper": (
            "rows are quarter-hour unions of one-minute snapshots: an upper count",
            "Zeilen sind aus Minutenaufnahmen vereinte Viertelstunden: eine Obergrenze",
        ),
    }
)

_NAMED_PEAKS, _NAMED_LEFT_OUT = 4, 8
_LEAST_HEIGHT = 5
"""The axis of numbers reaches at least so far, so that a line of zeros lies at its foot."""

Counts = Mapping[str, Ints]
"""Events of one portal by key of their text: local seconds, ascending."""


@dataclass(frozen=True)
class _Figure:
    """What a figure shows.

    Attributes:
        title: Key of its title.
        watched: Portals drawn.
        counts: Events of each of them.
        counted: What else is said beside the totals.
        note: A line of small print of its own.
    """

    title: str
    watched: Sequence[Watched]
    counts: Sequence[Counts]
    counted: Sequence[str]
    note: str


def draw_seed(asked: Asked) -> alt.LayerChart:
    """Draw appointments and cancellations as the seed's first figure did (``analysis.seed_rule``)."""
    say = speaker(TEXTS, asked.options.lang)
    counts = [_seed_counts(one) for one in asked.watched]
    timeline = cover_timeline(asked.watched)
    peaks = _say_peaks(asked, counts, timeline, say)
    figure = _Figure("title_seed", asked.watched, counts, peaks, _say_left_out(asked, say))
    return _draw(figure, timeline, asked.options, say)


def draw_successor(asked: Asked) -> alt.LayerChart:
    """Draw appointments as the seed's vaccination figure did (``analysis.successor_rule``).

    Raises:
        ConfigError: Every selected portal shows several slots of a day, or never answered.
    """
    options, say = asked.options, speaker(TEXTS, asked.options.lang)
    found = successor_rule.split_one_a_day(one.evidence for one in asked.watched)
    if not found.readable:
        raise ConfigError(
            "the rule successor reads portals that show one slot a day at each place; "
            f"choose them with -i: {_say_unreadable(found)}"
        )
    watched = [one for one in asked.watched if one.evidence in found.readable]
    counts = [
        {
            "appointments": one.evidence.offsets.to_local(
                successor_rule.count_successors(one.evidence)
            )
        }
        for one in watched
    ]
    places = sum(len(one.calendars) for one in watched)
    notes = []
    if any(one.evidence.record.aggregated for one in watched):
        notes.append(say("upper"))
    left_out = [
        say(key, names=_name(group, options.lang))
        for key, group in (("several", found.several), ("silent", found.silent))
        if group
    ]
    if left_out:
        notes.append(say("without", names="; ".join(left_out)))
    key = "place" if places == 1 else "places"
    counted = [say(key, number=say_number(places, options.lang))]
    figure = _Figure("title_successor", watched, counts, counted, " · ".join(notes))
    return _draw(figure, cover_timeline(watched), options, say)


def _name(group: Sequence[Evidence], lang: Lang) -> str:
    return say_names([one.record.portal_id for one in group], lang, _NAMED_LEFT_OUT)


def _say_unreadable(found: successor_rule.Portals) -> str:
    """Why none can be read: that nothing answered says nothing of what a page shows."""
    groups = (("these show more", found.several), ("these never answered", found.silent))
    return "; ".join(f"{what}: {_name(group, Lang.EN)}" for what, group in groups if group)


def _seed_counts(one: Watched) -> Counts:
    found = seed_rule.count_seed(one.evidence)
    to_local = one.evidence.offsets.to_local
    return {key: to_local(at) for key, at in found._asdict().items()}


def _say_left_out(asked: Asked, say: Say) -> str:
    """Which portals a figure leaves out: by choice, and because their rows are unions."""
    lang = asked.options.lang
    _, united = split_united(select_portals(asked.reader, asked.selection))
    kinds = [say_names(asked.left_out, lang, _NAMED_LEFT_OUT)] if asked.left_out else []
    if united:
        names = say_names([one.portal_id for one in united], lang, _NAMED_LEFT_OUT)
        kinds.append(say("unions", names=names))
    return say("without", names="; ".join(kinds)) if kinds else ""


def _say_peaks(asked: Asked, counts: Sequence[Counts], timeline: Timeline, say: Say) -> list[str]:
    """The portals with the largest single hours: a strange peak is best left out."""
    peaks = []
    for one, found in zip(asked.watched, counts, strict=True):
        largest = max(int(_per_bin(at, timeline).max(initial=0)) for at in found.values())
        peaks.append((-largest, one.evidence.record.portal_id))
    named = [
        f"{portal_id} {say_number(-number, asked.options.lang)}"
        for number, portal_id in sorted(peaks)[:_NAMED_PEAKS]
        if number
    ]
    each = _each(timeline, say)
    return [say("peaks", each=each, names=", ".join(named))] if named else []


def _draw(figure: _Figure, timeline: Timeline, options: Options, say: Say) -> alt.LayerChart:
    keys = list(figure.counts[0])
    totals = {
        key: np.sum([_per_bin(found[key], timeline) for found in figure.counts], axis=0)
        for key in keys
    }
    gaps = list(stretches(timeline, _is_gap))
    series = _series(keys, say, with_gaps=bool(gaps))
    x = time_axis(min(timeline.bins), max(timeline.bins) + timeline.width_s, options.lang)
    layers = _lines(totals, timeline, x, series, say)
    if gaps:
        layers.insert(0, gap_bands(gaps, x, series[0], say("gap")))
    chart = alt.LayerChart(layer=layers)
    chart.width, chart.height = options.width or WIDTH, options.height or HEIGHT
    if options.titled:
        sums = [
            say("total", number=say_number(int(of_bins.sum()), options.lang), what=say(key))
            for key, of_bins in totals.items()
        ]
        told = [say("no_estimate"), *say_not_compared(figure.watched, options.lang)]
        small = small_print(figure.watched, options.lang, more=told)
        title = say(figure.title, each=_each(timeline, say))
        counted = " · ".join([*sums, *figure.counted])
        chart.title = heading(title, [small[0], counted, figure.note, small[1]])
    return styled(chart, options.lang)


def _is_gap(one: Bin) -> bool:
    """An hour that the clocks left out was asked by nobody and is no gap."""
    return one.asked_s > 0 and not one.covered_s


def _lines(
    totals: Mapping[str, Ints],
    timeline: Timeline,
    x: alt.X,
    series: tuple[alt.Color, alt.StrokeDash],
    say: Say,
) -> list[alt.Chart]:
    """Lines, and points for hours that stand alone."""
    colour, dash = series
    rows = _rows(totals, timeline, say)
    peak = max(int(of_bins.max(initial=0)) for of_bins in totals.values())
    y = alt.Y(
        "number:Q",
        title=say("per", each=_each(timeline, say)),
        axis=alt.Axis(format=",~f", tickMinStep=1),
        scale=alt.Scale(domain=[0, max(peak, _LEAST_HEIGHT)], nice=True),
    )
    lines = alt.Chart(inline(rows)).mark_line(strokeWidth=1.8, strokeJoin="round")
    layers = [lines.encode(x=x, y=y, color=colour, strokeDash=dash, detail="piece:N")]
    sizes = Counter((row["what"], row["piece"]) for row in rows)
    alone = [row for row in rows if sizes[row["what"], row["piece"]] == 1]
    if alone:
        points = alt.Chart(inline(alone)).mark_point(filled=True, opacity=1)
        layers.append(points.encode(x=x, y=y, color=colour))
    return layers


def _rows(totals: Mapping[str, Ints], timeline: Timeline, say: Say) -> list[dict[str, Any]]:
    """One row per line and bin; a line is broken where nothing was observed."""
    bins = timeline.bins.values()
    pieces = np.cumsum([_is_gap(one) for one in bins]).tolist()
    return [
        {"start": wall(start), "number": number, "what": say(key), "piece": piece}
        for key, of_bins in totals.items()
        for (start, one), piece, number in zip(
            timeline.bins.items(), pieces, of_bins.tolist(), strict=True
        )
        if one.covered_s
    ]


def _per_bin(local_s: Ints, timeline: Timeline) -> Ints:
    """How many events lie in each bin; the repeated hour of autumn holds both of its passes."""
    first = min(timeline.bins)
    return np.bincount((local_s - first) // timeline.width_s, minlength=len(timeline.bins)).astype(
        np.int64
    )


def _each(timeline: Timeline, say: Say) -> str:
    return say("hour" if timeline.width_s == HOUR_S else "day")


def _series(keys: Sequence[str], say: Say, *, with_gaps: bool) -> tuple[alt.Color, alt.StrokeDash]:
    """Colours and dashes in one legend: the lines cross, and prints have no colours."""
    looks = {
        "appointments": (BLUE, DASHES[0]),
        "cancellations": (ORANGE, DASHES[1]),
        "gap": (GREY, DASHES[0]),
    }
    shown = [*keys, *(["gap"] if with_gaps else [])]
    names = [say(key) for key in shown]
    legend = alt.Legend(
        orient="top", direction="horizontal", offset=4, symbolType="stroke", symbolStrokeWidth=4
    )
    colours, dashes = zip(*(looks[key] for key in shown), strict=True)
    return (
        alt.Color(
            "what:N", title=None, scale=alt.Scale(domain=names, range=colours), legend=legend
        ),
        alt.StrokeDash(
            "what:N", title=None, scale=alt.Scale(domain=names, range=dashes), legend=legend
        ),
    )
