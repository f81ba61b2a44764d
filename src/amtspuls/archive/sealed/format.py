"""The tables of a sealed week: Arrow schemas, and a portal's arrays to rows and back.

Every table has a column ``portal`` and is sorted by it (byte order of the id), then as the arrays of
``model.SealedPortal`` are. Columns and encodings: docs/reference/sealed-weeks.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from amtspuls.archive.base import PortalRecord
from amtspuls.archive.sealed.arrays import repeated, to_arrow, to_numpy
from amtspuls.archive.sealed.manifest import PortalCounts
from amtspuls.archive.sealed.model import (
    SealedCalendar,
    SealedCapacities,
    SealedPortal,
    SealedSnapshots,
    SealedSpans,
    SealedViews,
)

_I32, _I64, _TEXT, _BOOL = pa.int32(), pa.int64(), pa.string(), pa.bool_()
_CODED = pa.dictionary(_I32, _TEXT)
_COLUMNS: Mapping[str, Mapping[str, pa.DataType]] = {
    "portals": {
        "name": _TEXT, "system": _TEXT, "url": _TEXT, "zone": _TEXT, "aggregated": _BOOL,
    },
    "calendars": {
        "calendar": _I32, "key": _TEXT, "copy": _I32, "name": _TEXT, "services": pa.list_(_TEXT),
    },
    "snapshots": {
        "ordinal": _I32, "taken_at": _I64, "took_s": _I64, "utc_offset_s": _I32, "time_unsure": _BOOL,
        "outcome": _TEXT, "reason": _TEXT, "requests": _I64, "bytes": _I64, "period_s": _I64,
        "parser": _TEXT,
    },
    "views": {
        "calendar": _I32, "first": _I32, "last": _I32, "outcome": _TEXT, "covered": _TEXT,
        "asked": _TEXT, "duration_min": _I32, "reason": _TEXT,
    },
    "spans": {
        "calendar": _I32, "slot": _I32, "opened": _I32, "closed": _I32, "from_before": _BOOL,
        "goes_on": _BOOL,
    },
    "capacities": {"calendar": _I32, "slot": _I32, "at": _I32, "capacity": _I32},
    "extra_columns": {"slot": _I32},
    "row_order": {"place": _I32},
}  # fmt: skip

TABLES = tuple(_COLUMNS)
"""Names of the tables; each is a file ``<table>.parquet``."""

OPTIONAL_TABLES = frozenset({"extra_columns", "row_order"})
"""Tables that have a file only where they have rows."""

SCHEMAS: Mapping[str, pa.Schema] = {
    table: pa.schema(
        [pa.field("portal", _TEXT, nullable=False)]
        + [pa.field(name, kind, nullable=False) for name, kind in columns.items()]
    )
    for table, columns in _COLUMNS.items()
}


def counts_of(portal: SealedPortal) -> PortalCounts:
    """How many rows a portal has in each table."""
    return PortalCounts(
        portal.record.portal_id,
        len(portal.calendars),
        len(portal.snapshots.taken_at),
        len(portal.views.first),
        len(portal.spans.slot),
        len(portal.capacities.slot),
        len(portal.extra_columns),
        len(portal.row_order),
    )


def rows_in(counts: PortalCounts, table: str) -> int:
    """How many rows of a table are a portal's."""
    return 1 if table == "portals" else int(getattr(counts, table))


def encode_portal(portal: SealedPortal) -> dict[str, pa.Table]:
    """One portal's rows of every table."""
    shots, record = portal.snapshots, portal.record
    columns: dict[str, Mapping[str, Any]] = {
        "portals": {
            "name": [record.name],
            "system": [record.system],
            "url": [record.url],
            "zone": [record.zone],
            "aggregated": [portal.aggregated],
        },
        "calendars": {
            "calendar": np.arange(len(portal.calendars), dtype=np.int32),
            **{
                field: [getattr(calendar, field) for calendar in portal.calendars]
                for field in SealedCalendar._fields
            },
        },
        "snapshots": {
            "ordinal": np.arange(len(shots.taken_at), dtype=np.int32),
            # A second column of instants would cost as much as the first: only the distance is kept.
            "took_s": shots.finished_at - shots.taken_at,
            **{k: v for k, v in shots._asdict().items() if k != "finished_at"},
        },
        "views": portal.views._asdict(),
        "spans": portal.spans._asdict(),
        "capacities": portal.capacities._asdict(),
        "extra_columns": {"slot": portal.extra_columns},
        "row_order": {"place": portal.row_order},
    }
    return {table: _table(table, record.portal_id, columns[table]) for table in TABLES}


def _table(table: str, portal_id: str, columns: Mapping[str, Any]) -> pa.Table:
    schema = SCHEMAS[table]
    arrays = [to_arrow(columns[field.name], field.type) for field in list(schema)[1:]]
    rows = len(arrays[0])
    return pa.Table.from_arrays([repeated(portal_id, rows), *arrays], schema=schema)


@cache
def schema_of_one(table: str) -> pa.Schema:
    """How rows of a single portal are read: without its id, and with each text once."""
    fields = [field for field in SCHEMAS[table] if table == "portals" or field.name != "portal"]
    return pa.schema(
        field.with_type(_CODED) if pa.types.is_string(field.type) else field for field in fields
    )


@cache
def no_rows(table: str) -> pa.Table:
    """A table without rows, of a single portal."""
    schema = schema_of_one(table)
    return pa.Table.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def decode_portal(tables: Mapping[str, pa.Table]) -> SealedPortal:
    """A portal out of its rows of every table: the way back from ``encode_portal``."""
    record, aggregated = decode_record(tables["portals"])
    shots = _arrays(tables["snapshots"])
    shots["finished_at"] = shots["taken_at"] + shots.pop("took_s")
    shots.pop("ordinal")
    return SealedPortal(
        record=record,
        aggregated=aggregated,
        calendars=decode_calendars(tables["calendars"]),
        snapshots=SealedSnapshots(**shots),
        views=SealedViews(**_arrays(tables["views"])),
        spans=SealedSpans(**_arrays(tables["spans"])),
        capacities=SealedCapacities(**_arrays(tables["capacities"])),
        extra_columns=_arrays(tables["extra_columns"])["slot"],
        row_order=_arrays(tables["row_order"])["place"],
    )


def decode_record(table: pa.Table) -> tuple[PortalRecord, bool]:
    """A portal out of its row, and whether it is aggregated."""
    known = table.to_pylist()[0]
    return (
        PortalRecord(known["portal"], known["name"], known["system"], known["url"], known["zone"]),
        known["aggregated"],
    )


def decode_calendars(table: pa.Table) -> tuple[SealedCalendar, ...]:
    """Calendars out of rows of their table, in the order of the rows: portals, then numbers."""
    keys, copies, names, services = (
        table.column(name).to_pylist() for name in ("key", "copy", "name", "services")
    )
    return tuple(map(SealedCalendar, keys, copies, names, map(tuple, services)))


def _arrays(table: pa.Table) -> dict[str, Any]:
    """Columns as arrays of numpy."""
    return {name: to_numpy(table.column(name).combine_chunks()) for name in table.column_names}
