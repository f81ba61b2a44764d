"""How results are printed: one function for tables in all formats, colours only on a terminal."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from amtspuls.cli.cells import cell_for_people, cell_for_programs, is_numeric

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


_PADDING = 3
"""Spaces between two columns of a table."""
_SHORT = 12
"""Values up to so many characters stay on one line."""
_UNLIMITED = 100_000
"""Characters of a line that no terminal has to show: a file is never folded."""


class Format(StrEnum):
    """Formats that every table can be printed in."""

    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"


def console(*, error: bool = False) -> Console:
    """A console on standard output (or error); it writes colours only to a terminal."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else _UNLIMITED
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def on_terminal() -> bool:
    """Whether somebody looks at standard output through a terminal, which folds long lines."""
    return console().is_terminal


def say(text: str) -> None:
    """Print one line for people on standard error, so that standard output stays clean for data."""
    print(text, file=sys.stderr)


def print_rows(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    form: Format,
    *,
    title: str = "",
    titles: Mapping[str, str] | None = None,
    grouped: bool = True,
) -> None:
    """Print rows in a format: rounded for people (table, markdown), with all digits for programs.

    On a terminal lines are folded at its width; what goes into a file or a pipe never is.

    Args:
        rows: One mapping per row; missing columns are empty.
        columns: Keys to print, in order. CSV and JSON use them as names.
        form: table, markdown, csv or json.
        title: Title of a table; other formats ignore it.
        titles: Column headings for table and markdown, where they differ from the keys.
        grouped: Whether table and markdown set thousands apart; not where numbers may be years or ids.
    """
    heading = titles or {}
    if form in (Format.TABLE, Format.MARKDOWN):
        shown = _for_people(rows, columns, grouped=grouped)
        show = _print_table if form is Format.TABLE else _print_markdown
        show(shown, columns, title, heading)
        return
    if form is Format.JSON:
        picked = [{key: row.get(key) for key in columns} for row in rows]
        print(json.dumps(picked, ensure_ascii=False, indent=1, default=str))
    elif form is Format.CSV:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([cell_for_programs(row.get(key)) for key in columns] for row in rows)
        sys.stdout.write(text.getvalue())


class _Shown(NamedTuple):
    """Rows as people read them, and the columns that are set to the right."""

    rows: list[dict[str, str]]
    numeric: frozenset[str]


def _for_people(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, grouped: bool
) -> _Shown:
    return _Shown(
        [{key: cell_for_people(row.get(key), grouped=grouped) for key in columns} for row in rows],
        frozenset(key for key in columns if is_numeric(row.get(key) for row in rows)),
    )


def _print_markdown(
    shown: _Shown, columns: Sequence[str], title: str, heading: Mapping[str, str]
) -> None:
    del title
    print("| " + " | ".join(heading.get(key, key) for key in columns) + " |")
    print("|" + "|".join("---:" if key in shown.numeric else ":---" for key in columns) + "|")
    for row in shown.rows:
        print("| " + " | ".join(row[key].replace("|", "\\|") for key in columns) + " |")


def _print_table(
    shown: _Shown, columns: Sequence[str], title: str, heading: Mapping[str, str]
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    screen = console()
    width = screen.width if screen.is_terminal else None
    if title:
        # Not the table's own title, which is folded at the width of the table.
        screen.print(Text(title, "italic"))
    for part in _parts(shown, columns, heading, width):
        widths = _widths(shown, part, heading, width) if width else {}
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for key in part:
            table.add_column(
                heading.get(key, key),
                justify="right" if key in shown.numeric else "left",
                overflow="fold",
                width=widths.get(key),
            )
        for row in shown.rows:
            table.add_row(*(Text(row[key]) for key in part))
        _print_trimmed(table, screen)


def _print_trimmed(table: Table, screen: Console) -> None:
    """Print a table; in a file without the blanks that fill lines up to its width."""
    if screen.is_terminal:
        screen.print(table)
        return
    with screen.capture() as printed:
        screen.print(table)
    screen.file.writelines(f"{line.rstrip()}\n" for line in printed.get().splitlines())


def _parts(
    shown: _Shown,
    columns: Sequence[str],
    heading: Mapping[str, str],
    width: int | None,
) -> list[list[str]]:
    """Split columns into tables that fit a terminal without cutting words, each with the columns that name a row.

    Args:
        shown: The rows.
        columns: Their keys, in order.
        heading: Headings, where they differ from the keys.
        width: Characters of a line; None where nobody looks at lines.
    """
    if width is None or _least_total(shown.rows, columns, heading) <= width:
        return [list(columns)]
    needs = {
        key: _least_width(shown.rows, key, heading.get(key, key)) + _PADDING for key in columns
    }
    names = list(takewhile(lambda key: key not in shown.numeric, columns))
    if not names or sum(needs[key] for key in names) > width / 2:
        names = list(columns[:1])
    parts = [names]
    for key in columns[len(names) :]:
        if len(parts[-1]) > len(names) and sum(needs[one] for one in (*parts[-1], key)) > width:
            parts.append(list(names))
        parts[-1] = [*parts[-1], key]
    return parts


def _least_total(
    rows: Sequence[Mapping[str, str]], columns: Sequence[str], heading: Mapping[str, str]
) -> int:
    return sum(_least_width(rows, key, heading.get(key, key)) + _PADDING for key in columns)


def _widths(
    shown: _Shown, columns: Sequence[str], heading: Mapping[str, str], width: int
) -> dict[str, int]:
    """Widths that cut no word, where rich would: spare room goes to whoever lacks most. Else none."""
    rows = shown.rows
    spare = width - _least_total(rows, columns, heading)
    least = {key: _least_width(rows, key, heading.get(key, key)) for key in columns}
    lacks = {
        key: max(len(heading.get(key, key)), *(len(row[key]) for row in rows), 0) - least[key]
        for key in columns
    }
    if spare < 0 or sum(lacks.values()) <= spare:
        return {}
    for _ in range(spare):
        key = max(lacks, key=lambda one: lacks[one])
        least[key], lacks[key] = least[key] + 1, lacks[key] - 1
    return least


def _least_width(rows: Sequence[Mapping[str, str]], key: str, heading: str) -> int:
    """Width in which no word and no short value is cut."""
    cells = [row[key] for row in rows]
    words = [
        *heading.split(),
        *(word for cell in cells for word in ([cell] if len(cell) <= _SHORT else cell.split())),
    ]
    return max((len(word) for word in words), default=0)


@contextmanager
def progress(total: int, label: str) -> Iterator[Callable[[str], None]]:
    """A progress bar on standard error while a terminal is there, nothing elsewhere.

    Yields:
        A function to call after each step, with a word on what was done.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    screen = console(error=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=screen, disable=not screen.is_terminal, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, advance=1, description=f"{label}: {done}")
