"""Typed changes as tables: how many of each kind, and every single one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.kinds import KINDS, Kind
from amtspuls.errors import ConfigError
from amtspuls.files import replacing_file

if TYPE_CHECKING:
    from amtspuls.analysis.provenance import Provenance

VANISHED = (
    *(Kind.BOOKED, Kind.HELD, Kind.WITHDRAWN, Kind.NOTICE_CUTOFF, Kind.EXPIRED),
    *(Kind.GRID_SHIFT, Kind.UNKNOWN),
)
APPEARED = (
    *(Kind.CANCELLED, Kind.HOLD_EXPIRED, Kind.HORIZON_ROLL, Kind.RELEASED, Kind.RETURNED),
    *(Kind.GRID_SHIFT,),
)
ENDINGS = (".parquet", ".csv")
_ROWS_AT_ONCE = 65_536


def kind_columns() -> list[str]:
    """Columns of ``count_kinds``; grid shifts both vanish and appear."""
    return ["portal", *(kind.value for kind in dict.fromkeys((*VANISHED, *APPEARED)))]


def count_kinds(watched: Sequence[Watched]) -> list[Mapping[str, str | int | None]]:
    """How many start times vanished or appeared for which reason, one row per portal.

    Where no two answers could be compared nothing is known of changes: None, which is not the same as none.
    """
    rows: list[Mapping[str, str | int | None]] = []
    for one in watched:
        numbers = np.bincount(one.transitions.changes.kind, minlength=len(KINDS)).tolist()
        known = any(numbers) or bool(one.compared)
        counts = {
            kind.value: number if known else None
            for kind, number in zip(KINDS, numbers, strict=True)
        }
        rows.append({"portal": one.evidence.record.portal_id, **counts})
    return rows


def require_table(path: Path) -> str:
    """Return the ending of a file of changes.

    Raises:
        ConfigError: It is none that can be written.
    """
    if path.suffix.lower() in ENDINGS:
        return path.suffix.lower()
    raise ConfigError(f"{path}: changes are written as {' or '.join(ENDINGS)}")


def changes_table(watched: Sequence[Watched], provenance: Provenance) -> pa.Table:
    """Every change of some portals, by portal and instant.

    Returns:
        Columns: portal, calendar (key), slot (local wall time), at and seen_at (UTC; the change lies between them,
        seen_at is empty where no snapshot came before), opening, kind, reason, confidence, final, episode (number
        of the booking or the like, within the portal). Its metadata says where it comes from.
    """
    parts = [_portal_table(one) for one in watched]
    table = pa.concat_tables(parts)
    origin = {
        f"amtspuls.{key}": "" if value is None else str(value)
        for key, value in _origin_of(provenance).items()
    }
    return table.replace_schema_metadata(origin)


def _origin_of(provenance: Provenance) -> Mapping[str, str | float | None]:
    return {"coverage": provenance.coverage, **provenance.columns()}


def _with_origin(table: pa.Table, provenance: Provenance) -> pa.Table:
    """The same in columns: CSV has no metadata, and rows that are copied elsewhere keep their origin."""
    for key, value in _origin_of(provenance).items():
        kind = pa.float64() if key == "coverage" else pa.string()
        table = table.append_column(key, pa.repeat(pa.scalar(value, kind), table.num_rows))
    return table


def _portal_table(one: Watched) -> pa.Table:
    found = one.transitions
    changes = found.changes
    keys = {number: calendar.key for number, calendar in one.calendars.items()}
    for record in one.evidence.reader.calendars(one.evidence.record.portal_id):
        keys.setdefault(record.number, record.calendar.key)
    number, place = np.unique(changes.calendar, return_inverse=True)
    unseen = changes.seen_at < 0
    columns = {
        "portal": pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(len(changes.slot), np.int32)), [one.evidence.record.portal_id]
        ).cast(pa.string()),
        "calendar": pa.array([keys[each] for each in number.tolist()], pa.string()).take(
            pa.array(place)
        ),
        "slot": pa.array(changes.slot * 60, pa.int64()).cast(pa.timestamp("s")),
        "at": pa.array(changes.at, pa.int64()).cast(pa.timestamp("s", "UTC")),
        "seen_at": pa.array(changes.seen_at, pa.int64(), mask=unseen).cast(
            pa.timestamp("s", "UTC")
        ),
        "opening": pa.array(changes.opening),
        "kind": _words(changes.kind, [kind.value for kind in KINDS]),
        "reason": _words(changes.reason, list(found.reasons)),
        "confidence": pa.array(changes.confidence.astype(np.float32)),
        "final": pa.array(changes.final),
        "episode": pa.array(changes.episode),
    }
    return pa.table(columns)


def _words(codes: np.ndarray[tuple[int], np.dtype[np.int64]], words: list[str]) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(codes))


def write_changes(watched: Sequence[Watched], provenance: Provenance, path: Path) -> int:
    """Write every change to a file, whole or not at all; returns how many there are.

    Raises:
        ConfigError: The ending is neither .parquet nor .csv.
        OSError: The file cannot be written.
    """
    # Who only counts the kinds writes no file.
    from pyarrow import csv, parquet

    ending, table = require_table(path), changes_table(watched, provenance)
    with replacing_file(path) as stream:
        if ending == ".parquet":
            parquet.write_table(table, stream, compression="zstd")
        else:
            # Piece by piece: the same words in millions of rows would fill the memory.
            with csv.CSVWriter(stream, _with_origin(table[:0], provenance).schema) as writer:
                for begin in range(0, table.num_rows, _ROWS_AT_ONCE):
                    piece = table.slice(begin, _ROWS_AT_ONCE)
                    writer.write_table(_with_origin(piece, provenance))
    return int(table.num_rows)
