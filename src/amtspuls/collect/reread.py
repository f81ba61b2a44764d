"""Reading tapes again: the same pages, today's parsers, no network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from amtspuls.archive.base import ArchiveWriter
from amtspuls.catalogue.load import portal_from_mapping
from amtspuls.catalogue.portal import Portal
from amtspuls.collect.round import Taken
from amtspuls.collect.take import Plan, take_snapshot
from amtspuls.errors import ConfigError
from amtspuls.fetch.tape.layout import Ending, Visit
from amtspuls.fetch.tape.play import PlayedVisit
from amtspuls.model import Outcome, Snapshot


def portal_of(visit: Visit, path: Path) -> Portal:
    """Return the portal as it stood in the catalogue when it was taped.

    Raises:
        ConfigError: This version does not know what its table says.
    """
    return portal_from_mapping(visit.about.portal, source=str(path))


async def reread_visit(visit: Visit, portal: Portal) -> Snapshot:
    """Take the snapshot of a taped visit again.

    Args:
        visit: One that was finished.
        portal: From ``portal_of``.

    Returns:
        What today's parser makes of the answers. A request that the tape does not hold is
        ``changed``; a portal that was not asked is skipped for the reason of that time.
    """
    about, ending = visit.about, visit.ending
    if ending is None:
        raise ConfigError(f"the visit to {about.portal_id} was not finished: it cannot be read")
    if not ending.asked:
        return _left_out(visit, ending)
    played = PlayedVisit(visit)
    plan = Plan(portal, about.weeks, about.period_s, about.known)
    async with played.fetcher as fetcher, fetcher.session(portal, played) as session:
        snapshot = await take_snapshot(plan, session, played.clock, started_at=about.taken_at)
    return replace(snapshot, finished_at=ending.finished_at)


def reread(
    visits: Iterable[tuple[Visit, Portal]],
    archive: ArchiveWriter | None = None,
    on_taken: Callable[[Taken], None] = lambda taken: None,
) -> list[Taken]:
    """Take the snapshots of taped visits again, one after another, and store them.

    Nobody is stopped, and no host is remembered: nothing was asked. A visit that is not later than
    what the archive holds of its portal is left out, so that an interrupted run goes on.

    Args:
        visits: Finished ones, by time for each portal.
        archive: Where they go; None stores nothing.
        on_taken: Called after each snapshot.

    Raises:
        ArchiveError: The archive cannot be written; what was stored before is safe.
    """
    taken = []
    newest: dict[str, datetime | None] = {}
    for visit, portal in visits:
        if archive is not None:
            if portal.id not in newest:
                newest[portal.id] = archive.newest_snapshot_at(portal.id)
            last = newest[portal.id]
            if last is not None and visit.about.taken_at <= last:
                continue
            newest[portal.id] = visit.about.taken_at
        snapshot = asyncio.run(reread_visit(visit, portal))
        stored = archive.store(portal, snapshot) if archive is not None else None
        taken.append(Taken(portal, snapshot, stored))
        on_taken(taken[-1])
    return taken


def _left_out(visit: Visit, ending: Ending) -> Snapshot:
    return Snapshot(
        visit.about.portal_id,
        visit.about.taken_at,
        ending.finished_at,
        Outcome(ending.outcome),
        period_s=visit.about.period_s,
        reason=ending.reason,
    )
