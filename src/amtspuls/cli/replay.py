"""``amtspuls replay``: drive the collector through a recorded week, over real HTTP."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.options import Archive, Config
from amtspuls.cli.output import progress, say

if TYPE_CHECKING:
    from datetime import datetime

    from amtspuls.replica.recording import Recording


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("replay")(replay)


def replay(
    bundle: Annotated[Path, typer.Argument(help="Weekly bundle, YYYY-WW.tar.gz.")],
    metadata: Annotated[Path, typer.Option(help="Its metadata.json.")],
    portal: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this portal; may be repeated.")
    ] = None,
    from_local: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="First local time that is replayed."),
    ] = None,
    until_local: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="First local time that is not.")
    ] = None,
    archive: Archive = None,
    config: Config = None,
    wait_s: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds to wait for another writer.")
    ] = 0.0,
) -> None:
    """Replay a recorded week: a replica shows each recorded row, the collector takes a snapshot of it.

    An interrupted replay goes on where it stopped.
    """
    from zoneinfo import ZoneInfo

    from amtspuls.clock import parse_local_time
    from amtspuls.errors import ConfigError
    from amtspuls.replica.recording import load_recording
    from amtspuls.settings import load_settings

    zone = ZoneInfo("Europe/Berlin")
    from_at = parse_local_time(from_local, zone) if from_local else None
    until_at = parse_local_time(until_local, zone) if until_local else None
    if from_at and until_at and until_at <= from_at:
        raise ConfigError(f"--until {until_local} is not after --from {from_local}")
    recording = load_recording(bundle, metadata, portal or None)
    folder = archive or load_settings(config).archive
    import asyncio

    count = asyncio.run(_run(recording, folder, from_at, until_at, wait_s))
    say(f"{count} snapshots of {len(recording.portals)} portals are in {folder}")


async def _run(
    recording: Recording,
    folder: Path,
    from_at: datetime | None,
    until_at: datetime | None,
    wait_s: float,
) -> int:
    from amtspuls.archive.live import open_writer
    from amtspuls.catalogue.load import portal_from_mapping
    from amtspuls.cli.practice import practice_round
    from amtspuls.clock import SimulatedClock
    from amtspuls.collect.replay import plan_replay, replay
    from amtspuls.replica.server import ReplicaServer

    with closing(open_writer(folder, wait_s=wait_s)) as writer:
        rows = {key: recording.row_times(key) for key in recording.portals}
        steps = plan_replay(rows, writer, from_at, until_at)
        if not steps:
            say("nothing to replay: the archive has these rows already, or the time holds none")
            return 0
        clock = SimulatedClock(steps[0][0], advances=False)
        async with (
            ReplicaServer(recording, clock) as server,
            practice_round(clock, writer) as job,
        ):
            portals = {
                key: portal_from_mapping(entry["portal"], source="replica")
                for key, entry in server.portals.items()
            }
            job.periods = dict.fromkeys(portals, RECORDED_PERIOD_S)
            with progress(len(steps), "snapshots") as advance:
                return await replay(
                    job, clock, portals, steps, lambda taken: advance(taken.portal.id)
                )


RECORDED_PERIOD_S = 900
"""The predecessor took a snapshot every quarter of an hour."""
