"""The lowest intervals that hold each place: the same as looking at every interval at every place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis import lowest
from amtspuls.analysis.lowest import find_lowest

SIZE = 70
INTERVALS = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(1, SIZE)).map(
        lambda ends: (ends[0], min(SIZE, ends[0] + ends[1]))
    ),
    max_size=60,
)


@pytest.fixture(autouse=True, scope="module")
def _short_rounds() -> object:
    """Rounds so short that most examples have several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lowest, "_ROUND", 4)
        yield


def ints(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


def by_looking(intervals: list[tuple[int, int]], size: int, count: int) -> list[list[int]]:
    """The same, one place after the other."""
    columns = []
    for place in range(size):
        holding = [n for n, (first, after) in enumerate(intervals) if first <= place < after]
        columns.append((holding + [len(intervals)] * count)[:count])
    return [list(row) for row in zip(*columns, strict=True)]


@given(INTERVALS, st.integers(1, 4))
def test_every_place_has_the_lowest_of_all_that_hold_it(
    intervals: list[tuple[int, int]], count: int
) -> None:
    first, after = (ints([one[n] for one in intervals]) for n in range(2))
    found = find_lowest(first, after, SIZE, count)
    assert found.tolist() == by_looking(intervals, SIZE, count)


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_few_places(size: int) -> None:
    intervals = [(0, size), (size - 1, size), (0, 1), (0, size)]
    first, after = (ints([one[n] for one in intervals]) for n in range(2))
    assert find_lowest(first, after, size, 3).tolist() == by_looking(intervals, size, 3)


def test_nothing_holds_anything() -> None:
    assert find_lowest(ints([]), ints([]), 3, 2).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert find_lowest(ints([]), ints([]), 0, 2).shape == (2, 0)
