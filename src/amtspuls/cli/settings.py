"""``amtspuls init``: write a settings file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amtspuls.cli.output import say

_TEMPLATE = """\
# Settings of Amtspuls. Remove the "#" before a line to use it. Every setting is described in
# docs/reference/settings.md; paths are relative to the folder of this file.

# Under which mail address or web page can an office reach you? It is sent with every request.
# Without it no live portal is asked.
{contact}

# Web page that explains what you do; it is sent with every request, too.
project_url = "{project_url}"

# Folder of the archive.
archive = "{archive}"

# Your own catalogue files: they add portals or replace packaged ones, e.g. ["offices.toml"].
catalogue = []

# How many portals are asked at the same time. Each host has a gate of its own beside this.
parallel = {parallel}

[schedule]
# Minutes from one snapshot of a portal to its next. A period that an office's pages cannot bear is refused;
# `amtspuls list --cost` shows the shortest ones.
# period_min = {period_min}

# The same for single portals.
# portals = {{ bonn = 30 }}

# How many weeks ahead to ask. Without this line: everything that a portal offers, at most 9 weeks.
# weeks = 4
"""
_CONTACT_MISSING = '# contact = "mail@example.org"'


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("init")(init)


def init(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="File to write.")] = Path(
        "amtspuls.toml"
    ),
    contact: Annotated[
        str | None,
        typer.Option("--contact", metavar="C", help="Mail or web address under which you answer."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a commented amtspuls.toml with the usual settings."""
    from amtspuls.errors import ConfigError

    text = settings_text(contact)
    try:
        with to.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise ConfigError(
            f"{to}: exists already; --force overwrites it, --to FILE writes another one",
            path=str(to),
        ) from error
    say(f"wrote {to}" if contact else f"wrote {to}: set your contact in it before asking portals")


def settings_text(contact: str | None) -> str:
    """Return the text of a settings file that says the same as having none.

    Raises:
        ConfigError: ``contact`` is neither a mail address nor a web address.
    """
    from pydantic import ValidationError

    from amtspuls.errors import ConfigError
    from amtspuls.settings import Settings

    try:
        settings = Settings(contact=contact)
    except ValidationError as error:
        raise ConfigError(
            f"--contact must be a mail address or a web address, not {contact!r}"
        ) from error
    return _TEMPLATE.format(
        contact=f'contact = "{settings.contact}"' if settings.contact else _CONTACT_MISSING,
        project_url=settings.project_url,
        archive=settings.archive,
        parallel=settings.parallel,
        period_min=settings.schedule.period_min,
    )
