"""``amtspuls plot``: draw a picture of what the archive says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amtspuls.cli.asking import From, Until, make_selection, open_archive, say_left_out
from amtspuls.cli.options import Archive, Config, Exclude, Include, Systems
from amtspuls.cli.output import say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plot")(plot)


def plot(
    name: Annotated[str, typer.Argument(help="The picture: activity.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where to write it: .png or .svg.")
    ],
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    from_local: From = None,
    until_local: Until = None,
    archive: Archive = None,
    config: Config = None,
) -> None:
    """Draw bookings and cancellations over time, with the gaps in grey."""
    from amtspuls.analysis.measures import load_watched
    from amtspuls.charts.registry import require_chart
    from amtspuls.charts.render import require_ending, write_chart

    draw = require_chart(name)
    require_ending(out)
    with open_archive(archive, config) as reader:
        selection = make_selection(reader, include, exclude, system, from_local, until_local)
        say_left_out(reader, selection)
        chart = draw(load_watched(reader, selection))
    write_chart(chart, out)
    say(f"{name}: {out}")
