"""Minimum notice and horizon: the two edges of what a calendar shows, and how they move."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.behaviour.edges import Found, find_edge, roundest
from amtspuls.analysis.behaviour.sightings import Bools, Floats, Sightings
from amtspuls.analysis.localtime import DAY_S, HOUR_S, Ints, day_of
from amtspuls.analysis.ordering import distinct, number_rows, sort_within

UNKNOWN_S = -1
"""A duration that could not be learned."""
LEAST_CASES = 5
"""Fewer agreeing changes than this teach nothing."""
LEAST_DAYS = 2
"""On so many local days the changes must have happened."""
_LONG_NOTICE_S = 14 * DAY_S
_THURSDAY = 3
"""Weekday of 1970-01-01."""
_WEEK_S = 7 * DAY_S
_SETTLED_STEPS = 4
LEAST_NEAR = 2
"""So many slots must have been shown near their start, so that one reopened late does not tell."""
MANY_DAYS = 3
_WORTH = 0.7
"""On fewer days than ``MANY_DAYS`` so large a share of the changes must agree with a rule of whole days."""
_BITS = 40
_SHARING = 3
_MOST = 0.8
"""The others must be three at least, and so many of them agree."""
_CLEARLY = 1.25
"""A rule of more parts must explain so much more than the simpler one."""


class Moves(IntEnum):
    """What an edge is counted from."""

    UNKNOWN = 0
    START = 1
    """From the start of each slot: slots come or go one by one."""
    DAY = 2
    """From the midnight before each slot: whole days come or go at once."""
    WEEK = 3
    """From the midnight before the week of each slot: whole weeks come at once."""


class Edges(NamedTuple):
    """One edge of each calendar; all arrays have shape (calendars,).

    Attributes:
        moves: What the offset is counted from, ``Moves``.
        weekday: For ``Moves.WEEK`` the weekday that the weeks begin on, Monday 0; else 0.
        offset_s: Seconds before that; ``UNKNOWN_S`` where ``moves`` is unknown.
        low_s: Least offset that agrees with as much.
        high_s: The greatest one.
        support: Changes that agree.
        against: Spans that disagree.
        cases: Changes that could have agreed.
        days: Local days on which a change agreed.
    """

    moves: Ints
    weekday: Ints
    offset_s: Ints
    low_s: Ints
    high_s: Ints
    support: Ints
    against: Ints
    cases: Ints
    days: Ints


class _Trial(NamedTuple):
    """One way to count an edge.

    Attributes:
        moves: What it is counted from.
        weekday: Weekday that weeks begin on.
        found: The best edge.
        days: Local days on which a change agreed.
        times: Snapshots in which one did.
    """

    moves: Moves
    weekday: int
    found: Found
    days: Ints
    times: Ints


class _Changes(NamedTuple):
    """Changes that an edge may explain; all arrays have shape (n,).

    Attributes:
        calendar: Place of the calendar.
        agrees: Whether a change counts for an edge; else it only contradicts.
        at: Snapshot that showed it.
    """

    calendar: Ints
    agrees: Bools
    at: Ints


def learn_notice(seen: Sightings) -> Edges:
    """Learn when slots leave the page although nobody booked them."""
    rows = seen.rows
    settled = rows.shown_at - rows.opened_at >= _SETTLED_STEPS * seen.step_s
    agrees = rows.ended & settled & seen.near(rows.shown_at, rows.closed_at)
    agrees &= rows.start_s - rows.closed_at <= _LONG_NOTICE_S
    trials: list[_Trial] = []
    for moves, origin_s, gone_s, shown_s in (
        (Moves.START, rows.start_s, rows.closed_at, rows.shown_at),
        (Moves.DAY, seen.midnight_s, seen.local(rows.closed_at), seen.local(rows.shown_at)),
    ):
        changes = _Changes(rows.calendar, agrees, rows.closed_at)
        trials.append(_try(seen, moves, origin_s - gone_s, origin_s - shown_s, changes))
    return _choose(seen, trials, agrees)


def learn_horizon(seen: Sightings) -> Edges:
    """Learn how far ahead a slot is shown for the first time."""
    rows = seen.rows
    agrees = rows.first & seen.near(rows.unseen_at, rows.opened_at) & seen.covered_before
    opened, unseen = seen.local(rows.opened_at), seen.local(rows.unseen_at)
    ways = [(Moves.START, 0), (Moves.DAY, 0)]
    if len(seen.taken_at) and seen.taken_at[-1] - seen.taken_at[0] > _WEEK_S:
        ways += [(Moves.WEEK, weekday) for weekday in range(7)]
    trials: list[_Trial] = []
    for moves, weekday in ways:
        by_start, some = moves is Moves.START, _worth_trying(seen, trials, agrees)
        origin_s = (rows.start_s if by_start else seen.midnight_s)[some]
        if moves is Moves.WEEK:
            origin_s = week_begin(origin_s, weekday)
        shown_s = (rows.opened_at if by_start else opened)[some]
        before_s = (rows.unseen_at if by_start else unseen)[some]
        changes = _Changes(rows.calendar[some], agrees[some], rows.opened_at[some])
        low_s = np.where(changes.agrees, before_s, shown_s - 1) - origin_s + 1
        # Leads grow towards the past: turn them round, so that what lies beyond is greater again.
        trial = _try(seen, moves, low_s, shown_s - origin_s + 1, changes)
        trials.append(trial._replace(found=_turned(trial.found), weekday=weekday))
    return _choose(seen, trials, agrees)


def _worth_trying(seen: Sightings, trials: list[_Trial], agrees: Bools) -> Ints | slice:
    """Rows of the calendars of which another way to count may explain more: at most all their changes."""
    if not trials:
        return slice(None)
    count, calendar = len(seen.calendars), seen.rows.calendar
    cases = np.bincount(calendar[agrees], minlength=count)
    score = _scores(trials)[1]
    # A rule of whole days may do with as much (``_scores``).
    worth = (cases > _CLEARLY * score) if len(trials) > 1 else (cases >= np.maximum(score, 1))
    return slice(None) if worth.all() else worth[calendar].nonzero()[0]


def week_begin(midnight_s: Ints, weekday: int | Ints) -> Ints:
    """Local midnight that begins the week of each day, for weeks that begin on a weekday (Monday 0)."""
    shift_s = (_THURSDAY - weekday) * DAY_S
    return (midnight_s + shift_s) // _WEEK_S * _WEEK_S - shift_s


def _turned(found: Found) -> Found:
    low, high = -found.high_s, -found.low_s
    return found._replace(offset_s=roundest(low, high), low_s=low, high_s=high)


def _try(seen: Sightings, moves: Moves, low_s: Ints, until_s: Ints, changes: _Changes) -> _Trial:
    count, calendar = len(seen.calendars), changes.calendar
    found = find_edge(count, calendar, low_s, until_s, changes.agrees)
    lead_s = found.low_s[calendar]
    fits = changes.agrees & (low_s <= lead_s) & (until_s > lead_s)
    some = fits.nonzero()[0]
    owner, at = calendar[some], changes.at[some]
    days, times = (
        np.bincount(distinct(owner << _BITS | values) >> _BITS, minlength=count)
        for values in (day_of(seen.local(at)), at)
    )
    return _Trial(moves, 0, found, days, times)


def _choose(seen: Sightings, trials: list[_Trial], agrees: Bools) -> Edges:
    """Take for each calendar the simplest way to count that explains enough."""
    count = len(seen.calendars)
    chosen, _ = _scores(trials)
    every = np.array([[*trial.found, trial.days, trial.times] for trial in trials])
    *columns, days, times = np.ascontiguousarray(every[chosen, :, np.arange(count)].T)
    found = Found(*columns)
    moves, weekday = np.array([(int(trial.moves), trial.weekday) for trial in trials]).T
    moves, weekday = moves[chosen], weekday[chosen]
    # Slots that come or go one by one agree independently; those of one day or week do it at once.
    often = (days >= LEAST_DAYS) | ((moves == Moves.START) & (times >= LEAST_CASES))
    known = (found.support >= LEAST_CASES) & often & (found.support >= 3 * found.against)
    cases = np.bincount(seen.rows.calendar[agrees], minlength=count).astype(np.int64)
    sure = (moves == Moves.START) | (days >= MANY_DAYS)
    known &= sure | (found.support >= _WORTH * cases)
    return Edges(
        moves=np.where(known, moves, int(Moves.UNKNOWN)),
        weekday=weekday,
        offset_s=np.where(known, found.offset_s, UNKNOWN_S),
        low_s=found.low_s,
        high_s=found.high_s,
        support=found.support,
        against=found.against,
        cases=cases,
        days=days,
    )


def _scores(trials: list[_Trial]) -> tuple[Ints, Floats]:
    """For each calendar the place of the trial to take, and its score."""
    score = np.maximum(trials[0].found.score, 0).astype(np.float64)
    chosen = np.zeros(len(score), np.int64)
    for place, trial in enumerate(trials[1:], 1):
        better = trial.found.score > _CLEARLY * score
        # All at one time of day: whole days that change at midnight are the plainer rule.
        at_midnight = (trial.found.offset_s % DAY_S == 0) & (trial.moves == Moves.DAY)
        better |= at_midnight & (trial.found.score >= np.maximum(score, 1))
        chosen = np.where(better, place, chosen)
        score = np.where(better, trial.found.score, score)
    return chosen, score


def presume_none(seen: Sightings, notice: Edges) -> Edges:
    """Where the notice is unknown but slots were shown up to shortly before they began, presume none.

    ``high_s`` is then the lead that the second nearest of these slots was still shown at: the notice is less.
    """
    rows, count = seen.rows, len(seen.calendars)
    lead_s = sort_within(rows.calendar, rows.start_s - rows.shown_at)
    lead_s = np.append(lead_s, np.iinfo(np.int64).max)
    ends = np.cumsum(np.bincount(rows.calendar, minlength=count))
    second = np.append(0, ends)[:count] + LEAST_NEAR - 1
    has = second < ends
    bound_s = np.where(has, lead_s[np.minimum(second, len(lead_s) - 1)], lead_s[-1])
    none = (notice.moves == Moves.UNKNOWN) & (bound_s <= HOUR_S)
    unknown = notice.moves == Moves.UNKNOWN
    return notice._replace(
        moves=np.where(none, int(Moves.START), notice.moves),
        offset_s=np.where(none, 0, notice.offset_s),
        low_s=np.where(unknown, 0, notice.low_s),
        high_s=np.where(unknown, bound_s, notice.high_s),
        support=np.where(unknown, 0, notice.support),
        against=np.where(unknown, 0, notice.against),
        days=np.where(unknown, 0, notice.days),
    )


def share_edges(edges: Edges) -> tuple[Edges, Bools]:
    """Give calendars with an unknown edge that of the portal's others, where most of these agree.

    Returns:
        The edges, and where they were shared. Support stays that of the calendar itself.
    """
    known = np.flatnonzero((edges.moves != Moves.UNKNOWN) & (edges.support >= LEAST_CASES))
    shared = np.zeros(len(edges.moves), np.bool_)
    if not len(known):
        return edges, shared
    if len(known) < _SHARING:
        return edges, shared
    columns = (edges.moves, edges.weekday, edges.offset_s)
    names = number_rows(*(column[known] for column in columns))
    numbers = np.bincount(names)
    if numbers.max() < _MOST * len(known):
        return edges, shared
    usual = known[np.argmax(names == np.argmax(numbers))]
    moves, weekday, offset_s = (int(column[usual]) for column in columns)
    like = (edges.moves == moves) & (edges.offset_s == offset_s)
    shared = (edges.moves == Moves.UNKNOWN) & ((moves != Moves.START) | (edges.high_s > offset_s))
    return edges._replace(
        moves=np.where(shared, moves, edges.moves),
        weekday=np.where(shared, weekday, edges.weekday),
        offset_s=np.where(shared, offset_s, edges.offset_s),
        low_s=np.where(shared, edges.low_s[like].min(), edges.low_s),
        high_s=np.where(shared, edges.high_s[like].max(), edges.high_s),
    ), shared
