"""What is much in a group: the quantile of its day losses, for all groups at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.typed.masses import _usual
from support.histories import effort


@settings(max_examples=effort(120))
@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 90)), min_size=1, max_size=250),
    spread=st.sampled_from([1, 40]),
)
def test_what_is_usual_is_the_quantile_of_each_group(
    rows: list[tuple[int, int]], spread: int
) -> None:
    group = np.array([one for one, _ in rows]) * spread
    starts = np.array([count for _, count in rows])
    found = _usual(group, starts)
    for one in set(group.tolist()):
        usual = int(np.quantile(starts[group == one], 0.97))
        assert set(found[group == one].tolist()) == {usual}
