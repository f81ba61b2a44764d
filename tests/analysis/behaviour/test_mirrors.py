"""Calendars that lose the same starts together: counted as by a look at every closing."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from amtspuls.analysis.behaviour.mirrors import count_pairs
from amtspuls.analysis.behaviour.sightings import Rows, Sightings
from amtspuls.analysis.evidence import Evidence
from support.acted import Page, at, start

KEYS = ("a", "b", "c")
SOON_S = 4 * 3600


def shared_page(seed: int) -> Evidence:
    """A page whose first two calendars lose most starts together, the third one on its own."""
    random, page = Random(seed), Page(KEYS, days=3)
    slots = [start(day, f"{hour:02d}:00") for day in range(4, 9) for hour in range(8, 14)]
    page.show(slots)
    for slot in slots:
        together = random.random() < 0.7
        keys = [KEYS[:2]] if together else [(key,) for key in KEYS if random.random() < 0.5]
        for one in keys:
            moment = at(random.randrange(3), f"{random.randrange(6, 22):02d}:00")
            page.hide([slot], moment, keys=one)
            if random.random() < 0.3:
                page.show([slot], at(3, "00:00"), keys=one)
    return page.evidence()


def row_at(rows: Rows, calendar: int, slot: int, instant: int) -> int | None:
    """The row that showed a start just before an instant."""
    found = (rows.calendar == calendar) & (rows.slot == slot)
    found &= (rows.opened_at < instant) & (rows.closed_at >= instant)
    return int(np.flatnonzero(found)[0]) if found.any() else None


@pytest.mark.parametrize("seed", range(4))
def test_pairs_are_those_of_a_look_at_every_closing(seed: int) -> None:
    seen = Sightings(shared_page(seed))
    rows, never = seen.rows, np.full(len(seen.rows.slot), np.iinfo(np.int64).max)
    chances, shared = np.zeros((3, 3), np.int64), np.zeros((3, 3), np.int64)
    for place in range(len(rows.slot)):
        closed_at = int(rows.closed_at[place])
        following = place + 1 < len(rows.slot) and not rows.first[place + 1]
        if following and rows.opened_at[place + 1] - closed_at <= SOON_S:
            continue
        if not rows.ended[place] or closed_at >= rows.start_s[place] or seen.disturbed[place]:
            continue
        own = int(rows.calendar[place])
        for other in {0, 1, 2} - {own}:
            beside = row_at(rows, other, int(rows.slot[place]), closed_at)
            if beside is not None:
                chances[own, other] += 1
                shared[own, other] += rows.ended[beside] and rows.closed_at[beside] == closed_at
    found = count_pairs(seen, never)
    assert shared.any()
    assert (shared < chances).any()
    assert found.chances.tolist() == chances.tolist()
    assert found.shared.tolist() == shared.tolist()


def test_one_calendar_has_no_pairs() -> None:
    page = Page(("a",), days=2)
    page.show([start(4, "08:00")])
    page.hide([start(4, "08:00")], at(1, "10:00"))
    seen = Sightings(page.evidence())
    found = count_pairs(seen, seen.rows.start_s)
    assert found.chances.tolist() == found.shared.tolist() == [[0]]
