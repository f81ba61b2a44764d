from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis.survival import Survival, estimate_survival, median_text

ROWS = st.lists(
    st.tuples(st.integers(0, 9), st.booleans(), st.integers(1, 3)), min_size=1, max_size=12
)


def estimate(rows: list[tuple[int, bool, int]]) -> Survival:
    lasted, ended, weight = zip(*rows, strict=True)
    curve = estimate_survival(
        np.array(lasted, float), np.array(ended, bool), np.array(weight, float)
    )
    assert curve is not None
    return curve


def lasting(rows: list[tuple[int, bool, int]], time: int) -> float:
    """The product over all times of the share of those still followed that did not end then."""
    share = 1.0
    for moment in range(time + 1):
        followed = sum(weight for lasted, _, weight in rows if lasted >= moment)
        ends = sum(weight for lasted, ended, weight in rows if lasted == moment and ended)
        share *= 1 - ends / followed if followed else 1
    return share


@given(ROWS)
def test_the_curve_is_the_product_of_its_steps(rows: list[tuple[int, bool, int]]) -> None:
    curve = estimate(rows)
    longest = max(lasted for lasted, _, _ in rows)
    for time in range(12):
        share = curve.ended_by(time)
        if time > longest and lasting(rows, longest) > 1e-9:
            assert share is None
        else:
            assert share == pytest.approx(1 - lasting(rows, time))
    halves = [time for time in range(longest + 1) if lasting(rows, time) <= 0.5 + 1e-9]
    assert curve.median == (halves[0] if halves else None)


@given(ROWS)
def test_a_weight_stands_for_repeated_rows(rows: list[tuple[int, bool, int]]) -> None:
    repeated = [(lasted, ended, 1) for lasted, ended, weight in rows for _ in range(weight)]
    one, other = estimate(rows), estimate(repeated)
    assert one.times.tolist() == other.times.tolist()
    assert one.lasting.tolist() == pytest.approx(other.lasting.tolist())


def test_without_unseen_ends_it_is_the_plain_median() -> None:
    curve = estimate([(2, True, 1), (4, True, 1), (6, True, 1), (8, True, 1)])
    assert curve.median == 4
    assert median_text(curve, 2) == 2.0
    assert [curve.ended_by(5), curve.ended_by(100)] == [0.5, 1.0]


def test_what_was_not_seen_is_neither_a_number_nor_nought() -> None:
    assert estimate_survival(np.empty(0), np.empty(0, bool)) is None
    assert median_text(None, 1) is None
    open_still = estimate([(7200, False, 1), (3600, True, 1), (9000, False, 1)])
    assert median_text(open_still, 3600) == "> 2"
    assert open_still.ended_by(9001) is None
