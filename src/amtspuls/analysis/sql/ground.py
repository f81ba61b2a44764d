"""What lies below the views and is no file: weeks, what is not sealed yet, the catalogue, clock changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from amtspuls.analysis.sql.sources import Renamed
from amtspuls.archive.sealed.format import SCHEMAS, encode_portal
from amtspuls.archive.sealed.manifest import Manifest
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.times import Ints, starts_of
from amtspuls.archive.week import IsoWeek

if TYPE_CHECKING:
    from amtspuls.catalogue.portal import Portal

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_WEEKS_SCHEMA = pa.schema(
    [
        *((name, pa.int32()) for name in ("number", "iso_year", "iso_week")),
        *((name, pa.string()) for name in ("first_week", "source", "bundle", "producer")),
        *((name, pa.int64()) for name in ("portals", "snapshots", "spans", "size_bytes")),
    ]
)
_OFFSETS_SCHEMA = pa.schema(
    [
        ("zone", pa.string()),
        *((name, pa.int32()) for name in ("day", "offset_s", "changes_at", "later_offset_s")),
    ]
)
_RENAMED_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("portal", "former_key", "key")),
        ("until_at", pa.int64()),
    ]
)
_CATALOGUE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("portal", "name", "system", "kind", "city", "state")),
        *((name, pa.float64()) for name in ("latitude", "longitude")),
        ("status", pa.string()),
        ("last_seen", pa.date32()),
    ]
)
_DAYS_PER_WEEK = 7
_MINUTES_PER_DAY = 1440
_YEARS_AROUND = 2


class Running:
    """What is not sealed yet, as one week under the name of its first.

    Args:
        portals: Everything of each portal that is in no sealed week.
    """

    def __init__(self, portals: Sequence[SealedPortal]) -> None:
        self._portals = portals
        self._weeks = [_weeks_of(portal) for portal in portals]

    @property
    def week(self) -> IsoWeek | None:
        """The first week that is not sealed; None when nothing is running."""
        return min((first for first, _ in self._weeks), default=None)

    @property
    def zones(self) -> set[str]:
        """Zones of its portals."""
        return {portal.record.zone for portal in self._portals}

    def table(self, name: str) -> pa.Table:
        """One table of ``archive/sealed/format.py`` with the columns that tell the week."""
        rows = [encode_portal(portal)[name] for portal in self._portals]
        week = self.week or IsoWeek.of(date(1970, 1, 1))
        lengths = [len(part) for part in rows]
        whole = pa.concat_tables([SCHEMAS[name].empty_table(), *rows])
        columns: dict[str, tuple[Sequence[int | str], pa.DataType]] = {
            "iso_year": ([week.year] * len(rows), pa.int32()),
            "iso_week": ([week.week] * len(rows), pa.int32()),
            "first_week": ([str(first) for first, _ in self._weeks], pa.string()),
            "last_week": ([str(last) for _, last in self._weeks], pa.string()),
        }
        for column, (values, kind) in columns.items():
            repeated = np.repeat(np.array(values, dtype=object), lengths)
            whole = whole.append_column(column, pa.array(repeated, kind))
        return whole


def weeks_table(sealed: Iterable[Manifest], running: IsoWeek | None) -> pa.Table:
    """One row for each sealed week, and one for what is running."""
    rows = [_sealed_row(manifest) for manifest in sealed]
    if running:
        rows.append(_week_row(running, "running"))
    return pa.Table.from_pylist(rows, schema=_WEEKS_SCHEMA)


def _sealed_row(manifest: Manifest) -> dict[str, object]:
    return _week_row(manifest.week, manifest.source.kind) | {
        "bundle": manifest.source.bundle,
        "producer": manifest.producer,
        "portals": sum(1 for counts in manifest.portals if counts.snapshots),
        "snapshots": sum(counts.snapshots for counts in manifest.portals),
        "spans": sum(counts.spans for counts in manifest.portals),
        "size_bytes": manifest.size_bytes,
    }


def _week_row(week: IsoWeek, source: str) -> dict[str, object]:
    return {
        "number": week.start.toordinal() // _DAYS_PER_WEEK,
        "iso_year": week.year,
        "iso_week": week.week,
        "first_week": str(week),
        "source": source,
    }


def _weeks_of(portal: SealedPortal) -> tuple[IsoWeek, IsoWeek]:
    """Local weeks of a portal's first and newest snapshot."""
    shots = portal.snapshots
    ends = (shots.taken_at + shots.utc_offset_s)[[0, -1]].tolist()
    first, last = (IsoWeek.of(datetime.fromtimestamp(at, UTC).date()) for at in ends)
    return first, last


def zone_offsets(zones: Sequence[str], first_year: int, last_year: int) -> pa.Table:
    """What wall time is ahead of UTC, slot by slot.

    Args:
        zones: Names of zones.
        first_year: First year of the slots concerned.
        last_year: Last one; some years around both are added.

    Returns:
        One row for each zone and day, see ``spans.OFFSETS_TABLE``; in the sense of
        ``model.utc_from_slot``: in the repeated hour the second pass counts.
    """
    first = date(first_year - _YEARS_AROUND, 1, 1).toordinal() - _EPOCH_ORDINAL
    last = date(last_year + _YEARS_AROUND + 1, 1, 1).toordinal() - _EPOCH_ORDINAL
    days = np.arange(first, last, dtype=np.int64)
    tables = [_offsets_of(name, days) for name in zones]
    return pa.concat_tables([_OFFSETS_SCHEMA.empty_table(), *tables])


def _offsets_of(name: str, days: Ints) -> pa.Table:
    zone, midnights = ZoneInfo(name), days * _MINUTES_PER_DAY
    offsets = midnights * 60 - starts_of(midnights, zone)
    later, changes_at = offsets.copy(), midnights.copy()
    for place in np.flatnonzero(np.diff(offsets)).tolist():
        slots = midnights[place] + np.arange(_MINUTES_PER_DAY, dtype=np.int64)
        within = slots * 60 - starts_of(slots, zone)
        changed = int(np.flatnonzero(within == offsets[place + 1])[0])
        changes_at[place], later[place] = slots[changed], offsets[place + 1]
    columns = [np.full(len(days), name, dtype=object), days, offsets, changes_at, later]
    return pa.Table.from_arrays(
        [
            pa.array(column, kind)
            for column, kind in zip(columns, _OFFSETS_SCHEMA.types, strict=True)
        ],
        schema=_OFFSETS_SCHEMA,
    )


def renamed_table(renamed: Sequence[Renamed]) -> pa.Table:
    """One row for each calendar that had another key."""
    return pa.Table.from_pylist([one._asdict() for one in renamed], schema=_RENAMED_SCHEMA)


def catalogue_table(portals: Sequence[Portal]) -> pa.Table:
    """One row for each portal of a catalogue."""
    rows = [
        {
            "portal": portal.id,
            "name": portal.name,
            "system": portal.system,
            "kind": portal.kind,
            "city": portal.place.city if portal.place else None,
            "state": portal.place.state if portal.place else None,
            "latitude": portal.place.latitude if portal.place else None,
            "longitude": portal.place.longitude if portal.place else None,
            "status": portal.status,
            "last_seen": portal.last_seen,
        }
        for portal in portals
    ]
    return pa.Table.from_pylist(rows, schema=_CATALOGUE_SCHEMA)
