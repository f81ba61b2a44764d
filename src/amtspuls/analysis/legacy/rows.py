"""The rows of one portal's week as a bundle shows them, without writing one: row times and runs.

A row stands for each view that was read whole, its cells for the spans that were open then on days that the
view covered, as ``amtspuls export`` writes them. Rows are never spelt out: five of six repeat the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.legacy.runs import Ints, Runs, cut, join
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.model import Covered, Outcome

_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class LegacyRows:
    """Rows of one portal, location after location, in each as in the file.

    Attributes:
        portal_id: Its id (``source_id`` in a bundle).
        locations: Calendar keys with at least one row, in byte order; rows of copies of a calendar
            (several rows of one key at one date) are rows of one location.
        location: Number of each row's location; shape (n,), ascending.
        local_s: Seconds of naive local wall time since 1970-01-01 00:00; shape (n,).
        place: Place of each row in the file; shape (n,).
        columns: Slots that are columns of the file, ascending.
        runs: What is free when, sorted and joined.
    """

    portal_id: str
    locations: tuple[str, ...]
    location: Ints
    local_s: Ints
    place: Ints
    columns: Ints
    runs: Runs

    @property
    def starts(self) -> Ints:
        """First row of each location."""
        return np.searchsorted(self.location, np.arange(len(self.locations)))

    @property
    def ends(self) -> Ints:
        """Row after the last one of each location."""
        return np.searchsorted(self.location, np.arange(len(self.locations)), side="right")


@dataclass(frozen=True, slots=True)
class _Shown:
    """The rows by (calendar, ordinal), as they are stored."""

    calendar: Ints
    ordinal: Ints
    covered: NDArray[np.object_]


def read_rows(portal: SealedPortal) -> LegacyRows:
    """Lay out the rows of one portal's week."""
    shown = _shown_rows(portal)
    names = np.array([calendar.key for calendar in portal.calendars], dtype=object)
    keys = names[shown.calendar]
    new_key = np.ones(len(keys), dtype=np.bool_)
    new_key[1:] = keys[1:] != keys[:-1]
    location = np.cumsum(new_key) - 1
    place = _places(shown, portal.row_order)
    order = np.lexsort((place, location))
    runs = _renumber(_covered_runs(portal, shown), order, shown, location)
    runs = join(runs)
    at_s = portal.snapshots.taken_at + portal.snapshots.utc_offset_s
    return LegacyRows(
        portal_id=portal.record.portal_id,
        locations=tuple(keys[new_key].tolist()),
        location=location,
        local_s=at_s[shown.ordinal][order],
        place=place[order],
        columns=np.unique(np.concatenate([runs.slot, portal.extra_columns])),
        runs=runs,
    )


def _shown_rows(portal: SealedPortal) -> _Shown:
    views = portal.views
    whole = np.flatnonzero(views.outcome == Outcome.OK.value)
    first = views.first[whole].astype(np.int64)
    lengths = views.last[whole] - first + 1
    which = np.repeat(whole, lengths)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return _Shown(
        calendar=views.calendar[which].astype(np.int64),
        ordinal=np.repeat(first, lengths) + nth,
        covered=views.covered[which],
    )


def _places(shown: _Shown, row_order: NDArray[np.int32]) -> Ints:
    """Place of each row in the file."""
    in_file = np.lexsort((shown.calendar, shown.ordinal))
    if len(row_order):
        in_file = in_file[row_order]
    place = np.empty(len(in_file), dtype=np.int64)
    place[in_file] = np.arange(len(in_file))
    return place


def _covered_runs(portal: SealedPortal, shown: _Shown) -> Runs:
    """Runs over the stored rows; ``location`` is the calendar's number still."""
    snapshots = len(portal.snapshots.taken_at)
    present = np.zeros(len(portal.calendars) * snapshots, dtype=np.int64)
    present[shown.calendar * snapshots + shown.ordinal] = 1
    rows_before = np.concatenate([[0], np.cumsum(present)])
    spans = portal.spans
    calendar = spans.calendar.astype(np.int64)
    runs = Runs(
        location=calendar,
        slot=spans.slot.astype(np.int64),
        begin=rows_before[calendar * snapshots + spans.opened],
        end=rows_before[calendar * snapshots + spans.closed],
    )
    return _clip(runs.take(runs.begin < runs.end), shown)


def _clip(runs: Runs, shown: _Shown) -> Runs:
    """Without the cells of days that a row's view did not cover; hardly any run has such cells."""
    texts, code = np.unique(shown.covered, return_inverse=True)
    days, day = np.unique(runs.slot // _DAY_MIN, return_inverse=True)
    outside = ~_cover_days(texts.tolist(), days)
    if not outside.any():
        return runs
    rows_outside = np.zeros((len(code) + 1, len(days)), dtype=np.int32)
    np.cumsum(outside[code], axis=0, out=rows_outside[1:])
    touched = rows_outside[runs.end, day] > rows_outside[runs.begin, day]
    pieces = cut(runs.take(touched), np.flatnonzero(np.diff(code)) + 1)
    hidden = outside[code[pieces.begin], np.searchsorted(days, pieces.slot // _DAY_MIN)]
    kept = (runs.take(~touched), pieces.take(~hidden))
    return Runs(*map(np.concatenate, zip(*kept, strict=True)))


def _cover_days(texts: Sequence[str], days: Ints) -> NDArray[np.bool_]:
    """Which days each ``str(Covered)`` covers; shape (texts, days)."""
    inside = np.zeros((len(texts), len(days)), dtype=np.bool_)
    for covers, text in zip(inside, texts, strict=True):
        for first, until in Covered.parse(text).slot_bounds():
            covers |= (first <= days * _DAY_MIN) & (days * _DAY_MIN < until)
    return inside


def _renumber(runs: Runs, order: Ints, shown: _Shown, location: Ints) -> Runs:
    """The same runs over rows sorted by (location, place in the file)."""
    moved = np.empty(len(order), dtype=np.int64)
    moved[order] = np.arange(len(order))
    runs = cut(runs, np.flatnonzero(np.diff(moved) != 1) + 1)
    begin = moved[runs.begin]
    return Runs(location[runs.begin], runs.slot, begin, begin + runs.end - runs.begin)
