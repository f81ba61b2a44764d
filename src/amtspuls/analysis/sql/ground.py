"""What lies below the views and is no file: weeks, former keys, the catalogue, clock changes.

All of it is small, and handed over as plain values: to load Arrow takes longer than most questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from amtspuls.analysis.sql.sources import Renamed
from amtspuls.archive.sealed.manifest import Manifest
from amtspuls.archive.week import IsoWeek
from amtspuls.model import Slot, utc_from_slot

if TYPE_CHECKING:
    from amtspuls.catalogue.portal import Portal

_WEEKS_COLUMNS = {
    "number": "INTEGER",
    "iso_year": "INTEGER",
    "iso_week": "INTEGER",
    "first_week": "VARCHAR",
    "source": "VARCHAR",
    "bundle": "VARCHAR",
    "producer": "VARCHAR",
    "portals": "BIGINT",
    "snapshots": "BIGINT",
    "spans": "BIGINT",
    "size_bytes": "BIGINT",
}
_RENAMED_COLUMNS = {
    "portal": "VARCHAR",
    "former_key": "VARCHAR",
    "key": "VARCHAR",
    "until_at": "BIGINT",
}
_CATALOGUE_COLUMNS = {
    "portal": "VARCHAR",
    "name": "VARCHAR",
    "system": "VARCHAR",
    "kind": "VARCHAR",
    "city": "VARCHAR",
    "state": "VARCHAR",
    "latitude": "DOUBLE",
    "longitude": "DOUBLE",
    "status": "VARCHAR",
    "last_seen": "DATE",
}
_DAYS_PER_WEEK = 7
# No zone changes its clock and changes it back within so many minutes.
_STEP_MIN = 7 * 1440


@dataclass(frozen=True, slots=True)
class SmallTable:
    """A table of few rows.

    Attributes:
        columns: Column names, in order, and their types in SQL.
        rows: Values in the order of the columns.
    """

    columns: Mapping[str, str]
    rows: Sequence[Sequence[object]]


def weeks_table(sealed: Iterable[Manifest], running: IsoWeek | None) -> SmallTable:
    """One row for each sealed week, and one for what is running."""
    rows = [_sealed_row(manifest) for manifest in sealed]
    if running:
        rows.append((*_week_row(running, "running"), None, None, None, None, None, None))
    return SmallTable(_WEEKS_COLUMNS, rows)


def _sealed_row(manifest: Manifest) -> tuple[object, ...]:
    return (
        *_week_row(manifest.week, manifest.source.kind),
        manifest.source.bundle,
        manifest.producer,
        sum(1 for counts in manifest.portals if counts.snapshots),
        sum(counts.snapshots for counts in manifest.portals),
        sum(counts.spans for counts in manifest.portals),
        manifest.size_bytes,
    )


def _week_row(week: IsoWeek, source: str) -> tuple[object, ...]:
    return week.start.toordinal() // _DAYS_PER_WEEK, week.year, week.week, str(week), source


def clock_changes(zone: str, first: Slot, last: Slot) -> list[tuple[Slot, int]]:
    """What wall time is ahead of UTC, in the sense of ``model.utc_from_slot``.

    In the repeated hour of autumn the second pass counts.

    Args:
        zone: Name of the zone.
        first: First slot of interest.
        last: Last one.

    Returns:
        Each slot from which on another number of seconds holds, with that number, ascending; the first
        is ``first``.
    """
    place = ZoneInfo(zone)
    found = [(first, _ahead_s(first, place))]
    for begins in range(first, last, _STEP_MIN):
        ends = Slot(min(begins + _STEP_MIN, last))
        later = _ahead_s(ends, place)
        if later != found[-1][1]:
            found.append((_changed_at(Slot(begins), ends, place), later))
    return found


def _changed_at(before: Slot, after: Slot, zone: ZoneInfo) -> Slot:
    """The first slot between two that has the distance to UTC of the second."""
    later = _ahead_s(after, zone)
    while after - before > 1:
        middle = Slot((before + after) // 2)
        before, after = (before, middle) if _ahead_s(middle, zone) == later else (middle, after)
    return after


def _ahead_s(slot: Slot, zone: ZoneInfo) -> int:
    return slot * 60 - int(utc_from_slot(slot, zone).timestamp())


def renamed_table(renamed: Sequence[Renamed]) -> SmallTable:
    """One row for each calendar that had another key."""
    return SmallTable(_RENAMED_COLUMNS, renamed)


def catalogue_table(portals: Sequence[Portal]) -> SmallTable:
    """One row for each portal of a catalogue."""
    rows = [
        (
            portal.id,
            portal.name,
            portal.system,
            portal.kind,
            portal.place.city if portal.place else None,
            portal.place.state if portal.place else None,
            portal.place.latitude if portal.place else None,
            portal.place.longitude if portal.place else None,
            portal.status,
            portal.last_seen,
        )
        for portal in portals
    ]
    return SmallTable(_CATALOGUE_COLUMNS, rows)
