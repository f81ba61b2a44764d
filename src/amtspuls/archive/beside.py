"""What may be put beside a live part: a week that it has no snapshots in, and none before that are not sealed.

Readers take what is not sealed yet to be newer than every sealed week (``archive.merging``). With a newer week
beside it, spans would open too late and never close, until the live weeks are sealed too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from shlex import quote

from sqlalchemy import Connection

from amtspuls.archive.connect import reading_engine
from amtspuls.archive.cutting import live_portals
from amtspuls.archive.reader_live import LiveReader
from amtspuls.archive.sealing import live_weeks, weeks_of
from amtspuls.archive.week import DATABASE_NAME, IsoWeek
from amtspuls.errors import ArchiveError

_NAMED = 3


def require_room(folder: Path, week: IsoWeek, portal_ids: Collection[str]) -> None:
    """Refuse to put a week beside a live part that it does not go with.

    Args:
        folder: The archive; without a live part nothing is refused.
        week: The week that is to be written.
        portal_ids: Portals in it.

    Raises:
        ArchiveError: The live part has snapshots in the week, has older ones of these portals, is damaged,
            or of another version.
    """
    path = folder / DATABASE_NAME
    if not path.is_file():
        return
    with closing(LiveReader(reading_engine(path), path)) as live, live.reading() as connection:
        if week in live_weeks(connection):
            raise ArchiveError(
                f"{folder} has live snapshots in week {week}: import that week into another archive",
                path=str(folder),
                week=str(week),
            )
        older = older_weeks(connection, week, portal_ids)
    if older:
        last = max(max(weeks) for weeks in older.values())
        raise ArchiveError(
            f"{folder} has snapshots before week {week} that are not sealed, {tell_weeks(older)}:"
            f" run `amtspuls seal --until {last} --archive {quote(str(folder))}`, then import again",
            path=str(folder),
            week=str(week),
        )


def older_weeks(
    connection: Connection, week: IsoWeek, portal_ids: Collection[str]
) -> dict[str, list[IsoWeek]]:
    """Weeks before a week in which the live part has snapshots of portals, ascending; by portal."""
    found = {
        portal.record.portal_id: [own for own in weeks_of(connection, portal) if own < week]
        for portal in live_portals(connection)
        if portal.record.portal_id in portal_ids
    }
    return {portal_id: weeks for portal_id, weeks in found.items() if weeks}


def tell_weeks(weeks: Mapping[str, Sequence[IsoWeek]]) -> str:
    """Portals and their weeks for people: the first portals by name, the others by their number."""
    told = [f"of {portal_id} in {_range(own)}" for portal_id, own in list(weeks.items())[:_NAMED]]
    rest = len(weeks) - len(told)
    return ", ".join([*told, *([f"and of {rest} more"] if rest else [])])


def _range(weeks: Sequence[IsoWeek]) -> str:
    return str(weeks[0]) if len(weeks) == 1 else f"{weeks[0]}..{weeks[-1]}"
