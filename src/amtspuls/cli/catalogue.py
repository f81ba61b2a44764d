"""``amtspuls list``: which portals there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from amtspuls.cli.options import (
    Archive,
    Config,
    Overlays,
    Systems,
    live_portals,
    load_catalogue_of,
)
from amtspuls.cli.output import Format, print_rows

if TYPE_CHECKING:
    from amtspuls.catalogue.load import Catalogue
    from amtspuls.catalogue.portal import Kind, Portal, Status

_EVERYTHING = (
    *("id", "name", "system", "url", "status", "last_seen"),
    *("kind", "city", "state", "latitude", "longitude", "replaced_by", "note"),
)
_COLUMNS = {
    Format.TABLE: ("id", "name", "system", "status", "last_seen"),
    Format.MARKDOWN: ("name", "scraper", "link"),
    Format.CSV: _EVERYTHING,
    Format.JSON: _EVERYTHING,
}
_TITLES = {"last_seen": "last seen", "link": "url"}


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("list")(list_portals)


def list_portals(
    system: Systems = None,
    match: Annotated[
        list[str] | None,
        typer.Option("--match", metavar="GLOB", help="Only portals whose id matches."),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option("--status", help="active, silent, retired or unverified."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="What the office is for, e.g. citizen_office."),
    ] = None,
    cost: Annotated[
        bool,
        typer.Option(
            "--cost", help="Requests per snapshot, and the shortest period that politeness allows."
        ),
    ] = False,
    services: Annotated[
        bool, typer.Option("--services", help="Which services are asked, and by whose choice.")
    ] = False,
    archive: Archive = None,
    catalogue: Overlays = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """List the portals of the catalogue, the user's own included."""
    from amtspuls.errors import ConfigError
    from amtspuls.settings import load_settings

    if cost and services:
        raise ConfigError("--cost and --services are two lists: name one of them")

    settings = load_settings(config)
    known = load_catalogue_of(settings, catalogue)
    picked = known.select(
        include=match or (),
        systems=_require_systems(system or (), known),
        statuses=_require_statuses(status or ()),
        kinds=_require_kinds(kind or ()),
    )
    if cost:
        from amtspuls.cli.cost import print_costs

        asked = picked if status else live_portals(picked, (), include_retired=False)
        print_costs(asked, known.hosts, settings, archive, form)
        return
    if services:
        from amtspuls.cli.services import print_services

        asked = picked if status else live_portals(picked, (), include_retired=False)
        print_services(asked, settings, archive, form)
        return
    rows = [_row(portal) for portal in picked]
    if form is Format.MARKDOWN:
        rows.sort(key=lambda row: str(row["name"]))
    if form is Format.CSV:
        # As text: numbers are rounded for people, and degrees need all of their digits.
        rows = [{key: "" if row[key] is None else str(row[key]) for key in row} for row in rows]
    title = f"{len(rows)} of {len(known.portals)} portals"
    print_rows(rows, _COLUMNS[form], form, title=title, titles=_TITLES)


def _require_systems(systems: Sequence[str], known: Catalogue) -> Sequence[str]:
    """Systems that are installed, and those that only have portals nobody can read yet."""
    from importlib.metadata import entry_points

    from amtspuls.systems.registry import ENTRY_POINT_GROUP

    installed = entry_points(group=ENTRY_POINT_GROUP).names
    named = {portal.system for portal in known.portals.values()}
    _require_words("system", systems, sorted(installed | named))
    return systems


def _require_statuses(statuses: Sequence[str]) -> Sequence[Status]:
    from amtspuls.catalogue.portal import Status

    known: tuple[Status, ...] = get_args(Status)
    _require_words("status", statuses, known)
    return [status for status in known if status in statuses]


def _require_kinds(kinds: Sequence[str]) -> Sequence[Kind]:
    from amtspuls.catalogue.portal import Kind

    known: tuple[Kind, ...] = get_args(Kind)
    _require_words("kind", kinds, known)
    return [kind for kind in known if kind in kinds]


def _require_words(what: str, words: Sequence[str], known: Sequence[str]) -> None:
    from amtspuls.errors import ConfigError

    for word in words:
        if word not in known:
            raise ConfigError(f'no {what} is called "{word}"; there are: {", ".join(known)}')


def _row(portal: Portal) -> dict[str, Any]:
    return {
        **(portal.place.model_dump() if portal.place else {}),
        "id": portal.id,
        "name": portal.name,
        "system": portal.system,
        "scraper": portal.system,
        "url": portal.url,
        "link": _link(portal.url),
        "status": portal.status,
        "last_seen": portal.last_seen,
        "kind": portal.kind,
        "replaced_by": portal.replaced_by,
        "note": portal.note,
    }


def _link(url: str) -> str:
    """A Markdown link that shows host and folder; what follows the last slash is cut."""
    shown = url.partition("://")[2]
    folder, slash, page = shown.rpartition("/")
    return f"[{folder}{slash}...]({url})" if slash and page else f"[{shown}]({url})"
