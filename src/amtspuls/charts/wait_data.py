"""The wait as it went: quantiles over the calendars, piece of time by piece of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amtspuls.analysis.changes import Floats
from amtspuls.analysis.coverage import seconds_between
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.quantiles import weighted_quantile
from amtspuls.analysis.wait import find_waits
from amtspuls.charts.pieces import Pieces

KNOWN_FROM = 0.5
"""Pieces of which less is known have no wait."""


@dataclass(frozen=True, eq=False)
class Course:
    """The wait over time; arrays have one place per piece.

    Attributes:
        pieces: The pieces.
        first_days: Median days to the first free start, over calendars and covered time; infinite
            where the median moment has none, NaN where too little is known.
        third_days: The same to the third.
        horizon_days: Median days that were asked about; NaN where too little is known.
        none_share: Share of the known time without a free start; NaN where too little is known.
    """

    pieces: Pieces
    first_days: Floats
    third_days: Floats
    horizon_days: Floats
    none_share: Floats


def read_course(watched: Sequence[Watched], at_most: int) -> Course:
    """Work out the wait by piece of time; the same moments and weights as the measure ``wait``.

    Args:
        watched: The portals; all calendars are taken together.
        at_most: How many pieces the picture has room for.
    """
    pieces = Pieces.of(watched, at_most)
    parts = [_portal(one, pieces) for one in watched]
    piece = np.concatenate([part[0] for part in parts])
    values = np.concatenate([part[1] for part in parts], axis=1)
    asked = np.sum([_asked(one, pieces) for one in watched], axis=0)
    columns = np.full((4, len(pieces)), np.nan)
    order = np.argsort(piece, kind="stable")
    ends = np.searchsorted(piece[order], np.arange(len(pieces) + 1))
    for place in range(len(pieces)):
        mine = values[:, order[ends[place] : ends[place + 1]]]
        columns[:, place] = _quantiles(mine, float(asked[place]))
    return Course(pieces, *columns)


def _portal(one: Watched, pieces: Pieces) -> tuple[Ints, Floats]:
    """Piece of every part of a covered moment, and its seconds, first, third and horizon days."""
    waits = find_waits(one)
    row, piece, seconds = pieces.overlaps(waits.at, waits.at + waits.weight_s)
    columns = (waits.first_days, waits.third_days, waits.horizon_days)
    return piece, np.array([seconds.astype(float), *(column[row] for column in columns)])


def _asked(one: Watched, pieces: Pieces) -> Ints:
    asked = one.evidence.asked
    begins, ends = np.array([asked.from_s]), np.array([asked.until_s])
    return seconds_between(begins, ends, pieces.edges_s) * max(1, len(one.calendars))


def _quantiles(values: Floats, asked_s: float) -> list[float]:
    """First, third, horizon and share without a start; NaN where too little is known."""
    seconds, first, third, horizon = values
    known = ~np.isnan(first)
    known_s = float(seconds[known].sum())
    if asked_s <= 0 or known_s < KNOWN_FROM * asked_s:
        return [np.nan] * 4
    none_s = float(seconds[known & np.isinf(first)].sum())
    return [
        _median(first, seconds),
        _median(third, seconds),
        _median(horizon, seconds),
        none_s / known_s,
    ]


def _median(days: Floats, seconds: Floats) -> float:
    known = ~np.isnan(days)
    found = weighted_quantile(days[known], seconds[known], 0.5)
    return np.nan if found is None else found
