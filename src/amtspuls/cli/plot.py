"""``amtspuls plot``: draw a picture of what the archive says."""

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
from amtspuls.cli.output import Format, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amtspuls.catalogue.portal import Portal
    from amtspuls.charts.base import Picture


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plot")(plot)


def plot(
    name: Annotated[
        str | None, typer.Argument(help="The picture; without it the pictures are listed.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to: .png, .svg, .html or .json."),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="activity: seed or successor, as the seed's figures."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="compare: what the office is for; else citizen office.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(metavar="S", help="compare: as id_card or Reisepass; else all.")
    ] = None,
    lang: Annotated[str, typer.Option(metavar="en|de", help="Language of the labels.")] = "en",
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    from_local: From = None,
    until_local: Until = None,
    archive: Archive = None,
    catalogue: Overlays = None,
    config: Config = None,
) -> None:
    """Draw a picture of what the archive says, as image, page or Vega-Lite specification."""
    if name is None:
        _list_pictures()
        return
    from amtspuls.analysis.provenance import command_text
    from amtspuls.charts.base import Options
    from amtspuls.charts.registry import draw_picture, require_picture
    from amtspuls.charts.render import write_chart
    from amtspuls.charts.words import require_lang

    picture = require_picture(name)
    to = _require_out(name, out)
    asked = {
        "--rule": rule,
        "--kind": kind,
        "--service": service,
        "--lang": None if lang == "en" else lang,
        "-i": include,
        "-e": exclude,
        "--system": system,
        "--from": from_local,
        "--until": until_local,
        "--catalogue": [str(path) for path in catalogue or ()],
        "--out": to.name,
    }
    options = Options(
        lang=require_lang(lang),
        rule=rule,
        kind=kind,
        service=service,
        catalogue=_portals(picture, catalogue, config),
        command=command_text("plot", name, options=asked),
    )
    picture.require(options)
    with open_archive(archive, config) as reader:
        selection = make_selection(reader, include, exclude, system, from_local, until_local)
        if not picture.takes_united(options):
            say_left_out(reader, selection)
        chart = draw_picture(picture, reader, selection, options)
    write_chart(chart, to)
    say(f"{name}: {to}")


def _portals(
    picture: Picture, overlays: list[Path] | None, config: Path | None
) -> Mapping[str, Portal] | None:
    """The portals of the catalogue for a picture that asks it; others are asked for nothing."""
    from amtspuls.settings import load_settings

    if "catalogue" not in picture.options and not overlays:
        return None
    return load_catalogue_of(load_settings(config), overlays).portals


def _list_pictures() -> None:
    from amtspuls.charts.registry import PICTURES

    rows = [
        {
            "picture": one.name,
            "shows": one.about,
            "options": ", ".join(f"--{option}" for option in one.options),
        }
        for one in PICTURES.values()
    ]
    print_rows(rows, ["picture", "shows", "options"], Format.TABLE)


def _require_out(name: str, out: Path | None) -> Path:
    from amtspuls.charts.render import require_ending
    from amtspuls.errors import ConfigError

    if out is None:
        raise ConfigError(f"say where the picture goes: amtspuls plot {name} --out {name}.png")
    require_ending(out)
    return out
