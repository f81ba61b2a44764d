"""What one booking closes: its reach is learned, and it counts once, in however many calendars."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.typed import blocks as module
from amtspuls.analysis.typed.blocks import (
    count_bookings,
    count_starts,
    find_blocks,
    number_rows,
    shares_by_distance,
)
from amtspuls.analysis.typed.find import type_changes
from amtspuls.analysis.typed.scene import Scene
from support.acted import Page, around, at, kinds_of, office_hours, start
from support.histories import effort

pytestmark = pytest.mark.slow

DAYS = 4


def busy(steps: int, keys: tuple[str, ...] = ("a",), tries: int = 60) -> tuple[Page, int]:
    """A page on which every booking closes so many starts before and after its own; and how many there are."""
    random, page, chosen = Random(1), Page(keys, days=DAYS), list[int]()
    slots = office_hours(range(16), hours=8)
    page.show(slots)
    later = [slot for slot in slots if slot > start(DAYS, "00:00")]
    for _ in range(tries):
        slot = random.choice(later)
        when = at(random.randrange(DAYS), "09:00") + timedelta(minutes=random.randrange(480))
        if all(abs(slot - other) > 15 * (2 * steps + 1) for other in chosen):
            chosen.append(slot)
            page.hide(around(slot, steps), when)
    return page, len(chosen)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_how_far_a_booking_reaches_is_learned_and_each_counts_once(steps: int) -> None:
    page, count = busy(steps)
    typing = type_changes(page.evidence())
    assert typing.closings.reach.tolist() == [2 * steps], (
        "from one end of what it closes to the other"
    )
    found = page.transitions()
    assert found.bookings.weight.sum() == count
    booked = found.changes.of(Kind.BOOKED)
    # Two of one snapshot whose ends lie near each other are one block, but two by its length.
    assert count - 1 <= len(np.unique(booked.episode)) <= count
    assert len(booked.slot) >= count * (steps + 1)


def test_a_booking_that_closes_two_calendars_counts_once_and_by_calendar_in_each() -> None:
    page, count = busy(1, ("a", "b"))
    found = page.transitions()
    assert found.bookings.weight.sum() == count
    assert set(found.bookings.calendar.tolist()) == {found.changes.calendar.min()}
    by_calendar = found.bookings_by_calendar
    for calendar in np.unique(found.changes.calendar):
        assert by_calendar.weight[by_calendar.calendar == calendar].sum() == count


def test_calendars_over_different_desks_count_each() -> None:
    page, random = Page(("a", "b"), days=DAYS), Random(3)
    slots = office_hours(range(5, 15), grid_min=60, hours=8)
    page.show(slots)
    for key in page.keys:
        for slot in random.sample(slots, 30):
            moment = at(random.randrange(DAYS), "08:00") + timedelta(minutes=random.randrange(540))
            page.hide([slot], moment, keys=(key,))
    assert page.transitions().bookings.weight.sum() == pytest.approx(60, abs=1)


def test_neighbours_that_go_in_different_snapshots_are_different_bookings() -> None:
    page, _ = busy(1)
    free = [start(15, "10:00"), start(15, "11:30")]
    page.show(free)
    page.hide([free[0]], at(1, "20:00"))
    page.hide([free[1]], at(1, "21:00"))
    found = page.transitions()
    assert kinds_of(found, free[0])[-1] is Kind.BOOKED
    assert (
        len(
            {e for e, s in zip(found.changes.episode, found.changes.slot, strict=True) if s in free}
        )
        == 2
    )


@pytest.mark.parametrize("at_once", [7, 8192])
def test_what_vanishes_together_does_not_depend_on_what_was_asked_before(at_once: int) -> None:
    page, _ = busy(2)
    evidence = page.evidence()
    behaviour = type_changes(evidence).scene.behaviour
    once, twice = Scene.of(evidence, behaviour), Scene.of(evidence, behaviour)
    rows = np.flatnonzero(once.vanished)
    assert len(rows) > 20
    with patch.object(module, "_AT_ONCE", at_once):
        for some in (rows[::3], rows[1::2]):
            assert shares_by_distance(twice, some) is not None
        whole, parts = (shares_by_distance(scene, rows) for scene in (once, twice))
    assert whole is not None
    assert parts is not None
    assert whole.share.tolist() == parts.share.tolist()
    assert whole.blocks.tolist() == parts.blocks.tolist()
    for steps in (1, 4):
        beside = once.slot[rows] + steps * once.grid[rows]
        free = once.span_at(once.calendar[rows], beside, once.closed[rows]) >= 0
        assert module._BESIDE[twice].of(twice, rows)[0][steps - 1].tolist() == free.tolist()


def scene_of(slots: list[int]) -> Scene:
    page = Page(days=1)
    page.show([start(3, "08:00")])
    page.show([type(start(3, "08:00"))(start(3, "08:00") + 15 * slot) for slot in slots])
    return Scene.of(page.evidence(), type_changes(page.evidence()).scene.behaviour)


@settings(max_examples=effort(10), deadline=None)
@given(st.sets(st.integers(0, 40), min_size=2, max_size=12), st.integers(0, 3))
def test_blocks_part_where_a_step_is_wider_than_the_reach(places: set[int], reach: int) -> None:
    scene = scene_of(sorted(places))
    rows = np.arange(len(scene.slot))
    together = np.zeros(len(rows), np.int64)
    reaches = np.array([reach])
    blocks = find_blocks(scene, rows, together, reaches)
    far = np.diff(scene.slot) > reach * scene.grid[1:]
    assert blocks.tolist() == np.append(0, np.cumsum(far)).tolist()
    assert count_starts(blocks, scene.slot).sum() == len(rows)
    assert (count_bookings(scene, rows, blocks, reaches) >= 1).all()


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2)), max_size=20))
def test_rows_are_numbered_as_their_values_are_equal(pairs: list[tuple[int, int]]) -> None:
    columns = [np.array([pair[place] for pair in pairs], np.int64) for place in (0, 1)]
    numbers = number_rows(*columns).tolist()
    assert len(set(numbers)) == len(set(pairs))
    assert len(set(zip(numbers, pairs, strict=True))) == len(set(pairs))
