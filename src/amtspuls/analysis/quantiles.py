"""Quantiles that bear weights and infinities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def weighted_quantile(
    values: NDArray[np.float64], weights: NDArray[np.float64], share: float
) -> float | None:
    """The least value at or below which at least ``share`` of the weight lies.

    It is always one of the values, so "no slot within the horizon" may stand among them as infinity;
    with equal weights the median of an even number is the lower of the middle two.

    Args:
        values: Any order, infinity allowed.
        weights: Not negative, as many as values.
        share: Between 0 and 1.

    Returns:
        The quantile; None where all weight is zero.
    """
    order = np.argsort(values, kind="stable")
    heaped = np.cumsum(weights[order])
    if len(heaped) == 0 or heaped[-1] <= 0:
        return None
    place = np.searchsorted(heaped, share * heaped[-1] * (1 - 1e-12))
    return float(values[order][min(int(place), len(values) - 1)])
