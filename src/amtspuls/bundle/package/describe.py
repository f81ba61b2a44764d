"""What a package says of itself: datapackage.json, the schemas beside it, the data dictionary."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any
from unicodedata import category

from amtspuls.archive.sealed.manifest import PRODUCER
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.package.columns import (
    HIVE_COLUMNS,
    WEEK_TABLES,
    Column,
    Kind,
    Table,
)
from amtspuls.bundle.package.place import MARK, Builder
from amtspuls.bundle.package.summary import PREDECESSOR, PortalTotals
from amtspuls.bundle.package.whole import WHOLE_TABLES

SCHEMA_VERSION = 1
"""Version of the form of a package."""

_CONTROL = frozenset({"Cc", "Zl", "Zp"})
TITLE = "Free appointments of German offices"
_TYPES: Mapping[Kind, str] = {
    "text": "string",
    "texts": "array",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "moment": "datetime",
}
_FORMATS = {
    ".parquet": ("parquet", "application/vnd.apache.parquet"),
    ".csv": ("csv", "text/csv"),
}


def parquet_path(table: str, week: IsoWeek) -> str:
    """Where the rows of a table in a week are."""
    return f"data/{table}/iso_year={week.year:04}/iso_week={week.week:02}/{table}.parquet"


def schema_path(table: str) -> str:
    """Where the schema of a table is."""
    return f"schemas/{table}.json"


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """A JSON file for people and programs."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def csv_bytes(table: Table, rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file with a head."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return _one_line(value) if isinstance(value, str) else value


def _one_line(text: str) -> str:
    """A text with blanks for line breaks and other control signs: a row of a CSV is one line."""
    return "".join(" " if category(sign) in _CONTROL else sign for sign in text)


def table_schema(table: Table) -> dict[str, Any]:
    """A table in the words of the standard (Table Schema)."""
    return {
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if column.required else {}
    if column.values:
        constraints["enum"] = list(column.values)
    described = {"name": column.name, "type": _TYPES[column.kind], "description": column.comment}
    return {**described, "constraints": constraints} if constraints else described


def descriptor(
    builder: Builder,
    weeks: Sequence[IsoWeek],
    portals: Sequence[PortalTotals],
    newest_at: datetime,
    licence: str,
) -> dict[str, Any]:
    """The package in the words of the standard (Data Package 2.0).

    Args:
        builder: Has the files that are described.
        weeks: Packaged weeks, ascending.
        portals: What is in them.
        newest_at: Start of the newest snapshot: the package is as old as what it tells.
        licence: What own records are under; empty where nothing was said.
    """
    own = [portal for portal in portals if portal.weeks("live")]
    named = {"licenses": [{"name": licence}]} if licence and len(own) == len(portals) else {}
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "amtspuls",
        "title": TITLE,
        "description": "What public appointment pages showed as free, and when. README.md says how to read it,"
        " attribution.csv what is known of licences.",
        "version": f"{weeks[-1].year}.{weeks[-1].week}.0",
        "created": f"{newest_at:%Y-%m-%dT%H:%M:%SZ}",
        "keywords": ["appointments", "open data", "e-government", "Termine"],
        **named,
        "sources": list(_sources(portals)),
        "amtspuls": {
            "format": MARK,
            "schema": SCHEMA_VERSION,
            "producer": PRODUCER,
            "weeks": [str(week) for week in weeks],
        },
        "resources": list(_resources(builder, weeks)),
    }


def _resources(builder: Builder, weeks: Sequence[IsoWeek]) -> Iterator[dict[str, Any]]:
    for name, table in WHOLE_TABLES.items():
        yield _resource(builder, table, f"{name}.csv", name)
    for week in weeks:
        for name, table in WEEK_TABLES.items():
            yield _resource(builder, table, parquet_path(name, week), f"{name}-{week}")


def _sources(portals: Sequence[PortalTotals]) -> Iterable[dict[str, str]]:
    for portal in portals:
        url = portal.record.url
        told = {"path": url} if url.startswith(("http://", "https://")) else {}
        yield {"title": portal.name, **told}
    if any(portal.weeks("import") for portal in portals):
        yield {"title": "office-schedule-data", "path": PREDECESSOR}


def _resource(builder: Builder, table: Table, path: str, name: str) -> dict[str, Any]:
    size_bytes, digest = builder.facts(path)
    form, media = _FORMATS[path[path.rindex(".") :]]
    return {
        "name": name,
        "type": "table",
        "path": path,
        "description": table.comment,
        "format": form,
        "mediatype": media,
        "encoding": "utf-8",
        "bytes": size_bytes,
        "hash": f"sha256:{digest}",
        "schema": schema_path(table.name),
    }


def dictionary() -> str:
    """The data dictionary: every table, column by column."""
    intro = (
        "# Data dictionary\n\nTimes whose name ends in `_at` are UTC, other times are wall time of the portal;"
        " neither carries a zone. Tables in Parquet have one file for each week, below"
        " `data/TABLE/iso_year=YYYY/iso_week=WW/`; the others are CSV files.\n"
    )
    parts = [intro]
    parts += [
        _describe(table, f"data/{table.name}/", (*table.columns, *HIVE_COLUMNS))
        for table in WEEK_TABLES.values()
    ]
    parts += [
        _describe(table, f"{table.name}.csv", table.columns) for table in WHOLE_TABLES.values()
    ]
    return "\n".join(parts)


def _describe(table: Table, where: str, columns: Sequence[Column]) -> str:
    head = f"## {table.name}\n\n`{where}`: {table.comment}. No two rows have in common: {', '.join(table.key)}.\n\n"
    rows = chain(
        ["| column | type | may be empty | meaning |", "|:---|:---|:---|:---|"],
        (
            f"| `{c.name}` | {_TYPES[c.kind]} | {'' if c.required else 'yes'} | {c.comment} |"
            for c in columns
        ),
    )
    return head + "\n".join(rows) + "\n"
