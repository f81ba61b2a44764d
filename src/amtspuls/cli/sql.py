"""``amtspuls sql``: ask the archive in SQL."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from amtspuls.cli.options import Archive, Config, Overlays

if TYPE_CHECKING:
    from amtspuls.analysis.sql.session import Rows
    from amtspuls.catalogue.portal import Portal

_TABLE_ROWS = 100


class SqlFormat(StrEnum):
    """Formats that the rows of a query can be had in."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sql")(sql)


def sql(
    query: Annotated[
        str | None, typer.Argument(metavar="SELECT", help="One SELECT; - reads it from the input.")
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Show the tables and what their columns mean.")
    ] = False,
    form: Annotated[
        SqlFormat, typer.Option("--format", help="table shows the first 100 rows.")
    ] = SqlFormat.TABLE,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the rows to a file.")
    ] = None,
    archive: Archive = None,
    catalogue: Overlays = None,
    config: Config = None,
) -> None:
    """Ask the archive in SQL (DuckDB). It only reads: one SELECT, or the EXPLAIN of one.

    Timestamps are UTC where the name ends in _at, and wall time of the portal elsewhere.
    """
    from amtspuls.errors import ConfigError

    if schema == (query is not None):
        raise ConfigError("name one SELECT, or --schema to see what can be asked")
    if query is None:
        _print_schema(form)
        return
    if form is SqlFormat.PARQUET and out is None:
        raise ConfigError("Parquet is not for a terminal: name a file with --out FILE")
    from amtspuls.analysis.sql.session import SqlSession
    from amtspuls.analysis.sql.sources import open_sources
    from amtspuls.cli.options import load_catalogue_of
    from amtspuls.settings import load_settings

    settings = load_settings(config)

    def portals() -> list[Portal]:
        return [*load_catalogue_of(settings, catalogue).portals.values()]

    with (
        open_sources(archive or settings.archive, portals) as sources,
        SqlSession(sources) as session,
    ):
        _write(session.run(sys.stdin.read() if query == "-" else query), form, out)


def _write(rows: Rows, form: SqlFormat, out: Path | None) -> None:
    if out is None:
        _print(rows, form)
        return
    from amtspuls.files import replacing_file

    with replacing_file(out) as stream:
        if form is SqlFormat.PARQUET:
            _write_parquet(rows, stream)
        else:
            for text in _texts(rows, SqlFormat.CSV if form is SqlFormat.TABLE else form):
                stream.write(text.encode())


def _write_parquet(rows: Rows, stream: IO[bytes]) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(stream, rows.schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)


def _print(rows: Rows, form: SqlFormat) -> None:
    if form is not SqlFormat.TABLE:
        for text in _texts(rows, form):
            sys.stdout.write(text)
        return
    from amtspuls.cli.output import Format, print_rows, say

    shown: list[dict[str, Any]] = []
    more = False
    for batch in rows:
        shown.extend(batch.slice(0, _TABLE_ROWS - len(shown)).to_pylist())
        more = len(shown) == _TABLE_ROWS
        if more:
            break
    print_rows([_flat(row) for row in shown], rows.schema.names, Format.TABLE)
    if more:
        say(f"The first {_TABLE_ROWS} rows. All of them: --format csv, or --out FILE.")


def _texts(rows: Rows, form: SqlFormat) -> Iterator[str]:
    """Rows as text, piece by piece."""
    import csv
    import io

    if form is SqlFormat.JSON:
        before = "["
        for batch in rows:
            for row in batch.to_pylist():
                yield before + "\n " + json.dumps(row, ensure_ascii=False, default=str)
                before = ","
        yield "[]\n" if before == "[" else "\n]\n"
        return
    for lines in _with_head(rows):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        yield text.getvalue()


def _with_head(rows: Rows) -> Iterator[list[list[Any]]]:
    yield [rows.schema.names]
    for batch in rows:
        yield [list(_flat(row).values()) for row in batch.to_pylist()]


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: json.dumps(value, ensure_ascii=False, default=str)
        if isinstance(value, list | dict)
        else value
        for key, value in row.items()
    }


def _print_schema(form: SqlFormat) -> None:
    from amtspuls.analysis.sql.schema import describe
    from amtspuls.cli.output import Format, print_rows
    from amtspuls.errors import ConfigError

    if form is SqlFormat.PARQUET:
        raise ConfigError("--schema is shown as table, csv or json")
    rows = describe()
    print_rows(rows, ["table", "column", "type", "meaning"], Format(form.value))
