"""Where a command that asks portals stands: live or on a replica, by which clock, under which name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amtspuls.archive.base import ArchiveWriter
    from amtspuls.catalogue.load import Catalogue
    from amtspuls.clock import Clock
    from amtspuls.settings import Settings


@dataclass(frozen=True)
class Ground:
    """What is known before anything is asked.

    Attributes:
        catalogue: All portals, and the hosts whose gate differs.
        clock: Of the machine or of the replica.
        user_agent: How requests introduce themselves.
        contact: What must not stand in a report; empty on a replica.
        archive: Archive whose silences, budgets and stops are respected; None if there is none.
    """

    catalogue: Catalogue
    clock: Clock
    user_agent: str
    contact: str = ""
    archive: Path | None = None


def live_ground(
    settings: Settings, overlays: Sequence[Path] | None, archive: Path | None
) -> Ground:
    """Stand before the live portals.

    Raises:
        ConfigError: No contact is set, or a catalogue file is wrong.
    """
    from amtspuls.archive.week import DATABASE_NAME
    from amtspuls.cli.options import load_catalogue_of
    from amtspuls.clock import SystemClock
    from amtspuls.fetch.client import user_agent
    from amtspuls.settings import require_contact

    contact = require_contact(settings)
    folder = archive or settings.archive
    return Ground(
        load_catalogue_of(settings, overlays),
        SystemClock(),
        user_agent(settings.project_url, contact),
        contact,
        folder if archive or (folder / DATABASE_NAME).is_file() else None,
    )


def replica_ground(base: str) -> Ground:
    """Stand before a replica: portals and clock come only from there.

    Raises:
        ConfigError: No replica answers.
    """
    from amtspuls import __version__
    from amtspuls.catalogue.load import make_catalogue, portal_from_mapping
    from amtspuls.clock import PacedClock
    from amtspuls.fetch.control import fetch_replica_info

    info = fetch_replica_info(base)
    portals = [portal_from_mapping(table, source=base) for table in info.portals.values()]
    agent = f"amtspuls/{__version__} (practice on a replica)"
    return Ground(make_catalogue(portals), PacedClock(info.now, speed=info.speed), agent)


@contextmanager
def remembering(ground: Ground, wait_s: float) -> Iterator[ArchiveWriter | None]:
    """Hold the archive, if there is one, so that no other process asks the same hosts meanwhile."""
    if ground.archive is None:
        yield None
        return
    from amtspuls.archive.live import open_writer

    with closing(open_writer(ground.archive, wait_s=wait_s, create=False)) as archive:
        yield archive


def barred_portals(ground: Ground, archive: ArchiveWriter | None) -> Mapping[str, str]:
    """Return why portals must not be asked, by id: off in the catalogue, or stopped."""
    off = {key: one.off for key, one in ground.catalogue.portals.items() if one.off}
    stops = archive.stops().values() if archive else ()
    return off | {
        stop.portal_id: f"stopped since {stop.since:%Y-%m-%d} ({stop.reason}); ask the office,"
        f" then: amtspuls stops --lift {stop.portal_id}"
        for stop in stops
    }
