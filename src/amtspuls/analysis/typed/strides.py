"""Strides: start times a few steps of the grid apart that vanish together although those between them stay.

Some pages offer appointments of a quarter of an hour from every five minutes on, each row for itself. Who takes half an
hour then closes two start times of a row and none between them. The distance of the start times of a row is what a
booking is measured by, not the finest distance on the page.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.typed.blocks import ABOVE_CHANCE, FARTHEST, shares_by_distance
from amtspuls.analysis.typed.scene import Scene
from amtspuls.archive.median import median_by_column

_LONGEST = 4
"""Steps between the start times of a row; more leave fewer than three multiples to look at."""
_MULTIPLES = 2
"""So many multiples in a row must stand out: a single distance may be chance."""
_LEAST = 10
"""Days with a loss and a start time at that distance."""


def learn_strides(scene: Scene, chosen: Bools) -> Ints:
    """Steps between the start times of a row, by group; 1 where there are no such rows.

    Args:
        scene: The portal.
        chosen: Spans that may teach it: those that vanished, of calendars with several start times a day.
    """
    found = shares_by_distance(scene, np.flatnonzero(chosen))
    if found is None:
        return np.ones(scene.group_count, np.int64)
    return strides_of(found.share, found.blocks)


def with_strides(scene: Scene, stride: Ints) -> Scene:
    """Measure each calendar by the distance of start times in a row.

    Args:
        scene: The portal.
        stride: Steps by group.
    """
    if (stride == 1).all():
        return scene
    return replace(scene, grid_min=scene.grid_min * stride[scene.groups])


def strides_of(share: Floats, count: Ints) -> Ints:
    """Steps between start times that vanish together; 1 where neighbours do, or none.

    Args:
        share: Of the start times so many steps away, those that vanished; shape (FARTHEST, groups).
        count: Days that tell; shape as ``share``.

    Returns:
        The least for each group.
    """
    steps = np.arange(1, FARTHEST + 1)
    found = np.ones(share.shape[1], np.int64)
    for stride in range(_LONGEST, 1, -1):
        own = steps % stride == 0
        first = np.flatnonzero(own)[:_MULTIPLES]
        usual = median_by_column(share[~own]) + ABOVE_CHANCE
        known = (count[first] >= _LEAST).all(axis=0)
        clear, between = share[first] > usual, share[: stride - 1] <= usual
        found[known & clear.all(axis=0) & between.all(axis=0)] = stride
    return found
