"""Writes the dump of a small archive in today's schema; run once for every new revision.

Usage: ``PYTHONPATH=tests python -m support.dump_schema tests/archive/schemas``.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

from amtspuls.archive.base import Stop
from amtspuls.archive.live import open_writer
from amtspuls.archive.schema import REVISIONS
from amtspuls.model import HostState
from support.histories import PORTAL, made_up, scratch

NOON = datetime(2026, 1, 26, 12, tzinfo=UTC)


def write_dump(folder: Path) -> Path:
    """Write ``<newest revision>.sql`` into a folder."""
    with scratch() as place:
        with closing(open_writer(Path(place))) as writer:
            for snapshot in made_up(3, calendars=2, slots=5):
                writer.store(PORTAL, snapshot)
            writer.stop(Stop("refuser", NOON, "captcha"))
            writer.save_host_states(
                [
                    HostState(
                        "https://demo.example",
                        200,
                        "User-agent: *\n",
                        NOON,
                        NOON,
                        date(2026, 1, 26),
                        7,
                    )
                ]
            )
        with closing(sqlite3.connect(Path(place) / "live.sqlite")) as database:
            lines = "\n".join(database.iterdump()) + "\n"
    path = folder / f"{REVISIONS[-1]}.sql"
    path.write_text(lines, encoding="utf-8")
    return path


if __name__ == "__main__":
    write_dump(Path(sys.argv[1]))
