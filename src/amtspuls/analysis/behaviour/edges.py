"""Where a calendar begins and stops to show slots: the edge that agrees with most changes.

An edge is a lead time: a number of seconds before an origin, which is the start of the slot, the local
midnight that begins its day, or that of its Monday. A change between two snapshots allows the leads of an
interval; a slot that was shown on the far side of an edge speaks against it. The edge is where the intervals
less the contradictions are most.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.behaviour.sightings import Bools
from amtspuls.analysis.localtime import DAY_S, Ints

AGAINST = 2
"""How many agreeing changes one contradiction outweighs."""
SLACK_PERCENT = 4
"""An interval with so much less in its favour agrees as well."""
_FAR_BITS = 34
_FAR = 1 << _FAR_BITS
_BEGINS, _ENDS, _SHOWN = range(3)
_ADDS = np.array([1, -1, -AGAINST], np.int64)
"""What each of them adds to the score."""
_EVERY = np.iinfo(np.int64).max
_FEW = 1000
"""So few rows are sorted before it pays to leave some out."""
_WORST = np.iinfo(np.int64).min // 2
_ROUND_S = np.array([7 * DAY_S, DAY_S, 3600, 1800, 900, 600, 300, 60, 1])[:, None]


class Found(NamedTuple):
    """The best edge of each calendar; all arrays have shape (calendars,).

    Attributes:
        offset_s: The roundest lead of the interval.
        low_s: Least lead that agrees with nearly as many changes.
        high_s: The greatest one.
        support: Changes that agree.
        against: Slots shown on the far side.
    """

    offset_s: Ints
    low_s: Ints
    high_s: Ints
    support: Ints
    against: Ints

    @property
    def score(self) -> Ints:
        """How much speaks for the edge."""
        return self.support - AGAINST * self.against


def find_edge(count: int, calendar: Ints, low_s: Ints, until_s: Ints, agrees: Bools) -> Found:
    """Find the lead ``x`` of each calendar with the most intervals ``low <= x < until`` around it.

    Args:
        count: Number of calendars.
        calendar: Place of the calendar of each row.
        low_s: Least lead that a row allows.
        until_s: End (not included) of what it allows; all greater leads it contradicts.
        agrees: Rows whose interval counts; the others only contradict.
    """
    steps = _Steps.of(count, calendar, low_s, until_s, agrees)
    if len(calendar) < _FEW:
        return _best(count, steps.all())
    alone = steps.numbers == 0
    found = _best(count, steps.near(alone))
    lost = (found.score < 0) & ~alone
    return _best(count, steps.near(alone | lost)) if lost.any() else found


class _Steps(NamedTuple):
    """What happens at which lead; leads of all calendars as one number each.

    Attributes:
        sizes: Rows of each calendar.
        numbers: Those of them that agree.
        begun: Where the intervals that agree begin.
        ended: Where they end.
        over: Where rows contradict from, ascending.
    """

    sizes: Ints
    numbers: Ints
    begun: Ints
    ended: Ints
    over: Ints

    @classmethod
    def of(cls, count: int, calendar: Ints, low_s: Ints, until_s: Ints, agrees: Bools) -> _Steps:
        """Those of some rows; as ``find_edge``."""
        begin = calendar * _FAR
        begin += _FAR // 2
        some = agrees.nonzero()[0]
        over = begin + until_s
        begun, ended = begin.take(some) + low_s.take(some), over.take(some)
        over.sort()
        numbers = np.bincount(calendar.take(some), minlength=count)
        return cls(np.bincount(calendar, minlength=count), numbers, begun, ended, over)

    def all(self) -> Ints:
        """Every step, ascending."""
        return _ascending(self.begun, self.ended, self.over)

    def near(self, lost: Bools) -> Ints:
        """Steps up to the lead from which on so many rows contradict that the score is less than 0.

        Args:
            lost: Calendars whose best score is less than 0. They keep all their steps, as have those before: the
                stretch around such a score is looked for in both.
        """
        owners = self.sizes.nonzero()[0]
        sizes, numbers = self.sizes[owners], self.numbers[owners]
        ends = np.cumsum(sizes)
        last = self.over.take(ends - sizes + numbers // AGAINST)
        whole = np.append(lost[owners], False)
        last[whole[:-1] | whole[1:]] = _EVERY
        limits = np.full(len(self.sizes), _EVERY)
        limits[owners] = last
        begun, ended = (
            one[(one <= limits.take(one >> _FAR_BITS)).nonzero()[0]]
            for one in (self.begun, self.ended)
        )
        return _ascending(begun, ended, self.over[self.over <= last.repeat(sizes)])


def _ascending(begun: Ints, ended: Ints, over: Ints) -> Ints:
    """What happens at a lead stands in the lowest bits, so that sorting is all there is to do."""
    steps = np.concatenate((begun << 2 | _BEGINS, ended << 2 | _ENDS, over << 2 | _SHOWN))
    steps.sort()
    return steps


def _best(count: int, steps: Ints) -> Found:
    keys, step = steps >> 2, steps & 3
    empty = np.zeros(count, np.int64)
    if not len(keys):
        return Found(empty, empty, empty, empty, empty)
    edges = np.searchsorted(keys, np.arange(count + 1) << _FAR_BITS)
    owner = np.flatnonzero(np.diff(edges))
    begins, sizes = edges[owner], np.diff(edges)[owner]
    score, shown = np.cumsum(_ADDS.take(step)), np.flatnonzero(step == _SHOWN)
    before = np.searchsorted(shown, begins)
    # Of each calendar alone, without what is left over from those before.
    score -= np.append(0, score).take(begins).repeat(sizes)
    goes_on = np.append(keys[1:] == keys[:-1], False)
    score[goes_on.nonzero()[0]] = _WORST
    best = np.maximum.reduceat(score, begins)
    hits = np.flatnonzero(score == np.repeat(best, sizes))
    at = hits[np.searchsorted(hits, begins)]
    # A chance booking beside the edge must not make a sliver of the interval: nearly as good will do.
    good = (score >= np.repeat(best - best * SLACK_PERCENT // 100, sizes)) | goes_on
    first, last = _run_around(at, good, begins)
    following = np.minimum(last + 1, len(keys) - 1)
    low = keys[first] % _FAR - _FAR // 2
    high = np.where(
        keys[following] >> _FAR_BITS == owner, keys[following] % _FAR - _FAR // 2 - 1, low
    )
    high = np.maximum(low, high)
    against = np.searchsorted(shown, at, "right") - before
    agree = score[at] + AGAINST * against
    found = Found(*(empty.copy() for _ in range(5)))
    for column, values in zip(found, (roundest(low, high), low, high, agree, against), strict=True):
        column[owner] = values
    return found


def _run_around(at: Ints, good: Bools, begins: Ints) -> tuple[Ints, Ints]:
    """First and last place of the run of good places of one owner around each place.

    Where the place itself is not good, the first of the run before it and the last of the one after it.
    """
    alone = np.zeros(len(good) + 1, np.bool_)
    alone[begins] = True
    begun, ended = good.copy(), good.copy()
    begun[1:] &= ~good[:-1] | alone[1:-1]
    ended[:-1] &= ~good[1:] | alone[1:-1]
    firsts, lasts = np.append(0, np.flatnonzero(begun)), np.flatnonzero(ended)
    first = firsts[np.searchsorted(firsts, at, "right") - 1]
    last = np.append(lasts, len(good))[np.searchsorted(lasts, at)]
    return first, last


def roundest(low: Ints, high: Ints) -> Ints:
    """The roundest number of seconds of each closed interval: whole days first, then hours, and so on."""
    candidates = -(-low // _ROUND_S) * _ROUND_S
    fits = candidates <= high
    # What is least, to the second, always does.
    fits[-1] = True
    found: Ints = candidates[fits.argmax(axis=0), np.arange(len(low))]
    return found
