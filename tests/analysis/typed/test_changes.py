"""What no citizen does: days and pages that come and go, gaps, notice, pages with one start a day."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import numpy as np
import pytest

from amtspuls.analysis.behaviour import learn_behaviour
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.transitions import find_transitions
from amtspuls.model import Slot
from support.acted import Page, at, kinds_of, office_hours, start, told
from support.planted import Plan, evidence_of, lead, night, snapshots


def calm(days: int = 4, first_day: int = 3, last_day: int = 15) -> tuple[Page, list[Slot]]:
    """A page with hourly starts on some days."""
    page, slots = Page(days=days), office_hours(range(first_day, last_day), grid_min=60, hours=6)
    page.show(slots)
    return page, slots


def kinds(page: Page, slots: list[Slot], *, opening: bool = False) -> set[Kind]:
    found = page.transitions()
    return {kind for slot in slots for kind in kinds_of(found, slot, opening=opening)}


# --- masses ----------------------------------------------------------------------------------------


def test_a_page_that_loses_most_days_at_once_was_not_booked_out() -> None:
    page, slots = calm()
    page.hide(slots[6:48], at(1, "10:00"))
    page.show(slots[6:48], at(1, "18:00"))
    assert kinds(page, slots[6:48]) == {Kind.WITHDRAWN}
    assert kinds(page, slots[6:48], opening=True) == {Kind.RETURNED}
    assert not page.transitions().bookings.weight.sum()


def test_a_long_day_that_is_gone_at_once_was_withdrawn_and_may_hide_a_booking() -> None:
    page, slots = Page(days=2), office_hours(range(5, 12), hours=8)
    page.show(slots)
    day = slots[32:64]
    page.hide(day, at(1, "10:00"))
    found = page.transitions()
    assert told(found)[1, day[0], False] == [(Kind.WITHDRAWN, "day-lost")]
    assert not found.bookings.weight.sum()
    assert found.hidden.weight.sum() == len(day), "no booking showed how many starts one closes"


def test_three_whole_days_that_go_at_once_are_a_page_that_shows_less() -> None:
    page, slots = calm()
    page.hide(slots[6:24], at(1, "10:00"))
    reasons = {told(page.transitions())[1, slot, False][0] for slot in slots[6:24]}
    assert reasons == {(Kind.WITHDRAWN, "page-lost")}


def test_a_day_that_came_back_hides_no_booking() -> None:
    page, slots = Page(days=2), office_hours(range(5, 12), hours=8)
    page.show(slots)
    page.hide(slots[32:64], at(0, "10:00"))
    page.show(slots[32:64], at(1, "10:00"))
    found = page.transitions()
    assert len(found.changes.of(Kind.RETURNED).at) == 32
    assert not found.hidden.weight.sum()


def test_a_day_with_two_starts_that_is_gone_was_booked_out() -> None:
    page, slots = Page(days=2), [start(5, "10:00"), start(5, "12:00"), start(6, "09:00")]
    page.show(slots)
    page.hide(slots[:2], at(1, "10:00"))
    assert kinds(page, slots[:2]) == {Kind.BOOKED}


def test_days_that_flap_together_are_a_page_that_lost_them() -> None:
    page, slots = calm(days=6, first_day=7, last_day=21)
    one_a_day = slots[2:60:6]
    page.hide(one_a_day[:4], at(1, "10:00"))
    page.show(one_a_day[:4], at(2, "10:00"))
    assert kinds(page, one_a_day[:4]) == {Kind.WITHDRAWN}
    assert kinds(page, one_a_day[:4], opening=True) == {Kind.RETURNED}


# --- openings --------------------------------------------------------------------------------------


def test_days_by_hand_are_released_and_single_starts_are_cancelled() -> None:
    page, slots = calm()
    again, fresh = slots[7], Slot(slots[20] + 30)
    page.hide([again], at(0, "09:00"))
    page.show([again], at(1, "20:00"))
    page.show([fresh], at(1, "21:00"))
    new_day = office_hours([30], grid_min=60)
    page.show(new_day, at(2, "13:10"))
    morning = [Slot(start(8, "14:30") + 15 * step) for step in range(12)]
    page.show(morning, at(2, "15:10"))
    found = page.transitions()
    assert told(found)[1, again, True] == [(Kind.CANCELLED, "reopens")]
    assert told(found)[1, fresh, True] == [(Kind.CANCELLED, "appears")]
    assert {told(found)[1, slot, True][0] for slot in new_day} == {(Kind.RELEASED, "new-day")}
    assert {told(found)[1, slot, True][0] for slot in morning} == {(Kind.RELEASED, "mass-appears")}
    assert found.cancellations.weight.sum() == 2
    assert len(found.openings.at) == len(new_day) + len(morning)


def test_a_lone_start_on_the_last_day_shown_is_a_cancellation() -> None:
    page, slots = calm()
    last = Slot(slots[-1] + 60)
    page.show([last], at(1, "10:00"))
    assert kinds(page, [last], opening=True) == {Kind.CANCELLED}


def test_what_is_there_at_first_sight_is_no_change() -> None:
    page, slots = calm()
    found = page.transitions()
    assert found.first_sight == len(slots)
    assert set(found.changes.of(*Kind).slot.tolist()) == set(slots[:6]), "those that began"
    assert len(found.changes.of(Kind.EXPIRED).at) == 6


def test_days_that_come_every_midnight_are_the_horizon_and_what_leaves_by_itself_the_notice() -> (
    None
):
    plan = Plan(leaves=lead(timedelta(hours=3)), appears=night(14), booked=0.2)
    found = find_transitions(evidence_of(snapshots([plan], days=14)))
    counts = {kind: len(found.changes.of(kind).at) for kind in Kind}
    assert counts[Kind.HORIZON_ROLL] >= 24 * 9
    assert counts[Kind.NOTICE_CUTOFF] > 100
    assert counts[Kind.EXPIRED] == 0
    assert counts[Kind.CANCELLED] == counts[Kind.RELEASED] == 0
    booked = found.changes.of(Kind.BOOKED)
    assert 0 < len(booked.at) <= 0.3 * counts[Kind.NOTICE_CUTOFF]
    assert (booked.start_s - booked.at > 3 * 3600).all()


def test_with_few_slots_that_go_by_and_by_there_is_no_notice() -> None:
    page, slots = Page(days=1), [start(0, f"{hour:02d}:00") for hour in (9, 10, 11)]
    page.show(slots)
    for slot, wall in zip(slots, ("05:30", "06:30", "07:30"), strict=True):
        page.hide([slot], at(0, wall))
    assert kinds(page, slots) == {Kind.BOOKED}


# --- gaps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "kind", "timed"), [(1, Kind.BOOKED, False), (4, Kind.UNKNOWN, False)]
)
def test_nothing_is_said_of_what_vanished_across_more_than_three_hours(
    hours: int, kind: Kind, timed: bool
) -> None:
    page, slots = calm(first_day=5)
    page.fail(at(1, "10:00"), at(1, "10:00") + timedelta(hours=hours))
    page.hide(slots[:1], at(1, "10:20"))
    found = page.transitions()
    assert kinds_of(found, slots[0]) == [kind]
    assert found.changes.timed.tolist() == [timed]
    assert found.hidden.weight.sum() == (kind is Kind.UNKNOWN)
    assert found.bookings.weight.sum() == (kind is Kind.BOOKED)


# --- one start a day -------------------------------------------------------------------------------


def queue_page() -> tuple[Page, int, int]:
    """A page that shows the first free start of each day; bookings, and cancellations that free an earlier one."""
    random, page, booked, freed = Random(8), Page(days=5), 0, 0
    for day in range(6, 36):
        wall = [start(day, f"{8 + hour:02d}:00") for hour in range(6)]
        shown, moment = 0, at(0, "06:00") + timedelta(minutes=15 * random.randrange(40))
        page.show(wall[:1])
        for _ in range(random.randrange(2, 5)):
            moment += timedelta(minutes=15 * random.randrange(9, 40))
            page.hide([wall[shown]], moment)
            page.show([wall[shown + 1]], moment)
            booked, shown = booked + 1, shown + 1
        if day % 5 == 0:
            moment += timedelta(hours=7)
            page.hide([wall[shown]], moment)
            page.show([wall[0]], moment)
            freed += 1
    return page, booked, freed


def test_on_a_page_with_one_start_a_day_the_next_one_is_no_opening() -> None:
    page, booked, freed = queue_page()
    evidence = page.evidence()
    assert learn_behaviour(evidence).one_a_day.all()
    found = page.transitions()
    assert found.bookings.weight.sum() == pytest.approx(booked, abs=0.05 * booked)
    assert found.cancellations.weight.sum() == pytest.approx(freed, abs=1)
    shifts = found.changes.of(Kind.GRID_SHIFT)
    assert np.count_nonzero(shifts.opening) == pytest.approx(booked, abs=2)
    assert np.count_nonzero(~shifts.opening) == freed


# --- nights on which clocks change -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "walls"),
    [(date(2026, 3, 23), ("01:50", "03:05")), (date(2026, 10, 19), ("02:50", "03:05"))],
)
def test_holds_and_bookings_in_the_nights_on_which_clocks_change(
    first: date, walls: tuple[str, str]
) -> None:
    page = Page(days=8, first=first)
    held, gone, back = (start(20, wall, first) for wall in ("08:00", "10:00", "12:00"))
    page.show([held, gone, back])
    page.hold([held], at(6, walls[0], first), 20)
    page.hide([gone], at(6, walls[0], first))
    page.hold([back], at(6, walls[1], first), 120)
    found = page.transitions()
    assert kinds_of(found, held) == [Kind.HELD]
    assert kinds_of(found, gone) == [Kind.BOOKED]
    assert kinds_of(found, back, opening=True) == [Kind.CANCELLED]
    assert found.changes.timed.all()
    booked_at = found.changes.only(found.changes.slot == gone).at[0]
    assert 0 <= booked_at - at(6, walls[0], first).timestamp() < 900


def test_a_slot_in_the_hour_that_does_not_exist_leaves_no_booking() -> None:
    first = date(2026, 3, 23)
    page = Page(days=8, first=first)
    slots = [start(6, wall, first) for wall in ("01:45", "03:00", "03:15")]
    page.show(slots)
    assert kinds(page, slots) == {Kind.EXPIRED}
