"""Pages and days that come back piece by piece, or with more than they had, are no cancellations."""

from __future__ import annotations

from amtspuls.analysis.kinds import Kind
from amtspuls.model import Slot
from support.acted import Page, at, kinds_of, office_hours, start


def kinds(page: Page, slots: list[Slot]) -> set[Kind]:
    found = page.transitions()
    return {kind for slot in slots for kind in kinds_of(found, slot, opening=True)}


def scarce() -> tuple[Page, list[Slot]]:
    """A page that shows three start times of one late day, and what it may show of twelve days before."""
    page = Page(days=4)
    page.show(office_hours([16], grid_min=60, hours=3))
    return page, office_hours(range(4, 16), grid_min=60, hours=4)


def test_a_calendar_that_shows_many_days_more_at_once_was_opened_by_the_office() -> None:
    page, slots = scarce()
    page.show(slots, at(1, "10:00"))
    assert kinds(page, slots) == {Kind.RELEASED}
    assert not page.transitions().cancellations.weight.sum()


def test_what_was_booked_piece_by_piece_and_comes_back_at_once_was_given_back_by_the_office() -> (
    None
):
    page, slots = scarce()
    page.show(slots, at(0, "00:00"))
    for number, slot in enumerate(slots):
        page.hide([slot], at(1, f"{8 + number // 4:02d}:{15 * (number % 4):02d}"))
    page.show(slots, at(2, "10:00"))
    assert kinds(page, slots) == {Kind.RETURNED}


def test_cancellations_on_several_days_at_once_stay_cancellations_where_much_is_free() -> None:
    page, slots = Page(days=4), office_hours(range(4, 16), grid_min=60, hours=6)
    page.show(slots)
    freed = slots[2:36:7]
    for number, slot in enumerate(freed):
        page.hide([slot], at(0, f"{10 + number}:00"))
    page.show(freed, at(1, "18:00"))
    assert kinds(page, freed) == {Kind.CANCELLED}


def test_a_single_day_of_a_page_without_anything_else_may_be_cancellations() -> None:
    page = Page(days=4)
    last = [start(16, "09:00")]
    page.show(last)
    freed = office_hours([5, 6], grid_min=60, hours=3)
    page.show(freed, at(1, "10:00"))
    assert kinds(page, freed) == {Kind.CANCELLED}


def test_what_appears_with_a_part_of_a_day_that_comes_back_belongs_to_it() -> None:
    page, slots = Page(days=4), office_hours(range(5, 12), hours=8)
    page.show(slots)
    day = slots[32:64]
    page.hide(day, at(1, "10:00"))
    beside = [Slot(day[-1] + 15), Slot(day[-1] + 30)]
    page.show([*day, *beside], at(2, "10:00"))
    alone = Slot(slots[-1] + 15)
    page.show([alone], at(2, "10:00"))
    assert kinds(page, day) == {Kind.RETURNED}
    assert kinds(page, beside) == {Kind.RELEASED}
    assert kinds(page, [alone]) == {Kind.CANCELLED}
