"""The picture of lead times: how many days before the slot people book, and what the horizon cuts off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import altair as alt
import numpy as np

from amtspuls.analysis.changes import Floats
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.localtime import DAY_S
from amtspuls.analysis.observed import Observed, observe
from amtspuls.analysis.quantiles import weighted_quantile
from amtspuls.charts.base import Options, Picture
from amtspuls.charts.style import (
    BLUE,
    HEIGHT,
    INK,
    WIDTH,
    heading,
    inline,
    small_print,
    styled,
)
from amtspuls.charts.words import Lang, Say, Texts, say_number, say_refusal, speaker

QUANTILES = (0.1, 0.5, 0.9)
_BARS_BY_DAYS = 92
_LEAST_DAYS = 7
_ROOM = 1.3
"""Height of the axis in highest bars: above them the texts of the quantiles have their place."""

_TEXT_TO_THE_LEFT = 0.8
"""Share of the axis from which on texts stand to the left of their line: else they would leave the picture."""

_PER_CENT = "datum.value > 1 ? '' : format(100 * datum.value, '~f') + ' %'"

TEXTS: Texts = MappingProxyType(
    {
        "title": ("How far ahead people book", "Wie weit im Voraus gebucht wird"),
        "days": ("days from the booking to the slot", "Tage von der Buchung bis zum Termin"),
        "share": ("share of the bookings", "Anteil der Buchungen"),
        "bookings": ("bookings", "Buchungen"),
        "cut": (
            "not offered so far ahead (the darker, the fewer calendars do)",
            "so weit voraus nicht angeboten (je dunkler, desto weniger Kalender)",
        ),
        "q10": ("10 % within {days}", "10 % bis {days}"),
        "q50": ("half within {days}", "Hälfte bis {days}"),
        "q90": ("90 % within {days}", "90 % bis {days}"),
        "d": ("{number} d", "{number} T"),
        "number": ("{number} bookings", "{number} Buchungen"),
        "nothing": ("no booking was seen", "keine Buchung gesehen"),
        "week": (", by week", ", nach Wochen"),
    }
)


@dataclass(frozen=True, eq=False)
class LeadTimes:
    """How far ahead people booked; arrays have one place per bar.

    Attributes:
        width_days: Days that one bar stands for.
        bookings: Bookings with a lead time in the bar, the first one from 0 days on.
        offered: Share of the covered time that belongs to calendars which ever offered a slot so far
            ahead, for the begin of the bar; NaN where nothing was covered.
        quantiles: Lead times in days at the shares ``QUANTILES``; None without a booking.
    """

    width_days: int
    bookings: Floats
    offered: Floats
    quantiles: tuple[float | None, ...]


def read_lead_times(watched: Sequence[Watched]) -> LeadTimes:
    """Sort bookings by lead time, and say how far ahead calendars offered slots.

    A calendar's reach is the largest distance between a moment at which a slot was seen free in the
    range and the slot's start; further ahead nothing could be booked.
    """
    days = np.concatenate([one.transitions.bookings.lead_s / DAY_S for one in watched])
    weights = np.concatenate([one.transitions.bookings.weight for one in watched])
    pairs = [pair for one in watched for pair in _reaches(one)]
    reach = np.array([far for far, _ in pairs])
    covered = np.array([seconds for _, seconds in pairs])
    farthest = max(reach.max(initial=0.0), days.max(initial=0.0))
    last = max(_LEAST_DAYS, int(1.08 * farthest) + 1)
    width = 1 if last <= _BARS_BY_DAYS else 7
    bars = -(-last // width)
    places = np.clip((days // width).astype(np.int64), 0, bars - 1)
    total = float(covered.sum()) or np.nan
    begins = np.arange(bars) * width
    offered = ((reach[None, :] > begins[:, None]) * covered).sum(axis=1) / total
    quantiles = tuple(weighted_quantile(days, weights, share) for share in QUANTILES)
    return LeadTimes(
        width, np.bincount(places, weights, bars).astype(np.float64), offered, quantiles
    )


def _reaches(one: Watched) -> list[tuple[float, float]]:
    """Reach in days and covered seconds of each calendar that was covered."""
    spans, evidence = one.evidence.spans, one.evidence
    seen_s = np.maximum(spans.opened_at, evidence.asked.from_s)
    there = (spans.closed_at > evidence.asked.from_s) & (spans.opened_at < evidence.asked.until_s)
    ahead = (evidence.span_start_s - seen_s) / DAY_S
    found = []
    for number in one.calendars:
        seconds = float(one.covered.seconds[one.covered.calendar == number].sum())
        mine = ahead[there & (spans.calendar == number)]
        if seconds:
            found.append((float(mine.max(initial=0.0)), seconds))
    return found


def draw_lead_time(watched: Sequence[Watched], *, options: Options | None = None) -> alt.LayerChart:
    """Draw the distribution of lead times with its quantiles.

    Grey marks what the horizon cuts off: nobody could book so far ahead. The darker, the more of the
    calendars ended before. Where too little was covered for an estimate no booking is drawn.

    Args:
        watched: Portals and range; all bookings are taken together.
        options: Language, size, and whether it has a title.
    """
    options = options or Options()
    say = speaker(TEXTS, options.lang)
    found, refused = read_lead_times(watched), say_refusal(_observed(watched), options.lang)
    if refused:
        found = replace(found, bookings=np.zeros_like(found.bookings), quantiles=(None,) * 3)
    chart = alt.LayerChart(layer=_layers(found, options.lang, say))
    chart.width, chart.height = options.width or WIDTH, options.height or HEIGHT
    if options.titled:
        number = say_number(round(float(found.bookings.sum())), options.lang)
        counted = say("number", number=number) if found.bookings.any() else say("nothing")
        rule = watched[0].transitions.rule
        lines = small_print(watched, options.lang, rule=rule, more=[refused or counted])
        chart.title = heading(say("title"), lines)
    return styled(chart, options.lang)


def _observed(watched: Sequence[Watched]) -> Observed:
    return observe(watched, By.ALL)["", 0]


def _layers(found: LeadTimes, lang: Lang, say: Say) -> list[alt.Chart]:
    total = float(found.bookings.sum())
    shares = found.bookings / total if total else found.bookings
    largest = float(shares.max(initial=0.0)) or 1.0
    rows = [
        {
            "from": place * found.width_days,
            "until": (place + 1) * found.width_days,
            "share": share,
            "cut": 0.0 if np.isnan(offered) else round(1 - offered, 4),
            "top": _ROOM * largest,
        }
        for place, (share, offered) in enumerate(
            zip(shares.tolist(), found.offered.tolist(), strict=True)
        )
    ]
    end = rows[-1]["until"]
    x = alt.X(
        "from:Q", title=say("days"), scale=alt.Scale(domain=[0, end], nice=False), axis=_days(end)
    )
    y = alt.Y(
        "share:Q",
        title=say("share") + (say("week") if found.width_days > 1 else ""),
        scale=alt.Scale(domain=[0, _ROOM * largest], nice=False),
        axis=alt.Axis(labelExpr=_PER_CENT, tickCount=5),
    )
    layers = [_cut(rows, x, y, say), _bars(rows, x, y)]
    if total:
        layers += _marks(found, x, y, largest, lang, say)
    return layers


def _days(end: int) -> alt.Axis:
    step = next(step for step in (1, 7, 14, 28, 56, 112, 10_000) if end / step <= 16)
    return alt.Axis(values=list(range(0, end + 1, step)), labelOverlap=True)


def _cut(rows: list[dict[str, Any]], x: alt.X, y: alt.Y, say: Say) -> alt.Chart:
    hidden: list[dict[str, Any]] = []
    for row in rows:
        # Bars that are cut off alike are one rectangle: two would show a seam.
        if hidden and hidden[-1]["cut"] == row["cut"]:
            hidden[-1]["until"] = row["until"]
        else:
            hidden.append(row | {"share": 0, "what": say("cut")})
    grey = alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=[say("cut")], range=["#bdbdbd"]),
        legend=alt.Legend(orient="top", offset=4, labelLimit=700),
    )
    cut: alt.Chart = (
        alt.Chart(inline(hidden))
        .mark_rect()
        .encode(
            x=x,
            x2="until:Q",
            y=y,
            y2="top:Q",
            color=grey,
            opacity=alt.Opacity("cut:Q", scale=alt.Scale(domain=[0, 1], range=[0, 1]), legend=None),
        )
    )
    return cut


def _bars(rows: list[dict[str, Any]], x: alt.X, y: alt.Y) -> alt.Chart:
    bars: alt.Chart = (
        alt.Chart(inline(rows))
        .mark_rect(color=BLUE, stroke="#ffffff", strokeWidth=0.6)
        .encode(x=x, x2="until:Q", y=y, y2=alt.datum(0))
    )
    return bars


def _marks(
    found: LeadTimes, x: alt.X, y: alt.Y, largest: float, lang: Lang, say: Say
) -> list[alt.Chart]:
    """Upright lines at the quantiles, each with its text at its upper end.

    Lines with their text to the right get shorter to the right, those with it to the left get shorter to
    the left, so that no line runs through a text on its own side.
    """
    end = len(found.bookings) * found.width_days
    known = [
        (share, days)
        for share, days in zip(QUANTILES, found.quantiles, strict=True)
        if days is not None
    ]
    before = [pair for pair in known if pair[1] < _TEXT_TO_THE_LEFT * end]
    rows = [
        {
            "from": days,
            "share": largest * (_ROOM - 0.05 - 0.09 * step),
            "text": say(f"q{round(100 * share)}", days=say("d", number=say_number(days, lang, 1))),
            "side": "left" if step < len(before) else "right",
        }
        for step, (share, days) in enumerate([*before, *reversed(known[len(before) :])])
    ]
    lines: alt.Chart = (
        alt.Chart(inline(rows))
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x=x, y=y, y2=alt.datum(0))
    )
    return [lines, _texts(rows, x, y, "left"), _texts(rows, x, y, "right")]


def _texts(
    rows: list[dict[str, Any]], x: alt.X, y: alt.Y, side: Literal["left", "right"]
) -> alt.Chart:
    mine = [row for row in rows if row["side"] == side]
    texts: alt.Chart = (
        alt.Chart(inline(mine))
        .mark_text(align=side, dx=5 if side == "left" else -5, fontSize=12, color=INK)
        .encode(x=x, y=y, text="text:N")
    )
    return texts


PICTURE = Picture(
    "lead-time",
    "how many days before the slot people book, with what the horizon cuts off",
    lambda asked: draw_lead_time(asked.watched, options=asked.options),
)
