"""``amtspuls estimate``: bookings and cancellations with their uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.asking import From, Until, folder_of, options_of, print_origin, watch
from amtspuls.cli.options import (
    Archive,
    Config,
    Exclude,
    Include,
    Overlays,
    Systems,
    Where,
    Workers,
)
from amtspuls.cli.output import Format, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from amtspuls.analysis.base import Row
    from amtspuls.analysis.grouping import Watched
    from amtspuls.analysis.legacy.counts import LegacyPortals
    from amtspuls.analysis.provenance import Provenance


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("estimate")(estimate)


def estimate(
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="BY",
            help="portal, calendar, city, all, hour, weekday, day, week or calendar-week.",
        ),
    ] = None,
    legacy: Annotated[
        bool, typer.Option("--legacy", help="The predecessor's numbers beside ours.")
    ] = False,
    from_local: From = None,
    until_local: Until = None,
    executor: Where = None,
    workers: Workers = None,
    archive: Archive = None,
    catalogue: Overlays = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Estimate how many visible bookings and cancellations there were: low, central, high.

    Where less than half of the time was covered a figure is refused.
    """
    from amtspuls.analysis.estimate_table import CITY, require_grouping, tabulate
    from amtspuls.analysis.provenance import command_text, provenance_of

    grouping = require_grouping(by)
    folder = folder_of(archive, config)
    filters, times = (include, exclude, system), (from_local, until_local)
    asked = options_of(filters, times, form, by=by, legacy=legacy)
    asked |= {"--catalogue": [str(path) for path in catalogue or ()]}
    with watch((archive, config), filters, times, (executor, workers)) as watched:
        cities = _cities(catalogue, config) if grouping == CITY else {}
        old = _old_numbers(folder, watched) if legacy else None
        rows = tabulate(watched, grouping, cities, old)
        provenance = provenance_of(watched, command_text("estimate", options=asked))
    if not legacy:
        rows = [
            {key: value for key, value in row.items() if not key.startswith("legacy_")}
            for row in rows
        ]
    elif old is None:
        say(
            "the predecessor's numbers are left out: they can be had only for whole sealed weeks, and this range"
            " cuts one, or has snapshots of one that is not sealed (`amtspuls seal` seals what is over)"
        )
    _print(rows, provenance, form)


def _cities(catalogue: Overlays, config: Config) -> dict[str, str]:
    from amtspuls.catalogue.cities import city_of
    from amtspuls.cli.options import load_catalogue_of
    from amtspuls.settings import load_settings

    portals = load_catalogue_of(load_settings(config), catalogue).portals
    found = {portal.id: city_of(portal) for portal in portals.values()}
    return {portal_id: city.name for portal_id, city in found.items() if city is not None}


def _old_numbers(folder: Path, watched: Sequence[Watched]) -> LegacyPortals | None:
    from amtspuls.analysis.legacy.counts import count_weeks
    from amtspuls.analysis.timeline import cuts_a_week, list_weeks
    from amtspuls.archive.week import WEEKS_NAME, IsoWeek

    if cuts_a_week(watched):
        return None
    # In a week of which the archive knows nothing the predecessor's figures are none either.
    known = set[IsoWeek]().union(*(one.evidence.extent.weeks for one in watched))
    weeks = [week for week in map(IsoWeek.parse, list_weeks(watched)) if week in known]
    return count_weeks(
        folder / WEEKS_NAME, weeks, {one.evidence.record.portal_id for one in watched}
    )


def _print(rows: Sequence[Row], provenance: Provenance, form: Format) -> None:
    from amtspuls.analysis.display import show_figures
    from amtspuls.analysis.estimate_table import estimate_columns
    from amtspuls.analysis.provenance import COLUMNS

    columns = estimate_columns(rows)
    if form in (Format.CSV, Format.JSON):
        full = [{**row, **provenance.columns()} for row in rows]
        print_rows(full, [column.key for column in (*columns, *COLUMNS)], form)
        return
    shown = [column for column in columns if column.key != "rule"]
    print_rows(
        show_figures(shown, rows),
        [column.key for column in shown],
        form,
        title="Visible bookings and cancellations, with their uncertainty",
        titles={column.key: column.title for column in shown},
    )
    print_origin(provenance, form)
    rule = rows[0]["rule"] if rows else ""
    say(f"Rule {rule}: what counts, and what nobody can see, is in docs/reference/estimates.md.")
