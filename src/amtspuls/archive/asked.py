"""What snapshots asked for: the newest ones, straight from the live part of an archive, or all of some time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from amtspuls.archive.connect import reading_engine
from amtspuls.archive.failures import archive_errors
from amtspuls.archive.queries import Limits
from amtspuls.archive.reader import Reader
from amtspuls.archive.schema import PORTALS, SNAPSHOTS, TEXTS, VIEWS
from amtspuls.archive.week import DATABASE_NAME


def load_asked(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the services that the newest snapshot with any views asked for, by portal.

    Args:
        folder: An archive that ``live.open_reader`` has opened.

    Returns:
        Names as on the pages, each once, sorted; portals that were asked for none are left out.

    Raises:
        ArchiveError: It cannot be read.
    """
    newest = (
        select(func.max(SNAPSHOTS.c.number))
        .join(VIEWS, VIEWS.c.snapshot == SNAPSHOTS.c.number)
        .group_by(SNAPSHOTS.c.portal)
    )
    rows = (
        select(PORTALS.c.id, TEXTS.c.text)
        .join(SNAPSHOTS, SNAPSHOTS.c.portal == PORTALS.c.number)
        .join(VIEWS, VIEWS.c.snapshot == SNAPSHOTS.c.number)
        .join(TEXTS, TEXTS.c.number == VIEWS.c.asked)
        .where(SNAPSHOTS.c.number.in_(newest))
        .distinct()
    )
    path = folder / DATABASE_NAME
    names: dict[str, set[str]] = {}
    with archive_errors(path):
        engine = reading_engine(path)
        try:
            with engine.begin() as connection:
                for row in connection.execute(rows):
                    names.setdefault(row.id, set()).update(json.loads(row.text))
        finally:
            engine.dispose()
    return {portal: tuple(sorted(asked)) for portal, asked in names.items() if asked}


@dataclass(frozen=True, slots=True)
class Shown:
    """What was asked of a calendar over some time.

    Attributes:
        asked: Names of the services, as on the page; empty where nobody wrote it down.
        durations_min: Lengths of the asked services that the page said, in minutes.
    """

    asked: frozenset[str] = frozenset()
    durations_min: frozenset[int] = frozenset()


def load_shown(reader: Reader, portal_id: str, wanted: Limits) -> Mapping[int, Shown]:
    """Say what the views of a portal were asked for, by number of the calendar.

    Args:
        reader: The archive.
        portal_id: The portal; an unknown one has no calendars.
        wanted: First instant and end (not included), Unix seconds; None is open. Whole sealed weeks that
            touch it count.

    Raises:
        ArchiveError: It cannot be read.
    """
    found: dict[int, Shown] = {}
    with reader.moment() as moment:
        for piece in reader.all_pieces(moment, portal_id, wanted):
            views = piece.portal.views
            numbers = piece.numbers[views.calendar].tolist()
            rows = zip(numbers, views.asked.tolist(), views.duration_min.tolist(), strict=True)
            for number, asked, minutes in dict.fromkeys(rows):
                before = found.get(number, Shown())
                found[number] = Shown(
                    before.asked | frozenset(json.loads(asked or "[]")),
                    before.durations_min | ({minutes} if minutes > 0 else frozenset()),
                )
    return found
