from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.clock import (
    PacedClock,
    SimulatedClock,
    SystemClock,
    local_now,
    local_today,
    utc_from_local,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 1, 26, 12, tzinfo=UTC)


def test_system_clock_is_aware_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


async def test_sleeping_moves_a_simulated_clock_at_once() -> None:
    clock = SimulatedClock(NOON)
    await asyncio.gather(clock.sleep(10), clock.sleep(30), clock.sleep(20))
    assert clock.now() == NOON + timedelta(seconds=30)


async def test_a_clock_in_lockstep_stands_still_while_others_sleep() -> None:
    clock = SimulatedClock(NOON, advances=False)
    await clock.sleep(3600)
    assert clock.now() == NOON


def test_a_simulated_clock_never_runs_backwards() -> None:
    clock = SimulatedClock(NOON)
    clock.set(NOON + timedelta(minutes=1))
    with pytest.raises(ValueError, match="backwards"):
        clock.set(NOON)


@pytest.mark.parametrize("make", [SimulatedClock, PacedClock])
def test_clocks_start_at_aware_instants_only(make: type[SimulatedClock] | type[PacedClock]) -> None:
    with pytest.raises(ValueError, match="aware"):
        make(NOON.replace(tzinfo=None))


async def test_a_paced_clock_runs_at_its_speed() -> None:
    clock = PacedClock(NOON, speed=10_000.0)
    await clock.sleep(500.0)  # 50 real milliseconds
    passed = clock.now() - NOON
    assert timedelta(seconds=500) <= passed < timedelta(hours=24)
    assert clock.speed == 10_000.0


async def test_a_paced_clock_of_speed_zero_stands_still() -> None:
    clock = PacedClock(NOON, speed=0)
    await clock.sleep(1e9)
    assert clock.now() == NOON


def test_today_is_the_portals_day_not_that_of_utc() -> None:
    clock = SimulatedClock(datetime(2026, 1, 26, 23, 30, tzinfo=UTC))
    assert local_today(clock, BERLIN) == date(2026, 1, 27)
    assert local_now(clock, BERLIN) == datetime(2026, 1, 27, 0, 30)


def test_both_passes_of_the_repeated_hour() -> None:
    local = datetime(2026, 10, 25, 2, 30)
    assert utc_from_local(local, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert utc_from_local(local, BERLIN, fold=1) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_local_time_and_back(instant: datetime) -> None:
    there = instant.astimezone(BERLIN)
    assert utc_from_local(there.replace(tzinfo=None), BERLIN, fold=there.fold) == instant
