"""A sealed portal as flat rows: texts for calendars, moments for ordinals, nothing to look up. Pure.

Further rows of one calendar at one date, which a few old bundles have, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from amtspuls.archive.sealed.model import Bools, Ints32, Ints64, SealedPortal
from amtspuls.archive.times import starts_of
from amtspuls.bundle.package.columns import WEEK_TABLES

_ZSTD_LEVEL = 9
_MS = 1000
_NO_END = np.iinfo(np.int64).min
# Moments that ascend are least as distances; those that come again and again are least to zstd as they are.
_DISTANCES = {
    "snapshots": ("taken_at", "finished_at", "utc_offset_s", "requests", "bytes", "period_s"),
    "views": ("taken_at", "duration_min"),
    "spans": ("slot", "slot_utc_offset_s"),
    "capacities": ("slot", "slot_utc_offset_s", "changed_at", "capacity"),
}


def flatten(portal: SealedPortal, source: str) -> dict[str, pa.Table]:
    """One portal's rows of each table of ``columns.WEEK_TABLES``.

    Args:
        portal: Its week.
        source: ``live`` or ``import``; of an imported week nothing is told that the bundle did not say.
    """
    record = portal.record
    own = np.array([calendar.copy == 0 for calendar in portal.calendars], dtype=np.bool_)
    calendars = [calendar for calendar in portal.calendars if not calendar.copy]
    columns: dict[str, Mapping[str, Any]] = {
        "portals": {
            "name": [record.name],
            "system": [record.system],
            "url": [record.url],
            "zone": [record.zone],
            "aggregated": [portal.aggregated],
            "source": [source],
        },
        "calendars": {
            "calendar": [calendar.key for calendar in calendars],
            "name": [calendar.name for calendar in calendars],
            "services": [calendar.services for calendar in calendars],
        },
        "snapshots": _snapshots(portal, told=source != "import"),
        "views": _views(portal, own),
        "spans": _spans(portal, own),
        "capacities": _capacities(portal, own),
    }
    return {name: _table(name, record.portal_id, rows) for name, rows in columns.items()}


def parquet_bytes(name: str, parts: Sequence[pa.Table]) -> bytes:
    """The Parquet file of a table in one week, out of its portals' rows.

    The bytes depend on the rows and on the version of Arrow only.
    """
    table = WEEK_TABLES[name]
    schema = table.arrow_schema
    distances = _DISTANCES.get(name, ())
    texts = [
        f"{column.name}.list.element" if column.kind == "texts" else column.name
        for column in table.columns
        if column.kind in ("text", "texts")
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.concat_tables([schema.empty_table(), *parts]).combine_chunks(),
        sink,
        compression="zstd",
        compression_level=_ZSTD_LEVEL,
        use_dictionary=texts,
        column_encoding={
            column.name: "DELTA_BINARY_PACKED" if column.name in distances else "PLAIN"
            for column in table.columns
            if column.kind in ("integer", "moment")
        },
        row_group_size=len(max(parts, key=len, default=())) + 2**20,
        store_schema=False,
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _table(name: str, portal_id: str, columns: Mapping[str, Any]) -> pa.Table:
    schema = WEEK_TABLES[name].arrow_schema
    arrays = [
        values if isinstance(values, pa.Array) else pa.array(values, field.type)
        for field, values in ((schema.field(key), values) for key, values in columns.items())
    ]
    found = pa.table(
        [pa.repeat(pa.scalar(portal_id), len(arrays[0])), *arrays], ["portal", *columns]
    )
    return found.select(schema.names).cast(schema)


def _snapshots(portal: SealedPortal, *, told: bool) -> dict[str, Any]:
    shots = portal.snapshots
    return {
        "taken_at": _moments(shots.taken_at),
        "finished_at": _moments(shots.finished_at if told else shots.taken_at * 0 + _NO_END),
        "utc_offset_s": shots.utc_offset_s,
        "time_unsure": shots.time_unsure,
        "outcome": shots.outcome,
        "reason": shots.reason,
        "requests": _known(shots.requests),
        "bytes": _known(shots.bytes),
        "period_s": _known(shots.period_s),
        "parser": shots.parser,
    }


def _views(portal: SealedPortal, own: Bools) -> dict[str, Any]:
    """Every view of every snapshot, by time, then calendar."""
    views = portal.views
    run, ordinal = expand_views(portal, own[views.calendar])
    order = np.lexsort((views.calendar[run], ordinal))
    run, ordinal = run[order], ordinal[order]
    return {
        "taken_at": _moments(portal.snapshots.taken_at[ordinal]),
        "calendar": _keys(portal, views.calendar[run]),
        "outcome": _texts(views.outcome, run),
        "covered": _texts(views.covered, run),
        "asked": _texts(views.asked, run),
        "duration_min": _known(views.duration_min[run].astype(np.int64)),
        "reason": _texts(views.reason, run),
    }


def expand_views(portal: SealedPortal, chosen: Bools) -> tuple[Ints64, Ints64]:
    """Views one by one out of the runs chosen: place of the run and ordinal of the snapshot.

    They ascend by run, then ordinal.
    """
    runs = np.flatnonzero(chosen)
    first = portal.views.first[runs].astype(np.int64)
    lengths = portal.views.last[runs] - first + 1
    begins = np.cumsum(lengths) - lengths
    ordinal = np.arange(int(lengths.sum()), dtype=np.int64) - np.repeat(begins - first, lengths)
    return np.repeat(runs, lengths), ordinal


def _spans(portal: SealedPortal, own: Bools) -> dict[str, Any]:
    spans, taken_at = portal.spans, portal.snapshots.taken_at
    chosen = np.flatnonzero(own[spans.calendar])
    closings = np.append(taken_at, _NO_END)
    return {
        "calendar": _keys(portal, spans.calendar[chosen]),
        **_slots(portal, spans.slot[chosen]),
        "opened_at": _moments(taken_at[spans.opened[chosen]]),
        "closed_at": _moments(closings[spans.closed[chosen]]),
        "from_before": spans.from_before[chosen],
        "goes_on": spans.goes_on[chosen],
    }


def _capacities(portal: SealedPortal, own: Bools) -> dict[str, Any]:
    changes = portal.capacities
    chosen = np.flatnonzero(own[changes.calendar])
    return {
        "calendar": _keys(portal, changes.calendar[chosen]),
        **_slots(portal, changes.slot[chosen]),
        "changed_at": _moments(portal.snapshots.taken_at[changes.at[chosen]]),
        "capacity": _known(changes.capacity[chosen].astype(np.int64)),
    }


def _slots(portal: SealedPortal, slots: Ints32) -> dict[str, Any]:
    local_s = slots.astype(np.int64) * 60
    start_s = starts_of(slots.astype(np.int64), ZoneInfo(portal.record.zone))
    return {"slot": _moments(local_s), "slot_utc_offset_s": local_s - start_s}


def _keys(portal: SealedPortal, numbers: Ints32) -> pa.Array:
    keys = pa.array([calendar.key for calendar in portal.calendars], pa.string())
    return keys.take(pa.array(numbers))


def _texts(texts: NDArray[np.object_], places: Ints64) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(places))


def _moments(seconds: Ints64) -> pa.Array:
    """Seconds as moments without a zone; empty where nothing is told."""
    unknown = seconds == _NO_END
    milliseconds = np.where(unknown, 0, seconds).astype(np.int64) * _MS
    return pa.array(milliseconds, pa.int64(), mask=unknown).cast(pa.timestamp("ms"))


def _known(numbers: Ints64) -> pa.Array:
    """Numbers, empty where a sealed week has -1."""
    return pa.array(numbers, pa.int64(), mask=numbers < 0)
