"""Holds: a chosen time is kept while somebody fills in a form, and comes back when nothing comes of it.

How long a portal holds is learned: of all blocks that vanish, how many come back after 1, 2, 3 ... steps? Expired
holds come back after few and always the same numbers of steps, cancelled bookings after any.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.localtime import HOUR_S, Ints
from amtspuls.analysis.ordering import number_rows
from amtspuls.analysis.typed.blocks import find_blocks
from amtspuls.analysis.typed.scene import Scene

LONGEST_S = 2 * HOUR_S
"""No portal is known to hold longer, the time for the link of an e-mail included."""
USUAL_S = 1800
"""How long a portal holds that has shown too few returns."""
_SELDOM = 0.05
_LEAST = 5
_CLEARLY = 3.0
_MANY_STEPS = 8
_BACKGROUND = 4
"""The background is looked for up to this many times the longest hold."""


class HoldTimes(NamedTuple):
    """How long a portal holds.

    Attributes:
        steps: Snapshots after which held times come back; empty where none can be told from cancellations.
        share: For each number of steps the share of returns that are expired holds.
        unit: Snapshots of one step: more than one where the page is renewed seldom.
        returns: Returns that were counted, all together.
    """

    steps: tuple[int, ...]
    share: Floats
    unit: int
    returns: int

    @property
    def longest(self) -> int:
        """Snapshots after which a vanished time will not come back from a hold."""
        return max(self.steps, default=0) * self.unit


def learn_holds(scene: Scene, rows: Ints, blocks: Ints) -> HoldTimes:
    """Learn after how many steps held times come back.

    Args:
        scene: The portal.
        rows: Spans that vanished, without mass events and the passing of time.
        blocks: Block of each of them.
    """
    unit = _unit(scene)
    if unit > 1 or scene.step_s > LONGEST_S:
        # Where a page is renewed, or asked, every few hours, holds begin and end in between.
        return HoldTimes((), np.zeros(1), unit, 0)
    longest = max(1, LONGEST_S // (unit * scene.step_s))
    most = _BACKGROUND * max(longest, _MANY_STEPS) + 1
    after = np.minimum(scene.returned_after[rows], most)
    first = np.full(int(blocks.max(initial=-1)) + 1, most)
    np.minimum.at(first, blocks, after)
    counts = np.bincount(first, minlength=most + 1)[:most]
    background = counts[longest + 1 :].mean() if len(counts) > longest + 1 else 0.0
    near = counts[1 : longest + 1]
    steps = _hold_steps(near, background, max(1, USUAL_S // scene.step_s))
    share = np.full(most + 1, 0.5)
    share[1 : longest + 1] = np.clip(1 - background / np.maximum(near, 1), 0.5, 1)
    return HoldTimes(tuple(steps.tolist()), share, unit, int(counts[1:].sum()))


def _hold_steps(near: Ints, background: float, usual: int) -> Ints:
    """After how many steps returns are mostly expired holds.

    Args:
        near: Returns after 1, 2, 3 ... steps.
        background: Returns of cancelled bookings per step.
        usual: Steps that a portal usually holds.
    """
    least = np.where(np.arange(len(near)) < usual, 2, _LEAST)
    clear = (near > background + _CLEARLY * np.sqrt(background) + 1) & (near >= least)
    clear &= near >= _SELDOM * near.max(initial=0)
    if not clear.any():
        return np.arange(1, usual + 1)
    longest = int(np.flatnonzero(clear).max())
    also = near > _CLEARLY * background + 0.5
    also[longest + 2 :] = False
    return 1 + np.flatnonzero(clear | also)


def _unit(scene: Scene) -> int:
    refresh_s = scene.behaviour.refresh_s
    return max(1, round(refresh_s / scene.step_s)) if refresh_s else 1


def find_held(scene: Scene, rows: Ints, holds: HoldTimes) -> Bools:
    """Which rows come back as held times do."""
    # One more for all that is later.
    last = max(holds.steps, default=0) + 1
    are = np.zeros(last + 1, np.bool_)
    are[list(holds.steps)] = True
    return are.take(np.minimum(scene.returned_after[rows], last))


def find_rest(
    scene: Scene, rows: Ints, held: Bools, blocks: Ints, reach: Ints, holds: HoldTimes
) -> Bools:
    """Which rows belong to a hold although they stay away: somebody else took the time beside them meanwhile.

    Args:
        scene: The portal.
        rows: Spans that vanished.
        held: Which of them come back.
        blocks: Block of each.
        reach: Steps by group.
        holds: How long the portal holds.
    """
    rest = np.zeros(len(rows), np.bool_)
    if not len(rows):
        return rest
    mostly = np.bincount(blocks, held) >= np.bincount(blocks) / 2
    doubtful = np.flatnonzero(mostly[blocks] & ~held)
    asked = rows[doubtful]
    taken = np.zeros(len(asked), np.bool_)
    for steps in range(1, int(reach.max(initial=0)) + 1):
        for side in (-steps, steps):
            beside = scene.span_at(
                scene.calendar[asked],
                scene.slot[asked] + side * scene.grid[asked],
                scene.closed[asked] + 1,
            )
            gone_at = scene.closed[np.maximum(beside, 0)]
            near = (steps <= reach[scene.group[asked]]) & (beside >= 0)
            taken |= near & (gone_at <= scene.closed[asked] + holds.longest)
    rest[doubtful] = taken
    return rest


def find_shared_returns(scene: Scene, rows: Ints, reach: Ints) -> Bools:
    """Which rows vanished on several days in one step and all came back in one later step: a page that flapped."""
    step = scene.group[rows] << 40 | scene.closed[rows]
    number = number_rows(step)
    count = int(number.max(initial=-1)) + 1
    back = scene.returned_after[rows]
    first, last = np.full(count, np.iinfo(np.int64).max), np.zeros(count, np.int64)
    np.minimum.at(first, number, back)
    np.maximum.at(last, number, back)
    day_first, day_last = np.full(count, np.iinfo(np.int64).max), np.zeros(count, np.int64)
    np.minimum.at(day_first, number, scene.day[rows])
    np.maximum.at(day_last, number, scene.day[rows])
    together = (first == last) & (first < np.int64(1) << 40) & (day_last > day_first)
    if together.any():
        blocks = find_blocks(scene, rows, scene.closed, reach)
        owner = np.zeros(int(blocks.max(initial=-1)) + 1, np.int64)
        owner[blocks] = number
        together &= np.bincount(owner, minlength=count) >= 3
    found: Bools = together[number]
    return found
