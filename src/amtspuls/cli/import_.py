"""``amtspuls import``: old weekly bundles into sealed weeks of an archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.cells import group
from amtspuls.cli.options import Archive, Config, Where
from amtspuls.cli.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amtspuls.bundle.importing import WeekImport

_COLUMNS = ("week", "portal", "kind", "count", "detail")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("import")(import_)


def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Bundles (tar.gz), or folders with them."),
    ],
    metadata: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Names; else the metadata.json beside the bundles."),
    ] = None,
    archive: Archive = None,
    parallel: Annotated[
        int | None,
        typer.Option("-p", "--parallel", min=1, max=256, help="Processes; else one per core."),
    ] = None,
    executor: Where = None,
    config: Config = None,
    form: Annotated[
        Format, typer.Option("--format", help="How the report of oddities is printed.")
    ] = Format.TABLE,
) -> None:
    """Import weekly bundles of the predecessor, and report what is odd about them.

    A week that is there from the same bundle is left alone, so an import that was stopped is started
    again. A bundle that fails does not keep the others back; exit code 1 then.
    """
    from contextlib import ExitStack

    from amtspuls.bundle.finding import PRELOAD, find_bundles, find_metadata
    from amtspuls.executor import core_count, is_cluster, load_early, open_executor

    bundles, processes = find_bundles(paths), parallel or core_count()
    if min(processes, len(bundles)) > 1 and not is_cluster(executor):
        load_early(PRELOAD)

    # Slow to load, so not before others began to.
    from amtspuls.archive.week import WEEKS_NAME
    from amtspuls.bundle.importing import Status, import_bundles, load_metadata

    found = metadata or find_metadata(paths)
    names = load_metadata(found)
    if not found:
        say("no metadata.json beside the bundles: portals and calendars are called by their ids")
    if archive is None:
        from amtspuls.settings import load_settings

        archive = load_settings(config).archive
    with ExitStack() as opened:
        shared = (
            opened.enter_context(open_executor(executor, parallel))
            if is_cluster(executor)
            else None
        )
        step = opened.enter_context(progress(len(bundles), "import"))
        reports = import_bundles(
            bundles,
            archive / WEEKS_NAME,
            names,
            processes=processes,
            executor=shared,
            on_week=step,
        )
    _print(reports, form)
    if any(report.status is Status.FAILED for report in reports):
        raise typer.Exit(1)


def _print(reports: Sequence[WeekImport], form: Format) -> None:
    rows = [
        {
            "week": str(report.found.week),
            "portal": oddity.portal_id,
            "kind": oddity.kind.value,
            "count": oddity.count,
            "detail": oddity.detail,
        }
        for report in reports
        for oddity in report.oddities
    ]
    if rows or form is not Format.TABLE:
        print_rows(rows, _COLUMNS, form)
    for report in reports:
        say(_say(report))


def _say(report: WeekImport) -> str:
    if report.error:
        return f"amtspuls: {report.error}"
    done = (
        f"{group(report.rows)} rows of {report.portals} portals,"
        f" {group(report.spans)} spans, {group(round(report.size_bytes / 1000))} kB"
    )
    return f"{report.found.week}: {done}{'' if report.status == 'imported' else ' (there already)'}"
