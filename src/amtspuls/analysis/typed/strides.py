"""Strides: start times a few steps of the grid apart that vanish together although those between them stay.

Some pages offer appointments of a quarter of an hour from every five minutes on, each row for itself. Who takes half an
hour then closes two start times of a row and none between them. The distance of the start times of a row is what a
booking is measured by, not the finest distance on the page.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.typed.blocks import ABOVE_CHANCE, FARTHEST, shares_by_distance
from amtspuls.analysis.typed.scene import Scene
from amtspuls.archive.median import median

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
    columns = zip(found.share.T, found.blocks.T, strict=True)
    return np.array([stride_of(share, count) for share, count in columns], np.int64)


def with_strides(scene: Scene, stride: Ints) -> Scene:
    """Measure each calendar by the distance of start times in a row.

    Args:
        scene: The portal.
        stride: Steps by group.
    """
    if (stride == 1).all():
        return scene
    return replace(scene, grid_min=scene.grid_min * stride[scene.groups])


def stride_of(share: np.ndarray[tuple[int], np.dtype[np.float64]], count: Ints) -> int:
    """Steps between start times that vanish together; 1 where neighbours do, or none."""
    steps = np.arange(1, FARTHEST + 1)
    for stride in range(2, _LONGEST + 1):
        own = steps % stride == 0
        first = np.flatnonzero(own)[:_MULTIPLES]
        if (count[first] < _LEAST).any():
            continue
        chance = median(share[~own]) + ABOVE_CHANCE
        if (share[first] > chance).all() and (share[: stride - 1] <= chance).all():
            return stride
    return 1
