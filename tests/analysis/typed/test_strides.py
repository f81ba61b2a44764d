"""Rows of start times: what lies between the start times of a row belongs to another one."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import numpy as np
import pytest

from amtspuls.analysis.typed.blocks import FARTHEST
from amtspuls.analysis.typed.find import type_changes
from amtspuls.analysis.typed.strides import strides_of
from support.acted import Page, around, at, office_hours, start

DAYS = 4
ROWS = 3
GRID_MIN = 5
ROW_MIN = 15


def taken_in_rows(tries: int = 70) -> tuple[Page, int]:
    """A page of 15 minutes each from every five minutes on; each booking takes a start time and its two neighbours."""
    random, page, chosen = Random(2), Page(("a",), days=DAYS), list[int]()
    slots = office_hours(range(12), grid_min=GRID_MIN, hours=8)
    page.show(slots)
    later = [slot for slot in slots if slot > start(DAYS, "00:00")]
    for _ in range(tries):
        slot = random.choice(later)
        when = at(random.randrange(DAYS), "09:00") + timedelta(minutes=random.randrange(480))
        if all(abs(slot - other) > 60 for other in chosen):
            chosen.append(slot)
            page.hide(around(slot, 1, ROW_MIN), when)
    return page, len(chosen)


def test_a_booking_that_closes_a_part_of_a_row_counts_once() -> None:
    page, count = taken_in_rows()
    typing = type_changes(page.evidence())
    assert typing.scene.grid_min.tolist() == [ROW_MIN]
    assert typing.closings.reach.tolist() == [2]
    assert typing.closings.learned.tolist() == [0]
    assert page.transitions().bookings.weight.sum() == pytest.approx(count, abs=1)


def shares(
    stride: int, high: float = 0.5, low: float = 0.02
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What vanishes together where each second, third or so start time is of the same row."""
    steps = np.arange(1, FARTHEST + 1)
    return np.where(steps % stride == 0, high, low)


MANY = np.full(FARTHEST, 30)


def stride_of(
    share: np.ndarray[tuple[int], np.dtype[np.float64]],
    count: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> int:
    """What is said of one group among two others that say something else each."""
    alone, pairs = shares(1), shares(2)
    found = strides_of(
        np.stack((alone, share, pairs), axis=1), np.stack((MANY, count, MANY), axis=1)
    )
    assert (found[0], found[2]) == (1, 2)
    return int(found[1])


@pytest.mark.parametrize("stride", [2, 3, 4])
def test_the_distance_in_a_row_is_the_first_whose_multiples_stand_out(stride: int) -> None:
    assert stride_of(shares(stride), MANY) == stride


def test_no_rows_are_seen_where_neighbours_vanish_too_or_few_cases_tell() -> None:
    assert stride_of(shares(1), MANY) == 1
    assert stride_of(shares(3, high=0.09), MANY) == 1
    assert stride_of(shares(3), np.full(FARTHEST, 9)) == 1
    single = shares(3)
    single[5] = 0.02
    assert stride_of(single, MANY) == 1
    assert stride_of(shares(2) + (np.arange(FARTHEST) == 0) * 0.4, MANY) == 1
