"""Held times: how long a portal holds is learned from what comes back, and cancellations are not taken for holds."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from amtspuls.analysis.base import Row
from amtspuls.analysis.display import small_print
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.measures import MEASURES, take_measure
from amtspuls.analysis.typed.find import type_changes
from amtspuls.model import Slot
from support.acted import Page, at, kinds_of, office_hours, start, told

STEP = timedelta(minutes=5)


def held_page(
    hold_min: float, holds: int = 30, returns: int = 0
) -> tuple[Page, list[Slot], list[Slot]]:
    """A page with holds of one length, and as many bookings that are cancelled after up to two days."""
    random, page = Random(5), Page(days=3, step=STEP)
    slots = office_hours(range(5, 20), grid_min=60, hours=6)
    page.show(slots)
    random.shuffle(slots)
    held, back = slots[:holds], slots[holds : holds + returns]
    for slot in held:
        moment = at(random.randrange(3), "08:00") + timedelta(minutes=random.randrange(600))
        page.hold([slot], moment, hold_min)
    for slot in back:
        page.hold(
            [slot],
            at(0, "08:00") + timedelta(minutes=random.randrange(300)),
            random.randrange(180, 2880),
        )
    return page, held, back


@pytest.mark.parametrize("hold_min", [7, 22, 60])
def test_the_time_of_a_hold_is_learned_among_cancellations(hold_min: int) -> None:
    page, held, back = held_page(hold_min, returns=40)
    holds = type_changes(page.evidence()).closings.holds
    steps = hold_min * 60 / STEP.total_seconds()
    assert {int(steps), -int(-steps // 1)} <= {*holds.steps}
    assert max(holds.steps) <= steps + 2
    found = page.transitions()
    assert found.bookings.weight.sum() == pytest.approx(len(back), abs=2)
    assert sum(kinds_of(found, slot) == [Kind.HELD] for slot in held) >= 0.9 * len(held)
    for slot in back:
        assert kinds_of(found, slot) == [Kind.BOOKED]
        assert kinds_of(found, slot, opening=True) == [Kind.CANCELLED]


def test_a_hold_that_is_over_is_no_cancellation() -> None:
    page, held, _ = held_page(22)
    found = page.transitions()
    assert not found.bookings.weight.sum()
    assert not found.cancellations.weight.sum()
    assert kinds_of(found, held[0], opening=True) == [Kind.HOLD_EXPIRED]


@pytest.mark.parametrize(
    ("away_min", "closing", "opening"),
    [
        (15, Kind.HELD, Kind.HOLD_EXPIRED),
        (30, Kind.HELD, Kind.HOLD_EXPIRED),
        (45, Kind.BOOKED, Kind.CANCELLED),
    ],
)
def test_a_lone_return_counts_as_a_hold_up_to_half_an_hour(
    away_min: int, closing: Kind, opening: Kind
) -> None:
    page, slot = Page(days=1), start(3, "10:00")
    page.show([slot])
    page.hold([slot], at(0, "09:00"), away_min)
    found = page.transitions()
    assert kinds_of(found, slot) == [closing]
    assert kinds_of(found, slot, opening=True) == [opening]


def test_whoever_asks_once_a_day_sees_no_holds() -> None:
    page, slot = Page(days=8, step=timedelta(days=1)), start(12, "10:00")
    page.show([slot])
    page.hold([slot], at(2, "09:00"), 1440)
    found = page.transitions()
    assert kinds_of(found, slot) == [Kind.BOOKED]
    assert kinds_of(found, slot, opening=True) == [Kind.CANCELLED]


def figures(page: Page) -> Row:
    answer = take_measure(MEASURES["activity"], [Watched(page.evidence())], By.ALL)
    assert answer.sentence.endswith("(provisional)") == answer.total["provisional"]
    assert ("provisional" in small_print(answer)) == answer.total["provisional"]
    return answer.total


def test_what_may_still_come_back_is_not_final() -> None:
    page, early, late = Page(days=1), start(3, "10:00"), start(3, "12:00")
    page.show([early, late])
    page.hide([early], at(0, "12:00"))
    page.hide([late], at(0, "23:30"))
    changes = page.transitions().changes
    final = dict(zip(changes.slot.tolist(), changes.final.tolist(), strict=True))
    assert final == {early: True, late: False}
    assert figures(page)["provisional"]
    page.days = 2
    assert page.transitions().changes.final.all()
    assert not figures(page)["provisional"]


def test_the_rest_of_a_hold_that_somebody_else_took_meanwhile_is_no_booking() -> None:
    random, page, slots = Random(2), Page(days=4), office_hours(range(6, 20), hours=6)
    page.show(slots)
    for day in range(6, 19):
        first = start(day, "09:00")
        three = [Slot(first + 15 * place) for place in range(3)]
        page.hide(
            three, at(random.randrange(3), "09:00") + timedelta(minutes=random.randrange(500))
        )
    kept = [start(19, "10:00"), start(19, "10:15"), start(19, "10:30"), start(19, "10:45")]
    page.hide(kept[:3], at(3, "10:00"))
    page.hide(kept[3:], at(3, "10:16"))
    page.show(kept[:2], at(3, "10:31"))
    found = page.transitions()
    assert told(found)[int(found.changes.calendar[0]), kept[2], False] == [
        (Kind.HELD, "rest-of-hold")
    ]
    assert kinds_of(found, kept[3]) == [Kind.BOOKED]
    assert found.bookings.weight.sum() == 14
