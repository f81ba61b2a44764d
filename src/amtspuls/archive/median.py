"""Medians of columns, with the very values that ``np.median`` gives.

Each question takes hundreds of them, of a few numbers each: ``np.median`` takes six times as long over one,
and the module ``statistics`` first loads fractions and decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.integer[Any]] | NDArray[np.float64]


def median(values: Column | Sequence[float]) -> float:
    """Median of a column, in its unit; of an even number the mean of the middle two.

    Returns:
        NaN of no values, and where one of them is NaN.
    """
    ordered = np.sort(values)
    count = len(ordered)
    # NaN sorts behind all numbers.
    if not count or ordered[-1] != ordered[-1]:
        return nan
    return (float(ordered[(count - 1) // 2]) + float(ordered[count // 2])) / 2


def median_by_column(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """``median`` of each column of a table, an array of shape (rows, columns) with at least one row."""
    ordered = np.sort(table, axis=0)
    count = len(ordered)
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    found: NDArray[np.float64] = np.where(np.isnan(ordered[-1]), nan, middle)
    return found
