"""Start times that appear: new days, days by hand, what comes back, and cancellations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from amtspuls.analysis.behaviour import Moves
from amtspuls.analysis.changes import Bools
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import order_by
from amtspuls.analysis.typed.labels import Reason, Side
from amtspuls.analysis.typed.masses import find_appeared, find_new_pages, find_rest_of_day
from amtspuls.analysis.typed.scene import LONG_AGO, Scene

_EDGE_S = 120
_SURE, _LIKELY = 1.0, 0.7


def type_openings(
    scene: Scene, closings: Side, reach: np.ndarray[tuple[int], np.dtype[np.int64]], moved: Bools
) -> Side:
    """Say why each span opened; spans whose day nobody had seen before stay untyped.

    Args:
        scene: The portal.
        closings: Why the spans closed.
        reach: Steps by group.
        moved: Spans that opened because start times moved.
    """
    side = Side(len(scene.slot))
    known = scene.open_seen_at > LONG_AGO
    side.mark(known & moved, Kind.GRID_SHIFT, Reason.MOVED, 0.8)
    _mark_again(side, closings, np.flatnonzero(known & scene.has_before & side.untyped))
    _mark_new(scene, side, np.flatnonzero(known & ~scene.has_before & side.untyped))
    _mark_masses(scene, side, np.flatnonzero(known), reach)
    left = known & side.untyped
    side.mark(left & scene.has_before, Kind.CANCELLED, Reason.REOPENS, 0.9)
    side.mark(left & ~scene.has_before, Kind.CANCELLED, Reason.APPEARS, _LIKELY)
    return side


def _mark_again(side: Side, closings: Side, rows: Ints) -> None:
    """Start times that were shown before, by why they had gone."""
    kinds, reasons = closings.kind[rows - 1], closings.reason[rows - 1]
    for kind, back, reason in (
        (Kind.HELD, Kind.HOLD_EXPIRED, Reason.COMES_BACK),
        (Kind.WITHDRAWN, Kind.RETURNED, Reason.PAGE_BACK),
    ):
        chosen = rows[kinds == closings.code(kind)]
        side.mark(chosen, back, reason, closings.confidence[chosen - 1])
    # One that makes room for the next is none of these kinds.
    side.mark(rows[reasons == int(Reason.NEXT_SHOWN)], Kind.GRID_SHIFT, Reason.NEXT_SHOWN)


def _mark_masses(scene: Scene, side: Side, known: Ints, reach: Ints) -> None:
    """Start times that appear with many others: of their day, of their calendar, or of what comes back."""
    rest = known[side.untyped[known]]
    _mark_many(scene, side, rest[find_appeared(scene, rest, reach)])
    _mark_many(scene, side, _left(side, known, lambda rows: find_new_pages(scene, rows)))
    back = _are_back(side)
    _mark_many(
        scene, side, _left(side, known, lambda rows: find_rest_of_day(scene, rows, back[rows]))
    )


def _left(side: Side, known: Ints, find: Callable[[Ints], Bools]) -> Ints:
    """Rows without a kind that are found among them and what comes back."""
    rows = known[(side.untyped | _are_back(side))[known]]
    found: Ints = rows[find(rows) & side.untyped[rows]]
    return found


def _are_back(side: Side) -> Bools:
    by_hand = side.are(Kind.RELEASED) & (side.reason == int(Reason.MASS_APPEARS))
    found: Bools = side.are(Kind.RETURNED) | by_hand
    return found


def _mark_many(scene: Scene, side: Side, rows: Ints) -> None:
    old = scene.has_before[rows]
    side.mark(rows[old], Kind.RETURNED, Reason.MASS_APPEARS, _LIKELY)
    side.mark(rows[~old], Kind.RELEASED, Reason.MASS_APPEARS, _LIKELY)


def _mark_new(scene: Scene, side: Side, rows: Ints) -> None:
    """Start times at the horizon, and on days beyond all that the calendar had shown before."""
    moves = np.append(scene.behaviour.horizon.moves, int(Moves.UNKNOWN))[scene.learned_place]
    rolls = (moves != Moves.UNKNOWN)[scene.calendar[rows]]
    with_horizon = rows[rolls]
    appears_at = scene.appears_at(with_horizon)
    due = appears_at <= scene.opened_at[with_horizon] + _EDGE_S
    due &= appears_at > scene.open_seen_at[with_horizon] - _EDGE_S
    side.mark(with_horizon[due], Kind.HORIZON_ROLL, Reason.HORIZON, _SURE)
    left = side.untyped[rows]
    rows, rolls = rows[left], rolls[left]
    if not len(rows):
        return
    beyond = scene.day[rows] > _last_day_before(scene)[rows]
    side.mark(rows[beyond & rolls], Kind.HORIZON_ROLL, Reason.NEW_DAY, 0.9)
    side.mark(rows[beyond & ~rolls], Kind.RELEASED, Reason.NEW_DAY, 0.9)


def _last_day_before(scene: Scene) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The last day that each span's calendar had shown before the snapshot that opened it."""
    order = order_by(scene.calendar, scene.opened)
    calendar, opened, day = (
        column.take(order) for column in (scene.calendar, scene.opened, scene.day)
    )
    # One running maximum for all calendars: days of later calendars are lifted above those of earlier ones.
    highest = np.maximum.accumulate(calendar << 20 | day)
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (calendar[1:] != calendar[:-1]) | (opened[1:] != opened[:-1])
    starts = begins.nonzero()[0]
    earlier = np.append(-1, highest)[starts]
    same = earlier >> 20 == calendar[starts]
    before = np.where(same, earlier & ((1 << 20) - 1), -1)
    found = np.empty(len(order), np.int64)
    found[order] = before.repeat(np.append(starts[1:], len(order)) - starts)
    return found
