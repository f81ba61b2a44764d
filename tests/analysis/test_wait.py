from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.wait import Waits, describe_waits
from support.histories import effort

SHARES = {"p10": 0.1, "median": 0.5, "p90": 0.9}
DAYS = st.integers(0, 500).map(lambda tenths: tenths / 10)


def waits(*moments: tuple[float, float, float, int]) -> Waits:
    """Moments as (first, third, horizon, seconds)."""
    first, third, horizon, weight = (np.array(column) for column in zip(*moments, strict=True))
    nothing = np.zeros(len(first), np.int64)
    return Waits(nothing, nothing, weight, first, third, horizon, np.full(len(first), np.inf))


def least(value: Any) -> float:
    """The number of a quantile, or the N of ``> N``."""
    return float(value[2:]) if isinstance(value, str) else float(value)


def test_longer_than_the_horizon_is_not_shorter_than_a_smaller_quantile() -> None:
    row = describe_waits(
        waits((42.1, math.inf, 45.0, 60), (math.inf, math.inf, 40.5, 30), (1.0, 42.3, 44.0, 10))
    )
    assert [row[f"{share}_first_days"] for share in SHARES] == [1.0, 42.1, "> 42.1"]
    assert [row[f"{share}_third_days"] for share in SHARES] == [42.3, "> 45", "> 45"]
    assert row["horizon_days"] == 45.0


def test_longer_than_what_most_views_looked_at_not_only_the_shortest() -> None:
    moments = [(math.inf, math.inf, 2.5, 10), *[(math.inf, math.inf, 30.5, 10)] * 9]
    row = describe_waits(waits(*moments))
    assert [row[f"{share}_first_days"] for share in SHARES] == ["> 2", "> 30", "> 30"]
    assert row["horizon_days"] == 30.5


def test_the_horizon_is_weighed_by_time() -> None:
    row = describe_waits(waits((1.0, 1.0, 10.0, 900), (1.0, 1.0, 20.0, 300)))
    assert row["horizon_days"] == 10.0


MOMENT = st.tuples(DAYS | st.just(math.inf), DAYS | st.just(math.inf), DAYS, st.integers(1, 5)).map(
    lambda moment: (min(moment[:2]), max(moment[:2]), moment[2], moment[3])
)


@settings(max_examples=effort(40), deadline=None)
@given(st.lists(MOMENT, min_size=1, max_size=12))
def test_quantiles_of_a_row_ascend_and_their_bounds_are_true(
    moments: list[tuple[float, float, float, int]],
) -> None:
    row = describe_waits(waits(*moments))
    whole = sum(moment[3] for moment in moments)
    for rank, name in enumerate(("first", "third")):
        values = [row[f"{share}_{name}_days"] for share in SHARES]
        finite = [value for value in values if isinstance(value, float)]
        assert values[: len(finite)] == finite == sorted(finite)
        bounds = [least(value) for value in values[len(finite) :]]
        assert bounds == sorted(bounds)
        known = [least(row[f"{share}_first_days"]) for share in SHARES]
        for share, value, before in zip(SHARES, values, known, strict=True):
            if not isinstance(value, str):
                continue
            assert least(value) >= max([before, *finite]) - 0.05
            # Else, in more than the rest of the time, certainly nothing within these days.
            smaller = max([0.0, *finite, before]) + 0.05
            shorter = [
                moment[3]
                for moment in moments
                if (moment[2] if moment[rank] == math.inf else moment[rank]) < least(value)
            ]
            assert least(value) <= smaller or sum(shorter) < SHARES[share] * whole + 1e-9


def test_nothing_watched_has_no_horizon() -> None:
    days, whole = np.zeros(0), np.zeros(0, np.int64)
    row = describe_waits(Waits(whole, whole, whole, days, days, days, days))
    assert len(row) == 9
    assert not any(value is not None for value in row.values())
