"""Pages that are renewed only every few hours or days: what changes on them changes in few snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.behaviour.edges import roundest
from amtspuls.analysis.behaviour.sightings import Bools, Sightings
from amtspuls.analysis.localtime import DAY_S, HOUR_S, Ints, Offsets
from amtspuls.analysis.ordering import distinct
from amtspuls.archive.median import median

_PERIODS_S = (
    HOUR_S,
    2 * HOUR_S,
    3 * HOUR_S,
    4 * HOUR_S,
    6 * HOUR_S,
    8 * HOUR_S,
    12 * HOUR_S,
    DAY_S,
    2 * DAY_S,
    3 * DAY_S,
    7 * DAY_S,
)
_REGULAR = 0.95
_LEAST_CHANGES = 5
_LEAST_PARTS = 3
_CHANCE = 1e-4
"""So seldom such a regularity may come about on a page that is always fresh."""
_NO_BEAT, _BY_CHANCE = -1, -2
"""Too many changes come at other times; or so few would come in one part by chance as well."""


class Refresh(NamedTuple):
    """How a page is renewed.

    Attributes:
        known: Whether there were enough changes to tell.
        period_s: Distance of two renewals; None where the page is always fresh, or nothing is known.
        at: Snapshots at that beat that showed any change, ascending.
        support: Snapshots with a change that agree.
        changes: Snapshots with a change, all.
        phase_s: Seconds of the clock, modulo the period, at which it is renewed.
        by_wall: Whether that clock is the wall clock; else UTC.
    """

    known: bool
    period_s: int | None
    at: Ints
    support: int
    changes: int
    phase_s: int = 0
    by_wall: bool = True

    def newest(self, instants: Ints, offsets: Offsets) -> Ints:
        """The newest renewal up to each instant; the instant itself on a page that is always fresh."""
        if self.period_s is None:
            return instants
        clock_s = offsets.to_local(instants) if self.by_wall else instants
        return instants - (clock_s - self.phase_s) % self.period_s

    def next(self, instants: Ints, offsets: Offsets) -> Ints:
        """The first renewal from each instant on; the instant itself on a page that is always fresh."""
        if self.period_s is None:
            return instants
        clock_s = offsets.to_local(instants) if self.by_wall else instants
        return instants + (self.phase_s - clock_s) % self.period_s


def learn_refresh(seen: Sightings, leaves_at: Ints) -> Refresh:
    """Learn the longest period at whose beat nearly all changes come.

    Only what people do tells: slots that vanish before their time. Days without demand show no change, which
    says nothing about renewals; a fresh page shows changes at any time of the hours with demand.

    Args:
        seen: The portal.
        leaves_at: Instant at which each row's slot leaves the page by itself.
    """
    rows = seen.rows
    people = rows.ended & (rows.closed_at < np.minimum(leaves_at, rows.start_s))
    # Where snapshots lay further apart than usual, their own beat would be taken for one of the page.
    people &= ~seen.disturbed & seen.near(rows.shown_at, rows.closed_at)
    at = distinct(rows.closed_at[people])
    found = Refresh(len(at) >= _LEAST_CHANGES, None, np.zeros(0, np.int64), 0, len(at))
    if not found.known:
        return found
    anything = distinct(
        np.concatenate(
            (rows.closed_at[rows.ended & (rows.closed_at < rows.start_s)], rows.opened_at)
        )
    )
    anything = anything[anything > seen.taken_at[0]]
    # A machine's beat follows the wall clock, or stays as it is when the clocks are changed.
    for clock in (seen.local, np.asarray):
        clock_s = clock(at)
        for period_s, part in _beats(clock_s, seen.step_s):
            if period_s > (found.period_s or 0):
                support = int(_fits(clock_s, period_s, seen.step_s, part).sum())
                shown = anything[_fits(clock(anything), period_s, seen.step_s, part)]
                phase_s = _phase(seen, clock, shown, period_s)
                by_wall = clock is not np.asarray
                found = Refresh(True, period_s, shown, support, len(at), phase_s, by_wall)
    return found


def _phase(seen: Sightings, clock: Callable[[Ints], Ints], shown: Ints, period_s: int) -> int:
    """The roundest time between the snapshots before and at the renewals, modulo the period."""
    before = seen.taken_at[np.maximum(np.searchsorted(seen.taken_at, shown) - 1, 0)]
    width_s = shown - before
    usual = width_s <= 2 * seen.step_s
    if not usual.any():
        return int(clock(shown)[0] % period_s)
    late_s = clock(shown)[usual]
    # Around the first one, so that renewals at midnight are not half before and half after it.
    middle_s = int(late_s[0])
    away_s = (late_s - middle_s + period_s // 2) % period_s - period_s // 2
    low_s, high_s = int(median(away_s - width_s[usual])) + 1, int(median(away_s))
    edges = np.array([middle_s + low_s]), np.array([middle_s + high_s])
    return int(roundest(*edges)[0] % period_s)


def _fits(clock_s: Ints, period_s: int, step_s: int, part: int) -> Bools:
    """Which changes lie in one part of the period, or in the one after it.

    A renewal between two snapshots that are not quite even falls into two neighbouring parts.
    """
    parts = period_s // step_s
    found: Bools = (clock_s % period_s // step_s - part) % parts <= 1
    return found


def _beats(clock_s: Ints, step_s: int) -> Iterator[tuple[int, int]]:
    """Periods at whose beat nearly all changes come, shortest first, each with the part of it."""
    without: list[int] = []
    for period_s in _PERIODS_S:
        # What has no beat in a period of whole parts has none in its multiples: their parts are the same, seen longer.
        if any(period_s % shorter_s == 0 for shorter_s in without):
            continue
        part = _beat(clock_s, period_s, step_s)
        if part >= 0:
            yield period_s, part
        elif part == _NO_BEAT and period_s % step_s == 0:
            without.append(period_s)


def _beat(clock_s: Ints, period_s: int, step_s: int) -> int:
    """In which part of a period nearly all changes come; negative where too many do not, or where chance would do."""
    parts = period_s // step_s
    if parts < _LEAST_PARTS:
        return _BY_CHANCE
    counts = np.bincount(clock_s % period_s // step_s % parts, minlength=parts)
    both = counts + np.append(counts[1:], counts[:1])
    best = int(np.argmax(both))
    if both[best] < _REGULAR * len(clock_s):
        return _NO_BEAT
    chance = parts * (2 / parts) ** (len(clock_s) - 1)
    return best if chance < _CHANCE else _BY_CHANCE
