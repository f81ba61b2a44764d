"""Fetchers for these tests: small limits, quick gates, a clock whose pauses take no time."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import pytest

from amtspuls.clock import Clock, SimulatedClock
from amtspuls.fetch.client import Fetcher, Limits
from amtspuls.fetch.gate import Gates, Pace
from amtspuls.model import HostState
from support.fetching import AGENT, LIMITS, NOW, MakeFetcher


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(NOW)


@pytest.fixture
async def make_fetcher(clock: SimulatedClock) -> AsyncIterator[MakeFetcher]:
    async with AsyncExitStack() as stack:

        def make(
            *,
            clock: Clock = clock,
            states: Mapping[str, HostState] | None = None,
            pace: Pace | None = None,
            limits: Limits = LIMITS,
        ) -> Fetcher:
            gates = Gates(clock, {}, states or {}, usual=pace or Pace())
            fetcher = Fetcher(clock, gates, AGENT, limits=limits, rng=random.Random(1))
            stack.push_async_exit(fetcher)
            return fetcher

        yield make


@pytest.fixture
def fetcher(make_fetcher: MakeFetcher) -> Fetcher:
    return make_fetcher()
