"""What is open at many moments is counted in tables: the same as looking at every moment and every span."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis import standing, wait
from amtspuls.analysis.coverage import CoveredTime
from amtspuls.analysis.standing import blocks_of, count_standing, place_spans

Span = tuple[int, int, int, int]
"""Calendar, opened at, open until, column."""

CALENDARS = (3, 4, 9)
SPANS = st.lists(
    st.tuples(
        st.sampled_from(CALENDARS), st.integers(0, 30), st.integers(0, 40), st.integers(0, 3)
    ),
    max_size=25,
).map(sorted)
MOMENTS = st.lists(
    st.tuples(st.sampled_from(CALENDARS), st.integers(0, 40)), max_size=30, unique=True
).map(sorted)


def ints(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


def covered_at(moments: list[tuple[int, int]]) -> CoveredTime:
    at = ints([moment for _, moment in moments])
    return CoveredTime(np.arange(len(at)), ints([number for number, _ in moments]), at, at + 1)


def open_then(spans: list[Span], calendar: int, at: int) -> list[int]:
    return [
        place
        for place, (number, opened, ended, _) in enumerate(spans)
        if number == calendar and opened <= at < ended
    ]


@pytest.fixture(autouse=True, scope="module")
def _small_blocks() -> object:
    """Blocks so small that every example has several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "_BLOCK", 4)
        yield


@given(SPANS, MOMENTS)
def test_every_moment_counts_the_spans_that_are_open_then(
    spans: list[Span], moments: list[tuple[int, int]]
) -> None:
    found = np.zeros((len(moments), 4), np.int64)
    calendar, opened, ended, column = (ints([span[n] for span in spans]) for n in range(4))
    covered = covered_at(moments)
    placed = place_spans(covered, calendar, opened, ended)
    seen: list[int] = []
    for block in blocks_of(covered, placed):
        seen += block.moments.tolist()
        found[block.moments] = count_standing(block, column[block.spans], 4)
    assert seen == list(range(len(moments)))
    for row, (number, at) in zip(found.tolist(), moments, strict=True):
        columns = [spans[place][3] for place in open_then(spans, number, at)]
        assert row == [columns.count(n) for n in range(4)]


@given(SPANS, MOMENTS)
def test_the_first_and_the_third_free_start_are_those_of_the_spans_open_then(
    spans: list[Span], moments: list[tuple[int, int]]
) -> None:
    calendar, opened, ended, _ = (ints([span[n] for span in spans]) for n in range(4))
    start_s = ints([100 + (7 * place) % 11 for place in range(len(spans))])
    placed = place_spans(covered_at(moments), calendar, opened, ended)
    found = wait.free_starts(placed, start_s, len(moments))
    for place, (number, at) in enumerate(moments):
        starts = sorted(start_s[open_then(spans, number, at)].tolist())
        for name, rank in wait.RANKS.items():
            expected = starts[rank - 1] if len(starts) >= rank else math.inf
            assert found[name][place] == expected
