"""What holds at covered moments, collected by row: the ground of wait, within-target, zero-rate and free-stock.

Every covered second of every calendar weighs the same: a view stands for the time that it covers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.grouping import By, Label, Watched

Columns = TypeVar("Columns", bound=tuple[NDArray[Any], ...])
"""A named tuple of columns of equal length; the first two are calendar and moment (Unix seconds)."""


def gather(
    watched: Sequence[Watched],
    by: By,
    find: Callable[[Watched], Columns],
    make: Callable[..., Columns],
) -> dict[Label, Columns]:
    """Collect what holds at the moments of each row; rows without any moment are left out.

    Args:
        watched: The portals.
        by: The grouping.
        find: What holds at the moments of one portal.
        make: Makes such a tuple of columns.
    """
    parts: dict[Label, list[Columns]] = defaultdict(list)
    for one in watched:
        found = find(one)
        if by is By.ALL or by is By.PORTAL:
            if len(found[0]):
                parts[one.label(by, 0)].append(found)
            continue
        keys = one.event_keys(by, found[0], found[1])
        for key in np.unique(keys).tolist():
            chosen = keys == key
            parts[one.label(by, key)].append(make(*(column[chosen] for column in found)))
    return {
        label: pieces[0]
        if len(pieces) == 1
        else make(*map(np.concatenate, zip(*pieces, strict=True)))
        for label, pieces in parts.items()
    }


def share_of(weight_s: NDArray[np.int64], chosen: NDArray[np.bool_]) -> float | None:
    """Share of the weight that is chosen; None where there is no weight."""
    whole = int(weight_s.sum())
    return int(weight_s[chosen].sum()) / whole if whole else None
