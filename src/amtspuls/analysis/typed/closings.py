"""Start times that vanish: time passes, pages and days are lost, times are held, and the rest are bookings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.localtime import HOUR_S, Ints
from amtspuls.analysis.typed.blocks import find_blocks, learn_reach
from amtspuls.analysis.typed.first_of_day import Successions
from amtspuls.analysis.typed.floating import reach_of_floating
from amtspuls.analysis.typed.holds import (
    HoldTimes,
    find_held,
    find_rest,
    find_shared_returns,
    learn_holds,
)
from amtspuls.analysis.typed.labels import Reason, Side
from amtspuls.analysis.typed.masses import (
    FreeCounts,
    find_day_losses,
    find_lost_days,
    find_lost_pages,
)
from amtspuls.analysis.typed.renewals import find_due
from amtspuls.analysis.typed.scene import Scene
from amtspuls.analysis.typed.shifts import Shifts
from amtspuls.archive.base import STILL_OPEN

GAP_S = 3 * HOUR_S
"""Across a longer gap nothing is said of what vanished."""
_EDGE_S = 120


@dataclass(frozen=True, eq=False)
class Closings:
    """Why spans closed, and what was learned on the way.

    Attributes:
        side: Why.
        reach: How many steps around its start a booking closes, by group.
        learned: The same for telling what no citizen does: nothing around it where start times float, or vanish in rows.
        holds: How long the portal holds a chosen time.
    """

    side: Side
    reach: Ints
    learned: Ints
    holds: HoldTimes


def type_closings(
    scene: Scene, one_a_day: Bools, successions: Successions, shifts: Shifts, in_rows: Bools
) -> Closings:
    """Say why each span closed; spans that are still open stay untyped.

    Args:
        scene: The portal.
        one_a_day: Spans of calendars that show one start time a day.
        successions: What took their place.
        shifts: What moved.
        in_rows: Groups whose start times vanish in rows, with others between them that stay.
    """
    side = Side(len(scene.slot))
    side.mark(shifts.closed & ~one_a_day & scene.vanished, Kind.GRID_SHIFT, Reason.MOVED, 0.8)
    _mark_passing(scene, side)
    hidden = one_a_day & successions.hidden & scene.vanished & side.untyped
    side.mark(hidden, Kind.GRID_SHIFT, Reason.NEXT_SHOWN)
    reach = learn_reach(scene, np.flatnonzero(scene.vanished & side.untyped & ~one_a_day))
    learned = np.where(in_rows, 0, reach)
    _mark_masses(scene, side, learned, one_a_day)
    reach = np.maximum(reach, reach_of_floating(scene, shifts))
    rows = np.flatnonzero(scene.vanished & side.untyped)
    blocks = find_blocks(scene, rows, scene.closed, reach)
    holds = learn_holds(scene, rows, blocks)
    held = find_held(scene, rows, holds)
    rest = find_rest(scene, rows, held, blocks, reach, holds)
    back = scene.returned_after[rows[held]]
    side.mark(rows[held], Kind.HELD, Reason.COMES_BACK, holds.share[back])
    side.mark(rows[rest], Kind.HELD, Reason.REST_OF_HOLD, 0.7)
    side.mark(rows[~held & ~rest], Kind.BOOKED, Reason.STAYS_AWAY, 0.9)
    side.mark(side.are(Kind.BOOKED) & scene.sold_out, Kind.BOOKED, Reason.SOLD_OUT, 0.7)
    return Closings(side, reach, learned, holds)


def _mark_passing(scene: Scene, side: Side) -> None:
    ended = scene.closed_at != STILL_OPEN
    side.mark(ended & ~scene.vanished, Kind.EXPIRED, Reason.BEGINS)
    rows = np.flatnonzero(scene.vanished)
    leaves_at = scene.leaves_at(rows)
    due = leaves_at < scene.start_s[rows]
    due &= leaves_at <= scene.closed_at[rows] + _EDGE_S
    due &= leaves_at > scene.close_seen_at[rows] - _EDGE_S
    side.mark(rows[due], Kind.NOTICE_CUTOFF, Reason.NOTICE, 0.9)
    side.mark(find_due(scene) & side.untyped, Kind.NOTICE_CUTOFF, Reason.NOTICE, 0.7)
    lost = scene.vanished & side.untyped
    lost &= scene.closed_at - scene.close_seen_at > max(GAP_S, 4 * scene.step_s)
    side.mark(lost, Kind.UNKNOWN, Reason.GAP, 0.0)


def _mark_masses(scene: Scene, side: Side, reach: Ints, one_a_day: Bools) -> None:
    rows = np.flatnonzero(scene.vanished & side.untyped & ~one_a_day)
    free = FreeCounts(scene)
    losses = find_day_losses(scene, free, rows)
    pages = find_lost_pages(losses, free)
    side.mark(rows[pages], Kind.WITHDRAWN, Reason.PAGE_LOST, 0.95)
    whole = losses.whole[losses.number] & (losses.free[losses.number] >= WHOLE_LEAST)
    rows, whole = rows[~pages], whole[~pages]
    days = find_lost_days(scene, rows, whole, reach)
    side.mark(rows[days], Kind.WITHDRAWN, Reason.DAY_LOST, 0.8)
    rows = rows[~days]
    flapped = find_shared_returns(scene, rows, reach)
    side.mark(rows[flapped], Kind.WITHDRAWN, Reason.PAGE_LOST, 0.7)


WHOLE_LEAST = 3
"""A day of fewer start times that is gone may well be booked out."""
