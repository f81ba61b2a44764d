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
_BEGINS, _SHOWN, _ENDS = range(3)
"""An interval begins; a row contradicts; an interval ends, and its row contradicts."""
_BITS = 2
_ADDS = np.array([1, -AGAINST, -AGAINST - 1], np.int64)
"""What each of them adds to the score."""
_EVERY = np.iinfo(np.int64).max
_FEW = 1000
"""So few rows are sorted before it pays to leave some out."""
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
    """What happens at which lead: calendar and lead as one number, and in its lowest bits which of the three it is.

    Attributes:
        sizes: Rows of each calendar.
        numbers: Those of them that agree.
        begun: Where the intervals that agree begin.
        over: Where rows contradict from, and intervals end; ascending.
    """

    sizes: Ints
    numbers: Ints
    begun: Ints
    over: Ints

    @classmethod
    def of(cls, count: int, calendar: Ints, low_s: Ints, until_s: Ints, agrees: Bools) -> _Steps:
        """Those of some rows; as ``find_edge``."""
        begin = calendar << _FAR_BITS + _BITS
        begin += _FAR << _BITS - 1
        some = agrees.nonzero()[0]
        begun = begin.take(some) + (low_s.take(some) << _BITS)
        over = begin
        over += until_s << _BITS
        over += _SHOWN
        over[some] += _ENDS - _SHOWN
        over.sort()
        numbers = np.bincount(calendar.take(some), minlength=count)
        return cls(np.bincount(calendar, minlength=count), numbers, begun, over)

    def all(self) -> Ints:
        """Every step, ascending."""
        return np.sort(np.concatenate((self.begun, self.over)))

    def near(self, lost: Bools) -> Ints:
        """Steps up to the lead from which on so many rows contradict that the score is less than 0.

        Args:
            lost: Calendars whose best score is less than 0. They keep all their steps, as have those before: the
                stretch around such a score is looked for in both.
        """
        owners = self.sizes.nonzero()[0]
        sizes, numbers = self.sizes[owners], self.numbers[owners]
        ends = np.cumsum(sizes)
        last = self.over.take(ends - sizes + numbers // AGAINST) | (1 << _BITS) - 1
        whole = np.append(lost[owners], False)
        last[whole[:-1] | whole[1:]] = _EVERY
        limits = np.full(len(self.sizes), _EVERY)
        limits[owners] = last
        begun = self.begun[
            (self.begun <= limits.take(self.begun >> _FAR_BITS + _BITS)).nonzero()[0]
        ]
        steps = np.concatenate((begun, self.over[self.over <= last.repeat(sizes)]))
        steps.sort()
        return steps


def _best(count: int, steps: Ints) -> Found:
    found = Found(*np.zeros((5, count), np.int64))
    if not len(steps):
        return found
    step, leads = steps & (1 << _BITS) - 1, steps >> _BITS
    # Only what is after all that happens at a lead counts.
    finals = np.append(leads[1:] != leads[:-1], True).nonzero()[0]
    leads, score = leads.take(finals), np.cumsum(_ADDS.take(step)).take(finals)
    edges = leads.searchsorted(np.arange(count + 1) << _FAR_BITS)
    sizes = edges[1:] - edges[:-1]
    owner = sizes.nonzero()[0]
    begins, sizes = edges[owner], sizes[owner]
    # Of each calendar alone, without what is left over from those before.
    score -= np.append(0, score).take(begins).repeat(sizes)
    best = np.maximum.reduceat(score, begins)
    hits = (score == best.repeat(sizes)).nonzero()[0]
    at = hits[hits.searchsorted(begins)]
    # A chance booking beside the edge must not make a sliver of the interval: nearly as good will do.
    good = score >= (best - best * SLACK_PERCENT // 100).repeat(sizes)
    several = np.append(-1, finals)
    several = (several[1:] - several[:-1] > 1) | (step.take(finals) == _ENDS)
    first, following = _run_around(at, good, several, begins)
    low = leads[first] % _FAR - _FAR // 2
    beyond = leads[following]
    high = np.where(beyond >> _FAR_BITS == owner, beyond % _FAR - _FAR // 2 - 1, low)
    high = np.maximum(low, high)
    shown = step.nonzero()[0]
    before = shown.searchsorted(np.append(0, finals + 1)[begins])
    against = shown.searchsorted(finals[at], "right") - before
    agree = score[at] + AGAINST * against
    for column, values in zip(found, (roundest(low, high), low, high, agree, against), strict=True):
        column[owner] = values
    return found


def _run_around(at: Ints, good: Bools, several: Bools, begins: Ints) -> tuple[Ints, Ints]:
    """Where the run of good leads around each of some leads begins, and the lead that follows it.

    While several things happen at one lead, it counts as good until all have. So where the lead itself is not good,
    that is the begin of the run before it and what follows the one after it.
    """
    entered = good | several
    alone = np.zeros(len(good) + 1, np.bool_)
    alone[begins] = True
    goes_on = np.append(entered[1:], False) & ~alone[1:]
    entered[1:] &= ~good[:-1] | alone[1:-1]
    left = np.where(good, ~goes_on, several)
    firsts, lasts = np.append(0, entered.nonzero()[0]), left.nonzero()[0]
    first = firsts[firsts.searchsorted(at, "right") - 1]
    last = np.append(lasts, len(good))[lasts.searchsorted(at + ~good[at])]
    following = last + np.append(good, False)[last]
    return first, np.minimum(following, len(good) - 1)


def roundest(low: Ints, high: Ints) -> Ints:
    """The roundest number of seconds of each closed interval: whole days first, then hours, and so on."""
    candidates = -(-low // _ROUND_S) * _ROUND_S
    fits = candidates <= high
    # What is least, to the second, always does.
    fits[-1] = True
    found: Ints = candidates[fits.argmax(axis=0), np.arange(len(low))]
    return found
