"""``amtspuls report``: one page that says what the archive knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.asking import From, Until, make_selection, open_archive, say_left_out
from amtspuls.cli.options import (
    Archive,
    Config,
    Exclude,
    Include,
    Overlays,
    Systems,
    load_catalogue_of,
)
from amtspuls.cli.output import say

if TYPE_CHECKING:
    from amtspuls.archive.week import IsoWeek


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where to write the page.")
    ] = Path("report.html"),
    week: Annotated[
        str | None,
        typer.Option(metavar="YYYY-WW", help="One ISO week, instead of --from and --until."),
    ] = None,
    lang: Annotated[str, typer.Option(metavar="en|de", help="Language of the page.")] = "en",
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    from_local: From = None,
    until_local: Until = None,
    archive: Archive = None,
    catalogue: Overlays = None,
    config: Config = None,
) -> None:
    """Write one HTML page with figures, pictures and tables, that needs neither network nor scripts."""
    from amtspuls.charts.words import require_lang
    from amtspuls.settings import load_settings
    from amtspuls.web.report import write_report
    from amtspuls.web.report_pictures import Places

    language = require_lang(lang)
    wanted = _require_week(week, from_local, until_local)
    if wanted:
        from_local, until_local = wanted.start.isoformat(), wanted.end.isoformat()
    settings = load_settings(config)
    folder = archive or settings.archive
    places = Places(
        load_catalogue_of(settings, catalogue).portals, tuple(map(str, catalogue or ()))
    )
    options = {
        "-i": include,
        "-e": exclude,
        "--system": system,
        "--from": from_local,
        "--until": until_local,
    }
    with open_archive(folder, config) as reader:
        selection = make_selection(reader, include, exclude, system, from_local, until_local)
        say_left_out(reader, selection)
        write_report(
            reader,
            out,
            archive=folder,
            selection=selection,
            options=options,
            week=wanted,
            lang=language,
            places=places,
        )
    say(f"report: {out}")


def _require_week(
    week: str | None, from_local: str | None, until_local: str | None
) -> IsoWeek | None:
    """The week that was named.

    Raises:
        ConfigError: It is no week, or times were named beside it.
    """
    from amtspuls.archive.week import IsoWeek
    from amtspuls.errors import ConfigError

    if week is None:
        return None
    if from_local or until_local:
        raise ConfigError("--week names the range already: leave out --from and --until")
    return IsoWeek.parse(week)
