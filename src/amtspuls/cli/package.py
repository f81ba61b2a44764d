"""``amtspuls package``: a publishable data package out of sealed weeks."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.options import Archive, Config
from amtspuls.cli.output import progress, say

if TYPE_CHECKING:
    from amtspuls.bundle.package.choose import Choice, WeekRange


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("package")(package)


def package(
    to: Annotated[
        Path,
        typer.Option("--to", metavar="DIR", help="Folder of the package; one of ours is replaced."),
    ],
    weeks: Annotated[
        str | None,
        typer.Option(
            "--weeks", metavar="A..B", help="Weeks like 2026-05..2026-12; else all sealed ones."
        ),
    ] = None,
    licence: Annotated[
        str,
        typer.Option(
            "--licence", metavar="NAME", help="What you put your records under, like CC-BY-4.0."
        ),
    ] = "",
    archive: Archive = None,
    config: Config = None,
) -> None:
    """Write a data package for others: Parquet, a README, a data dictionary, coverage, checksums.

    Only sealed weeks go into it. The same weeks give the same bytes. Stopped at any moment, it is simply
    started again.
    """
    from amtspuls.analysis.legacy.ledger import LegacyLedger
    from amtspuls.archive.sealed.read import open_week
    from amtspuls.archive.week import WEEKS_NAME
    from amtspuls.bundle.package.choose import WeekRange
    from amtspuls.bundle.package.write import write_package
    from amtspuls.settings import load_settings

    wanted = WeekRange.parse(weeks)
    folder = archive or load_settings(config).archive
    choice = _choose(folder, wanted)
    with progress(len(choice.weeks), "package") as step:
        report = write_package(
            choice.weeks,
            lambda week: open_week(folder / WEEKS_NAME, week),
            to,
            LegacyLedger(),
            licence=licence,
            on_week=step,
        )
    say(
        f"{report.path}: {len(report.weeks)} weeks, {report.portals} portals, {report.snapshots:,} snapshots,"
        f" {report.spans:,} spans, {report.size_bytes / 1000:,.0f} kB"
    )


def _choose(folder: Path, wanted: WeekRange) -> Choice:
    from amtspuls.archive.live import open_whole
    from amtspuls.bundle.package.choose import choose_weeks, say_weeks

    with closing(open_whole(folder)) as reader, reader.moment() as moment:
        choice = choose_weeks(moment, wanted)
    if choice.unsealed:
        say(
            f"not sealed yet, so left out: {say_weeks(choice.unsealed)}"
            " (`amtspuls seal` seals weeks that are over)"
        )
    return choice
