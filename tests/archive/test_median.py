from __future__ import annotations

from math import isnan
from statistics import median as plain_median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from amtspuls.archive.median import median, median_by_column

NUMBERS = st.floats(width=64, allow_nan=True, allow_infinity=False)


@given(arrays(np.float64, st.integers(1, 12), elements=NUMBERS))
@pytest.mark.filterwarnings("ignore:overflow")
def test_it_is_numpy_s_median_of_numbers(
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    np.testing.assert_equal(median(values), float(np.median(values)))


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=12))
def test_it_is_the_median_of_whole_numbers(values: list[int]) -> None:
    assert median(values) == plain_median(values)
    assert median(np.array(values)) == np.median(values)
    assert type(median(values)) is float


@given(arrays(np.float64, array_shapes(min_dims=2, max_dims=2), elements=NUMBERS))
@pytest.mark.filterwarnings("ignore:overflow")
def test_it_is_numpy_s_median_by_column(
    table: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    np.testing.assert_array_equal(median_by_column(table), np.median(table, axis=0))


def test_of_nothing_it_is_unknown() -> None:
    assert isnan(median([]))
