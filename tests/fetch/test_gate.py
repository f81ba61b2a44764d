from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.catalogue.portal import HostRule
from amtspuls.clock import SimulatedClock
from amtspuls.errors import SkippedError
from amtspuls.fetch.gate import (
    DEFAULT_SILENCE_S,
    MAX_SILENCE_S,
    Gate,
    Gates,
    Pace,
    origin_of,
    parse_retry_after,
)
from amtspuls.model import HostState
from support.fetching import unhurried
from support.virtual_time import LoopClock, run_virtual

NOW = datetime(2026, 1, 26, 6, tzinfo=UTC)
URL = "http://amt.example/"
ORIGIN = "http://amt.example:80"
ARRIVALS = st.lists(
    st.tuples(st.integers(0, 40).map(lambda n: n / 10), st.integers(0, 40).map(lambda n: n / 10)),
    min_size=1,
    max_size=30,
)


class CountingClock(SimulatedClock):
    """Counts sleeps, so that a gate that spins is seen."""

    sleeps = 0

    async def sleep(self, delay_s: float) -> None:
        self.sleeps += 1
        await super().sleep(delay_s)


@contextmanager
def skipped(because: str) -> Iterator[None]:
    with pytest.raises(SkippedError, match=because):
        yield


async def visit(gate: Gate, grants: list[datetime], clock: LoopClock, work_s: float) -> None:
    async with gate.turn():
        grants.append(clock.now())
        await asyncio.sleep(work_s)


@unhurried
@given(ARRIVALS, st.integers(1, 3), st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_grants_keep_pause_and_concurrency_and_come_in_order_of_arrival(
    arrivals: list[tuple[float, float]], concurrency: int, pause_s: float
) -> None:
    clock, grants = LoopClock(), list[datetime]()
    arrived, order = list[int](), list[int]()
    inside = busiest = 0

    async def visitor(gate: Gate, number: int, after_s: float, work_s: float) -> None:
        nonlocal inside, busiest
        await asyncio.sleep(after_s)
        arrived.append(number)
        async with gate.turn():
            grants.append(clock.now())
            order.append(number)
            inside += 1
            busiest = max(busiest, inside)
            await asyncio.sleep(work_s)
            inside -= 1

    async def main() -> None:
        gate = Gates(clock, {}, {}, usual=Pace(concurrency, pause_s)).gate(URL)
        async with asyncio.TaskGroup() as group:
            for number, (after_s, work_s) in enumerate(arrivals):
                group.create_task(visitor(gate, number, after_s, work_s))

    run_virtual(main())
    assert len(grants) == len(arrivals)
    assert busiest <= concurrency
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(grants)]
    assert all(gap >= pause_s - 1e-5 for gap in gaps)
    assert order == arrived


def test_gate_is_never_idle_while_somebody_waits() -> None:
    clock, grants = LoopClock(), list[datetime]()

    async def main() -> None:
        gate = Gates(clock, {}, {}, usual=Pace(3, 0.2)).gate(URL)
        await asyncio.gather(*(visit(gate, grants, clock, 0.1) for _ in range(10)))

    run_virtual(main())
    assert (grants[-1] - grants[0]).total_seconds() == pytest.approx(9 * 0.2)


async def test_pause_is_one_sleep_on_a_clock_that_stands_still() -> None:
    clock = CountingClock(NOW, advances=False)
    gate = Gates(clock, {}, {}).gate(URL)
    for _ in range(100):
        async with gate.turn():
            pass
    assert clock.sleeps == 99
    assert clock.now() == NOW


async def test_pause_counts_from_the_moment_the_request_was_sent() -> None:
    clock = SimulatedClock(NOW)
    gate = Gates(clock, {}, {}).gate(URL)
    async with gate.turn():
        clock.set(NOW + timedelta(seconds=0.3))
        gate.mark_sent()
    async with gate.turn():
        assert clock.now() == NOW + timedelta(seconds=0.8)


async def test_clock_set_back_makes_nobody_wait_longer_than_a_pause() -> None:
    clock = CountingClock(NOW)
    gate = Gates(clock, {}, {}).gate(URL)
    async with gate.turn():
        pass
    clock._now = NOW - timedelta(hours=1)
    async with gate.turn():
        assert clock.now() == NOW - timedelta(hours=1) + timedelta(seconds=0.5)


async def test_budget_is_spent_and_starts_anew_at_midnight_utc() -> None:
    clock = SimulatedClock(datetime(2026, 1, 26, 23, 59, 0, tzinfo=UTC))
    gates = Gates(clock, {}, {}, usual=Pace(requests_per_day=3))
    for _ in range(3):
        async with gates.gate(URL).turn():
            pass
    with skipped("3 requests a day"):
        async with gates.gate(URL).turn():
            pass
    clock.set(datetime(2026, 1, 27, tzinfo=UTC))
    async with gates.gate(URL).turn():
        pass
    assert gates.states()[ORIGIN].budget_spent == 1


async def test_budget_survives_the_process() -> None:
    clock = SimulatedClock(NOW)
    first = Gates(clock, {}, {}, usual=Pace(requests_per_day=2))
    for _ in range(2):
        async with first.gate(URL).turn():
            pass
    with skipped("a day"):
        async with (
            Gates(clock, {}, first.states(), usual=Pace(requests_per_day=2)).gate(URL).turn()
        ):
            pass


async def test_budget_is_not_overdrawn_by_those_who_wait_together() -> None:
    gate = Gates(SimulatedClock(NOW), {}, {}, usual=Pace(3, 0.1, requests_per_day=4)).gate(URL)

    async def go() -> bool:
        try:
            async with gate.turn():
                await asyncio.sleep(0)
        except SkippedError:
            return False
        return True

    assert sum(await asyncio.gather(*(go() for _ in range(20)))) == 4
    assert gate.state.budget_spent == 4


async def test_silence_holds_for_all_on_the_origin_and_across_processes() -> None:
    clock = SimulatedClock(NOW)
    gates = Gates(clock, {}, {})
    assert gates.gate(URL).silence("120") == 120
    later = Gates(clock, {}, gates.states())
    for silent in (gates, later):
        with skipped("06:02:00"):
            async with silent.gate(URL + "other?portal").turn():
                pass
    async with later.gate("http://other.example/").turn():
        pass
    clock.set(NOW + timedelta(seconds=120))
    async with later.gate(URL).turn():
        pass


async def test_silence_reaches_those_who_wait_already() -> None:
    gate = Gates(SimulatedClock(NOW), {}, {}).gate(URL)
    entered = asyncio.Event()

    async def first() -> None:
        async with gate.turn():
            entered.set()
            await asyncio.sleep(0)
            gate.silence("60")

    async def second() -> None:
        await entered.wait()
        with skipped("not to be asked"):
            async with gate.turn():
                pytest.fail("went through the silence")

    await asyncio.gather(first(), second())


async def test_shorter_silence_does_not_end_a_longer_one() -> None:
    gate = Gates(SimulatedClock(NOW), {}, {}).gate(URL)
    gate.silence("3600")
    assert gate.silence("1") == 3600


@pytest.mark.parametrize(
    ("header", "expected_s"),
    [
        (None, DEFAULT_SILENCE_S),
        ("0", 0),
        (" 17 ", 17),
        ("99999999999999999999", MAX_SILENCE_S),
        ("soon", DEFAULT_SILENCE_S),
        ("-5", DEFAULT_SILENCE_S),
        ("1.5", DEFAULT_SILENCE_S),
        ("²", DEFAULT_SILENCE_S),
        ("", DEFAULT_SILENCE_S),
        ("Mon, 26 Jan 2026 06:00:30 GMT", 30),
        ("Monday, 26-Jan-26 06:00:30 GMT", 30),
        ("Mon, 26 Jan 2026 07:01:00 +0100", 60),
        ("Mon, 26 Jan 2026 05:59:59 GMT", DEFAULT_SILENCE_S),
        ("Mon, 26 Jan 2026 06:00:00 GMT", DEFAULT_SILENCE_S),
        ("Wed, 26 Jan 2028 06:00:00 GMT", MAX_SILENCE_S),
    ],
)
async def test_retry_after(header: str | None, expected_s: float) -> None:
    gate = Gates(SimulatedClock(NOW), {}, {}).gate(URL)
    assert gate.silence(header) == expected_s


@unhurried
@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(1, int(MAX_SILENCE_S)))
def test_retry_after_reads_every_http_date(now: datetime, wait_s: int) -> None:
    aware = now.replace(tzinfo=UTC, microsecond=0)
    header = format_datetime(aware + timedelta(seconds=wait_s), usegmt=True)
    assert parse_retry_after(header, aware) == wait_s


@unhurried
@given(st.text(max_size=40))
def test_retry_after_is_a_bounded_wait_or_nothing(header: str) -> None:
    wait_s = parse_retry_after(header, NOW)
    assert wait_s is None or 0 <= wait_s <= MAX_SILENCE_S


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTP://Amt.Example/a?b#c", "http://amt.example:80"),
        ("https://amt.example", "https://amt.example:443"),
        ("https://amt.example:8443/", "https://amt.example:8443"),
        ("http://amt.example:80/x", "http://amt.example:80"),
        ("http://bürgeramt.example/", "http://xn--brgeramt-65a.example:80"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_origin_names_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin
    assert origin_of(origin) == origin


async def test_rule_of_the_catalogue_sets_the_pace() -> None:
    rule = HostRule(
        host="amt.example",
        concurrency=3,
        pause_s=0.2,
        requests_per_day=1,
        reason="shared vendor host",
    )
    clock = SimulatedClock(NOW)
    gates = Gates(clock, {"Amt.Example": rule}, {})
    assert gates.gate("https://amt.example/").pause_s == 0.2
    assert gates.gate("https://www.amt.example/").pause_s == 0.5
    async with gates.gate(URL).turn():
        pass
    with skipped("the 1 requests a day"):
        async with gates.gate(URL).turn():
            pass


async def test_states_of_origins_that_were_not_asked_are_kept() -> None:
    old = HostState("http://old.example:80", budget_spent=7)
    gates = Gates(SimulatedClock(NOW), {}, {old.origin: old})
    gates.gate(URL)
    assert set(gates.states()) == {old.origin, ORIGIN}


async def test_a_turn_that_fails_or_is_cancelled_lets_the_next_one_in() -> None:
    gate = Gates(SimulatedClock(NOW), {}, {}).gate(URL)

    async def forever() -> None:
        async with gate.turn():
            await asyncio.Event().wait()

    task = asyncio.create_task(forever())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(ZeroDivisionError):
        async with gate.turn():
            raise ZeroDivisionError
    async with asyncio.timeout(60):
        async with gate.turn():
            pass
