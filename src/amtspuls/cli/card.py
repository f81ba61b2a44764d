"""``amtspuls card``: what is known of one portal, on one screen."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.asking import From, Until, make_selection, open_archive
from amtspuls.cli.options import Archive, Config
from amtspuls.cli.output import Format, print_rows, say

if TYPE_CHECKING:
    from amtspuls.analysis.card import Card
    from amtspuls.analysis.provenance import Provenance

_MOST_CALENDARS = 12
_OF_CALENDARS = {
    "calendar": "calendar",
    "name": "name",
    "notice": "notice",
    "horizon": "horizon",
    "grid_min": "grid, min",
    "first": "first",
    "last": "last",
}


class CardFormat(StrEnum):
    """Formats of a card."""

    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("card")(card)


def card(
    portal: Annotated[str, typer.Argument(metavar="PORTAL", help="Id of the portal.")],
    from_local: From = None,
    until_local: Until = None,
    archive: Archive = None,
    config: Config = None,
    form: Annotated[CardFormat, typer.Option("--format")] = CardFormat.TABLE,
) -> None:
    """Show how a portal behaves: notice, horizon, releases, holds, shared desks, with what it rests on.

    All of it is learned from the snapshots of the range; what there are too few cases for is unknown.
    """
    from amtspuls.analysis.card import make_card
    from amtspuls.analysis.measures import load_watched
    from amtspuls.analysis.provenance import command_text, provenance_of
    from amtspuls.errors import ConfigError

    asked = {
        "--from": from_local,
        "--until": until_local,
        "--format": None if form is CardFormat.TABLE else form.value,
    }
    with open_archive(archive, config) as reader:
        selection = make_selection(reader, [portal], None, None, from_local, until_local)
        watched = load_watched(reader, selection, united=True)
        if len(watched) > 1:
            ids = ", ".join(one.evidence.record.portal_id for one in watched[:5])
            raise ConfigError(
                f"a card is about one portal, and {portal!r} means {len(watched)} ({ids}): name one"
            )
        found = make_card(watched[0])
        provenance = provenance_of(watched, command_text("card", portal, options=asked))
    if form is CardFormat.JSON:
        _print_json(found, provenance)
    else:
        _print_table(found, provenance)


def _print_json(found: Card, provenance: Provenance) -> None:
    import json
    from dataclasses import asdict

    whole = {**asdict(found), "provenance": provenance.as_dict()}
    print(json.dumps(whole, ensure_ascii=False, indent=1, default=str))


def _print_table(found: Card, provenance: Provenance) -> None:
    from dataclasses import asdict

    titles = {"about": "", "value": "", "support": "rests on"}
    print_rows([asdict(line) for line in found.lines], [*titles], Format.TABLE, titles=titles)
    some = found.calendars[:_MOST_CALENDARS]
    if len(some) > 1:
        print_rows(some, [*_OF_CALENDARS], Format.TABLE, titles=_OF_CALENDARS)
    print(provenance.line())
    more = len(found.calendars) - len(some)
    if more:
        say(f"and {more} more calendars: --format json has all of them")
    say("How this is learned, and what it cannot know: docs/reference/behaviour.md.")
