from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis.following import last_seen, next_rows, pair_codes
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from support.measure_cases import with_gap
from support.tiny_archive import seconds

PAIRS = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 4)), max_size=12)
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=12)


def columns(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


@given(PAIRS, PAIRS)
def test_codes_are_equal_where_pairs_are(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    codes = pair_codes(columns(one), columns(other))
    named = list(zip([*one, *other], np.concatenate(codes).tolist(), strict=True))
    assert [len(part) for part in codes] == [len(one), len(other)]
    numbers = dict(named)
    assert set(named) == set(numbers.items())
    assert [numbers[pair] for pair in sorted(numbers)] == list(range(len(numbers)))


@given(ROWS, ROWS)
def test_the_next_row_is_the_earliest_later_one_of_the_same_code(
    rows: list[tuple[int, int]], wanted: list[tuple[int, int]]
) -> None:
    found = next_rows(*columns(rows), *columns(wanted))
    for row, (code, after) in zip(found.tolist(), wanted, strict=True):
        later = [at for other, at in rows if other == code and at > after]
        assert (rows[row] if row >= 0 else None) == ((code, min(later)) if later else None)


def test_a_calendar_was_last_seen_when_its_view_last_answered() -> None:
    (one,) = load_watched(with_gap(), Selection())
    assert last_seen(one.evidence, np.array([1, 7])).tolist() == [
        seconds("2026-01-26 06:45"),
        seconds("2026-01-26 05:00"),
    ]
