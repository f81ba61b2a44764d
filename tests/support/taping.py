"""Rounds over replicas with a tape beside them, and the same tape read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from amtspuls.archive.base import ArchiveWriter
from amtspuls.collect.reread import portal_of, reread_visit
from amtspuls.fetch.client import Limits
from amtspuls.fetch.tape.record import Recorder
from amtspuls.fetch.tape.visits import Tape
from amtspuls.model import Snapshot, slot_from_local
from amtspuls.replica.availability import Availability, ReplicaPortal
from support.collecting import Collecting, collecting
from support.practice import netappoint, tempus
from support.practice_ekol import ekol
from support.practice_etermin import etermin
from support.practice_impf import impf
from support.practice_tevis import tevis
from support.scripted import Script

Prepare = Callable[[Collecting], None]
NOW = datetime(2026, 1, 26, 8, 0, tzinfo=UTC)

BERLIN = ZoneInfo("Europe/Berlin")
PORTALS = {
    "netappoint": netappoint(
        ("meldewesen", "Meldewesen", ("Ummeldung",)), ("passe", "Pässe", ("Reisepass",))
    ),
    "tempus": tempus(
        ("7/70", "Rathaus: Pässe", ("Reisepass",)), ("8/70", "Außenstelle: Pässe", ("Reisepass",))
    ),
    "tevis": tevis(
        ("301", "Bürgeramt / Mitte", ("Reisepass",)), ("302", "Bürgeramt / Nord", ("Reisepass",))
    ),
    "tevis-v1": tevis(
        ("301", "Amt 1", ("Reisepass",)),
        ("302", "Amt 2", ("Reisepass",)),
        variant={"generation": "v1"},
        id="tevis-alt",
    ),
    "etermin": etermin(
        ("90701", "Pässe", ("Reisepass",)),
        ("90702", "Meldung", ("Ummeldung",)),
        variant={"priming": "page"},
    ),
    "ekol": ekol(
        ("1222936001", "Bürgeramt Mitte", ("Reisepass",)),
        ("1222936002", "Bürgeramt Nord", ("Reisepass",)),
    ),
    "impfthueringen": impf(("12", "Jena"), ("13", "Gera")),
}


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


def script(*portals: ReplicaPortal, at: datetime = NOW) -> Script:
    """Offers that change between the first and the fifteenth minute."""
    local = at.astimezone(BERLIN).replace(tzinfo=None, minute=0)
    times = [slot_from_local(local + timedelta(minutes=30 * n)) for n in (3, 5, 8, 50, 52, 300)]
    offers = {
        portal.id: [
            (
                at - timedelta(hours=1),
                {one.key: tuple(times[n:]) for n, one in enumerate(portal.calendars)},
            ),
            (
                at + timedelta(minutes=14),
                {one.key: tuple(times[n + 1 : 5]) for n, one in enumerate(portal.calendars)},
            ),
        ]
        for portal in portals
    }
    return Script(portals, offers)
