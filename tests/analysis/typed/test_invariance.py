"""Properties of the typed rule on pages drawn at random."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.estimate import Estimates, bounds_of, estimate
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import CODES, KINDS, Kind
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import STILL_OPEN
from support.acted import Page, around, at, office_hours
from support.histories import effort
from support.planted import MONDAY

WEEKS = st.sampled_from([2, 21])
"""A distance in winter, and one into summer: in both no clock changes while the page is watched."""
seeds = st.integers(0, 10_000)


def random_page(seed: int, keys: Sequence[str] = ("a", "b", "c"), weeks: int = 0) -> Page:
    """Bookings, holds, cancellations, gaps and lost days; ``a`` and ``b`` are over the same desks."""
    random, first = Random(seed), MONDAY + timedelta(weeks=weeks)
    page = Page(tuple(keys), days=4, first=first)
    slots = office_hours(range(12), grid_min=20, first=first)
    desks = (("a", "b"), ("c",))
    page.show(slots[:-24])
    page.show(slots[-24:], at(random.randrange(4), "13:10", first))
    for desk in desks:
        for _ in range(random.randrange(30)):
            moment = at(random.randrange(4), "00:00", first) + timedelta(
                minutes=random.randrange(1440)
            )
            some = around(random.choice(slots), random.randrange(2), 20)
            page.hide(some, moment, keys=desk)
            if random.random() < 0.3:
                page.show(some, moment + timedelta(minutes=random.randrange(1, 900)), keys=desk)
    if random.random() < 0.5:
        moment = at(random.randrange(4), "10:00", first)
        page.fail(moment, moment + timedelta(minutes=random.randrange(20, 400)))
    return page


@dataclass(frozen=True)
class Said:
    """What the rule says, apart from the numbers of calendars and the date."""

    changes: Counter[tuple[str, int, int, bool, str, str, bool]]
    bookings: Counter[tuple[int, int, float]]
    by_calendar: Counter[tuple[str, int, int, float]]


def said(page: Page) -> Said:
    evidence = page.evidence()
    found = Watched(evidence).transitions
    names = {
        record.number: record.calendar.key
        for record in evidence.reader.calendars(evidence.record.portal_id)
    }
    begin_s = int(at(0, "00:00", page.first).timestamp())
    begin_min = (page.first - MONDAY).days * 1440
    changes = found.changes
    rows = zip(
        [names[number] for number in changes.calendar.tolist()],
        (changes.slot - begin_min).tolist(),
        (changes.at - begin_s).tolist(),
        changes.opening.tolist(),
        [KINDS[kind].value for kind in changes.kind.tolist()],
        [found.reasons[reason] for reason in changes.reason.tolist()],
        changes.final.tolist(),
        strict=True,
    )
    once, each = found.bookings, found.bookings_by_calendar
    return Said(
        Counter(rows),
        Counter(
            zip(
                (once.slot - begin_min).tolist(),
                (once.at - begin_s).tolist(),
                once.weight.round(9).tolist(),
                strict=True,
            )
        ),
        Counter(
            zip(
                [names[number] for number in each.calendar.tolist()],
                (each.slot - begin_min).tolist(),
                (each.at - begin_s).tolist(),
                each.weight.round(9).tolist(),
                strict=True,
            )
        ),
    )


@settings(max_examples=effort(8), deadline=None)
@given(seeds, st.permutations(["a", "b", "c"]))
def test_the_order_of_calendars_does_not_matter(seed: int, keys: list[str]) -> None:
    assert said(random_page(seed, keys)) == said(random_page(seed))


@settings(max_examples=effort(8), deadline=None)
@given(seeds, WEEKS)
def test_the_same_in_another_week_is_the_same(seed: int, weeks: int) -> None:
    assert said(random_page(seed, weeks=weeks)) == said(random_page(seed))


@settings(max_examples=effort(10), deadline=None)
@given(seeds, st.integers(0, 96))
def test_every_end_of_a_span_has_one_kind(seed: int, cut: int) -> None:
    page = random_page(seed)
    since = at(1, "00:00") + timedelta(minutes=15 * cut)
    evidence = page.evidence(Selection(from_at=since, until_at=since + timedelta(days=1)))
    found = Watched(evidence).transitions
    changes, spans = found.changes, evidence.spans
    ended = (spans.closed_at != STILL_OPEN) & evidence.in_range(spans.closed_at)
    expected = Counter(
        zip(
            spans.calendar[ended].tolist(),
            spans.slot[ended].tolist(),
            spans.closed_at[ended].tolist(),
            strict=True,
        )
    )
    closing = changes.only(~changes.opening)
    got = Counter(
        zip(closing.calendar.tolist(), closing.slot.tolist(), closing.at.tolist(), strict=True)
    )
    assert got == expected
    assert set(got.values()) <= {1}
    opened = int(evidence.in_range(spans.opened_at).sum())
    assert np.count_nonzero(changes.opening) + found.first_sight == opened
    assert ((changes.confidence >= 0) & (changes.confidence <= 1)).all()
    assert (changes.seen_at < changes.at).all()


@settings(max_examples=effort(8), deadline=None)
@given(seeds)
def test_counted_events_rest_on_changes_of_their_kind(seed: int) -> None:
    found = Watched(random_page(seed).evidence()).transitions
    for kind, events in (
        (Kind.BOOKED, found.bookings),
        (Kind.BOOKED, found.bookings_by_calendar),
        (Kind.CANCELLED, found.cancellations),
        (Kind.CANCELLED, found.cancellations_by_calendar),
    ):
        told = found.changes.of(kind)
        cells = set(zip(told.calendar.tolist(), told.slot.tolist(), told.at.tolist(), strict=True))
        counted = set(
            zip(events.calendar.tolist(), events.slot.tolist(), events.at.tolist(), strict=True)
        )
        assert counted <= cells
        assert (events.weight > 0).all()
        assert bool(len(told.at)) == bool(len(events.at))
    assert found.bookings.weight.sum() <= found.bookings_by_calendar.weight.sum() + 1e-9
    opening = {
        CODES[kind]
        for kind in (
            Kind.CANCELLED,
            Kind.HOLD_EXPIRED,
            Kind.RELEASED,
            Kind.RETURNED,
            Kind.HORIZON_ROLL,
        )
    }
    closing = {
        CODES[kind]
        for kind in (Kind.BOOKED, Kind.HELD, Kind.WITHDRAWN, Kind.NOTICE_CUTOFF, Kind.EXPIRED)
    }
    assert not opening & set(found.changes.kind[~found.changes.opening].tolist())
    assert not closing & set(found.changes.kind[found.changes.opening].tolist())


# --- estimates -------------------------------------------------------------------------------------


@given(st.floats(0, 1e6), st.floats(0, 1e5), st.floats(0, 1e5))
def test_bounds_hold_the_best_guess_and_doubt_widens_them(
    central: float, doubt: float, hidden: float
) -> None:
    bounds = bounds_of(central, doubt, hidden)
    assert 0 <= bounds.low <= bounds.central == central <= bounds.high
    sure = bounds_of(central)
    assert bounds.low <= sure.low
    assert bounds.high == pytest.approx(sure.high + doubt + hidden)


def centrals(found: Estimates) -> float:
    return sum(bounds.central for bounds in found.values() if bounds is not None)


@settings(max_examples=effort(8), deadline=None)
@given(seeds)
def test_parts_add_up_to_the_whole(seed: int) -> None:
    one = Watched(random_page(seed).evidence())
    for kind, events in (
        (Kind.BOOKED, one.transitions.bookings),
        (Kind.CANCELLED, one.transitions.cancellations),
    ):
        (whole,) = estimate([one], kind, By.ALL).values()
        assert whole is not None
        assert whole.central == pytest.approx(events.weight.sum())
        for by in (By.PORTAL, By.HOUR, By.WEEKDAY, By.WEEK):
            found = estimate([one], kind, by)
            if None not in found.values():
                assert centrals(found) == pytest.approx(whole.central)
        by_calendar = estimate([one], kind, By.CALENDAR)
        each = (
            one.cancellations(By.CALENDAR) if kind is Kind.CANCELLED else one.bookings(By.CALENDAR)
        )
        assert centrals(by_calendar) == pytest.approx(each.weight.sum())


@pytest.mark.parametrize(("hours", "refused"), [(30, False), (66, True)])
def test_what_was_mostly_not_watched_is_refused_and_not_none(hours: int, refused: bool) -> None:
    page = Page(days=4)
    page.show(office_hours(range(5, 10)))
    page.fail(at(1, "00:00"), at(1, "00:00") + timedelta(hours=hours))
    for kind in (Kind.BOOKED, Kind.CANCELLED):
        (bounds,) = estimate([Watched(page.evidence())], kind, By.ALL).values()
        assert (bounds is None) == refused
        assert refused or bounds == bounds_of(0.0)


def test_what_vanished_across_a_gap_may_be_a_booking_and_raises_the_upper_end_only() -> None:
    page, slots = Page(days=4), office_hours(range(5, 10), grid_min=60)
    page.show(slots)
    page.fail(at(1, "10:00"), at(1, "15:00"))
    page.hide(slots[:3:2], at(1, "12:00"))
    (bounds,) = estimate([Watched(page.evidence())], Kind.BOOKED, By.ALL).values()
    assert bounds is not None
    assert (bounds.low, bounds.central) == (0.0, 0.0)
    assert bounds.high == bounds_of(0.0).high + 2
