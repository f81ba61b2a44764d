"""``amtspuls demo``: the whole way through the house on replicas, in about a minute."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from amtspuls.analysis.grouping import Watched
    from amtspuls.archive.base import ArchiveReader, ArchiveWriter
    from amtspuls.replica.town import Town

STEP = timedelta(minutes=15)
_MINUTE = timedelta(minutes=1)
START_ON = date(2026, 1, 26)
"""A Monday without a holiday, so that every demo shows the same working days."""

PORTALS = ("musterstadt", "quellental-kfz", "auwinkel", "birkenfurt", "hohenau-aus")
"""Both systems, selects and checkboxes, all three tempus forms, a notice page and an office list."""

HORIZON_DAYS = 7
"""How far ahead the demo's offices can be booked: what a minute bears, most requests are days."""

SHOWN_PORTAL = "musterstadt"
MARKER = ".amtspuls-demo"
"""File in a folder that a demo made, and that the next demo may therefore replace."""


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("demo")(demo)


def demo(
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder for what it makes.")] = Path(
        "amtspuls-demo"
    ),
    days: Annotated[
        float, typer.Option(min=0.05, max=7, help="Simulated days of snapshots every 15 minutes.")
    ] = 2.0,
    seed: Annotated[int, typer.Option(help="Another seed is another town.")] = 1,
    scenario: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Collect the one office of a scenario, at its own pace."),
    ] = None,
) -> None:
    """Practise on a simulated town: collect two days, then show what came of it.

    Needs no network. Everything goes into one folder, which the next demo replaces.
    """
    import asyncio

    from amtspuls.archive.live import open_reader

    town, step = _town(seed, days) if scenario is None else _office(scenario, seed, days)
    _make_folder(to)
    pace = f"{step.total_seconds() / 60:g} minutes" if step > _MINUTE else "minute"
    say(
        f"A simulated {'office' if scenario else 'town'}, {days:g} simulated days, a snapshot every {pace}"
    )
    asyncio.run(_collect(to / "archive", town, step, days))
    with closing(open_reader(to / "archive")) as reader:
        if scenario is None:
            _show(reader, to)
        else:
            _show_office(reader, to)


def _make_folder(folder: Path) -> None:
    from amtspuls.errors import ConfigError

    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise ConfigError(
                f"{folder} is not empty and no demo made it: choose another with --to"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("made by amtspuls demo, which replaces this folder\n", "utf-8")


def _town(seed: int, days: float) -> tuple[Town, timedelta]:
    from amtspuls.replica.town import make_town

    town = make_town(
        seed, start=START_ON, days=int(days) + 1, portal_ids=PORTALS, horizon_days=HORIZON_DAYS
    )
    return town, STEP


def _office(scenario: str, seed: int, days: float) -> tuple[Town, timedelta]:
    from amtspuls.replica.town import make_scenario, require_scenario

    step = timedelta(seconds=require_scenario(scenario).step_s)
    return make_scenario(scenario, seed, start=START_ON, days=int(days) + 1), step


async def _collect(folder: Path, town: Town, step: timedelta, days: float) -> None:
    from amtspuls.archive.live import open_writer

    with closing(open_writer(folder)) as writer:
        await _take_rounds(town, writer, int(timedelta(days=days) / step), step)


async def _take_rounds(town: Town, writer: ArchiveWriter, rounds: int, step: timedelta) -> None:
    from zoneinfo import ZoneInfo

    from amtspuls.catalogue.load import portal_from_mapping
    from amtspuls.cli.practice import practice_round
    from amtspuls.clock import SimulatedClock, utc_from_local
    from amtspuls.replica.server import ReplicaServer

    zone = ZoneInfo("Europe/Berlin")
    start_at = utc_from_local(datetime.combine(START_ON, datetime.min.time()), zone)
    clock = SimulatedClock(start_at)
    async with ReplicaServer(town, clock) as server, practice_round(clock, writer) as job:
        portals = [
            portal_from_mapping(one["portal"], source="demo") for one in server.portals.values()
        ]
        job.periods = {portal.id: int(step.total_seconds()) for portal in portals}
        with progress(rounds, "rounds") as advance:
            for number in range(rounds):
                clock.set(max(clock.now(), start_at + number * step))
                await job.run(portals)
                advance(f"{clock.now().astimezone(zone):%a %H:%M}")


def _show(reader: ArchiveReader, to: Path) -> None:
    from amtspuls.analysis.measures import load_watched
    from amtspuls.analysis.selection import Selection

    watched = load_watched(reader, Selection())
    _show_portals(reader, watched)
    _show_day(reader)
    _show_figures(watched)
    _write_files(reader, to)


def _show_office(reader: ArchiveReader, to: Path) -> None:
    from amtspuls.analysis.measures import load_watched
    from amtspuls.analysis.selection import Selection
    from amtspuls.analysis.successor_rule import shows_one_a_day

    watched = load_watched(reader, Selection())
    _show_portals(reader, watched)
    rule = " --rule successor" if all(shows_one_a_day(one.evidence) for one in watched) else ""
    print(
        f"\narchive  {to / 'archive'}\n\nWhat to try next\n"
        f"  amtspuls plot activity{rule} --out activity.png --archive {to / 'archive'}\n"
        f"  amtspuls measure wait --archive {to / 'archive'}"
    )


def _show_portals(reader: ArchiveReader, watched: tuple[Watched, ...]) -> None:
    from amtspuls.analysis.base import per_cent
    from amtspuls.analysis.status import read_status

    rows = [
        {
            "portal": one.record.portal_id,
            "system": one.record.system,
            "snapshots": one.snapshots,
            "calendars": one.calendars,
            "free": one.free_slots,
            "changes": _changes(reader, one.record.portal_id),
            "coverage": None if one.coverage is None else per_cent(one.coverage),
        }
        for one in read_status(watched, reader.stops())
    ]
    titles = {"free": "free slots"}
    print_rows(rows, list(rows[0]), Format.TABLE, title="What was collected", titles=titles)


def _changes(reader: ArchiveReader, portal_id: str) -> int:
    """Spans opened and closed since the first snapshot, which opens everything."""
    snapshots = reader.snapshots(portal_id)
    return int(snapshots.opened[1:].sum() + snapshots.closed[1:].sum())


def _show_day(reader: ArchiveReader) -> None:
    from amtspuls.analysis.daytable import DayColumn, day_table, free_days
    from amtspuls.cli.daytables import print_day_table

    newest = reader.snapshots(SHOWN_PORTAL).taken_at[-1]
    columns = [
        DayColumn.of(state)
        for state in reader.state(SHOWN_PORTAL, datetime.fromtimestamp(int(newest), UTC))
    ]
    days = [free.day for free in free_days(columns)]
    if not days:
        return
    fullest = min(set(days), key=lambda day: (-days.count(day), day))
    say(
        f"\n{SHOWN_PORTAL}, what is free on {fullest:%A %Y-%m-%d} (X = free), at the end of the demo:"
    )
    print_day_table(day_table(columns, fullest), Format.TABLE)


def _show_figures(watched: tuple[Watched, ...]) -> None:
    from amtspuls.analysis.grouping import By
    from amtspuls.analysis.measures import MEASURES, take_measure

    print("First figures (estimates by a rule, see docs/reference/measures.md)")
    for measure in MEASURES.values():
        print(f"  {measure.name:18} {take_measure(measure, watched, By.ALL).sentence}")


def _write_files(reader: ArchiveReader, to: Path) -> None:
    from amtspuls.archive.week import IsoWeek
    from amtspuls.bundle.write import write_week
    from amtspuls.web.report import write_report

    week = IsoWeek.of(START_ON)
    bundle = write_week(reader, week, to / "bundles", incomplete=True).path
    report = to / "report.html"
    write_report(reader, report, archive=to / "archive")
    print(f"\narchive  {to / 'archive'}\nbundle   {bundle}\nreport   {report}")
    print(
        "\nWhat to try next\n"
        f"  amtspuls show {SHOWN_PORTAL} --at '2026-01-26 10:00' --archive {to / 'archive'}\n"
        f"  amtspuls measure wait --by portal --archive {to / 'archive'}\n"
        f"  amtspuls plot activity --out activity.png --archive {to / 'archive'}\n"
        "  amtspuls list --system tempus\n"
        "  amtspuls init        then: amtspuls snapshot -i PORTAL --dry-run --format day"
    )
