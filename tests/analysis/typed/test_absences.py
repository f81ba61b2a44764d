"""Calendars that are absent: what they showed last was sold when it was little, and did not come back."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from amtspuls.analysis.typed.absences import FEW, close_sold_out, find_absences
from support.absent_calendars import evidence_of, free_spans, gaps


@pytest.mark.parametrize("seed", range(12))
def test_what_absent_calendars_had_left_is_closed_as_by_a_walk_over_the_absences(seed: int) -> None:
    random = Random(seed)
    shown = [
        {calendar for calendar in (1, 2, 3) if random.random() < 0.8}
        if random.random() < 0.95
        else set()
        for _ in range(120)
    ]
    evidence = evidence_of(shown, free_spans(random, 120))
    spans = evidence.later_spans
    start_s = evidence.offsets.start_of_slots(spans.slot)
    wanted, sold = spans.closed_at.copy(), np.zeros(len(spans.slot), np.bool_)
    walked = list(gaps(evidence))
    for calendar, last_at, absent_at, back_at in walked:
        free = (spans.calendar == calendar) & (spans.opened_at <= last_at)
        free &= (spans.closed_at > last_at) & (start_s > absent_at)
        if 1 <= free.sum() <= FEW:
            gone = free & (np.minimum(spans.closed_at, start_s) <= back_at)
            wanted[gone], sold[gone] = absent_at, True
    absences = find_absences(evidence)
    columns = (absences.calendar, absences.seen_at, absences.absent_at, absences.back_at)
    assert list(zip(*(one.tolist() for one in columns), strict=True)) == walked
    assert evidence.views.calendar[absences.view].tolist() == absences.calendar.tolist()
    assert evidence.views.taken_at[absences.view].tolist() == absences.seen_at.tolist()
    found, were_sold = close_sold_out(evidence, spans, start_s)
    assert sold.any()
    assert not sold.all()
    assert found.tolist() == wanted.tolist()
    assert were_sold.tolist() == sold.tolist()


@pytest.mark.parametrize("system", ["tevis", "netappoint"])
def test_on_other_systems_an_absent_calendar_says_nothing(system: str) -> None:
    shown = [{1}, {1}, set(), {2}, {2}]
    evidence = evidence_of(shown, free_spans(Random(1), 5), system)
    spans = evidence.later_spans
    found, sold = close_sold_out(evidence, spans, evidence.offsets.start_of_slots(spans.slot))
    assert found.tolist() == spans.closed_at.tolist()
    assert not sold.any()


def test_a_portal_that_never_misses_a_calendar_sold_nothing() -> None:
    evidence = evidence_of([{1, 2, 3}] * 20, free_spans(Random(1), 20))
    spans = evidence.later_spans
    assert not len(find_absences(evidence).calendar)
    assert not close_sold_out(evidence, spans, evidence.offsets.start_of_slots(spans.slot))[1].any()
