"""``amtspuls tape``: look into a tape, and make test cases out of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amtspuls.cli.output import Format, print_rows, say

if TYPE_CHECKING:
    from amtspuls.fetch.tape.layout import Visit

File = Annotated[Path, typer.Argument(help="Tape, a .warc.gz file.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    tape = typer.Typer(
        help="Look into a tape, and make test cases out of one.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    tape.command("show")(show)
    tape.command("to-case")(to_case)
    app.add_typer(tape, name="tape")


_COLUMNS = {
    "visit": "visit",
    "portal": "portal",
    "taken_at": "taken at (UTC)",
    "outcome": "outcome",
    "requests": "requests",
    "answers": "answers",
    "failures": "failures",
    "bytes": "bytes",
    "parser": "parser",
    "reason": "reason",
}


def show(file: File, form: Annotated[Format, typer.Option("--format")] = Format.TABLE) -> None:
    """List the visits on a tape: whom, when, how many requests and bytes, how it ended."""
    from amtspuls.cli.taping import say_cut
    from amtspuls.fetch.tape.visits import Tape

    tape = Tape(file)
    rows = [{"visit": nth, **_row(visit)} for nth, visit in enumerate(tape.visits(), start=1)]
    print_rows(rows, list(_COLUMNS), form, titles=_COLUMNS)
    say_cut(tape)


def _row(visit: Visit) -> dict[str, Any]:
    received = [entry.received for entry in visit.entries if entry.received is not None]
    ending = visit.ending
    return {
        "portal": visit.about.portal_id,
        "taken_at": f"{visit.about.taken_at:%Y-%m-%d %H:%M:%S}",
        "outcome": ending.outcome if ending else "unfinished",
        "requests": sum(entry.refusal is None for entry in visit.entries),
        "answers": len(received),
        "failures": sum(bool(entry.failure) for entry in visit.entries),
        "bytes": sum(len(one.body) for one in received),
        "parser": visit.about.parser,
        "reason": ending.reason if ending else "the program ended before the visit did",
    }


def to_case(
    file: File,
    portal: Annotated[str, typer.Option(metavar="ID", help="Whose visit.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder that gets the case.")],
    name: Annotated[
        str | None, typer.Option("--name", metavar="CASE", help="Name of the case.")
    ] = None,
    visit: Annotated[
        int | None,
        typer.Option(min=1, help="Number of the visit in `tape show`; else the portal's newest."),
    ] = None,
) -> None:
    """Make a test case out of a visit: scrubbed, and checked that it still reads the same.

    Read every file of the case before you commit it: a program does not know every name.
    """
    from amtspuls.collect.casemaking import make_case
    from amtspuls.collect.reread import portal_of
    from amtspuls.fetch.tape.case import write_case

    found = _pick(file, portal, visit)
    case = make_case(found, portal_of(found, file))
    folder = to / (name or f"{portal}-{found.about.taken_at:%Y%m%d-%H%M}")
    write_case(case.visit, case.expected, folder)
    print_rows(
        [{"what": what, "count": count} for what, count in case.replaced.items()],
        ["what", "count"],
        Format.TABLE,
    )
    say(
        f"{folder} holds {len(case.visit.entries)} answers and reads the same as the tape."
        " Now read every file of it: names, numbers and addresses that a program does not know"
        " may be left. Only a person decides that it may be committed."
    )


def _pick(file: Path, portal_id: str, number: int | None) -> Visit:
    from amtspuls.errors import ConfigError
    from amtspuls.fetch.tape.visits import Tape

    found = None
    for nth, visit in enumerate(Tape(file).visits(), start=1):
        wanted = visit.about.portal_id == portal_id and number in {None, nth}
        if wanted and visit.ending is not None and visit.ending.asked:
            found = visit
    if found is None:
        which = f"visit {number}" if number else "visit that was finished"
        raise ConfigError(
            f"{file} holds no {which} to {portal_id!r}: see `amtspuls tape show {file}`"
        )
    return found
