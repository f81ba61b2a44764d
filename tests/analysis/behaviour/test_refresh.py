"""Beats of changes: a period is left out only where trying it would say the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.behaviour import refresh
from support.histories import effort


@settings(max_examples=effort(80))
@given(
    seed=st.integers(0, 1 << 32),
    period_s=st.sampled_from(refresh._PERIODS_S),
    step_s=st.sampled_from([300, 600, 899, 900, 1000, 3600]),
    count=st.integers(1, 60),
    stray=st.sampled_from([0.0, 0.03, 0.5, 1.0]),
)
def test_every_beat_is_found_although_multiples_are_passed_over(
    seed: int, period_s: int, step_s: int, count: int, stray: float
) -> None:
    random = np.random.default_rng(seed)
    clock_s = random.integers(0, 40, count) * period_s + random.integers(0, 2 * step_s)
    clock_s += np.where(random.random(count) < stray, random.integers(0, period_s, count), 0)
    every = {one: refresh._beat(clock_s, one, step_s) for one in refresh._PERIODS_S}
    assert dict(refresh._beats(clock_s, step_s)) == {
        one: part for one, part in every.items() if part >= 0
    }
