"""How far apart start times usually are that are free at once: as looking at each snapshot by itself says."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from types import SimpleNamespace
from typing import NamedTuple, cast

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amtspuls.analysis.typed.scene import Scene
from amtspuls.analysis.typed.shifts import usual_gaps
from support.histories import effort

DAY_MIN = 1440
LOOKS = 48


class Span(NamedTuple):
    """One span: places in time instead of instants."""

    calendar: int
    slot: int
    opened: int
    closed: int


def scene_of(spans: list[Span], calendars: int, taken: int) -> Scene:
    """What ``usual_gaps`` looks at."""
    calendar, slot, opened, closed = np.array(spans, np.int64).reshape(-1, 4).T
    return cast(
        Scene,
        SimpleNamespace(
            calendars=np.arange(calendars),
            taken_at=np.arange(taken) * 900,
            calendar=calendar,
            slot=slot,
            day=slot // DAY_MIN,
            opened=opened,
            closed=closed,
        ),
    )


def looked_up(spans: list[Span], calendars: int, taken: int) -> list[int]:
    """The same by a walk over the looks, one by one."""
    gaps: dict[int, Counter[int]] = defaultdict(Counter)
    for look in {int(one) for one in np.linspace(0, max(0, taken - 1), min(taken, LOOKS))}:
        free = [one for one in spans if one.opened <= look < one.closed]
        for one, following in pairwise(free):
            same_day = one.slot // DAY_MIN == following.slot // DAY_MIN
            if one.calendar == following.calendar and same_day:
                gaps[one.calendar][following.slot - one.slot] += 1
    found = []
    for calendar in range(calendars):
        numbers = gaps[calendar]
        most, total = max(numbers.values(), default=0), numbers.total()
        usual = total >= 20 and most >= 0.5 * total
        found.append(min(gap for gap in numbers if numbers[gap] == most) if usual else 0)
    return found


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Span], int, int]:
    """A few calendars with short lives of start times on a coarse grid, ascending as an archive has them."""
    calendars, taken = draw(st.integers(1, 3)), draw(st.integers(1, 120))
    cells = draw(st.sets(st.tuples(st.integers(0, calendars - 1), st.integers(0, 60)), max_size=60))
    places = st.lists(st.integers(0, taken), max_size=8, unique=True)
    spans = []
    for calendar, step in sorted(cells):
        edges = sorted(draw(places))
        slot = 1000 * DAY_MIN + 720 + 30 * step
        spans += [
            Span(calendar, slot, *pair) for pair in zip(edges[::2], edges[1::2], strict=False)
        ]
    return spans, calendars, taken


ROW = [Span(0, 600 + 15 * step, 0, 60) for step in range(24)]
LATE = [Span(1, DAY_MIN - 30 + 15 * step, step, 60) for step in range(40)]


@settings(max_examples=effort(60))
@given(case=histories())
@example(case=([], 0, 0))
@example(case=([], 2, 5))
@example(case=(ROW + LATE, 2, 60))
@example(case=([one._replace(slot=one.slot + (1 << 25)) for one in ROW], 1, 60))
def test_gaps_of_all_looks_at_once_are_those_of_one_look_after_the_other(
    case: tuple[list[Span], int, int],
) -> None:
    spans, calendars, taken = case
    assert usual_gaps(scene_of(spans, calendars, taken)).tolist() == looked_up(
        spans, calendars, taken
    )


def test_a_calendar_with_a_usual_gap_has_it_and_one_without_has_none() -> None:
    far = [Span(1, 600 + 7 * step * step, 0, 60) for step in range(10)]
    assert usual_gaps(scene_of(ROW + far, 2, 60)).tolist() == [15, 0]
