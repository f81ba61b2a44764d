"""From typed changes to bookings and cancellations that can be counted, each with its doubt.

Blocks of start times that changed together are one booking, or as many as their length takes. Two things
cannot be seen and are added up instead:

- What is cancelled and booked again between two snapshots (``missed``).
- On a page that is renewed every few hours a time that is back after one renewal was cancelled or only held:
  each counts half.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import order_by
from amtspuls.analysis.typed.blocks import count_bookings, find_blocks
from amtspuls.analysis.typed.find import Typing
from amtspuls.analysis.typed.labels import Reason, Side

_HELD_OR_NOT = 0.5


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
    """

    calendar: Ints
    slot: Ints
    at: Ints
    seen_at: Ints
    start_s: Ints
    timed: Bools
    weight: Floats
    doubt: Floats


def tally_bookings(typing: Typing, *, each_calendar: bool = False) -> Tally:
    """Count bookings.

    Args:
        typing: The portal.
        each_calendar: Whether a booking counts in every calendar that it closed, or once.
    """
    scene, side = typing.scene, typing.closings.side
    rows = np.flatnonzero(side.are(Kind.BOOKED))
    weight = np.where(_held_or_not(typing, rows), _HELD_OR_NOT, 1.0)
    blocks = _blocks(typing, rows, side, scene.closed, each_calendar=each_calendar)
    return _tally(typing, rows, blocks, weight, typing.missed.bookings, opening=False)


def tally_cancellations(typing: Typing, *, each_calendar: bool = False) -> Tally:
    """Count cancellations; as ``tally_bookings``."""
    scene, side = typing.scene, typing.openings
    rows = np.flatnonzero(side.are(Kind.CANCELLED))
    before = _held_or_not(typing, np.maximum(rows - 1, 0)) & scene.has_before[rows]
    weight = np.where(before, _HELD_OR_NOT, 1.0)
    blocks = _blocks(typing, rows, side, scene.opened, each_calendar=each_calendar)
    return _tally(typing, rows, blocks, weight, typing.missed.cancellations, opening=True)


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
    owner = scene.calendar if each_calendar else scene.group
    blocks = find_blocks(scene, rows, scene.closed, typing.closings.reach, owner)
    found = _tally(typing, rows, blocks, np.ones(len(rows)), nothing, opening=False)
    return found._replace(weight=np.ones(len(found.at)), doubt=np.ones(len(found.at)))


def _held_or_not(typing: Typing, rows: Ints) -> Bools:
    """Which of some spans were back after one renewal of a page that is renewed seldom."""
    unit = typing.closings.holds.unit
    if unit == 1:
        return np.zeros(len(rows), np.bool_)
    found: Bools = np.rint(typing.scene.returned_after[rows] / unit) == 1
    return found


def _blocks(typing: Typing, rows: Ints, side: Side, place: Ints, *, each_calendar: bool) -> Ints:
    """Blocks of rows: those of all calendars over the same desks are known."""
    if not each_calendar or typing.scene.apart:
        return side.block[rows]
    return find_blocks(typing.scene, rows, place, typing.closings.reach, typing.scene.calendar)


def _nothing() -> Tally:
    none, share = np.zeros(0, np.int64), np.zeros(0)
    return Tally(none, none, none, none, none, np.zeros(0, np.bool_), share, share)


def _tally(
    typing: Typing, rows: Ints, blocks: Ints, weight: Floats, missed: Floats, *, opening: bool
) -> Tally:
    scene = typing.scene
    if not len(rows):
        return _nothing()
    number = count_bookings(scene, rows, blocks, typing.closings.reach)
    # Rows ascend by (calendar, slot), so the first of a block is the one with the lowest place.
    lead = np.full(len(number), len(rows), np.int64)
    np.minimum.at(lead, blocks, np.arange(len(rows)))
    chosen = rows[lead]
    at, seen = scene.seen_around(opening=opening)
    seen_at = np.full(len(chosen), np.iinfo(np.int64).max)
    np.minimum.at(seen_at, blocks, seen[rows])
    timed = scene.open_timed if opening else scene.close_timed
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
    )
    order = order_by(tally.at, tally.calendar, tally.slot)
    return Tally._make(column[order] for column in tally)
