"""What pictures show, worked out again one step of half a minute after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from amtspuls.analysis.evidence import JOIN_FACTOR
from amtspuls.analysis.grouping import Watched

STEP_S = 30
"""All instants of ``measure_cases.portals`` are multiples of it."""


def local(one: Watched, at_s: int) -> datetime:
    """Wall time of an instant, naive."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(one.evidence.zone).replace(tzinfo=None)


def view_at(one: Watched, calendar: int, at_s: int) -> int | None:
    """Index of the view that says what a calendar showed at an instant; None where none does."""
    views = one.evidence.views
    good = [
        place
        for place, outcome in enumerate(views.outcome.tolist())
        if views.calendar[place] == calendar and outcome in ("ok", "partial")
    ]
    before = [place for place in good if views.taken_at[place] <= at_s]
    if not before:
        return None
    newest = max(before, key=lambda place: int(views.taken_at[place]))
    taken = int(views.taken_at[newest])
    period_s = int(one.evidence.view_period_s[newest])
    later = [int(views.taken_at[place]) for place in good if views.taken_at[place] > taken]
    gap = min(later) - taken if later else 10**12
    width = gap if gap <= JOIN_FACTOR * period_s else period_s
    return newest if at_s < taken + width else None


def is_joined(one: Watched, calendar: int, at_s: int) -> bool:
    """Whether an instant lies between two close answers of a calendar, so that a change has a known hour."""
    views = one.evidence.views
    mine = one.evidence.view_answered & (views.calendar == calendar)
    before, after = mine & (views.taken_at <= at_s), mine & (views.taken_at > at_s)
    if not before.any() or not after.any():
        return False
    here = int(before.nonzero()[0][views.taken_at[before].argmax()])
    gap_s = int(views.taken_at[after].min() - views.taken_at[here])
    return bool(gap_s <= JOIN_FACTOR * one.evidence.view_period_s[here])


def steps(one: Watched) -> Iterator[int]:
    """Begins of all steps of the asked range."""
    yield from range(one.evidence.asked.from_s, one.evidence.asked.until_s, STEP_S)


def free_on(one: Watched, calendar: int, day: int, at_s: int) -> int:
    """Slots of a calendar that were free at an instant and lie on a day (after 1970-01-01)."""
    spans = one.evidence.spans
    return sum(
        spans.calendar[place] == calendar
        and spans.slot[place] // 1440 == day
        and spans.opened_at[place] <= at_s < spans.closed_at[place]
        and one.evidence.span_start_s[place] > at_s
        for place in range(len(spans.slot))
    )
