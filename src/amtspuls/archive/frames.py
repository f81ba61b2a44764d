"""What an archive holds as Arrow tables; docs/how-to/read-an-archive.md says what each column means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from amtspuls.archive.base import STILL_OPEN, CalendarRecord, PortalRecord, SpanColumns
from amtspuls.archive.pieces import Piece
from amtspuls.archive.times import Ints

TEXT = pa.dictionary(pa.int32(), pa.string())
INSTANT = pa.timestamp("s", "UTC")
LOCAL = pa.timestamp("s")
"""Naive wall time of the portal."""

_SLOT_S = 60
_INT = pa.int64()

SCHEMAS: Mapping[str, pa.Schema] = MappingProxyType(
    {
        "portals": pa.schema(
            {
                "portal": TEXT, "name": pa.string(), "system": TEXT, "url": pa.string(), "zone": TEXT,
                "aggregated": pa.bool_(),
            }
        ),
        "calendars": pa.schema(
            {
                "portal": TEXT, "calendar": TEXT, "name": pa.string(),
                "services": pa.list_(pa.string()),
            }
        ),
        "snapshots": pa.schema(
            {
                "portal": TEXT, "taken_at": INSTANT, "finished_at": INSTANT, "taken_local": LOCAL,
                "time_unsure": pa.bool_(), "outcome": TEXT, "reason": TEXT, "requests": _INT,
                "bytes": _INT, "period_s": _INT, "parser": TEXT, "opened": _INT, "closed": _INT,
            }
        ),
        "views": pa.schema(
            {
                "portal": TEXT, "calendar": TEXT, "taken_at": INSTANT, "outcome": TEXT,
                "covered": TEXT, "free": _INT, "asked": TEXT, "duration_min": _INT, "reason": TEXT,
            }
        ),
        "spans": pa.schema(
            {
                "portal": TEXT, "calendar": TEXT, "slot": LOCAL, "opened_at": INSTANT,
                "closed_at": INSTANT,
            }
        ),
        "free_slots": pa.schema(
            {
                "portal": TEXT, "calendar": TEXT, "slot": LOCAL, "known": pa.bool_(),
                "outcome": TEXT, "taken_at": INSTANT,
            }
        ),
    }
)  # fmt: skip
"""Columns of each table. ``TEXT`` is text stored once per distinct value."""


def table_of(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """A table with the columns of its schema."""
    schema = SCHEMAS[name]
    arrays = [_array(columns[field.name], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def joined(name: str, parts: Iterable[pa.Table]) -> pa.Table:
    """Tables of one kind, one below the other."""
    found = list(parts)
    if not found:
        return SCHEMAS[name].empty_table()
    return pa.concat_tables(found).unify_dictionaries().combine_chunks()


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind)


def constant(text: str, count: int) -> pa.Array:
    """A text in every row."""
    return pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(count, dtype=np.int32)), pa.array([text], pa.string())
    )


def keys_of(records: Sequence[CalendarRecord], numbers: Ints) -> pa.Array:
    """The keys of calendars by number."""
    known = np.array([record.number for record in records], dtype=np.int64)
    order = np.argsort(known)
    places = order[np.searchsorted(known, numbers, sorter=order)] if len(known) else numbers
    return pa.DictionaryArray.from_arrays(
        pa.array(places, pa.int32()),
        pa.array([record.calendar.key for record in records], pa.string()),
    )


def _missing(values: Ints) -> pa.Array:
    """-1 means "not known"."""
    return pa.array(values, pa.int64(), mask=values < 0)


def portals_table(records: Iterable[PortalRecord]) -> pa.Table:
    """Portals as a table."""
    rows = list(records)
    columns = {
        name: [getattr(record, name) for record in rows]
        for name in ("name", "system", "url", "zone", "aggregated")
    }
    return table_of("portals", {"portal": [record.portal_id for record in rows], **columns})


def calendars_table(portal_id: str, records: Sequence[CalendarRecord]) -> pa.Table:
    """Calendars of a portal as a table."""
    calendars = [record.calendar for record in records]
    return table_of(
        "calendars",
        {
            "portal": constant(portal_id, len(calendars)),
            "calendar": [calendar.key for calendar in calendars],
            "name": [calendar.name for calendar in calendars],
            "services": [list(calendar.services) for calendar in calendars],
        },
    )


def snapshots_table(portal_id: str, piece: Piece) -> pa.Table:
    """Snapshots of a piece as a table."""
    shots, columns = piece.portal.snapshots, piece.snapshots()
    return table_of(
        "snapshots",
        {
            "portal": constant(portal_id, len(shots.taken_at)),
            "taken_at": shots.taken_at,
            "finished_at": shots.finished_at,
            "taken_local": shots.taken_at + shots.utc_offset_s,
            "time_unsure": shots.time_unsure,
            "outcome": shots.outcome,
            "reason": shots.reason,
            "requests": _missing(shots.requests),
            "bytes": _missing(shots.bytes),
            "period_s": _missing(shots.period_s),
            "parser": shots.parser,
            "opened": columns.opened,
            "closed": columns.closed,
        },
    )


def views_table(portal_id: str, piece: Piece, records: Sequence[CalendarRecord]) -> pa.Table:
    """Views of a piece as a table, ascending by calendar and time."""
    runs, _ = piece.view_runs()
    views, columns = piece.portal.views, piece.views()
    return table_of(
        "views",
        {
            "portal": constant(portal_id, len(runs)),
            "calendar": keys_of(records, columns.calendar),
            "taken_at": columns.taken_at,
            "outcome": columns.outcome,
            "covered": columns.covered,
            "free": _missing(columns.free),
            "asked": views.asked[runs],
            "duration_min": _missing(views.duration_min[runs].astype(np.int64)),
            "reason": views.reason[runs],
        },
    )


def by_time_and_calendar(views: pa.Table) -> pa.Table:
    """Views of one portal, ascending by time, then by key."""
    if not views.num_rows:
        return views
    # The texts of the column stand in the order of the keys.
    rank = views.column("calendar").combine_chunks().indices.to_numpy()
    taken_at = views.column("taken_at").cast(pa.int64()).to_numpy()
    return views.take(pa.array(np.lexsort((rank, taken_at))))


def spans_table(portal_id: str, spans: SpanColumns, records: Sequence[CalendarRecord]) -> pa.Table:
    """Spans of a portal as a table; ``closed_at`` is missing where nothing has closed them."""
    return table_of(
        "spans",
        {
            "portal": constant(portal_id, len(spans.slot)),
            "calendar": keys_of(records, spans.calendar),
            "slot": spans.slot * _SLOT_S,
            "opened_at": spans.opened_at,
            "closed_at": pa.array(
                np.where(spans.closed_at == STILL_OPEN, 0, spans.closed_at),
                INSTANT,
                mask=spans.closed_at == STILL_OPEN,
            ),
        },
    )
