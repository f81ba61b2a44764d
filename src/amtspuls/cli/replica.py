"""``amtspuls replica``: portals to practise on, in a process of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from amtspuls.clock import Clock
    from amtspuls.replica.availability import Availability

ZONE = "Europe/Berlin"
TOWN_DAYS = 28
_FASTEST = 100_000.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="replica")(replica)


Recorded = Annotated[
    Path | None, typer.Option(metavar="BUNDLE.tar.gz", help="Show a recorded week.")
]
Metadata = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The metadata.json of the recording.")
]
Town = Annotated[
    int | None, typer.Option(metavar="SEED", help="Show a simulated town (the default, seed 1).")
]
Scenario = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Show the office of a named scenario instead of the town."),
]
Portals = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="Serve only this portal; repeat for more.")
]
At = Annotated[
    str | None,
    typer.Option(metavar="LOCAL_TIME", help="Time to start at; else the recording's start or now."),
]
Speed = Annotated[
    float, typer.Option(metavar="X", min=0.0, help="Simulated seconds per real second.")
]
Port = Annotated[
    int, typer.Option(metavar="P", min=0, max=65535, help="Control port; 0 takes a free one.")
]


def replica(
    recording: Recorded = None,
    metadata: Metadata = None,
    town: Town = None,
    scenario: Scenario = None,
    portal: Portals = None,
    at: At = None,
    speed: Speed = 1.0,
    port: Port = 0,
) -> None:
    """Serve replica portals on loopback until interrupted.

    Prints one JSON line when ready: {"base": ..., "portals": {id: {"system", "url", "portal"}}}.
    """
    from amtspuls.clock import PacedClock
    from amtspuls.errors import ConfigError

    if speed > _FASTEST:
        raise ConfigError(f"--speed is at most {_FASTEST:g}, not {speed:g}")
    start = _parse_local(at) if at is not None else None
    if scenario is not None and (recording or metadata or portal):
        raise ConfigError("--scenario goes with --town only: it is one portal, not a recording")
    if recording is None and metadata is None:
        availability, start = _town(1 if town is None else town, scenario, portal, start)
    else:
        availability, start = _recording(recording, metadata, town, portal, start)
    _serve(availability, PacedClock(start, speed=speed), port)


def _parse_local(text: str) -> datetime:
    """Read a local time; an offset decides the repeated hour, else its first pass is meant."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from amtspuls.clock import utc_from_local
    from amtspuls.errors import ConfigError

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f'--at {text!r} is no time; write it as "2026-01-26 06:00" or with an offset'
        ) from error
    return (
        utc_from_local(moment, ZoneInfo(ZONE)) if moment.tzinfo is None else moment.astimezone(UTC)
    )


def _recording(
    bundle: Path | None,
    metadata: Path | None,
    town: int | None,
    portal_ids: Sequence[str] | None,
    start: datetime | None,
) -> tuple[Availability, datetime]:
    from amtspuls.errors import ConfigError
    from amtspuls.replica.recording import load_recording

    if bundle is None or metadata is None:
        raise ConfigError("--recording and --metadata belong together: name both files")
    if town is not None:
        raise ConfigError("--recording and --town exclude each other: choose one")
    recording = load_recording(bundle, metadata, portal_ids)
    return recording, recording.first_at if start is None else start


def _town(
    seed: int, scenario: str | None, portal_ids: Sequence[str] | None, start: datetime | None
) -> tuple[Availability, datetime]:
    from zoneinfo import ZoneInfo

    from amtspuls.clock import SystemClock
    from amtspuls.replica.town import make_scenario, make_town

    start = SystemClock().now() if start is None else start
    first = start.astimezone(ZoneInfo(ZONE)).date()
    if scenario is not None:
        return make_scenario(scenario, seed, start=first, days=TOWN_DAYS), start
    return make_town(seed, start=first, days=TOWN_DAYS, portal_ids=portal_ids), start


def _serve(availability: Availability, clock: Clock, port: int) -> None:
    import asyncio

    if asyncio.run(_serve_until_signal(availability, clock, port)):
        raise KeyboardInterrupt


async def _serve_until_signal(availability: Availability, clock: Clock, port: int) -> bool:
    """Serve; return whether the end was an interrupt (SIGINT), not a request to stop (SIGTERM)."""
    import asyncio
    import json
    import signal

    from amtspuls.replica.server import ReplicaServer

    ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def end(*, interrupted: bool) -> None:
        if not ended.done():
            ended.set_result(interrupted)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, lambda: end(interrupted=True))
    loop.add_signal_handler(signal.SIGTERM, lambda: end(interrupted=False))
    async with ReplicaServer(availability, clock, port=port) as server:
        print(json.dumps(server.ready(), ensure_ascii=False))
        sys.stdout.flush()
        return await ended
