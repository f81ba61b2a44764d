"""Axes and cells that several pictures share: real time with local marks, days, classes of numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import altair as alt
import numpy as np

from amtspuls.analysis.changes import Floats
from amtspuls.analysis.localtime import DAY_S, Ints
from amtspuls.charts.pieces import Pieces
from amtspuls.charts.style import FAINT, HEAT, time_marks
from amtspuls.charts.words import Lang, say_number
from amtspuls.clock import utc_from_local

SHADES = ("#d6e6f4", *HEAT[1:])
"""From few to many; the lightest one is told apart from white, which means none."""

_ROUND = (1, 1.5, 2, 3, 5, 7)


class Run(NamedTuple):
    """Neighbouring cells of a row with the same value; ``end`` is not included."""

    row: int
    begin: int
    end: int
    value: int


class Classes(NamedTuple):
    """Classes of whole numbers from 1 up.

    Attributes:
        lows: Least number of each class, ascending; the last class has no upper end.
        colours: One per class, ever darker.
    """

    lows: tuple[int, ...]
    colours: tuple[str, ...]

    def names(self, more: str, lang: Lang) -> tuple[str, ...]:
        """Names of the classes: ``1``, ``2–4``, and ``more`` with ``{number}`` for the last."""
        last = more.format(number=say_number(self.lows[-1], lang))
        between = [
            say_number(low, lang)
            if following == low + 1
            else f"{say_number(low, lang)}–{say_number(following - 1, lang)}"
            for low, following in zip(self.lows, self.lows[1:], strict=False)
        ]
        return (*between, last)

    def places(self, numbers: Floats) -> Ints:
        """Class of each number, from 1 on; 0 where it is zero, -1 where it is not known (NaN)."""
        places = np.searchsorted(np.array(self.lows), np.nan_to_num(numbers), "right")
        return np.where(np.isnan(numbers), -1, places).astype(np.int64)


def classes_of(numbers: Floats, colours: Sequence[str] = SHADES) -> Classes:
    """Cut whole numbers into at most as many classes as there are colours, about equally many in each.

    Their lower ends are round numbers, the first is 1; zeros and what is not known (NaN) do not count.
    """
    counted = np.sort(numbers[np.nan_to_num(numbers) > 0])
    # The first class begins at 1, whatever the least number is: another end there would leave it empty.
    shares = np.arange(1, len(colours)) / len(colours)
    wanted = counted[(shares * len(counted)).astype(int)] if len(counted) else np.ones(1)
    lows = sorted({1, *(_round_down(number) for number in wanted.tolist())})
    shades = np.linspace(0, len(colours) - 1, len(lows)).round().astype(int)
    if len(lows) == 1:
        shades = np.array([len(colours) // 2])
    return Classes(tuple(lows), tuple(colours[shade] for shade in shades.tolist()))


def _round_down(number: float) -> int:
    """The largest round number at or below a number of at least 1: one of 1, 1.5, 2, 3, 5, 7 times a power of ten."""
    power = 10 ** int(np.log10(number))
    return int(max(step * power for step in _ROUND if step * power <= number))


def runs_of(cells: Ints) -> Iterator[Run]:
    """Join equal neighbours of each row; a picture of them is the same and a tenth of the size."""
    for row, values in enumerate(cells):
        edges = np.flatnonzero(np.diff(values)) + 1
        ends = [*edges.tolist(), len(values)]
        for begin, end in zip([0, *edges.tolist()], ends, strict=True):
            yield Run(row, begin, end, int(values[begin]))


def real_time_axis(pieces: Pieces, lang: Lang, field: str = "from") -> alt.X:
    """The horizontal axis of real time: positions are Unix seconds, marks stand at local times.

    A day on which the clocks change is an hour narrower or wider than its neighbours.
    """
    from_s, until_s = pieces.stretch
    ends_s = np.array(pieces.stretch, np.int64)
    local_s = [_local_s(at, pieces) for at in ends_s.tolist()]
    form, marks = time_marks(local_s[0], local_s[1], lang)
    instants = [(_instant_s(mark, pieces), mark) for mark in marks]
    at_s = {float(at): mark for at, mark in instants if from_s <= at <= until_s}
    return alt.X(
        f"{field}:Q",
        title=None,
        axis=_marked(at_s, form),
        scale=alt.Scale(domain=[from_s, until_s], nice=False, zero=False),
    )


def day_axis(first_day: int, days: int, lang: Lang, field: str = "row") -> alt.Y:
    """A vertical axis of days, later ones higher; positions are days after ``first_day``."""
    return alt.Y(
        f"{field}:Q",
        axis=day_marks(first_day, days, lang),
        scale=alt.Scale(domain=[0, days], nice=False),
    )


def day_marks(first_day: int, days: int, lang: Lang) -> alt.Axis:
    """Marks of an axis whose positions are days after ``first_day``, in the middle of their day."""
    begin_s, end_s = first_day * DAY_S, (first_day + days) * DAY_S
    # Hours are no use on an axis of days, so that a short one asks as if it were three days long.
    form, marks = time_marks(begin_s, max(end_s, begin_s + 3 * DAY_S), lang)
    places = {(mark - begin_s) / DAY_S + 0.5: mark for mark in marks if mark < end_s}
    return _marked(places, form)


def _marked(at: Mapping[float, int], form: str) -> alt.Axis:
    """An axis with marks at given places, each labelled with a wall time (local seconds)."""
    # As JavaScript writes numbers: without a point where they are whole.
    walls = json.dumps({f"{place:.15g}": 1000 * local_s for place, local_s in at.items()})
    return alt.Axis(
        values=list(at),
        labelExpr=f"utcFormat({walls}[toString(datum.value)], '{form}')",
        gridColor=FAINT,
        labelOverlap=True,
        labelFlush=False,
    )


def _local_s(at_s: int, pieces: Pieces) -> int:
    there = datetime.fromtimestamp(at_s, UTC).astimezone(pieces.zone)
    return int(there.replace(tzinfo=UTC).timestamp())


def _instant_s(local_s: int, pieces: Pieces) -> int:
    local = datetime.fromtimestamp(local_s, UTC).replace(tzinfo=None)
    return int(utc_from_local(local, pieces.zone).timestamp())
