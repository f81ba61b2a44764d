"""Rounds over replicas with a tape beside them, and the same tape read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from amtspuls.archive.base import ArchiveWriter
from amtspuls.collect.reread import portal_of, reread_visit
from amtspuls.fetch.client import Limits
from amtspuls.fetch.tape.record import Recorder
from amtspuls.fetch.tape.visits import Tape
from amtspuls.model import Snapshot
from amtspuls.replica.availability import Availability
from support.collecting import Collecting, collecting

Prepare = Callable[[Collecting], None]


async def taped_rounds(
    offers: Availability,
    times: Sequence[datetime],
    path: Path,
    *,
    archive: ArchiveWriter | None = None,
    prepare: Prepare = lambda running: None,
    limits: Limits | None = None,
    weeks: int | None = 2,
    advances: bool = True,
) -> list[Snapshot]:
    """Take a round at each moment, recording all of them on one tape."""
    taken: list[Snapshot] = []
    async with collecting(
        offers, times[0], archive, limits=limits, weeks=weeks, advances=advances
    ) as running:
        with closing(Recorder(path, running.clock, append=True)) as recorder:
            running.job.tape = recorder
            prepare(running)
            for at in times:
                taken += await running.at(max(at, running.clock.now()))
    return taken


async def played(path: Path) -> list[Snapshot]:
    """Read all visits of a tape again, with nothing but the tape."""
    visits = [visit for visit in Tape(path).visits() if visit.ending is not None]
    return [await reread_visit(visit, portal_of(visit, path)) for visit in visits]


def by_portal(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """Put snapshots into an order that does not depend on which one ended first."""
    return sorted(snapshots, key=lambda one: (one.portal_id, one.taken_at))


def without_counts(snapshot: Snapshot) -> Snapshot:
    """Leave out what the network cost."""
    return replace(snapshot, requests=0, bytes=0)
