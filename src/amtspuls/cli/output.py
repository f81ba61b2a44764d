"""How results are printed: one function for tables in all formats, colours only on a terminal."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


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
    width = None if stream.isatty() else 200
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


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
) -> None:
    """Print rows in a format.

    Args:
        rows: One mapping per row; missing columns are empty.
        columns: Keys to print, in order. CSV and JSON use them as names.
        form: table, markdown, csv or json.
        title: Title of a table; other formats ignore it.
        titles: Column headings for table and markdown, where they differ from the keys.
    """
    heading = titles or {}
    if form is Format.JSON:
        picked = [{key: row.get(key) for key in columns} for row in rows]
        print(json.dumps(picked, ensure_ascii=False, indent=1, default=str))
    elif form is Format.CSV:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_plain(row.get(key)) for key in columns] for row in rows)
        sys.stdout.write(text.getvalue())
    elif form is Format.MARKDOWN:
        print("| " + " | ".join(heading.get(key, key) for key in columns) + " |")
        print("|" + "|".join(":---" for _ in columns) + "|")
        for row in rows:
            print(
                "| "
                + " | ".join(_plain(row.get(key)).replace("|", "\\|") for key in columns)
                + " |"
            )
    else:
        _print_table(rows, columns, title, heading)


def _print_table(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    title: str,
    heading: Mapping[str, str],
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for key in columns:
        numeric = any(isinstance(row.get(key), int | float) for row in rows)
        table.add_column(
            heading.get(key, key), justify="right" if numeric else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(_plain(row.get(key))) for key in columns))
    console().print(table)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{value:,.1f}".replace(",", "")
    return str(value)


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
