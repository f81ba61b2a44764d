"""Driving the collector through recorded time in lockstep: one row of a recording, one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from amtspuls.archive.base import ArchiveWriter
from amtspuls.catalogue.portal import Portal
from amtspuls.clock import SimulatedClock
from amtspuls.collect.round import Round, Taken

REPLAY_WEEKS = 52
"""Weeks asked about in a replay: everything that a recording can hold."""


def plan_replay(
    row_times: Mapping[str, Sequence[datetime]],
    archive: ArchiveWriter,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
) -> list[tuple[datetime, str]]:
    """List the snapshots of a replay in the order of time.

    Rows that the archive has already are left out, so that a replay that was interrupted goes on.

    Args:
        row_times: Instants (aware UTC) of each portal's rows.
        archive: Where they will be stored.
        from_at: First instant that is wanted.
        until_at: First instant that is not wanted any more.
    """
    steps = []
    for portal_id, times in row_times.items():
        newest = archive.newest_snapshot_at(portal_id)
        steps += [
            (at, portal_id)
            for at in times
            if (from_at is None or at >= from_at)
            and (until_at is None or at < until_at)
            and (newest is None or at > newest)
        ]
    return sorted(steps)


async def replay(
    job: Round,
    clock: SimulatedClock,
    portals: Mapping[str, Portal],
    steps: Iterable[tuple[datetime, str]],
    on_taken: Callable[[Taken], None] = lambda taken: None,
) -> int:
    """Take the planned snapshots, each at exactly its recorded instant.

    Args:
        job: What a round needs; its clock is ``clock``.
        clock: Set to the instant of each row; it stands still while a portal is read, so that one
            snapshot is one instant. The replica shows what it held then.
        portals: Replica portals by id.
        steps: From ``plan_replay``.
        on_taken: Called after each snapshot.

    Returns:
        How many snapshots were taken.
    """
    count = 0
    for at, portal_id in steps:
        clock.set(at)
        await job.run([portals[portal_id]], on_taken)
        count += 1
    return count
