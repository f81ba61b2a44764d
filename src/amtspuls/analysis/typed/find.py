"""The typed rule as a whole: from the spans of a portal to what happened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from amtspuls.analysis.behaviour import Behaviour, behaviour_of
from amtspuls.analysis.evidence import Evidence
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.typed.blocks import find_blocks
from amtspuls.analysis.typed.closings import Closings, type_closings
from amtspuls.analysis.typed.first_of_day import find_successions
from amtspuls.analysis.typed.floating import join_floating
from amtspuls.analysis.typed.labels import Reason, Side
from amtspuls.analysis.typed.missed import Missed, find_missed
from amtspuls.analysis.typed.openings import type_openings
from amtspuls.analysis.typed.scene import Scene
from amtspuls.analysis.typed.shifts import find_shifts
from amtspuls.analysis.typed.strides import learn_strides, with_strides

RULE = "typed-1"
"""Name and version of the rule; every row that rests on it carries it."""


@dataclass(frozen=True, eq=False)
class Typing:
    """What the typed rule says of one portal.

    Attributes:
        scene: What it saw.
        closings: Why spans closed.
        openings: Why they opened.
    """

    scene: Scene
    closings: Closings
    openings: Side

    @cached_property
    def missed(self) -> Missed:
        """What fell between two snapshots."""
        return find_missed(self.scene, self.closings, self.openings)


def type_changes(evidence: Evidence, behaviour: Behaviour | None = None) -> Typing:
    """Say of every change of a portal why it happened.

    Args:
        evidence: The portal.
        behaviour: What was learned of its calendars; learned here when missing.
    """
    learned = behaviour_of(evidence) if behaviour is None else behaviour
    scene = Scene.of(evidence, learned)
    # One more for calendars of which nothing was learned, at place -1.
    one_a_day = np.append(learned.one_a_day, False)[scene.learned_place][scene.calendar]
    successions = find_successions(scene, one_a_day)
    shifts = find_shifts(scene)
    scene = join_floating(scene, shifts)
    fixed = (shifts.length == 0)[scene.calendar] & ~one_a_day
    stride = learn_strides(scene, fixed & scene.vanished)
    scene = with_strides(scene, stride)
    closings = type_closings(scene, one_a_day, successions, shifts, stride > 1)
    openings = type_openings(scene, closings.side, closings.learned, shifts.opened & ~one_a_day)
    fresh = one_a_day & openings.are(Kind.CANCELLED) & ~successions.freed
    openings.mark(fresh & successions.shown, Kind.GRID_SHIFT, Reason.NEXT_SHOWN)
    for side, kind, at in (
        (closings.side, Kind.BOOKED, scene.closed),
        (openings, Kind.CANCELLED, scene.opened),
    ):
        rows = np.flatnonzero(side.are(kind))
        side.block[rows] = find_blocks(scene, rows, at, closings.reach)
    return Typing(scene, closings, openings)
