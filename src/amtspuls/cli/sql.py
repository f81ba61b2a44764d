"""``amtspuls sql``: ask the archive in SQL."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from amtspuls.cli.options import Archive, Config, Overlays

if TYPE_CHECKING:
    from amtspuls.analysis.sql.rows import Rows
    from amtspuls.catalogue.portal import Portal
    from amtspuls.settings import Settings

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

    # Settings take as long to load as an answer: they are left alone where nothing is asked of them.
    @cache
    def settings() -> Settings:
        from amtspuls.settings import load_settings

        return load_settings(config)

    def portals() -> list[Portal]:
        from amtspuls.cli.options import load_catalogue_of

        return [*load_catalogue_of(settings(), catalogue).portals.values()]

    if config:
        settings()
    folder = archive or settings().archive
    with (
        open_sources(folder, portals) as sources,
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

    schema, batches = rows.to_arrow()
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _print(rows: Rows, form: SqlFormat) -> None:
    if form is not SqlFormat.TABLE:
        for text in _texts(rows, form):
            sys.stdout.write(text)
        return
    from amtspuls.cli.output import Format, print_rows, say

    found = (row for some in rows for row in some)
    shown = [*islice(found, _TABLE_ROWS)]
    print_rows(
        [dict(zip(rows.columns, map(_flat, row), strict=True)) for row in shown],
        rows.columns,
        Format.TABLE,
        grouped=False,
    )
    if next(found, None) is not None:
        say(f"The first {_TABLE_ROWS} rows. All of them: --format csv, or --out FILE.")


def _texts(rows: Rows, form: SqlFormat) -> Iterator[str]:
    """Rows as text, piece by piece."""
    return _as_json(rows) if form is SqlFormat.JSON else _as_csv(rows)


def _as_json(rows: Rows) -> Iterator[str]:
    before = "["
    for some in rows:
        for row in some:
            told = dict(zip(rows.columns, row, strict=True))
            yield before + "\n " + json.dumps(told, ensure_ascii=False, default=str)
            before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _as_csv(rows: Rows) -> Iterator[str]:
    import csv
    import io

    for some in chain([[rows.columns]], rows):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(map(_flat, row) for row in some)
        yield text.getvalue()


def _flat(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value


def _print_schema(form: SqlFormat) -> None:
    from amtspuls.analysis.sql.schema import describe
    from amtspuls.cli.output import Format, print_rows
    from amtspuls.errors import ConfigError

    if form is SqlFormat.PARQUET:
        raise ConfigError("--schema is shown as table, csv or json")
    rows = describe()
    print_rows(rows, ["table", "column", "type", "meaning"], Format(form.value))
