"""What the newest snapshots asked for, straight from the live part of an archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import func, select

from amtspuls.archive.connect import reading_engine
from amtspuls.archive.failures import archive_errors
from amtspuls.archive.schema import PORTALS, SNAPSHOTS, TEXTS, VIEWS
from amtspuls.archive.week import DATABASE_NAME


def load_asked(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the services that the newest snapshot with any views asked for, by portal.

    Args:
        folder: An archive that ``live.open_reader`` has opened.

    Returns:
        Names as on the pages, each once, sorted; portals that were asked for none are left out. Nothing where
        there is no live part.

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
    if not path.is_file():
        return {}
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
