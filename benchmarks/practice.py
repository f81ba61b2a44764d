"""Replicas of packaged portals for benchmarks: at each address a small offer of its own, answers held back."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any
from zlib import crc32

from amtspuls.catalogue.portal import Portal
from amtspuls.clock import SimulatedClock
from amtspuls.log import configure_log
from amtspuls.model import Slot, slot_from_local
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal
from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.server import ReplicaServer
from support.practice import NOW, Offers

_NAMES = {
    "netappoint": (("meldewesen", "Meldewesen"), ("passe", "Pässe")),
    "tempus": (("611/3101", "Meldewesen"), ("611/3107", "Pässe")),
    "tevis": (("301", "Bürgeramt / Rathaus"), ("302", "Bürgeramt / Ortsamt Nord")),
    "etermin": (("90709", "Schalter 1"), ("90710", "Schalter 2")),
    "ekol": (("1222936001", "Bürgeramt Mitte"), ("1222936002", "Bürgeramt Nord")),
    "impfthueringen": (("138", "Impfstelle Nord"), ("212", "Impfstelle Süd")),
}
_FIRST_DAY = date(2026, 2, 2)


def practice_portal(portal: Portal) -> ReplicaPortal:
    """A replica of a portal at its own address: one or two calendars of its system."""
    count = 1 + crc32(portal.id.encode()) % 2
    calendars = tuple(
        ReplicaCalendar(key, name, ("Antrag stellen", "Unterlagen abholen"))
        for key, name in _NAMES[portal.system][:count]
    )
    return ReplicaPortal(portal.id, portal.name, portal.system, portal.url, calendars)


def practice_offer(portal: ReplicaPortal) -> dict[str, tuple[Slot, ...]]:
    """Three to seven free days for each calendar, with six times each."""
    return {calendar.key: _slots(portal.id + calendar.key) for calendar in portal.calendars}


def _slots(seed: str) -> tuple[Slot, ...]:
    days = 3 + crc32(seed.encode()) % 5
    return tuple(
        slot_from_local(
            datetime.combine(_FIRST_DAY + timedelta(days=day), datetime.min.time())
            + timedelta(hours=hour)
        )
        for day in range(days)
        for hour in range(8, 14)
    )


async def _serve(pipe: Connection, portals: list[ReplicaPortal], latency_s: float) -> None:
    """Serve the portals until the other side says that it is enough."""
    configure_log()
    offers = Offers(*portals)
    offers.now = {portal.id: practice_offer(portal) for portal in portals}
    async with ReplicaServer(offers, SimulatedClock(NOW)) as server:
        for portal in portals:
            server.faults.set(portal.id, Fault(FaultName.SLOW, delay_s=latency_s, robots=True))
        pipe.send({key: entry["portal"] for key, entry in server.portals.items()})
        await asyncio.to_thread(pipe.recv)


def _serve_in_process(pipe: Connection, portals: list[ReplicaPortal], latency_s: float) -> None:
    asyncio.run(_serve(pipe, portals, latency_s))


@contextmanager
def served(portals: Iterable[Portal], latency_s: float) -> Iterator[Mapping[str, Any]]:
    """Replicas in a process of their own; yields their ``[[portal]]`` tables by id.

    Args:
        portals: Which portals.
        latency_s: Seconds that each answer is held back.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    replicas = [practice_portal(portal) for portal in portals]
    server = context.Process(target=_serve_in_process, args=(theirs, replicas, latency_s))
    server.start()
    try:
        yield ours.recv()
    finally:
        server.terminate()
        server.join()
