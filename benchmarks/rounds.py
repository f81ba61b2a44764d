"""One round over 40 replica portals with 50 ms latency each, beside the longest single chain."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from dataclasses import replace
from multiprocessing.connection import Connection

from amtspuls.catalogue.load import portal_from_mapping
from amtspuls.catalogue.portal import Portal
from amtspuls.clock import SimulatedClock
from amtspuls.collect.round import Round
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.gate import Gates, Pace
from amtspuls.log import configure_log
from amtspuls.replica.availability import ReplicaPortal
from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.server import ReplicaServer
from benchmarks.base import Claim
from support.practice import NOW, Offers, netappoint, slots, tempus

PORTALS = 40
LATENCY_S = 0.05
FREE = slots(
    *(f"2026-02-{day:02d} {hour:02d}:00" for day in (2, 3, 4, 5, 6) for hour in range(8, 12))
)


def _portals() -> list[ReplicaPortal]:
    """Portals on hosts of their own; the first has four calendars and makes the longest chain."""
    made = []
    for number in range(PORTALS):
        count = 4 if number == 0 else 1
        calendars = [
            (f"{number}/{70 + nth}", f"Anliegen {nth}", ("Antrag",)) for nth in range(count)
        ]
        if number % 2:
            portal = netappoint(
                *(
                    (f"anliegen-{nth}", name, services)
                    for nth, (_, name, services) in enumerate(calendars)
                )
            )
            made.append(
                replace(
                    portal,
                    id=f"amt-{number}",
                    url=f"https://amt-{number}.example/index.php?company=amt",
                )
            )
        else:
            portal = tempus(*calendars)
            url = f"https://amt-{number}.example/termine/index.php?anlagennr={900 + number}"
            made.append(replace(portal, id=f"amt-{number}", url=url))
    return made


async def _serve(pipe: Connection) -> None:
    """Serve the portals until the other side says that it is enough."""
    configure_log()
    portals = _portals()
    offers = Offers(*portals)
    offers.now = {p.id: {c.key: FREE for c in p.calendars} for p in portals}
    async with ReplicaServer(offers, SimulatedClock(NOW)) as server:
        for portal in portals:
            server.faults.set(portal.id, Fault(FaultName.SLOW, delay_s=LATENCY_S))
        pipe.send({key: entry["portal"] for key, entry in server.portals.items()})
        await asyncio.to_thread(pipe.recv)


def _serve_in_process(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


async def _round_s(portals: list[Portal]) -> float:
    """Seconds of a round over some portals, with gates that do not pause."""
    clock = SimulatedClock(NOW)
    gates = Gates(clock, {}, {}, usual=Pace(1, 0.0, 50_000))
    async with Fetcher(clock, gates, "amtspuls/bench (practice)") as fetcher:
        began = time.perf_counter()
        taken = await Round(clock, fetcher, parallel=PORTALS).run(portals)
        spent = time.perf_counter() - began
    assert all(one.snapshot.outcome == "ok" for one in taken), [
        one.snapshot.reason for one in taken
    ]
    return spent


def measure() -> list[Claim]:
    """The longest chain alone, then everything at once, the portals in a process of their own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve_in_process, args=(theirs,))
    server.start()
    try:
        tables = ours.recv()
        portals = [portal_from_mapping(table, source="replica") for table in tables.values()]
        longest = [portal for portal in portals if portal.id == "amt-0"]
        pairs = [(asyncio.run(_round_s(longest)), asyncio.run(_round_s(portals))) for _ in range(5)]
    finally:
        server.terminate()
        server.join()
    alone, whole = sorted(pairs, key=lambda pair: pair[1] / pair[0])[2]
    return [
        Claim(
            f"a round over {PORTALS} portals with 50 ms latency each",
            f"{whole:.2f} s, {whole / alone:.2f} times the longest chain ({alone:.2f} s)",
            "1.3 times",
            whole / alone <= 1.3,
        )
    ]
