"""``amtspuls compare``: cities side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.asking import From, Until, make_selection, say_left_out
from amtspuls.cli.options import Archive, Config, Overlays, load_catalogue_of
from amtspuls.cli.output import Format, print_rows, say

if TYPE_CHECKING:
    from amtspuls.analysis.compare import Comparison
    from amtspuls.analysis.offices import Wish
    from amtspuls.analysis.provenance import Provenance

_FOR_EXPERTS = frozenset({"portals", "systems", "from", "until", "warnings", "moments", "state"})
"""Columns that a table leaves out: they are said below it, or are the same in every row."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare)


def compare(
    cities: Annotated[
        list[str],
        typer.Argument(metavar="CITY...", help="Cities, as bielefeld or 'Halle (Saale)'."),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", help="What the office is for; else citizen office, or any with --service."
        ),
    ] = None,
    service: Annotated[
        str | None,
        typer.Option("--service", metavar="S", help="As id_card or Reisepass; else all."),
    ] = None,
    share: Annotated[
        float | None,
        typer.Option(
            "--least",
            metavar="SHARE",
            help="Share of a city's offices known at a moment; else 0.8.",
        ),
    ] = None,
    from_local: From = None,
    until_local: Until = None,
    archive: Archive = None,
    catalogue: Overlays = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Compare cities by the wait of a person who takes any office: days and shares, never counts.

    Cities are those of the catalogue; what makes them hard to compare is said beside the figures.
    """
    from contextlib import closing

    from amtspuls.analysis.compare import LEAST_SHARE, compare_cities
    from amtspuls.analysis.measures import load_watched
    from amtspuls.analysis.offices import choose_cities, offices_by_city, portals_for
    from amtspuls.analysis.provenance import command_text, provenance_of
    from amtspuls.analysis.selection import Selection, select_portals
    from amtspuls.archive.live import open_reader
    from amtspuls.settings import load_settings

    settings = load_settings(config)
    portals = load_catalogue_of(settings, catalogue).portals
    wish = _make_wish(kind, service)
    with closing(open_reader(archive or settings.archive)) as reader:
        archived = {record.portal_id for record in select_portals(reader, Selection())}
        chosen = choose_cities(cities, archived, portals.values())
        ids = portals_for(chosen, archived, portals.values(), wish)
        selection = make_selection(reader, list(ids), None, None, from_local, until_local)
        say_left_out(reader, selection)
        watched = load_watched(reader, selection)
        offices = offices_by_city(reader, watched, portals, chosen, wish)
        found = compare_cities(offices, watched, wish, LEAST_SHARE if share is None else share)
        asked = {
            "--kind": kind,
            "--service": service,
            "--least": share,
            "--from": from_local,
            "--until": until_local,
            "--catalogue": [str(path) for path in catalogue or ()],
            "--format": None if form is Format.TABLE else form.value,
        }
        provenance = provenance_of(watched, command_text("compare", *cities, options=asked))
    _print(found, provenance, wish, form)


def _make_wish(kind: str | None, service: str | None) -> Wish:
    from amtspuls.analysis.offices import Wish
    from amtspuls.catalogue.cities import require_kind, require_service

    wanted = None if service is None else require_service(service)
    if kind is None:
        return Wish("citizen_office" if wanted is None else None, wanted)
    return Wish(require_kind(kind), wanted)


def _print(found: Comparison, provenance: Provenance, wish: Wish, form: Format) -> None:
    from amtspuls.analysis.compare import COLUMNS, columns_for
    from amtspuls.analysis.display import show_figures, show_time
    from amtspuls.analysis.provenance import COLUMNS as ORIGIN

    if form in (Format.CSV, Format.JSON):
        rows = [{**row, **provenance.columns()} for row in found.rows]
        print_rows(rows, [column.key for column in (*COLUMNS, *ORIGIN)], form)
        return
    told = any(row["cancellation_refused"] for row in found.rows)
    left_out = _FOR_EXPERTS if told else _FOR_EXPERTS | {"cancellation_refused"}
    columns = [column for column in columns_for(wish) if column.key not in left_out]
    what = (wish.service or "all services") + (f", {wish.kind}" if wish.kind else "")
    print_rows(
        show_figures(columns, found.rows),
        [column.key for column in columns],
        form,
        title=f"Wait of a person who takes any {wish.unit} of the city ({what.replace('_', ' ')})",
        titles={column.key: column.title for column in columns},
    )
    gap = "\n" if form is Format.MARKDOWN else ""
    for warning in found.warnings:
        print(f"{gap}Mind: {warning}")
    print(f"{gap}{provenance.line()}")
    start, end = (show_time(found.rows[0][key]) for key in ("from", "until"))
    say(
        f"From {start} until {end}, local time; how, and what it cannot know: docs/how-to/compare-cities.md."
    )
