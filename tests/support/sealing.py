"""Archives that are sealed now and then, and how they are compared with ones that never were."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from amtspuls.archive.base import ArchiveReader
from amtspuls.archive.live import open_writer
from amtspuls.archive.sealing import WeekSealed, seal_weeks
from amtspuls.archive.week import IsoWeek
from support.histories import everything

# Within a day, over the edges of weeks, and over whole weeks without any snapshot.
LONG_STEPS = tuple(
    timedelta(minutes=minutes) for minutes in (15, 15, 60, 480, 1560, 3 * 1440, 8 * 1440, 16 * 1440)
)


def seal(folder: Path, now: datetime, until: IsoWeek | None = None) -> list[WeekSealed]:
    """Open an archive, seal what is over, close it."""
    with closing(open_writer(folder)) as writer:
        return seal_weeks(writer, now, until=until)


def told(
    reader: ArchiveReader, from_at: datetime | None = None, until_at: datetime | None = None
) -> dict[str, Any]:
    """``everything`` without the numbers of snapshots: sealing changes those."""
    found = everything(reader, from_at, until_at)
    for portal_id in set(found) - {"portals"}:
        calendars, snapshots, views, answers, spans = found[portal_id]
        found[portal_id] = [calendars, snapshots[1:], views[1:], answers[1:], spans]
    return found
