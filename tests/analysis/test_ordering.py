"""Order and places of columns: quicker than numpy's general ways, and never another result."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import (
    count_values,
    distinct,
    number_rows,
    number_values,
    order_by,
    places_in,
    places_of_runs,
    sort_within,
)
from support.histories import effort

COUNTS = st.sampled_from([0, 1, 2, 7, 400, 401, 1500])
WIDTHS = st.sampled_from([1, 2, 30, 1 << 20, 1 << 30, 1 << 45, 1 << 62])
LOWS = st.sampled_from([0, -5, 1_769_000_000, -(1 << 40)])
EXTREMES = np.array([np.iinfo(np.int64).min, np.iinfo(np.int64).max])


@st.composite
def columns(draw: st.DrawFn) -> list[Ints]:
    """Columns of one length with few or many different values, some of them too wide to be packed."""
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    count = draw(COUNTS)
    return [
        low + random.integers(0, width, count)
        for low, width in draw(st.lists(st.tuples(LOWS, WIDTHS), min_size=1, max_size=4))
    ]


@settings(max_examples=effort(120))
@given(rows=columns())
@example(rows=[np.repeat(EXTREMES, 300)])
def test_rows_are_ordered_and_numbered_as_one_by_one(rows: list[Ints]) -> None:
    order = order_by(*rows)
    assert order.tolist() == np.lexsort(rows[::-1]).tolist()
    tuples = list(zip(*(column.tolist() for column in rows), strict=True))
    place = {row: number for number, row in enumerate(sorted(set(tuples)))}
    assert number_rows(*rows).tolist() == [place[row] for row in tuples]


@settings(max_examples=effort(60))
@given(rows=columns())
@example(rows=[np.repeat(EXTREMES, 300)])
def test_different_values_are_those_of_a_set(rows: list[Ints]) -> None:
    values = rows[0]
    known, numbers = number_values(values)
    assert known.tolist() == distinct(values).tolist() == sorted(set(values.tolist()))
    assert known[numbers].tolist() == values.tolist()
    counted = dict(zip(*(column.tolist() for column in count_values(values)), strict=True))
    assert counted == Counter(values.tolist())


@settings(max_examples=effort(60))
@given(rows=columns(), owners=st.sampled_from([1, 5, 70_000]))
@example(rows=[np.repeat(EXTREMES, 300)], owners=3)
def test_values_are_sorted_within_their_owners(rows: list[Ints], owners: int) -> None:
    values, owner = rows[0], np.random.default_rng(1).integers(0, owners, len(rows[0]))
    pairs = sorted(zip(owner.tolist(), values.tolist(), strict=True))
    assert sort_within(owner, values).tolist() == [value for _, value in pairs]


@st.composite
def watched(draw: st.DrawFn) -> tuple[Ints, Ints]:
    """Moments at an even beat, a shaky one, or in a few heaps; and what is looked for among them."""
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    count = draw(st.sampled_from([0, 1, 31, 32, 100, 700]))
    steps = {
        "even": np.full(count, 900),
        "shaky": random.integers(0, 1800, count),
        "heaps": np.where(random.random(count) < 0.02, 1 << 24, random.integers(0, 2, count)),
    }[draw(st.sampled_from(["even", "shaky", "heaps"]))]
    moments = draw(LOWS) + np.cumsum(steps)
    low, high = (int(moments[0]), int(moments[-1])) if count else (0, 1)
    wanted = random.integers(low - 1000, high + 1000, draw(st.sampled_from([0, 5, 3000])))
    return moments, np.concatenate((wanted, moments, moments + 1, EXTREMES))


@settings(max_examples=effort(120))
@given(case=watched())
def test_places_are_those_of_a_search(case: tuple[Ints, Ints]) -> None:
    moments, wanted = case
    assert places_in(moments, wanted).tolist() == np.searchsorted(moments, wanted).tolist()
    assert places_of_runs(moments, wanted).tolist() == np.searchsorted(moments, wanted).tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32])
def test_short_integers_are_packed_as_long_ones(dtype: type[np.integer]) -> None:
    random = np.random.default_rng(1)
    rows = [random.integers(0, 200, 1000).astype(dtype) for _ in range(3)]
    assert order_by(*rows).tolist() == np.lexsort(rows[::-1]).tolist()
