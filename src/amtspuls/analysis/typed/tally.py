"""From typed changes to bookings and cancellations that can be counted, each with its doubt.

Blocks of start times that changed together are one booking, or as many as their length takes. Two things
cannot be seen and are added up instead:

- What is cancelled and booked again between two snapshots. Of the times that were freed and seen, some were
  gone in the very next snapshot; with share ``h`` of them, as many as ``-ln(1 - h) / h - 1`` per seen one
  were gone before any snapshot (a constant hazard between two snapshots).
- On a page that is renewed every few hours a time that is back after one renewal was cancelled or only held:
  each counts half.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.typed.blocks import count_bookings, find_blocks
from amtspuls.analysis.typed.find import Typing
from amtspuls.analysis.typed.labels import Reason, Side
from amtspuls.analysis.typed.scene import Scene

_LEAST_FREED = 12
_HELD_OR_NOT = 0.5
_MOST_UNSEEN = 3.0


class Tally(NamedTuple):
    """Bookings or cancellations, ascending by (at, calendar, slot); all arrays have shape (n,).

    Attributes:
        calendar: Number of the calendar; of several over the same desks the first.
        slot: First start time concerned.
        at: Snapshot that showed it.
        seen_at: Newest snapshot before it.
        start_s: Instant at which the slot begins.
        timed: Whether ``at`` tells the hour.
        weight: How many it stands for.
        doubt: How many of them may not be, or may be missing.
        block: Number of the block.
    """

    calendar: Ints
    slot: Ints
    at: Ints
    seen_at: Ints
    start_s: Ints
    timed: Bools
    weight: Floats
    doubt: Floats
    block: Ints


def tally_bookings(typing: Typing, *, each_calendar: bool = False) -> Tally:
    """Count bookings.

    Args:
        typing: The portal.
        each_calendar: Whether a booking counts in every calendar that it closed, or once.
    """
    scene, side = typing.scene, typing.closings.side
    rows = np.flatnonzero(side.are(Kind.BOOKED))
    weight = np.where(_held_or_not(typing)[rows], _HELD_OR_NOT, 1.0)
    missed = _missed(typing)
    return _tally(typing, rows, scene.closed, weight, missed.bookings, each_calendar=each_calendar)


def tally_cancellations(typing: Typing, *, each_calendar: bool = False) -> Tally:
    """Count cancellations; as ``tally_bookings``."""
    scene, side = typing.scene, typing.openings
    rows = np.flatnonzero(side.are(Kind.CANCELLED))
    before = _held_or_not(typing)[np.maximum(rows - 1, 0)] & scene.has_before[rows]
    weight = np.where(before, _HELD_OR_NOT, 1.0)
    missed = _missed(typing)
    return _tally(
        typing, rows, scene.opened, weight, missed.cancellations, each_calendar=each_calendar
    )


def tally_hidden(typing: Typing, *, each_calendar: bool = False) -> Tally:
    """Blocks in which there may be bookings that nothing tells: lost across a gap, or with a part of a day.

    Args:
        typing: The portal.
        each_calendar: Whether a block counts in every calendar that it was in, or once.
    """
    scene, side = typing.scene, typing.closings.side
    with_day = side.are(Kind.WITHDRAWN) & (side.reason == int(Reason.DAY_LOST))
    # What came back was not booked.
    rows = np.flatnonzero((side.are(Kind.UNKNOWN) | with_day) & ~scene.has_after)
    nothing = np.zeros(max(1, scene.group_count))
    found = _tally(
        typing, rows, scene.closed, np.ones(len(rows)), nothing, each_calendar=each_calendar
    )
    return found._replace(weight=np.ones(len(found.at)), doubt=np.ones(len(found.at)))


def _held_or_not(typing: Typing) -> Bools:
    """Spans that were back after one renewal of a page that is renewed seldom."""
    unit = typing.closings.holds.unit
    scene = typing.scene
    if unit == 1:
        return np.zeros(len(scene.slot), np.bool_)
    found: Bools = np.rint(scene.returned_after / unit) == 1
    return found


def _tally(
    typing: Typing,
    rows: Ints,
    place: Ints,
    weight: Floats,
    missed: Floats,
    *,
    each_calendar: bool,
) -> Tally:
    scene = typing.scene
    owner = scene.calendar if each_calendar else scene.group
    blocks = find_blocks(scene, rows, place, typing.closings.reach, owner)
    number = count_bookings(scene, rows, blocks, typing.closings.reach)
    order = np.lexsort((scene.slot[rows], scene.calendar[rows], blocks))
    _, first = np.unique(blocks[order], return_index=True)
    lead = order[first]
    chosen = rows[lead]
    closing = place is scene.closed
    at, seen = scene.seen_around(opening=not closing)
    seen_at = np.full(len(chosen), np.iinfo(np.int64).max)
    np.minimum.at(seen_at, blocks, seen[rows])
    timed = scene.close_timed if closing else scene.open_timed
    share = np.bincount(blocks, weight) / np.maximum(np.bincount(blocks), 1)
    count = number * share
    factor = missed[scene.group[chosen]]
    tally = Tally(
        calendar=scene.spans.calendar[chosen],
        slot=scene.slot[chosen],
        at=at[chosen],
        seen_at=seen_at,
        start_s=scene.start_s[chosen],
        timed=np.bincount(blocks, ~timed[rows]) == 0,
        weight=count * (1 + factor),
        doubt=count * factor + (number - count) + 0.5 * (number - 1),
        block=blocks[lead],
    )
    order = np.lexsort((tally.slot, tally.calendar, tally.at))
    return Tally._make(column[order] for column in tally)


class _Missed(NamedTuple):
    """What fell between two snapshots, per one that was seen, by group."""

    bookings: Floats
    cancellations: Floats


def _missed(typing: Typing) -> _Missed:
    scene, reach = typing.scene, typing.closings.reach
    nothing = np.zeros(max(1, scene.group_count))
    if typing.closings.holds.unit > 1:
        return _Missed(nothing, nothing)
    freed = _lives(scene, typing.openings, typing.closings.side)
    share = _missed_share(freed, scene.group_count)
    cancelled = _blocks_by_group(scene, typing.openings, Kind.CANCELLED, scene.opened, reach)
    booked = _blocks_by_group(scene, typing.closings.side, Kind.BOOKED, scene.closed, reach)
    return _Missed(share * cancelled / np.maximum(booked, 1), share)


class _Lives(NamedTuple):
    """Freed blocks: group, and whether they were gone in the next snapshot."""

    group: Ints
    short: Bools


def _lives(scene: Scene, openings: Side, closings: Side) -> _Lives:
    rows = np.flatnonzero(openings.are(Kind.CANCELLED))
    block = openings.block[rows]
    count = int(block.max(initial=-1)) + 1
    taken = closings.are(Kind.BOOKED) | closings.are(Kind.HELD)
    short = taken[rows] & (scene.closed[rows] - scene.opened[rows] == 1)
    group = np.zeros(count, np.int64)
    group[block] = scene.group[rows]
    return _Lives(group, np.bincount(block, short, minlength=count) > 0)


def _missed_share(lives: _Lives, groups: int) -> Floats:
    """By group; that of the whole portal where a group has too few."""
    overall = _share_of(int(lives.short.sum()), len(lives.short))
    found = np.full(max(1, groups), overall)
    for group in np.unique(lives.group).tolist():
        mine = lives.group == group
        if mine.sum() >= _LEAST_FREED:
            found[group] = _share_of(int(lives.short[mine].sum()), int(mine.sum()))
    return found


def _share_of(short: int, freed: int) -> float:
    if not short or not freed:
        return 0.0
    hazard = min(0.9, short / freed)
    return min(_MOST_UNSEEN, float(-np.log(1 - hazard) / hazard - 1))


def _blocks_by_group(scene: Scene, side: Side, kind: Kind, place: Ints, reach: Ints) -> Floats:
    rows = np.flatnonzero(side.are(kind))
    blocks = find_blocks(scene, rows, place, reach)
    _, first = np.unique(blocks, return_index=True)
    return np.bincount(scene.group[rows[first]], minlength=max(1, scene.group_count)).astype(float)
