from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.catalogue.portal import HostRule, Portal
from amtspuls.collect.plan import GUESSED_REQUESTS, is_due, plan_schedule, planned_periods
from amtspuls.model import Outcome, Snapshot
from support.memory_archive import MemoryArchive

PERIOD_S = 900
NOW = datetime(2026, 1, 26, 6, tzinfo=UTC)
VENDOR = HostRule(
    host="vendor.example",
    concurrency=3,
    pause_s=0.2,
    requests_per_day=200_000,
    reason="shared by many",
)


def portal(number: int, host: str = "vendor.example") -> Portal:
    return Portal(
        id=f"amt-{number}",
        name=f"Amt {number}",
        system="tempus",
        url=f"https://{host}/?anlagennr={number}",
    )


def test_a_host_with_little_to_do_keeps_its_period() -> None:
    portals = [portal(number, f"amt-{number}.example") for number in range(50)]
    assert set(planned_periods(portals, {}, {}, PERIOD_S).values()) == {PERIOD_S}


def test_a_host_that_cannot_finish_has_all_its_periods_stretched_evenly() -> None:
    portals = [portal(number) for number in range(70)]
    requests = {one.id: 100 for one in portals}
    # 7,000 requests at 0.2 s are 1,400 s: two periods of 900 s. By its budget: 672,000 a day of 200,000: four.
    assert set(
        planned_periods(portals, requests, {"vendor.example": VENDOR}, PERIOD_S).values()
    ) == {4 * PERIOD_S}


def test_unknown_portals_are_guessed() -> None:
    # One portal alone: 0.5 s x 40 requests fit, and so does the day.
    assert planned_periods([portal(1)], {}, {}, PERIOD_S) == {"amt-1": PERIOD_S}
    many = [portal(number) for number in range(20)]
    by_budget = GUESSED_REQUESTS * 20 * 96 / 50_000  # 1.5 days' budgets a day
    assert 1 < by_budget < 2
    assert set(planned_periods(many, {}, {}, PERIOD_S).values()) == {2 * PERIOD_S}


@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=40), st.integers(60, 86_400))
def test_with_the_planned_period_gate_and_budget_suffice(counts: list[int], period_s: int) -> None:
    portals = [portal(number) for number in range(len(counts))]
    requests = {one.id: count for one, count in zip(portals, counts, strict=True)}
    periods = planned_periods(portals, requests, {"vendor.example": VENDOR}, period_s)
    (planned,) = set(periods.values())
    assert planned % period_s == 0
    assert sum(counts) * VENDOR.pause_s <= planned
    assert sum(counts) * 86_400 / planned <= VENDOR.requests_per_day * 1.000_001


@pytest.mark.parametrize(
    ("since_s", "period_s", "due"),
    [
        (None, 3600, True),
        (60, 900, True),
        (3600, 3600, True),
        (3200, 3600, True),
        (3000, 3600, False),
    ],
)
def test_who_is_due(since_s: int | None, period_s: int, due: bool) -> None:
    newest = None if since_s is None else NOW - timedelta(seconds=since_s)
    assert is_due(newest, period_s, PERIOD_S, NOW) is due


def test_a_stretched_portal_rests_and_an_unstretched_one_is_asked() -> None:
    archive = MemoryArchive()
    crowd = [portal(number) for number in range(60)]
    alone = portal(99, "alone.example")
    for one in (*crowd, alone):
        archive.store(one, Snapshot(one.id, NOW, NOW, Outcome.OK, requests=100))
    soon = NOW + timedelta(minutes=15)
    due, periods = plan_schedule(
        [*crowd, alone], archive, {"vendor.example": VENDOR}, PERIOD_S, soon
    )
    assert due == [alone]
    assert periods[alone.id] == PERIOD_S
    assert periods["amt-1"] > PERIOD_S
    later = NOW + timedelta(seconds=periods["amt-1"])
    due, _ = plan_schedule([*crowd, alone], archive, {"vendor.example": VENDOR}, PERIOD_S, later)
    assert due == [*crowd, alone]
