"""``amtspuls export``: weekly bundles out of an archive, live or sealed."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.options import Archive, Config, Exclude, Include, Systems
from amtspuls.cli.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amtspuls.analysis.selection import Selection
    from amtspuls.archive.base import ArchiveReader
    from amtspuls.archive.week import IsoWeek
    from amtspuls.bundle.plan import Reach
    from amtspuls.bundle.write import WeekReport

_COLUMNS = (
    "week", "portal", "rows", "calendars", "slots", "partial_views", "failed_views", "failed_snapshots",
)  # fmt: skip


class ExportFormat(StrEnum):
    """How the report is printed, or ``legacy``: what is written, too."""

    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"
    LEGACY = "legacy"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("export")(export)


def export(
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Folder for YYYY/YYYY-WW.tar.gz.")
    ],
    week: Annotated[
        list[str] | None,
        typer.Option(metavar="YYYY-WW", help="Only this ISO week; may be repeated. Written anew."),
    ] = None,
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Also weeks that the archive does not reach over.")
    ] = False,
    compressed: Annotated[
        bool, typer.Option("--compressed/--no-compressed", help="A tar.gz, or a folder of CSVs.")
    ] = True,
    archive: Archive = None,
    config: Config = None,
    form: Annotated[
        ExportFormat,
        typer.Option(
            "--format", help="How the report is printed; legacy: sealed weeks, byte for byte."
        ),
    ] = ExportFormat.TABLE,
) -> None:
    """Write weekly bundles: one CSV per portal and week, as the predecessor published them.

    Without --week: every complete week that is not in the folder yet. Views that lack days are left out
    and counted. With --format legacy: the sealed weeks, imported ones exactly as they were.
    """
    from amtspuls.analysis.selection import Selection
    from amtspuls.archive.live import open_reader
    from amtspuls.archive.week import IsoWeek
    from amtspuls.settings import load_settings

    named = sorted({IsoWeek.parse(text) for text in week or ()})
    folder = archive or load_settings(config).archive
    if form is ExportFormat.LEGACY:
        _forbid_choice(include, exclude, system, incomplete=incomplete)
        _print(_export_legacy(folder, to, named, compressed=compressed), Format.TABLE)
        return
    selection = Selection(tuple(include or ()), tuple(exclude or ()), tuple(system or ()))
    with closing(open_reader(folder)) as reader:
        reports = _export(
            reader, selection, to, named, incomplete=incomplete, compressed=compressed
        )
    _print(reports, Format(form.value))


def _forbid_choice(*patterns: list[str] | None, incomplete: bool) -> None:
    from amtspuls.errors import ConfigError

    if incomplete or any(patterns):
        raise ConfigError(
            "--format legacy gives back whole bundles: it goes with neither -i, -e, --system nor"
            " --incomplete"
        )


def _export_legacy(
    folder: Path, to: Path, named: Sequence[IsoWeek], *, compressed: bool
) -> list[WeekReport]:
    from amtspuls.archive.sealed.read import list_weeks, open_week
    from amtspuls.archive.week import WEEKS_NAME
    from amtspuls.bundle.legacy import write_legacy
    from amtspuls.bundle.write import is_exported

    sealed = list_weeks(folder / WEEKS_NAME)
    weeks = list(named) or [
        week for week in sealed if not is_exported(to, week, compressed=compressed)
    ]
    if not weeks:
        said = (
            f"every sealed week is in {to} already" if sealed else f"no week of {folder} is sealed"
        )
        say(f"nothing to export: {said}")
    reports = []
    with progress(len(weeks), "export") as step:
        for week in weeks:
            opened = open_week(folder / WEEKS_NAME, week)
            reports.append(write_legacy(opened, to, compressed=compressed))
            step(str(week))
    return reports


def _export(
    reader: ArchiveReader,
    selection: Selection,
    to: Path,
    named: Sequence[IsoWeek],
    *,
    incomplete: bool,
    compressed: bool,
) -> list[WeekReport]:
    from amtspuls.analysis.selection import select_portals
    from amtspuls.bundle.plan import find_reach
    from amtspuls.bundle.write import is_exported, write_week

    portal_ids = [portal.portal_id for portal in select_portals(reader, selection)]
    reach = find_reach(reader, portal_ids)
    weeks = [
        week
        for week in _weeks(reach, named, incomplete=incomplete)
        if named or not is_exported(to, week, compressed=compressed)
    ]
    edges = [str(week) for week in reach.weeks() if not reach.is_complete(week)]
    if not weeks:
        say(_say_nothing_to_do(reach, to))
    elif edges and not named and not incomplete:
        say(
            f"left out: {', '.join(edges)}, which the archive does not reach over; --incomplete"
            " exports what there is"
        )
    with progress(len(weeks) * len(portal_ids), "export") as step:
        return [
            write_week(
                reader,
                week,
                to,
                portal_ids=portal_ids,
                compressed=compressed,
                incomplete=not reach.is_complete(week),
                on_portal=step,
            )
            for week in weeks
        ]


def _weeks(reach: Reach, named: Sequence[IsoWeek], *, incomplete: bool) -> list[IsoWeek]:
    """The weeks asked for; all that can be had where none is named."""
    if not named:
        return [week for week in reach.weeks() if incomplete or reach.is_complete(week)]
    if not incomplete:
        for week in named:
            reach.require_complete(week)
    return list(named)


def _say_nothing_to_do(reach: Reach, to: Path) -> str:
    if not any(map(reach.is_complete, reach.weeks())):
        return (
            "nothing to export: no week is complete yet; add --incomplete to export what there is"
            " (sealed weeks: --format legacy)"
        )
    return f"nothing to export: every complete week is in {to} already; name one with --week to write it anew"


def _print(reports: Sequence[WeekReport], form: Format) -> None:
    if not reports:
        return
    print_rows(
        [
            {
                "week": str(report.week),
                "portal": portal.portal_id,
                "rows": portal.rows,
                "calendars": portal.calendars,
                "slots": portal.columns,
                "partial_views": portal.partial_views,
                "failed_views": portal.failed_views,
                "failed_snapshots": portal.failed_snapshots,
            }
            for report in reports
            for portal in report.portals
        ],
        _COLUMNS,
        form,
        titles={
            "partial_views": "partial views left out",
            "failed_views": "failed views",
            "failed_snapshots": "failed snapshots",
        },
    )
    for report in reports:
        note = " (incomplete week)" if report.incomplete else ""
        say(f"{report.path}: {report.rows} rows{note}")
