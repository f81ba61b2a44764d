"""``amtspuls report``: one page that says what the archive knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from amtspuls.cli.asking import From, Until, make_selection, open_archive, say_left_out
from amtspuls.cli.options import Archive, Config, Exclude, Include, Systems
from amtspuls.cli.output import say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where to write the page.")
    ] = Path("report.html"),
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    from_local: From = None,
    until_local: Until = None,
    archive: Archive = None,
    config: Config = None,
) -> None:
    """Write one HTML page with the main figures, that needs neither network nor scripts."""
    from amtspuls.settings import load_settings
    from amtspuls.web.report import write_report

    folder = archive or load_settings(config).archive
    options = [
        *_repeat("-i", include),
        *_repeat("-e", exclude),
        *_repeat("--system", system),
        *_repeat("--from", [from_local] if from_local else None),
        *_repeat("--until", [until_local] if until_local else None),
    ]
    with open_archive(folder, config) as reader:
        selection = make_selection(reader, include, exclude, system, from_local, until_local)
        say_left_out(reader, selection)
        write_report(reader, out, archive=folder, selection=selection, options=options)
    say(f"report: {out}")


def _repeat(option: str, values: Sequence[str] | None) -> Iterator[str]:
    for value in values or ():
        yield from (option, value)
