"""How we behave, judged by what the portals saw: the replica's own request log."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.clock import PacedClock
from amtspuls.collect.round import Round
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.gate import Gates, Pace
from amtspuls.model import Outcome
from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.requestlog import LoggedRequest
from support.collecting import collecting
from support.practice import NOW, Offers, netappoint, slots, tempus

pytestmark = pytest.mark.sim

BOOKING_SIGNS = ("time=", "page=persoenlichedaten", "uhrzeit=", "buchen", "reserv")
PAUSE_S = 0.1


def three_portals() -> Offers:
    """Two tempus portals that share a host, and one netappoint portal."""
    many = slots(*(f"2026-02-{day:02d} {hour:02d}:00" for day in (2, 3, 5) for hour in (9, 10)))
    offers = Offers(
        tempus(("7/70", "Pässe", ("Reisepass",)), id="auwinkel"),
        tempus(
            ("9/90", "Meldewesen", ("Ummeldung",)),
            id="lindenau",
            url="https://tempus.example/termine/index.php?anlagennr=902",
        ),
        netappoint(("meldewesen", "Meldewesen", ("Ummeldung",))),
    )
    offers.now = {
        "auwinkel": {"7/70": many},
        "lindenau": {"9/90": many},
        "musterstadt": {"meldewesen": many},
    }
    return offers


def by_host(requests: list[LoggedRequest]) -> dict[str, list[LoggedRequest]]:
    hosts: dict[str, list[LoggedRequest]] = {}
    for request in sorted(requests, key=lambda one: one.started):
        hosts.setdefault(request.host, []).append(request)
    return hosts


async def test_pauses_and_concurrency_hold_in_real_time() -> None:
    async with collecting(three_portals(), NOW) as running:
        clock = PacedClock(NOW)
        gates = Gates(clock, {}, {}, usual=Pace(1, PAUSE_S, 50_000))
        async with Fetcher(clock, gates, "amtspuls/test (practice)") as fetcher:
            taken = await Round(clock, fetcher).run(list(running.portals.values()))
        requests = list(running.server.log.requests)
    assert {one.snapshot.outcome for one in taken} == {Outcome.OK}
    hosts = by_host(requests)
    assert len(hosts) == 2, "the two tempus portals share one host"
    for asked in hosts.values():
        assert len(asked) > 5
        for earlier, later in itertools.pairwise(asked):
            # One at a time: the next one begins after the answer before it was given.
            assert earlier.finished is not None
            assert later.started >= earlier.finished
        # Single pauses are exact on the simulated clock (below). At the far end each moment also
        # holds the time a request was under way, which adds to no sum: only the first one counts.
        assert asked[-1].started - asked[0].started >= PAUSE_S * (len(asked) - 1) / 2


async def test_pauses_hold_on_the_simulated_clock_too() -> None:
    async with collecting(three_portals(), NOW, advances=True) as running:
        await running.at(NOW)
        hosts = by_host(list(running.server.log.requests))
    for asked in hosts.values():
        for earlier, later in itertools.pairwise(asked):
            assert later.at - earlier.at >= timedelta(seconds=0.5)


async def test_robots_first_and_once_and_named_requests_only() -> None:
    async with collecting(three_portals(), NOW) as running:
        await running.at(NOW)
        await running.at(NOW + timedelta(minutes=15))
        requests = list(running.server.log.requests)
    for asked in by_host(requests).values():
        assert asked[0].path == "/robots.txt"
        assert sum(request.path == "/robots.txt" for request in asked) == 1
    assert {request.user_agent for request in requests} == {"amtspuls/test (practice)"}


async def test_nothing_is_reserved_and_nothing_is_asked_that_the_protocol_does_not_need(
    tmp_path: Path,
) -> None:
    offers = three_portals()
    writer = open_writer(tmp_path)
    async with collecting(offers, NOW, writer) as running:
        (*_,) = await running.at(NOW)
        requests = list(running.server.log.requests)
    writer.close()
    posts = [request for request in requests if request.method == "POST"]
    assert {request.method for request in requests} == {"GET", "POST"}
    assert len(posts) == 3, "one search per category and no other POST"
    for request in requests:
        assert not request.reserving
        asked = f"{request.path}?{request.query}".lower()
        assert not any(sign in asked for sign in BOOKING_SIGNS), asked
    marked_days = 3
    for portal_id in offers.portals:
        count = sum(request.portal_id == portal_id for request in requests)
        assert count <= 1 + 4 * 1 + marked_days


async def test_a_host_that_asks_for_silence_gets_it_from_all_its_portals() -> None:
    async with collecting(three_portals(), NOW) as running:
        running.server.faults.set(
            "auwinkel", Fault(FaultName.THROTTLE, retry_after="3600", count=1)
        )
        first = {one.portal_id: one for one in await running.at(NOW)}
        seen = len(running.server.log.requests)
        second = {one.portal_id: one for one in await running.at(NOW + timedelta(minutes=15))}
        during = [
            r for r in running.server.log.requests[seen:] if r.portal_id in {"auwinkel", "lindenau"}
        ]
        third = {one.portal_id: one for one in await running.at(NOW + timedelta(minutes=75))}
    assert first["auwinkel"].outcome is Outcome.THROTTLED
    assert first["musterstadt"].outcome is Outcome.OK
    assert second["auwinkel"].outcome is second["lindenau"].outcome is Outcome.SKIPPED
    assert second["musterstadt"].outcome is Outcome.OK
    assert not during
    assert third["auwinkel"].outcome is third["lindenau"].outcome is Outcome.OK
