"""``amtspuls legacy-metrics``: the predecessor's metrics out of sealed weeks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amtspuls.cli.options import Archive, Config
from amtspuls.cli.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amtspuls.analysis.legacy.summary import PortalName
    from amtspuls.analysis.legacy.week import LegacyWeek
    from amtspuls.archive.sealed.model import SealedPortal
    from amtspuls.archive.week import IsoWeek

_COLUMNS = (
    "week", "source_id", "num_locations", "num_snapshots", "num_changes", "num_appointments",
    "num_cancellations",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("legacy-metrics")(legacy_metrics)


def legacy_metrics(
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Folder for metrics/YYYY/YYYY-WW.tar.gz.")
    ],
    week: Annotated[
        list[str] | None,
        typer.Option(metavar="YYYY-WW", help="Only this ISO week; may be repeated. Written anew."),
    ] = None,
    carry: Annotated[
        bool,
        typer.Option("--carry", help="Begin each named week with what the week before left."),
    ] = False,
    archive: Archive = None,
    config: Config = None,
    form: Annotated[
        Format, typer.Option("--format", help="How the report is printed.")
    ] = Format.TABLE,
) -> None:
    """Write the predecessor's 49 metric files per sealed week, its errors included, and its summaries.

    They continue the published series and are no figures of ours: see docs/reference/legacy-metrics.md.
    Without --week: every sealed week that is not in the folder yet, each begun afresh as the published
    ones nearly all were.
    """
    from amtspuls.archive.week import WEEKS_NAME, IsoWeek
    from amtspuls.bundle.files import export_lock
    from amtspuls.settings import load_settings

    named = sorted({IsoWeek.parse(text) for text in week or ()})
    weeks = (archive or load_settings(config).archive) / WEEKS_NAME
    with export_lock(to):
        wanted = _weeks(weeks, to, named, carry=carry)
        reports = _write(weeks, to, wanted, carry=carry)
    if reports:
        print_rows(reports, _COLUMNS, form)


def _weeks(weeks: Path, to: Path, named: Sequence[IsoWeek], *, carry: bool) -> Sequence[IsoWeek]:
    from amtspuls.analysis.legacy.files import written_weeks
    from amtspuls.analysis.legacy.series import require_weeks
    from amtspuls.archive.sealed.read import list_weeks

    sealed = list_weeks(weeks)
    if named or carry:
        require_weeks(named, sealed, carry=carry)
        return named
    written = written_weeks(to)
    wanted = [week for week in sealed if str(week) not in written]
    if not wanted:
        said = f"every sealed week is in {to} already" if sealed else f"no sealed week in {weeks}"
        say(f"nothing to calculate: {said}")
    return wanted


def _write(
    weeks: Path, to: Path, wanted: Sequence[IsoWeek], *, carry: bool
) -> list[dict[str, Any]]:
    from amtspuls.analysis.legacy.files import write_week
    from amtspuls.analysis.legacy.series import calculate_series
    from amtspuls.analysis.legacy.summary import PortalName
    from amtspuls.archive.sealed.read import open_week

    names: dict[str, PortalName] = {}

    def load(week: IsoWeek) -> list[SealedPortal]:
        sealed = open_week(weeks, week)
        portals = [sealed.portal(portal_id) for portal_id in sealed.portal_ids]
        names.update(
            {p.record.portal_id: PortalName(p.record.system, p.record.name) for p in portals}
        )
        return portals

    reports: list[dict[str, Any]] = []
    with progress(len(wanted), "legacy metrics") as step:
        for legacy in calculate_series(wanted, load, carry=carry):
            path = write_week(to, legacy, names)
            step(str(legacy.week))
            say(f"{path}: {_say_size(legacy)}")
            reports += [row._asdict() for row in legacy.summary]
    return reports


def _say_size(legacy: LegacyWeek) -> str:
    tables = legacy.tables
    return f"{len(tables.buckets)} quarter hours x {len(tables.locations)} calendars"
