"""How many slots were free on each day, at each moment that a picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import Ints, day_of, offsets_of
from amtspuls.analysis.shown import closings_of, shown_of
from amtspuls.charts.pieces import Pieces

LEAST_ANSWERING = 0.5
"""A day is known where at least this share answered of the calendars that ever show so far ahead."""

_MINUTES_PER_DAY = 1440
_DAYS_AFTER, _LEAST_DAYS = 3, 7


class _Sums(NamedTuple):
    """Sums over calendars by day and moment; shape (days, moments).

    Attributes:
        free: Free slots of those that answered for the day.
        knowing: How many those are.
        able: How many answer so far ahead, and for days so late, at one moment or another.
    """

    free: Floats
    knowing: Ints
    able: Ints


@dataclass(frozen=True, eq=False)
class FreeDays:
    """Free slots by moment and day of the slot.

    Attributes:
        pieces: The moments; each piece shows what was free in its middle.
        first_day: Days after 1970-01-01 of the first row of ``free``.
        free: Free slots of a day at a moment, summed over the calendars that answered for the day;
            NaN where too few did. Shape (days, moments), from the first day of the range to a few days after
            the last free slot.
        answering: Calendars that answered for the day, as a share of all, over the known cells.
        calendars: How many calendars there are.
    """

    pieces: Pieces
    first_day: int
    free: Floats
    answering: float | None
    calendars: int

    @property
    def today(self) -> Ints:
        """Local day of each moment, days after 1970-01-01."""
        return _local_day(self.pieces, self.pieces.middles_s)

    @property
    def today_at_edges(self) -> Ints:
        """Local day of each edge."""
        return _local_day(self.pieces, self.pieces.edges_s)


def _local_day(pieces: Pieces, instants_s: Ints) -> Ints:
    return day_of(offsets_of(pieces.zone, pieces.stretch).to_local(instants_s))


def read_free_days(watched: Sequence[Watched], at_most: int) -> FreeDays:
    """Count free slots by moment and day, all portals together.

    Days that had passed at a moment are unknown there, and so are those for which fewer than half answered of the
    calendars that ever show so far ahead and days so late: few that are sold out do not say that nothing was free.

    Args:
        watched: The portals.
        at_most: How many moments the picture has room for.
    """
    pieces = Pieces.of(watched, at_most)
    first_day = int(_local_day(pieces, pieces.middles_s)[0])
    depth = max([1, *(_last_day(one) - first_day for one in watched)])
    shape = (depth, len(pieces))
    sums = _Sums(np.zeros(shape), np.zeros(shape, np.int64), np.zeros(shape, np.int64))
    for one in watched:
        _add_portal(one, pieces.middles_s, first_day, sums)
    knowing, able = sums.knowing, sums.able
    known = (knowing > 0) & (knowing >= LEAST_ANSWERING * able)
    free = np.where(known, sums.free, np.nan)
    calendars = sum(len(one.calendars) for one in watched)
    share = float(knowing[known].mean() / calendars) if known.any() else None
    used = _rows_worth_drawing(known, free)
    return FreeDays(pieces, first_day, free[:used], share, calendars)


def _rows_worth_drawing(known: Bools, free: Floats) -> int:
    """Up to a few days after the last free slot: some portals answer for years ahead, all empty."""
    last_known = int(np.flatnonzero(known.any(axis=1)).max(initial=0))
    offered = np.flatnonzero((np.nan_to_num(free) > 0).any(axis=1))
    last_free = int(offered.max(initial=0))
    return 1 + min(last_known, max(last_free + _DAYS_AFTER, _LEAST_DAYS - 1))


def _last_day(one: Watched) -> int:
    days = one.evidence.covered_days
    return days.first_day + int(days.table.shape[1])


def _add_portal(one: Watched, moments_s: Ints, first_day: int, sums: _Sums) -> None:
    today = day_of(one.evidence.offsets.to_local(moments_s))
    depth = len(sums.free)
    ahead = np.arange(depth)[:, None] + first_day - today[None, :]
    for number in one.calendars:
        known = _known(one, number, moments_s, first_day, depth) & (ahead >= 0)
        np.add(sums.knowing, known, out=sums.knowing)
        # Horizons that roll are told by the days ahead, those that stand still by the day itself.
        able = ahead <= ahead[known].max(initial=-1)
        able[np.flatnonzero(known.any(axis=1)).max(initial=-1) + 1 :] = False
        np.add(sums.able, able, out=sums.able)
        found = np.where(known, _count(one, number, moments_s, first_day, depth), 0)
        np.add(sums.free, found, out=sums.free)


def _known(one: Watched, calendar: int, moments_s: Ints, first_day: int, depth: int) -> Bools:
    """For which days a calendar's view answers at each moment; shape (days, moments)."""
    time = shown_of(one)
    mine = np.flatnonzero(time.calendar == calendar)
    found = np.zeros((depth, len(moments_s)), np.bool_)
    if len(mine) == 0:
        return found
    place = np.searchsorted(time.from_s[mine], moments_s, "right") - 1
    held = mine[np.maximum(place, 0)]
    inside = (place >= 0) & (time.until_s[held] > moments_s)
    days = one.evidence.covered_days
    for column in np.flatnonzero(inside).tolist():
        row = days.table[days.codes[time.view[held[column]]]]
        skip = first_day - days.first_day
        shown = row[max(skip, 0) : max(skip + depth, 0)]
        begin = max(-skip, 0)
        found[begin : begin + len(shown), column] = shown[: depth - begin]
    return found


def _count(one: Watched, calendar: int, moments_s: Ints, first_day: int, depth: int) -> Ints:
    """Spans of a calendar that are open at each moment, by day of their slot."""
    spans = one.evidence.spans
    day = spans.slot // _MINUTES_PER_DAY - first_day
    mine = (spans.calendar == calendar) & (day >= 0) & (day < depth)
    ends = np.minimum(closings_of(one), one.evidence.span_start_s)[mine]
    steps = np.zeros((depth, len(moments_s) + 1), np.int64)
    np.add.at(steps, (day[mine], np.searchsorted(moments_s, spans.opened_at[mine])), 1)
    np.add.at(steps, (day[mine], np.searchsorted(moments_s, ends)), -1)
    counts: Ints = np.cumsum(steps, axis=1)[:, :-1]
    return counts
