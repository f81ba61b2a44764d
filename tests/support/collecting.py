"""A collector over replica portals in one event loop, on one simulated clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from amtspuls.archive.base import ArchiveReader, ArchiveWriter
from amtspuls.archive.live import open_reader
from amtspuls.catalogue.load import portal_from_mapping
from amtspuls.catalogue.portal import Portal
from amtspuls.clock import SimulatedClock
from amtspuls.collect.round import Round
from amtspuls.fetch.client import Fetcher, Limits
from amtspuls.fetch.gate import Gates
from amtspuls.model import Snapshot
from amtspuls.replica.availability import Availability
from amtspuls.replica.server import ReplicaServer

PERIOD_S = 900
QUICK = Limits(connect_s=0.5, read_s=0.25, total_s=0.5)
"""Time limits that a slow replica exceeds within a test."""


@dataclass(slots=True)
class Collecting:
    """A running replica and the collector beside it."""

    server: ReplicaServer
    clock: SimulatedClock
    job: Round
    portals: dict[str, Portal]

    async def at(self, instant: datetime, *portal_ids: str) -> Sequence[Snapshot]:
        """Set the clock, take a snapshot of some portals (all as it comes) and return them."""
        self.clock.set(instant)
        chosen = [self.portals[key] for key in portal_ids or self.portals]
        return [taken.snapshot for taken in await self.job.run(chosen)]


@asynccontextmanager
async def collecting(
    availability: Availability,
    start: datetime,
    archive: ArchiveWriter | None = None,
    *,
    advances: bool = False,
    limits: Limits | None = None,
    weeks: int | None = None,
) -> AsyncIterator[Collecting]:
    """Run a replica of ``availability`` and a collector that asks it.

    ``advances=True`` lets pauses and back-off move the clock; else each snapshot is one instant.
    """
    clock = SimulatedClock(start, advances=advances)
    gates = Gates(clock, {}, {})
    async with (
        ReplicaServer(availability, clock) as server,
        Fetcher(clock, gates, "amtspuls/test (practice)", limits=limits) as fetcher,
    ):
        portals = {
            key: portal_from_mapping(entry["portal"], source="replica")
            for key, entry in server.portals.items()
        }
        job = Round(clock, fetcher, archive, weeks=weeks, periods=dict.fromkeys(portals, PERIOD_S))
        yield Collecting(server, clock, job, portals)


def spans_of(folder: Path | ArchiveReader, portal_id: str) -> list[tuple[str, int, int, int]]:
    """All spans of a portal as (calendar key, slot, opened_at, closed_at), in a fixed order."""
    reader = open_reader(folder) if isinstance(folder, Path) else folder
    keys = {record.number: record.calendar.key for record in reader.calendars(portal_id)}
    spans = reader.spans(portal_id)
    rows = sorted(
        (keys[int(calendar)], int(slot), int(opened), int(closed))
        for calendar, slot, opened, closed in zip(*spans, strict=True)
    )
    if isinstance(folder, Path):
        reader.close()
    return rows
