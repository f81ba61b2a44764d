"""From changes to counts: what is missed between two snapshots, and pages that are renewed seldom."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random

import numpy as np
import pytest

from amtspuls.analysis.estimate import estimate
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.typed.find import type_changes
from amtspuls.analysis.typed.tally import tally_bookings, tally_cancellations
from amtspuls.model import Slot, slot_from_local
from support.acted import Page, at, office_hours, start
from support.tiny_archive import TinyPortal, TinyReader, TinySpan, days, every

pytestmark = pytest.mark.slow


def hasty_page(mean_min: float, count: int = 260) -> Page:
    """A page on which freed starts are taken after a time drawn at random, many before anybody looks."""
    random, page = Random(4), Page(days=3)
    page.show([start(day, "16:00") for day in range(4, 40)])
    slots = office_hours(range(4, 40), grid_min=60, hours=8)
    for slot in random.sample(slots, count):
        moment = at(0, "06:00") + timedelta(minutes=random.uniform(0, 3900))
        page.hold([slot], moment, 0)
        page.show([slot], moment)
        page.hide([slot], moment + timedelta(minutes=random.expovariate(1 / mean_min)))
    return page


@pytest.mark.parametrize("mean_min", [10, 20, 60])
def test_what_comes_and_goes_between_two_snapshots_is_added(mean_min: float) -> None:
    found = hasty_page(mean_min).transitions()
    seen = len(found.changes.of(Kind.CANCELLED).at)
    assert seen < 240, "some are never seen"
    assert found.cancellations.weight.sum() == pytest.approx(260, rel=0.12)
    assert found.bookings.weight.sum() == pytest.approx(260, rel=0.12)
    assert found.cancellations.doubt.sum() == pytest.approx(
        found.cancellations.weight.sum() - seen, abs=12
    )


def test_nothing_is_added_where_freed_starts_stay() -> None:
    page, slots = Page(days=2), office_hours(range(4, 20), grid_min=60)
    page.show(slots)
    page.hide(slots[::4], at(0, "10:00"))
    for place, slot in enumerate(slots[::4]):
        page.show([slot], at(1, "01:00") + timedelta(minutes=31 * place))
    found = page.transitions()
    assert np.allclose(found.cancellations.weight, 1)
    assert not found.cancellations.doubt.any()


def test_where_half_is_gone_in_the_next_snapshot_each_stands_for_what_a_steady_hazard_says() -> (
    None
):
    page, slots = Page(days=3), office_hours(range(5, 20), grid_min=60)[:24]
    page.show([start(day, "16:00") for day in range(5, 20)])
    quarters = Random(1).sample(range(0, 240, 2), len(slots))
    for place, (slot, quarter) in enumerate(zip(slots, quarters, strict=True)):
        moment = at(0, "06:01") + timedelta(minutes=15 * quarter)
        page.show([slot], moment)
        if place % 2:
            page.hide([slot], moment + timedelta(minutes=15))
    found = page.transitions()
    assert found.cancellations.weight.sum() == pytest.approx(24 * math.log(2) / 0.5)
    assert found.bookings.weight.sum() == pytest.approx(12 + 24 * (math.log(2) / 0.5 - 1))


def test_bookings_have_cells_and_counts_and_come_in_order() -> None:
    typing = type_changes(hasty_page(20).evidence())
    for tally in (tally_bookings(typing), tally_cancellations(typing)):
        assert (np.diff(tally.at) >= 0).all()
        assert (tally.seen_at < tally.at).all()
        assert (tally.doubt >= 0).all()
        assert (tally.doubt <= tally.weight + 1e-9).all()


def renewed_page() -> tuple[Page, int, int]:
    """A copy that is renewed every four hours: bookings, and returns after one renewal."""
    random, page = Random(6), Page(days=14)
    slots = office_hours(range(15, 40), grid_min=60, hours=8)
    page.show(slots)
    random.shuffle(slots)
    gone, back = slots[:120], slots[120:140]
    renewals = [at(day, f"{hour:02d}:00") for day in range(13) for hour in (0, 4, 8, 12, 16, 20)]
    for slot in gone:
        page.hide([slot], random.choice(renewals[1:]))
    for slot in back:
        place = random.randrange(1, len(renewals) - 2)
        page.hide([slot], renewals[place])
        page.show([slot], renewals[place + 1])
    return page, len(gone), len(back)


def test_on_a_copy_a_time_that_is_back_after_one_renewal_counts_half() -> None:
    page, gone, back = renewed_page()
    typing = type_changes(page.evidence())
    assert typing.scene.behaviour.refresh_s == 4 * 3600
    assert typing.closings.holds.unit == 16
    found = page.transitions()
    assert found.cancellations.weight.sum() == pytest.approx(back / 2, abs=1)
    assert found.bookings.weight.sum() == pytest.approx(gone + back / 2, rel=0.03)
    assert found.bookings.doubt.sum() >= back / 2 - 1
    assert Slot(int(found.bookings.slot[0])) in set(
        office_hours(range(15, 40), grid_min=60, hours=8)
    )


def test_what_may_hide_a_booking_is_in_the_most_of_every_calendar_over_the_desk() -> None:
    page, slots = Page(keys=("a", "b"), days=6), office_hours(range(7, 14), hours=8)
    page.show(slots)
    for place, slot in enumerate(slots[:28:4]):
        page.hide([slot], at(1, "08:00") + timedelta(hours=3 * place))
    page.hide(slots[32:64], at(5, "10:00"))
    watched = Watched(page.evidence())
    assert len(set(watched.transitions.hidden.calendar.tolist())) == 1, "one desk"
    both = estimate([watched], Kind.BOOKED, By.CALENDAR).values()
    assert len({bounds.high for bounds in both if bounds}) == 1
    assert {bounds.high - bounds.central > 32 for bounds in both if bounds} == {True}


@pytest.mark.parametrize("year", [2099, 2600])
def test_start_times_that_only_fill_a_page_change_no_figure(year: int) -> None:
    snapshots = every("2026-01-26 05:00", 200)
    filler = slot_from_local(datetime(year, 12, 31, 8))
    spans = [
        TinySpan(1, Slot(first + 30 * place), snapshots[0].at, snapshots[20 + 3 * place].at)
        for first in (start(7, "08:00"), filler)
        for place in range(5)
    ]
    portal = TinyPortal("bonn", snapshots, spans, covered=days("2020-01-01", f"{year}-12-31"))
    (watched,) = load_watched(TinyReader(portal), Selection())
    assert watched.transitions.bookings.weight.sum() == pytest.approx(5)


def test_how_often_a_page_was_asked_before_does_not_turn_holds_into_bookings() -> None:
    quick = every("2026-01-05 05:00", 4 * 24 * 21)
    slow = every("2026-01-26 05:00", 24 * 7, minutes=60, period_s=3600)
    random, spans = Random(1), []
    for number, minute in enumerate(office_hours(range(35, 45), grid_min=30)):
        gone = random.randrange(5, len(slow) - 30)
        spans.append(TinySpan(1, minute, quick[0].at, slow[gone].at))
        if number % 2:
            spans.append(TinySpan(1, minute, slow[gone + 2].at))
    reader = TinyReader(TinyPortal("bonn", [*quick, *slow], spans))
    (watched,) = load_watched(reader, Selection(from_at=slow[0].at))
    held = watched.transitions.changes.of(Kind.HELD)
    assert len(held.at) == 40
    assert watched.transitions.bookings.weight.sum() == pytest.approx(40, abs=4)


def test_a_booking_has_a_known_hour_as_long_as_its_own_snapshots_were_planned() -> None:
    quick = every("2026-01-19 05:00", 4 * 24 * 4)
    slow = every("2026-01-23 05:00", 48, minutes=60, period_s=3600)
    gone = slow[30].at
    spans = [
        TinySpan(1, Slot(start(7, "08:00") + minutes), quick[0].at, closed)
        for minutes, closed in ((0, gone), (60, None), (120, None))
    ]
    reader = TinyReader(TinyPortal("bonn", [*quick, *slow], spans))
    (watched,) = load_watched(reader, Selection(from_at=slow[10].at))
    found = watched.transitions
    assert found.bookings.at.tolist() == [int(gone.timestamp())]
    assert found.bookings.timed.all(), "the hour before it was covered"
    assert found.changes.timed.all()
