"""Calendars that are absent: what they showed last was sold when it was little, and did not come back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest

from amtspuls.analysis.evidence import Evidence, load_evidence
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.typed.absences import FEW, close_sold_out, find_absences
from amtspuls.model import Slot
from support.tiny_archive import (
    TinyPortal,
    TinyReader,
    TinySnapshot,
    TinySpan,
    TinyView,
    slot,
)

NEVER = np.iinfo(np.int64).max
BEGIN = datetime(2026, 1, 26, tzinfo=UTC)
FIRST = slot("2026-01-26 06:00")


def at(number: int) -> datetime:
    return BEGIN + timedelta(minutes=15 * number)


def evidence_of(shown: list[set[int]], spans: list[TinySpan], system: str = "tempus") -> Evidence:
    """A portal that showed these calendars in one snapshot after the other; an empty one did not answer."""
    taken = tuple(
        TinySnapshot(
            at(number),
            tuple(TinyView(calendar) for calendar in sorted(calendars)),
            "ok" if calendars else "unreachable",
        )
        for number, calendars in enumerate(shown)
    )
    portal = TinyPortal("a", taken, tuple(spans), system=system)
    (found,) = load_evidence(TinyReader(portal), Selection())
    return found


def free_spans(random: Random, count: int) -> list[TinySpan]:
    """Lives of start times of three calendars, in the archive's order; calendar 3 never shows many."""
    spans = []
    for calendar, cells in ((1, 30), (2, 6), (3, 2)):
        for cell in range(cells):
            edges = sorted(random.sample(range(count), 4))
            start = Slot(FIRST + 60 * random.randrange(1, 40) + cell)
            spans += [
                TinySpan(calendar, start, at(edges[0]), at(edges[1])),
                TinySpan(calendar, start, at(edges[2]), random.choice([None, at(edges[3])])),
            ]
    return sorted(spans, key=lambda one: (one.calendar, one.slot, one.opened))


def gaps(evidence: Evidence) -> Iterator[tuple[int, int, int, int]]:
    """Each absence by a walk over the snapshots: calendar, last view, first snapshot without it, next view."""
    views, shots = evidence.views, evidence.snapshots
    taken = shots.taken_at[shots.outcome == "ok"].tolist()
    for calendar in np.unique(views.calendar).tolist():
        seen = views.taken_at[views.calendar == calendar].tolist()
        for place, last in enumerate(seen):
            back = seen[place + 1] if place + 1 < len(seen) else NEVER
            missed = [one for one in taken if last < one < back]
            if missed:
                yield calendar, last, missed[0], back


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
    assert list(zip(*(one.tolist() for one in find_absences(evidence)), strict=True)) == walked
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
