"""The picture of when people book: an hour of the week a cell, darker where more is booked."""

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
from amtspuls.analysis.localtime import HOUR_S, Ints, hour_of, weekday_of
from amtspuls.charts.base import Options, Picture
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
from amtspuls.charts.words import Lang, Say, Texts, say_number, short_weekdays, speaker

GAP_BELOW = 0.5
"""Hours of the week of which less was covered are grey."""

_HOURS, _DAYS = 24, 7
_CELLS = _HOURS * _DAYS
_ROW_POINTS = 30
_WHITE_TEXT_ABOVE = 0.72
_WHOLE_FROM = 10
_LEAST = 0.1
"""The smallest rate that a cell can say."""

TEXTS: Texts = MappingProxyType(
    {
        "title": ("When people book", "Wann gebucht wird"),
        "unit": (
            "bookings per hour and portal, of the time that was observed",
            "Buchungen je Stunde und Portal, bezogen auf die beobachtete Zeit",
        ),
        "hour": ("hour of the day of the booking", "Tagesstunde der Buchung"),
        "gap": ("not or hardly observed", "nicht oder kaum beobachtet"),
        "untimed": (
            "bookings across gaps not drawn: {number}",
            "Buchungen über Lücken hinweg nicht gezeichnet: {number}",
        ),
    }
)


@dataclass(frozen=True, eq=False)
class HoursOfWeek:
    """Bookings and covered time by hour of the week; arrays have shape (168,), Monday 0 h first.

    Attributes:
        bookings: Bookings at a known time, in local time.
        covered_hours: Covered hours, summed over portals; a portal's are the mean of its calendars; without the
            periods before gaps, of which no booking has a known hour.
        coverage: Covered share of the asked time; zero where no time was asked.
        untimed: Bookings found across a gap, which have no hour.
    """

    bookings: Floats
    covered_hours: Floats
    coverage: Floats
    untimed: float

    @property
    def rate(self) -> Floats:
        """Bookings per covered hour of a portal; NaN where less than ``GAP_BELOW`` was covered."""
        seen = (self.coverage >= GAP_BELOW) & (self.covered_hours > 0)
        safe = np.where(seen, self.covered_hours, 1.0)
        return np.where(seen, self.bookings / safe, np.nan)


def read_hours_of_week(watched: Sequence[Watched]) -> HoursOfWeek:
    """Count bookings and covered time by hour of the week, all portals together.

    The hour that autumn repeats has two hours of time, the one that spring leaves out has none.
    """
    bookings, hours, covered, asked = (np.zeros(_CELLS) for _ in range(4))
    untimed = 0.0
    for one in watched:
        events = one.transitions.bookings
        keys = _hour_of_week(one.evidence.offsets.to_local(one.moments_of(events)))
        weights = np.where(events.timed, events.weight, 0.0)
        bookings += np.bincount(keys, weights, _CELLS)
        untimed += float(events.weight[~events.timed].sum())
        calendars = max(1, len(one.calendars))
        keys = _hour_of_week(one.cells.local_s)
        in_cells, joined = (
            np.bincount(keys, seconds_between(time.from_s, time.until_s, one.cells.edges_s), _CELLS)
            for time in (one.covered, one.joined)
        )
        covered += in_cells
        hours += joined / calendars / HOUR_S
        asked += np.bincount(keys, np.diff(one.cells.edges_s), _CELLS) * calendars
    coverage = np.divide(covered, asked, out=np.zeros(_CELLS), where=asked > 0)
    return HoursOfWeek(bookings, hours, coverage, untimed)


def _hour_of_week(local_s: Ints) -> Ints:
    return weekday_of(local_s) * _HOURS + hour_of(local_s)


def draw_booking_times(
    watched: Sequence[Watched], *, options: Options | None = None
) -> alt.LayerChart:
    """Draw bookings per covered hour and portal by hour of the week, with the number in each cell.

    Args:
        watched: Portals and range; all portals are drawn together.
        options: Language, size, and whether it has a title.
    """
    options = options or Options()
    say = speaker(TEXTS, options.lang)
    found = read_hours_of_week(watched)
    layers = _layers(_rows(found, options.lang), options, say)
    chart: alt.LayerChart = alt.LayerChart(layer=layers).resolve_scale(color="independent")
    chart.width = options.width or WIDTH
    chart.height = options.height or _DAYS * _ROW_POINTS
    if options.titled:
        rule = watched[0].transitions.rule
        about = [say("unit")]
        if found.untimed:
            about += [say("untimed", number=say_number(round(found.untimed), options.lang))]
        lines = small_print(watched, options.lang, rule=rule)
        chart.title = heading(say("title"), [" · ".join(about), *lines])
    return styled(chart, options.lang)


def _rows(found: HoursOfWeek, lang: Lang) -> list[dict[str, Any]]:
    rates = found.rate
    largest = float(np.nanmax(rates)) if np.isfinite(rates).any() else 0.0
    return [
        {
            "weekday": short_weekdays(lang)[cell // _HOURS],
            "hour": cell % _HOURS,
            "rate": None if np.isnan(rate) else round(rate, 4),
            "text": _text(rate, lang),
            "ink": "#ffffff" if largest and rate / largest > _WHITE_TEXT_ABOVE else INK,
        }
        for cell, rate in enumerate(rates.tolist())
    ]


def _text(rate: float, lang: Lang) -> str:
    """Whole numbers from 10 on, else one digit; nothing for nothing, and for nothing else."""
    if np.isnan(rate) or rate == 0:
        return ""
    if rate < _LEAST / 2:
        return f"<{say_number(_LEAST, lang, 1)}"
    return say_number(rate, lang, 0 if round(rate, 1) >= _WHOLE_FROM else 1)


def _layers(rows: list[dict[str, Any]], options: Options, say: Say) -> list[alt.Chart]:
    names = list(short_weekdays(options.lang))
    x = alt.X("hour:O", title=say("hour"), axis=alt.Axis(labelAngle=0, ticks=False, domain=False))
    y = alt.Y("weekday:N", title=None, sort=names, axis=alt.Axis(ticks=False, domain=False))
    known = [row for row in rows if row["rate"] is not None]
    hidden = [row | {"what": say("gap")} for row in rows if row["rate"] is None]
    layers = []
    if known:
        layers += [_cells(known, x, y), _numbers(known, x, y)]
    if hidden:
        grey = alt.Color(
            "what:N",
            title=None,
            scale=alt.Scale(domain=[say("gap")], range=[GREY]),
            legend=alt.Legend(orient="top", offset=4),
        )
        layers.append(_grid(hidden).encode(x=x, y=y, color=grey))
    return layers


def _cells(rows: list[dict[str, Any]], x: alt.X, y: alt.Y) -> alt.Chart:
    largest = max(row["rate"] for row in rows) or 1.0
    scale = alt.Scale(domain=[0, largest], range=["#ffffff", *HEAT[1:4]], interpolate="lab")
    return _grid(rows).encode(x=x, y=y, color=alt.Color("rate:Q", scale=scale, legend=None))


def _grid(rows: list[dict[str, Any]]) -> alt.Chart:
    cells: alt.Chart = alt.Chart(inline(rows)).mark_rect(stroke="#ffffff", strokeWidth=1)
    return cells


def _numbers(rows: list[dict[str, Any]], x: alt.X, y: alt.Y) -> alt.Chart:
    ink = alt.Color("ink:N", scale=None, legend=None)
    numbers: alt.Chart = (
        alt.Chart(inline(rows))
        .mark_text(fontSize=11, color=QUIET)
        .encode(x=x, y=y, text="text:N", color=ink)
    )
    return numbers


PICTURE = Picture(
    "booking-times",
    "bookings per covered hour by hour of the week, 7 x 24; grey where hardly observed",
    lambda asked: draw_booking_times(asked.watched, options=asked.options),
)
