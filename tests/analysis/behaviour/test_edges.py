"""The edge that agrees with most changes: as trying every lead says."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amtspuls.analysis.behaviour import edges
from amtspuls.analysis.behaviour.edges import AGAINST, SLACK_PERCENT, Found, find_edge
from support.histories import effort

Row = tuple[int, int, int, bool]
"""Calendar, least lead, how many more, and whether it agrees."""

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-50, 50), st.integers(1, 30), st.booleans()),
    min_size=1,
    max_size=60,
)


def tried(rows: list[Row]) -> tuple[int, int, int, int]:
    """Least and greatest lead of the best edge of one calendar, changes that agree and that contradict."""
    leads = sorted(
        {
            lead
            for _, low, more, agrees in rows
            for lead in ((low, low + more) if agrees else (low + more,))
        }
    )
    agree = [sum(one and low <= lead < low + more for _, low, more, one in rows) for lead in leads]
    against = [sum(low + more <= lead for _, low, more, _ in rows) for lead in leads]
    score = [yes - AGAINST * no for yes, no in zip(agree, against, strict=True)]
    best = max(score)
    place = score.index(best)
    first = last = place
    good = [one >= best - best * SLACK_PERCENT // 100 for one in score]
    while first > 0 and good[first - 1]:
        first -= 1
    while last + 1 < len(leads) and good[last + 1]:
        last += 1
    high = leads[last + 1] - 1 if last + 1 < len(leads) else leads[first]
    return leads[first], max(leads[first], high), agree[place], against[place]


def look(rows: list[Row], few: int) -> Found:
    """What is found, with fewer rows than so many looked at as a whole."""
    calendar, low_s, more = (np.array([row[place] for row in rows], np.int64) for place in range(3))
    agrees = np.array([row[3] for row in rows])
    with patch.object(edges, "_FEW", few):
        return find_edge(5, calendar, low_s, low_s + more, agrees)


@settings(max_examples=effort(100))
@given(rows=ROWS, share=st.sampled_from([0.0, 0.2, 0.7]))
def test_leaving_out_what_lies_beyond_changes_nothing(rows: list[Row], share: float) -> None:
    every = [(*row[:3], row[3] and place >= share * len(rows)) for place, row in enumerate(rows)]
    whole, near = look(every, len(rows) + 1), look(every, 0)
    assert [column.tolist() for column in near] == [column.tolist() for column in whole]


@pytest.mark.parametrize("few", [0, 1000])
@settings(max_examples=effort(60))
@given(rows=ROWS)
@example(rows=[(0, 0, 5, True)] * 30 + [(2, 10, 5, True), (2, 12, 9, True), (2, 40, 5, False)])
@example(rows=[(0, 0, 10, True)] + [(0, 0, 1, False)] * 4 + [(0, 2, 3, True)] * 12)
def test_the_edge_is_that_with_the_best_score_of_all_leads(few: int, rows: list[Row]) -> None:
    found = look(rows, few)
    for number in range(5):
        mine = [row for row in rows if row[0] == number]
        if not mine:
            assert not any(int(column[number]) for column in found)
            continue
        low, high, agree, against = tried(mine)
        assert (found.support[number], found.against[number]) == (agree, against)
        assert found.score[number] == agree - AGAINST * against
        if agree > AGAINST * against:
            assert (found.low_s[number], found.high_s[number]) == (low, high)
            assert low <= found.offset_s[number] <= high
