"""Quantiles that bear weights and infinities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def weighted_quantiles(
    values: NDArray[np.float64], weights: NDArray[np.float64], shares: Sequence[float]
) -> list[float | None]:
    """For each share the least value at or below which at least that much of the weight lies.

    It is always one of the values, so "no slot within the horizon" may stand among them as infinity;
    with equal weights the median of an even number is the lower of the middle two.

    Args:
        values: Any order, infinity allowed.
        weights: Not negative, as many as values.
        shares: Each between 0 and 1.

    Returns:
        The quantiles; None where all weight is zero.
    """
    order = np.argsort(values, kind="stable")
    heaped = np.cumsum(weights[order])
    if len(heaped) == 0 or heaped[-1] <= 0:
        return [None for _ in shares]
    places = np.searchsorted(heaped, np.array(shares) * heaped[-1] * (1 - 1e-12))
    found: list[float | None] = values[order[np.minimum(places, len(values) - 1)]].tolist()
    return found


def weighted_quantile(
    values: NDArray[np.float64], weights: NDArray[np.float64], share: float
) -> float | None:
    """One of ``weighted_quantiles``."""
    return weighted_quantiles(values, weights, (share,))[0]
