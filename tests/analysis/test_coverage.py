from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.coverage import find_looks, seconds_between
from amtspuls.analysis.evidence import load_evidence, load_portal
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.observed import observe
from amtspuls.analysis.selection import Selection
from support.measure_cases import portals, with_gap
from support.tiny_archive import TinyPortal, TinyReader, every, utc


def covered_seconds(reader: TinyReader, selection: Selection | None = None) -> int:
    evidence = load_evidence(reader, selection or Selection())
    return int(sum(find_looks(one).covered.seconds.sum() for one in evidence))


def test_close_snapshots_cover_the_time_between_them_and_a_period_after_the_last() -> None:
    assert covered_seconds(TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 5)))) == 5 * 900


def test_a_distance_of_one_and_a_half_periods_is_no_gap_but_a_longer_one_is() -> None:
    near = every("2026-01-26 05:00", 2, minutes=22.5)
    far = every("2026-01-26 05:00", 2, minutes=23)
    assert covered_seconds(TinyReader(TinyPortal("bonn", near))) == 1350 + 900
    assert covered_seconds(TinyReader(TinyPortal("bonn", far))) == 900 + 900


def test_a_snapshot_that_failed_covers_nothing() -> None:
    observed = observe([Watched(one) for one in load_evidence(with_gap(), Selection())], By.ALL)
    assert observed["", 0].covered_s == 4 * 900
    assert observed["", 0].asked_s == 2 * 3600
    assert observed["", 0].coverage == 0.5
    assert observed["", 0].snapshots == 5


def test_without_a_plan_the_median_distance_is_the_period() -> None:
    snapshots = [
        replace(one, period_s=-1)
        for one in [*every("2026-01-26 05:00", 3, minutes=10), *every("2026-01-26 07:00", 1)]
    ]
    reader = TinyReader(TinyPortal("bonn", snapshots))
    assert covered_seconds(reader) == 4 * 600
    assert load_evidence(reader, Selection())[0].period_assumed


def test_a_single_snapshot_without_a_plan_covers_a_quarter_of_an_hour() -> None:
    assert (
        covered_seconds(TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 1, period_s=-1))))
        == 900
    )


def test_an_asked_range_is_cut_out_of_the_covered_time() -> None:
    reader = TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 5)))
    inside = Selection(from_at=utc("2026-01-26 05:05"), until_at=utc("2026-01-26 05:25"))
    assert covered_seconds(reader, inside) == 1200
    wide = Selection(from_at=utc("2026-01-26 04:00"), until_at=utc("2026-01-26 09:00"))
    row = observe([Watched(one) for one in load_evidence(reader, wide)], By.ALL)["", 0]
    assert row.coverage == 4500 / (5 * 3600)


@pytest.mark.parametrize(
    ("first", "hours"),
    [("2026-03-22 23:00", 167), ("2026-10-18 22:00", 169), ("2026-01-25 23:00", 168)],
)
def test_a_week_is_covered_for_as_many_hours_as_the_clocks_had(first: str, hours: int) -> None:
    reader = TinyReader(TinyPortal("bonn", every(first, hours * 4 + 1)))
    week = Selection(until_at=utc(first) + timedelta(hours=hours))
    watched = [Watched(one) for one in load_evidence(reader, week)]
    total = observe(watched, By.ALL)["", 0]
    assert (total.covered_hours, total.coverage) == (hours, 1.0)
    by_day = [row.covered_hours for row in observe(watched, By.DAY).values()]
    assert by_day == [24] * 6 + [24 - 168 + hours]
    by_weekday = [row.covered_hours for row in observe(watched, By.WEEKDAY).values()]
    assert by_weekday == by_day
    by_hour = [row.covered_hours for row in observe(watched, By.HOUR).values()]
    assert by_hour == [7, 7, 7 - 168 + hours, *[7] * 21]


@settings(max_examples=40, deadline=None)
@given(portals())
def test_rates_leave_out_the_periods_before_gaps(portal: TinyPortal) -> None:
    """Time has a known hour where the next view of its calendar is close; coverage counts more."""
    (one,) = [Watched(each) for each in load_evidence(TinyReader(portal), Selection())]
    views, known = one.evidence.views, one.evidence.view_answered
    period_s = one.evidence.view_period_s
    expected = {}
    for number in one.calendars:
        mine = np.flatnonzero(known & (views.calendar == number))
        mine = mine[np.argsort(views.taken_at[mine])]
        for here, there in pairwise(mine.tolist()):
            gap_s = int(views.taken_at[there] - views.taken_at[here])
            if gap_s <= 1.5 * period_s[here]:
                expected[here] = gap_s
    assert dict(zip(one.joined.view.tolist(), one.joined.seconds.tolist(), strict=True)) == expected
    total = observe([one], By.ALL)["", 0]
    assert total.covered_s == one.covered.seconds.sum()
    hours = sum(expected.values()) / max(1, len(one.calendars)) / 3600
    assert total.covered_hours == pytest.approx(hours)


@settings(max_examples=60, deadline=None)
@given(portals(), st.integers(0, 20 * 3600))
def test_the_parts_of_a_range_add_up(portal: TinyPortal, after_s: int) -> None:
    reader = TinyReader(portal)
    record = reader.portals()[0]
    whole = load_portal(reader, record, Selection())
    cut = min(whole.asked.from_s + after_s + 1, whole.asked.until_s - 1)
    at = datetime.fromtimestamp(cut, UTC)
    early = load_portal(reader, record, Selection(until_at=at))
    late = load_portal(reader, record, Selection(from_at=at))
    parts = [int(find_looks(one).covered.seconds.sum()) for one in (early, late)]
    assert sum(parts) == find_looks(whole).covered.seconds.sum()


@settings(max_examples=60, deadline=None)
@given(portals())
def test_covered_time_never_exceeds_the_asked_time(portal: TinyPortal) -> None:
    watched = [Watched(one) for one in load_evidence(TinyReader(portal), Selection())]
    for by in By:
        rows = observe(watched, by).values()
        assert all(0 <= row.covered_s <= row.asked_s for row in rows)
        assert sum(row.covered_s for row in rows) == watched[0].covered.seconds.sum()


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6),
    st.lists(st.integers(0, 60), min_size=2, max_size=6),
)
def test_seconds_between_edges_are_counted_one_by_one(
    pairs: list[tuple[int, int]], edges: list[int]
) -> None:
    intervals = [(min(pair), max(pair)) for pair in pairs]
    edges = sorted(edges)
    got = seconds_between(
        np.array([low for low, _ in intervals], np.int64),
        np.array([high for _, high in intervals], np.int64),
        np.array(edges, np.int64),
    )
    expected = [
        sum(low <= second < high for low, high in intervals for second in range(first, last))
        for first, last in pairwise(edges)
    ]
    assert got.tolist() == expected


def test_who_was_not_asked_in_the_range_lowers_only_his_own_coverage() -> None:
    gone = TinyPortal("gone", every("2021-07-12 05:00", 5))
    ours = TinyPortal("ours", every("2026-01-26 05:00", 5))
    since = Selection(from_at=utc("2026-01-26 05:00"), until_at=utc("2026-01-26 06:15"))
    watched = [Watched(one) for one in load_evidence(TinyReader(gone, ours), since)]
    rows = observe(watched, By.PORTAL)
    assert [rows[name, 0].coverage for name in ("gone", "ours")] == [0.0, 1.0]
    assert observe(watched, By.ALL)["", 0].coverage == 1.0
    assert {row.coverage for row in observe(watched, By.HOUR).values()} == {None, 1.0}
    failed = TinyPortal("failed", every("2026-01-26 05:00", 5, views=(), outcome="refused"))
    watched = [Watched(one) for one in load_evidence(TinyReader(failed, ours), since)]
    assert observe(watched, By.ALL)["", 0].coverage == 0.5
