from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.city_wait import STEP_S, look, median_days, moments_of, see_city, unite
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import DAY_S, TimeRange
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.offices import Office, Told
from amtspuls.analysis.selection import Selection
from amtspuls.archive.asked import Shown
from amtspuls.catalogue.cities import City
from amtspuls.catalogue.portal import Portal
from support.measure_cases import portals
from support.tiny_archive import (
    TinyPortal,
    TinyReader,
    TinySpan,
    TinyView,
    days,
    every,
    seconds,
    slot,
    utc,
)

BONN = Portal(id="bonn", name="Stadt Bonn", system="tevis", url="https://bonn.example/")


def offices_of(*tiny: TinyPortal) -> list[Office]:
    watched = load_watched(TinyReader(*tiny), Selection())
    return [
        Office(one, number, BONN, Shown(), Told.PRESUMED)
        for one in watched
        for number in one.calendars
    ]


def free_at(one: Watched, number: int, at: int) -> list[int]:
    """Starts that a calendar showed at a moment, span by span."""
    spans = one.evidence.spans
    return sorted(
        start
        for calendar, opened, closed, start in zip(
            spans.calendar.tolist(),
            spans.opened_at.tolist(),
            spans.closed_at.tolist(),
            one.evidence.span_start_s.tolist(),
            strict=True,
        )
        if calendar == number and opened <= at < closed and start > at
    )


def covered_moments(office: Office, moments: list[int]) -> set[int]:
    columns = (office.one.covered.calendar, office.one.covered.from_s, office.one.covered.until_s)
    times = [row[1:] for row in zip(*map(list, columns), strict=True) if row[0] == office.number]
    return {at for at in moments if any(begin <= at < end for begin, end in times)}


@settings(max_examples=20, deadline=None)
@given(portals("bonn"), portals("kielsw"), st.sampled_from([0.25, 0.5, 0.8, 1.0]))
def test_the_wait_over_all_offices_is_that_of_the_union(
    one: TinyPortal, other: TinyPortal, least: float
) -> None:
    offices = offices_of(one, other)
    asked = [office.one.evidence.asked for office in offices]
    stretch = TimeRange(min(r.from_s for r in asked), max(r.until_s for r in asked))
    moments = moments_of(stretch)
    assert all(stretch.from_s <= at < stretch.until_s for at in moments.tolist())
    wait = unite(moments, [look(office, moments) for office in offices], least)
    found: list[tuple[Any, ...]] = []
    covered = {office: covered_moments(office, moments.tolist()) for office in offices}
    for at in moments.tolist():
        known = [office for office in offices if at in covered[office]]
        if not known or len(known) < least * len(offices):
            continue
        starts = sorted({start for o in known for start in free_at(o.one, o.number, at)})
        first, third = ([*starts, *[math.inf] * 3][rank] for rank in (0, 2))
        last = starts[-1] if starts else math.nan
        found.append((at, *((value - at) / DAY_S for value in (first, third, last))))
    got = zip(wait.at, wait.first_days, wait.third_days, wait.horizon_days, strict=True)
    assert np.array_equal(np.array(list(got)), np.array(found), equal_nan=True)
    assert np.isinf(wait.known_days).all()


def test_moments_are_whole_quarters_of_an_hour() -> None:
    assert moments_of(TimeRange(1, 2 * STEP_S + 1)).tolist() == [STEP_S, 2 * STEP_S]
    assert moments_of(TimeRange(1, STEP_S)).tolist() == []
    assert moments_of(TimeRange(STEP_S, STEP_S)).tolist() == []


def shared(*free: str, portal_id: str = "bonn", **rest: Any) -> TinyPortal:
    spans = [TinySpan(1, slot(text), utc("2026-01-26 05:00")) for text in free]
    return TinyPortal(portal_id, every("2026-01-26 05:00", 4), spans, **rest)


def take(*tiny: TinyPortal) -> Any:
    offices = offices_of(*tiny)
    moments = moments_of(offices[0].one.evidence.asked)
    return unite(moments, [look(office, moments) for office in offices], 1.0)


def test_two_offices_that_are_free_at_the_same_time_are_one_start() -> None:
    one = shared("2026-01-27 06:00", "2026-01-27 07:00")
    other = shared("2026-01-27 06:00", "2026-01-28 06:00", portal_id="kielsw")
    wait = take(one, other)
    assert wait.first_days[0] == 1.0
    assert wait.third_days[0] == 2.0
    assert wait.horizon_days[0] == 2.0


def test_an_unread_day_of_any_office_leaves_later_starts_open() -> None:
    part = TinyView(1, "partial", days("2026-01-26", "2026-01-27"))
    spans = [TinySpan(1, slot("2026-01-29 06:00"), utc("2026-01-26 05:00"))]
    other = TinyPortal("kielsw", every("2026-01-26 05:00", 4, views=(part,)), spans)
    near = take(shared("2026-01-27 06:00"), other)
    assert near.first_days[0] == 1.0
    assert math.isnan(near.third_days[0])
    far = take(shared("2026-01-28 06:00"), other)
    assert math.isnan(far.first_days[0])
    assert far.known_days[0] == pytest.approx(2 - 6 / 24)


def test_an_empty_city_waits_longer_than_the_shortest_look_ahead() -> None:
    wait = take(
        shared(covered=days("2026-01-26", "2026-02-04")),
        shared(portal_id="kielsw", covered=days("2026-01-26", "2026-01-28")),
    )
    assert median_days(wait.first_days, wait.reach_days) == (math.inf, 2)
    assert np.isnan(wait.horizon_days).all()


def test_no_known_wait_has_no_median() -> None:
    unknown = np.array([math.nan])
    assert median_days(unknown, np.array([3.0])) == (None, 0)
    assert median_days(np.array([math.inf]), np.array([math.inf])) == (math.inf, 0)


def test_offices_that_never_answered_are_set_aside() -> None:
    refused = TinyPortal(
        "kielsw", every("2026-01-26 05:00", 4, views=(TinyView(1, "refused"),)), ()
    )
    offices = offices_of(shared("2026-01-27 06:00"), refused)
    moments = moments_of(offices[0].one.evidence.asked)
    seen = see_city(City("Bonn", "NRW"), offices, moments, 1.0)
    assert [len(seen.offices), len(seen.unseen)] == [1, 1]
    assert seen.wait is not None
    assert seen.wait.at[0] == seconds("2026-01-26 05:00")
    nobody = see_city(City("Bonn", "NRW"), offices[1:], moments, 1.0)
    assert [nobody.wait, nobody.offices, nobody.horizon_days] == [None, (), None]
    nothing = see_city(City("Bonn", "NRW"), [], moments, 1.0)
    assert nothing.wait is None
