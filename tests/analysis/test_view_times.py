"""Views before an instant, and the newest one that covered a day: as looking at one after the other says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis import view_times
from amtspuls.analysis.evidence import MEMORY_S, Evidence, load_evidence
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.sightings import newest_view_before
from amtspuls.analysis.view_times import ViewTimes
from amtspuls.model import Covered
from support.histories import effort
from support.tiny_archive import TinyPortal, TinyReader, TinySnapshot, TinyView, days, seconds

EXTREMES = [np.iinfo(np.int64).min, np.iinfo(np.int64).max]


def ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


@settings(max_examples=effort(60))
@given(
    views=st.sets(
        st.tuples(st.sampled_from([3, 4, 7_000_001, 7_000_005]), st.integers(0, 5000)), max_size=60
    ),
    shift=st.sampled_from([0, 1_769_000_000]),
    room=st.sampled_from([0, 16]),
)
def test_views_before_are_those_of_lesser_calendars_and_the_earlier_ones(
    views: set[tuple[int, int]], shift: int, room: int
) -> None:
    known = sorted((calendar, at + shift) for calendar, at in views)
    times = ViewTimes(ints([one for one, _ in known]), ints([at for _, at in known]))
    moments = [*(shift + at for at in range(-7, 5100, 7)), *EXTREMES, *(at for _, at in known)]
    for calendar in {one for one, _ in known}:
        with patch.object(view_times, "_ROOM", room):
            found = times.before(np.full(len(moments), calendar), ints(moments))
        assert found.tolist() == [sum(one < (calendar, at) for one in known) for at in moments]


def test_without_a_view_there_is_none_before() -> None:
    nothing = ints([])
    assert ViewTimes(nothing, nothing).before(ints([1, 2]), ints(EXTREMES)).tolist() == [0, 0]


COVERED = [days("2026-01-20", "2026-02-10"), days("2026-01-26", "2026-01-28"), Covered()]


def watched(seed: int) -> Evidence:
    """A portal whose calendars now and then cover other days, or do not answer."""
    random, begin = Random(seed), datetime(2026, 1, 26, tzinfo=UTC)
    taken = []
    for number in range(60):
        views = tuple(
            TinyView(
                calendar,
                random.choice(["ok", "ok", "partial", "unreachable"]),
                random.choice(COVERED) if random.random() < 0.3 else COVERED[calendar % 2],
            )
            for calendar in (1, 2, 3)
            if random.random() < 0.8
        )
        taken.append(TinySnapshot(begin + timedelta(hours=5 * number), views))
    (found,) = load_evidence(TinyReader(TinyPortal("a", tuple(taken))), Selection())
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_newest_view_before_a_change_is_the_last_one_that_covered_its_day(seed: int) -> None:
    evidence, random = watched(seed), np.random.default_rng(seed)
    views, begin = evidence.views, seconds("2026-01-26 00:00")
    calendar, day = random.integers(0, 5, 400), random.integers(20_477, 20_500, 400)
    at = begin + 3600 * random.integers(-2, 320, 400)
    found = newest_view_before(evidence, calendar, day * 1440 + 600, at)
    assert len(set(found.tolist())) > 40
    for place, newest in enumerate(found.tolist()):
        every = np.arange(len(views.calendar))
        good = evidence.view_answered & (views.calendar == calendar[place])
        good &= (views.taken_at < at[place]) & (views.taken_at >= at[place] - MEMORY_S)
        good &= evidence.covered_days.contains(every, np.full(len(every), day[place]))
        assert newest == (every[good][np.argmax(views.taken_at[good])] if good.any() else -1)
