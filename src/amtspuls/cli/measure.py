"""``amtspuls measure``: put a question to the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from amtspuls.cli.asking import From, Until, options_of, print_origin, watch
from amtspuls.cli.options import Archive, Config, Exclude, Include, Systems, Where, Workers
from amtspuls.cli.output import Format, print_rows, say

if TYPE_CHECKING:
    from amtspuls.analysis.base import Answer, Measure
    from amtspuls.analysis.provenance import Provenance


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("measure")(measure)


def measure(
    name: Annotated[
        str | None, typer.Argument(help="What to measure; without it the measures are listed.")
    ] = None,
    include: Include = None,
    exclude: Exclude = None,
    system: Systems = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="BY",
            help="One row for each portal, calendar, hour, weekday, day, week, or all.",
        ),
    ] = None,
    from_local: From = None,
    until_local: Until = None,
    executor: Where = None,
    workers: Workers = None,
    archive: Archive = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format")] = Format.TABLE,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Say how the figures are worked out instead of giving them."
        ),
    ] = False,
) -> None:
    """Measure what the archive says: how busy, how long the wait, when people book and cancel.

    Every figure comes with its coverage and the rule that it rests on.
    """
    if name is None:
        _list_measures(form)
        return
    from amtspuls.analysis.measures import (
        require_by,
        require_measure,
        take_measure,
    )
    from amtspuls.analysis.provenance import command_text, provenance_of

    wanted = require_measure(name)
    if explain:
        _print_explained(wanted, form)
        return
    grouping = require_by(wanted, by)
    filters, times = (include, exclude, system), (from_local, until_local)
    asked = options_of(filters, times, form, by=by)
    with watch((archive, config), filters, times, (executor, workers)) as watched:
        answer = take_measure(wanted, watched, grouping)
        provenance = provenance_of(watched, command_text("measure", name, options=asked))
    _print_answer(answer, provenance, form)


def _list_measures(form: Format) -> None:
    from amtspuls.analysis.measures import MEASURES

    rows = [
        {"measure": one.name, "question": one.question, "by": ", ".join(one.by)}
        for one in MEASURES.values()
    ]
    print_rows(rows, ["measure", "question", "by"], form)


def _print_explained(measure: Measure, form: Format) -> None:
    from amtspuls.analysis.explain import Part, explain, explain_text

    if form is Format.TABLE:
        print(explain_text(measure))
        return
    print_rows([part._asdict() for part in explain(measure)], Part._fields, form)


def _print_answer(answer: Answer, provenance: Provenance, form: Format) -> None:
    from amtspuls.analysis.display import show_rows, shown_columns, small_print
    from amtspuls.analysis.provenance import COLUMNS

    if form in (Format.CSV, Format.JSON):
        rows = [{**row, **provenance.columns()} for row in answer.rows]
        print_rows(rows, [column.key for column in (*answer.columns, *COLUMNS)], form)
        return
    columns = shown_columns(answer)
    print_rows(
        show_rows(answer),
        [column.key for column in columns],
        form,
        title=answer.measure.question,
        titles={column.key: column.title for column in columns},
    )
    print_origin(provenance, form)
    say(f"{answer.measure.name}: {answer.sentence}.")
    say(small_print(answer))
