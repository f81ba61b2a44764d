"""``amtspuls transitions``: why start times appeared and vanished."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amtspuls.cli.asking import From, Until, options_of, print_origin, watch
from amtspuls.cli.cells import group
from amtspuls.cli.options import Archive, Config, Exclude, Include, Systems, Where, Workers
from amtspuls.cli.output import Format, print_rows, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("transitions")(transitions)


def transitions(
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    from_local: From = None,
    until_local: Until = None,
    executor: Where = None,
    workers: Workers = None,
    archive: Archive = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Every single change as Parquet or CSV, by its ending."
        ),
    ] = None,
) -> None:
    """Say why start times appeared and vanished: how many of each kind, by portal.

    With --out every change is written, with its kind, the rule that decided and how sure that is.
    """
    from amtspuls.analysis.grouping import By
    from amtspuls.analysis.observed import observe
    from amtspuls.analysis.provenance import command_text, provenance_of
    from amtspuls.analysis.transition_table import (
        count_kinds,
        kind_columns,
        require_table,
        write_changes,
    )

    if out is not None:
        require_table(out)
    filters, times = (include, exclude, system), (from_local, until_local)
    asked = options_of(filters, times, form, out=out.name if out else None)
    with watch((archive, config), filters, times, (executor, workers)) as watched:
        rows = count_kinds(watched)
        covered = [one.coverage for one in observe(watched, By.PORTAL).values()]
        provenance = provenance_of(watched, command_text("transitions", options=asked))
        if out is not None:
            count = write_changes(watched, provenance, out)
            say(f"{group(count)} change{'' if count == 1 else 's'}: {out}")
    columns = kind_columns()
    if form in (Format.CSV, Format.JSON):
        origin = provenance.columns()
        full = [
            {**row, "coverage": share, **origin} for row, share in zip(rows, covered, strict=True)
        ]
        print_rows(full, [*columns, "coverage", *origin], form)
        return
    print_rows(rows, columns, form, title="Start times that vanished and appeared, by kind")
    print_origin(provenance, form)
    if any(row[columns[1]] is None for row in rows):
        say("Empty: no two answers to compare, so nothing is known of changes.")
    say("What each kind means, and how it is told: docs/reference/transitions.md.")
