"""``amtspuls seal``: move weeks that are over into sealed files."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amtspuls.cli.options import Archive, Config
from amtspuls.cli.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amtspuls.archive.sealing import WeekSealed

_TITLES = {
    "week": "week",
    "portals": "portals",
    "snapshots": "snapshots",
    "spans": "spans",
    "live_bytes": "live bytes",
    "sealed_bytes": "sealed bytes",
    "ratio": "ratio",
    "note": "",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("seal")(seal)


def seal(
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="WEEK", help="Last week to seal, like 2026-05; else all."),
    ] = None,
    compact: Annotated[
        bool,
        typer.Option("--compact", help="Shrink the database afterwards; needs room for a copy."),
    ] = False,
    wait_s: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds to wait for another writer.")
    ] = 0.0,
    archive: Archive = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Seal the weeks that are over: they leave the database and become small files that never change.

    Nothing is lost and nothing looks different. Stopped at any moment, it is simply started again.
    """
    from amtspuls.archive import sealing
    from amtspuls.archive.live import open_writer
    from amtspuls.archive.week import IsoWeek
    from amtspuls.clock import SystemClock
    from amtspuls.settings import load_settings

    last = None if until is None else IsoWeek.parse(until)
    folder = archive or load_settings(config).archive
    with closing(open_writer(folder, wait_s=wait_s, create=False)) as writer:
        now = SystemClock().now()
        weeks = sealing.count_weeks(writer, now, until=last)
        with progress(weeks, "seal") as step:
            done = sealing.seal_weeks(writer, now, until=last, on_week=lambda w: step(str(w)))
        if compact:
            sealing.compact(writer)
    if done:
        _print(done, form)
    else:
        say(f"nothing to seal: no week in {folder} is over that is not sealed")


def _print(done: Sequence[WeekSealed], form: Format) -> None:
    columns = [key for key in _TITLES if key != "note" or any(one.finished for one in done)]
    print_rows([_row(one) for one in done], columns, form, titles=_TITLES)


def _row(one: WeekSealed) -> dict[str, Any]:
    ratio = one.live_bytes / one.sealed_bytes if one.live_bytes and one.sealed_bytes else None
    return {
        "week": str(one.week),
        "portals": one.portals,
        "snapshots": one.snapshots,
        "spans": one.spans,
        "live_bytes": one.live_bytes,
        "sealed_bytes": one.sealed_bytes,
        "ratio": None if ratio is None else round(ratio, 1),
        "note": "finished what was begun" if one.finished else "",
    }
