"""``amtspuls check``: look an archive over without changing it."""

from __future__ import annotations

from typing import Annotated

import typer

from amtspuls.cli.options import Archive, Config
from amtspuls.cli.output import Format, print_rows, progress, say

_COLUMNS = ("severity", "where", "what")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    archive: Archive = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Check digests, schemas, the edges of weeks, and the database; nothing is changed.

    Exit code 1 when an error or a warning was found; notes are only told.
    """
    from amtspuls.archive.check import Severity, check_archive
    from amtspuls.archive.week import WEEKS_NAME, sealed_weeks
    from amtspuls.settings import load_settings

    folder = archive or load_settings(config).archive
    with progress(len(sealed_weeks(folder / WEEKS_NAME)) + 1, "check") as step:
        findings = check_archive(folder, step)
    rows = [
        {"severity": one.severity.value, "where": one.where, "what": one.what} for one in findings
    ]
    if rows or form is Format.JSON:
        print_rows(rows, _COLUMNS, form)
    wrong = [one for one in findings if one.severity is not Severity.NOTE]
    say(f"{folder}: {len(wrong)} findings" if wrong else f"{folder}: all is well")
    if wrong:
        raise typer.Exit(1)
