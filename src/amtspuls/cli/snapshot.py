"""``amtspuls snapshot`` and ``amtspuls stops``: one round over live portals or replicas."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.app import EXIT_SOME_FAILED
from amtspuls.cli.options import Archive, Config, Exclude, Include, Overlays, Systems, period_wish
from amtspuls.cli.output import Format, print_rows, progress, say
from amtspuls.cli.taken import SnapshotFormat, print_taken, went_well
from amtspuls.cli.taping import TapeUse, recording, take_from_tape

if TYPE_CHECKING:
    from amtspuls.archive.base import ArchiveWriter
    from amtspuls.catalogue.portal import HostRule, Portal
    from amtspuls.clock import Clock
    from amtspuls.collect.plan import PeriodWish
    from amtspuls.collect.round import Taken
    from amtspuls.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("snapshot")(snapshot)
    app.command("stops")(stops)


def snapshot(
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    weeks: Annotated[
        int | None,
        typer.Option(
            "-w",
            "--weeks",
            min=1,
            max=53,
            help="Weeks to ask about (tevis: full ones); else all, at most 9.",
        ),
    ] = None,
    parallel: Annotated[
        int | None, typer.Option("-p", "--parallel", min=1, max=256, help="Portals read at a time.")
    ] = None,
    archive: Archive = None,
    replica: Annotated[
        str | None, typer.Option(metavar="BASE", help="Ask a replica instead of the live portals.")
    ] = None,
    tape: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Record what portals send on this .warc.gz file."),
    ] = None,
    append: Annotated[
        bool, typer.Option("--append", help="Record behind what the tape holds already.")
    ] = False,
    from_tape: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Read a tape again instead of asking anybody."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Store nothing, print the snapshot.")
    ] = False,
    include_retired: Annotated[
        bool, typer.Option("--include-retired", help="Ask retired and unverified portals too.")
    ] = False,
    catalogue: Overlays = None,
    config: Config = None,
    wait_s: Annotated[
        float,
        typer.Option("--wait", min=0, help="Seconds to wait for another writer of the archive."),
    ] = 0.0,
    form: Annotated[
        SnapshotFormat | None, typer.Option("--format", help="table, json, or day for day tables.")
    ] = None,
) -> None:
    """Take one snapshot of each selected portal and store it.

    Exit code 3 when some portals failed.
    """
    from amtspuls.settings import load_settings

    settings = load_settings(config)
    use = TapeUse(tape, append, from_tape)
    use.check(replica=replica, weeks=weeks, parallel=parallel, catalogue=catalogue)
    shown = form or (SnapshotFormat.JSON if dry_run else SnapshotFormat.TABLE)
    folder = None if dry_run else archive or settings.archive
    if from_tape:
        taken = take_from_tape(from_tape, (include, exclude, system), folder, wait_s)
    else:
        picked = _from_replica(replica, include, exclude, system) if replica else None
        picked = picked or _live(settings, include, exclude, system, catalogue, include_retired)
        import asyncio

        taken = asyncio.run(
            _run(
                picked,
                settings,
                use,
                folder=folder,
                weeks=weeks if weeks is not None else settings.schedule.weeks,
                parallel=parallel or settings.parallel,
                wait_s=wait_s,
            )
        )
    print_taken(taken, shown)
    if any(not went_well(one) for one in taken):
        raise typer.Exit(EXIT_SOME_FAILED)


class _Picked:
    """Who is asked, by which clock and under which name."""

    def __init__(
        self,
        portals: Sequence[Portal],
        clock: Clock,
        rules: dict[str, HostRule],
        user_agent: str,
        *,
        live: bool,
    ) -> None:
        self.portals, self.clock, self.rules = list(portals), clock, rules
        self.user_agent, self.live = user_agent, live


def _from_replica(
    base: str, include: list[str] | None, exclude: list[str] | None, systems: list[str] | None
) -> _Picked:
    from amtspuls import __version__
    from amtspuls.catalogue.load import Catalogue, portal_from_mapping
    from amtspuls.clock import PacedClock
    from amtspuls.fetch.control import fetch_replica_info

    info = fetch_replica_info(base)
    portals = {key: portal_from_mapping(table, source=base) for key, table in info.portals.items()}
    chosen = Catalogue(portals=portals, hosts={}).select(
        include or (), exclude or (), systems or ()
    )
    clock = PacedClock(info.now, speed=info.speed)
    return _Picked(chosen, clock, {}, f"amtspuls/{__version__} (practice on a replica)", live=False)


def _live(
    settings: Settings,
    include: list[str] | None,
    exclude: list[str] | None,
    systems: list[str] | None,
    overlays: list[Path] | None,
    include_retired: bool,
) -> _Picked:
    from amtspuls.cli.options import live_portals, load_catalogue_of
    from amtspuls.clock import SystemClock
    from amtspuls.fetch.client import user_agent
    from amtspuls.settings import require_contact

    catalogue = load_catalogue_of(settings, overlays)
    for portal_id in settings.schedule.portals:
        catalogue.require(portal_id)
    chosen = catalogue.select(include or (), exclude or (), systems or ())
    portals = live_portals(chosen, include or (), include_retired=include_retired)
    agent = user_agent(settings.project_url, require_contact(settings))
    return _Picked(portals, SystemClock(), dict(catalogue.hosts), agent, live=True)


async def _run(
    picked: _Picked,
    settings: Settings,
    use: TapeUse,
    *,
    folder: Path | None,
    weeks: int | None,
    parallel: int,
    wait_s: float,
) -> list[Taken]:
    from amtspuls.archive.live import open_writer
    from amtspuls.collect.round import Round
    from amtspuls.fetch.client import Fetcher
    from amtspuls.fetch.gate import Gates

    archive = open_writer(folder, wait_s=wait_s) if folder else None
    try:
        portals, periods = _schedule(picked, archive, period_wish(settings))
        gates = Gates(picked.clock, picked.rules, archive.host_states() if archive else {})
        with recording(use, picked.clock) as recorder:
            fetcher = Fetcher(picked.clock, gates, picked.user_agent)
            job = Round(
                picked.clock,
                fetcher,
                archive,
                rules=picked.rules,
                weeks=weeks,
                parallel=parallel,
                periods=periods,
                tape=recorder,
            )
            async with fetcher:
                with progress(len(portals), "portals") as advance:
                    return await job.run(portals, lambda taken: advance(taken.portal.id))
    finally:
        if archive:
            archive.close()


def _schedule(
    picked: _Picked, archive: ArchiveWriter | None, wish: PeriodWish
) -> tuple[list[Portal], dict[str, int]]:
    from amtspuls.collect.plan import plan_schedule, stretched_hosts

    if archive is None or not picked.live:
        return picked.portals, {
            portal.id: wish.set_for(portal) or wish.period_s for portal in picked.portals
        }
    due, periods = plan_schedule(picked.portals, archive, picked.rules, wish, picked.clock.now())
    for host, planned_s in stretched_hosts(picked.portals, periods, wish).items():
        say(
            f"{host}: a snapshot every {planned_s // 60} min instead of {wish.period_s // 60};"
            " all its portals together bear no more (amtspuls list --cost)"
        )
    resting = len(picked.portals) - len(due)
    if resting:
        say(f"{resting} portals are not due yet: their period is not over")
    return due, periods


def stops(
    lift: Annotated[
        str | None,
        typer.Option(metavar="PORTAL", help="Ask this portal again from the next round on."),
    ] = None,
    archive: Archive = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Show portals that refused us and are not asked any more, or lift one of these stops."""
    from amtspuls.archive.live import open_writer
    from amtspuls.clock import SystemClock
    from amtspuls.errors import ConfigError
    from amtspuls.settings import load_settings

    folder = archive or load_settings(config).archive
    with closing(open_writer(folder, create=False)) as writer:
        standing = writer.stops()
        if lift is not None and not writer.lift_stop(lift, SystemClock().now()):
            raise ConfigError(
                f"portal {lift!r} is not stopped; stopped are: {', '.join(standing) or 'none'}"
            )
    if lift is not None:
        say(f"{lift} is asked again from the next round on")
        return
    rows = [
        {
            "portal": stop.portal_id,
            "since": f"{stop.since:%Y-%m-%d %H:%M} UTC",
            "reason": stop.reason,
        }
        for stop in standing.values()
    ]
    print_rows(rows, ["portal", "since", "reason"], form)
