"""For which time it is known what was free: what a plain walk over the absences says."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import numpy as np
import pytest

from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.measures import MEASURES, take_measure
from amtspuls.analysis.observed import observe
from amtspuls.analysis.shown import LONGEST_S, shown_of
from amtspuls.analysis.stock import find_stock
from amtspuls.analysis.typed.absences import FEW
from amtspuls.analysis.wait import find_waits
from amtspuls.model import Slot
from support.absent_calendars import FIRST, at, evidence_of, free_spans, gaps
from support.tiny_archive import TinySpan

STEP_S = 900
SOLD_OUT = {1}, {1}, {2}, {2}, {2}, {1, 2}, {1, 2}
"""Calendar 1 is away for three snapshots."""


def spans_of(closed: int | None, count: int = 2) -> list[TinySpan]:
    """Start times of calendar 1, free until a snapshot; one of calendar 2 that stays."""
    closed_at = None if closed is None else at(closed)
    mine = [TinySpan(1, Slot(FIRST + cell), at(0), closed_at) for cell in range(count)]
    return [*mine, TinySpan(2, FIRST, at(0), None)]


def sold_out_s(watched: Watched) -> int:
    return int(shown_of(watched).seconds.sum() - watched.covered.seconds.sum())


def test_a_calendar_that_sold_out_has_a_wait_beyond_its_horizon_while_it_is_away() -> None:
    watched = Watched(evidence_of(SOLD_OUT, spans_of(5)))
    # Its last view stands for the time up to the first snapshot without it.
    assert sold_out_s(watched) == 3 * STEP_S
    waits, stock = find_waits(watched), find_stock(watched)
    away = (waits.calendar == 1) & (waits.at >= at(2).timestamp()) & (waits.at < at(5).timestamp())
    assert away.sum() == 3
    assert np.isinf(waits.first_days[away]).all()
    assert np.isfinite(waits.horizon_days[away]).all()
    assert stock.slots[away].tolist() == [0, 0, 0]
    row = take_measure(MEASURES["zero-rate"], [watched], By.CALENDAR).rows[0]
    assert row["coverage"] == 1
    # After it came back it still has nothing; before it went it had two.
    assert row["zero_rate"] == pytest.approx(5 / 7)
    changes = observe([watched], By.CALENDAR)["a", 1]
    assert changes.coverage == pytest.approx(4 / 7), (
        "nobody saw it: rates of changes do not count it"
    )


@pytest.mark.parametrize(
    ("spans", "why"),
    [
        (spans_of(None), "both came back"),
        (
            [TinySpan(1, FIRST, at(0), at(5)), TinySpan(1, Slot(FIRST + 1), at(0), None)],
            "one came back",
        ),
        (spans_of(5, FEW + 1), "so many are not sold in a quarter of an hour"),
    ],
)
def test_otherwise_nobody_knows(spans: list[TinySpan], why: str) -> None:
    assert sold_out_s(Watched(evidence_of(SOLD_OUT, spans))) == 0, why


def test_a_calendar_that_had_nothing_left_has_nothing_while_it_is_away() -> None:
    assert sold_out_s(Watched(evidence_of(SOLD_OUT, spans_of(1)))) == 3 * STEP_S


def test_a_calendar_that_stays_away_is_sold_out_for_a_week_at_most() -> None:
    steps = LONGEST_S // STEP_S
    for away, expected in ((40, 40), (steps, steps), (steps + 30, steps)):
        watched = Watched(evidence_of([{1, 2}, *([{2}] * away)], spans_of(1)))
        assert sold_out_s(watched) == expected * STEP_S


def test_a_portal_that_did_not_answer_says_nothing() -> None:
    watched = Watched(evidence_of([{1, 2}, set(), {2}, set(), {1, 2}], spans_of(4)))
    assert sold_out_s(watched) == STEP_S


@pytest.mark.parametrize("system", ["tevis", "netappoint"])
def test_on_other_systems_an_absent_calendar_says_nothing(system: str) -> None:
    watched = Watched(evidence_of(SOLD_OUT, spans_of(5), system))
    assert shown_of(watched) is watched.covered


@pytest.mark.parametrize("seed", range(8))
def test_sold_out_is_what_a_walk_over_the_absences_says(seed: int) -> None:
    random = Random(seed)
    shown = [
        {calendar for calendar in (1, 2, 3) if random.random() < 0.7}
        if random.random() < 0.95
        else set()
        for _ in range(120)
    ]
    # Only a view of its calendar can show that a start time is new.
    spans_seen = [
        one
        for one in free_spans(random, 120)
        if one.calendar in shown[(one.opened - at(0)) // timedelta(seconds=STEP_S)]
    ]
    evidence = evidence_of(shown, spans_seen)
    watched, spans = Watched(evidence), evidence.spans
    taken = evidence.snapshots.taken_at[evidence.snapshots.outcome == "ok"].tolist()
    expected = set()
    for calendar, last_at, absent_at, back_at in gaps(evidence):
        free = (spans.calendar == calendar) & (spans.opened_at <= last_at)
        free &= (spans.closed_at > last_at) & (evidence.span_start_s > absent_at)
        gone = np.minimum(spans.closed_at, evidence.span_start_s) <= back_at
        if free.sum() <= FEW and gone[free].all():
            until_s = min(back_at, absent_at + LONGEST_S)
            expected |= {(calendar, moment) for moment in taken if absent_at <= moment < until_s}
    time = shown_of(watched)
    views = set(
        zip(evidence.views.calendar.tolist(), evidence.views.taken_at.tolist(), strict=True)
    )
    found = set(zip(time.calendar.tolist(), time.from_s.tolist(), strict=True)) - views
    assert found == expected
    assert expected, "some sold out"
    order = np.lexsort((time.from_s, time.calendar))
    assert order.tolist() == list(range(len(order)))
    same = time.calendar[1:] == time.calendar[:-1]
    assert (time.until_s[:-1] <= time.from_s[1:])[same].all()
    waits = find_waits(watched)
    away = np.array(
        [pair in expected for pair in zip(waits.calendar.tolist(), waits.at.tolist(), strict=True)]
    )
    assert np.isinf(waits.first_days[away]).all()


def test_the_week_before_the_range_tells_what_was_sold_out_in_it() -> None:
    evidence = evidence_of([{1, 2}, *([{2}] * 8)], spans_of(1))
    assert at(1) - at(0) == timedelta(seconds=STEP_S)
    assert sold_out_s(Watched(evidence)) == 8 * STEP_S
