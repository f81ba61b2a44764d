"""``amtspuls new-system``: write the files of a client for another booking system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amtspuls.cli.output import say


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("new-system")(new_system)


def new_system(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="As catalogue files will call it, e.g. termin_x.")
    ],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="New folder; else amtspuls-NAME here."),
    ] = None,
) -> None:
    """Write the files of a new system as a distribution of its own, with a failing contract test."""
    from amtspuls.systems.new import write_new_system
    from amtspuls.systems.registry import load_systems

    folder = to or Path(f"amtspuls-{name.replace('_', '-')}")
    for path in write_new_system(name, folder, load_systems()):
        print(path)
    say(f"now: cd {folder} && pip install -e . && pytest -x; each failure says what comes next")
