"""A process that stores a made-up history from where the archive stands, until it is killed.

Usage: ``python -m support.storing_child FOLDER COUNT``; prints a line when it begins.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from amtspuls.archive.live import open_writer
from support.histories import PORTAL, made_up


def store_on(folder: Path, count: int) -> None:
    """Store those of the first ``count`` snapshots that the archive does not have yet."""
    with closing(open_writer(folder)) as writer:
        sys.stdout.write("begins\n")
        sys.stdout.flush()
        newest = writer.newest_snapshot_at(PORTAL.id)
        for snapshot in made_up(count):
            if newest is None or snapshot.taken_at > newest:
                writer.store(PORTAL, snapshot)


if __name__ == "__main__":
    store_on(Path(sys.argv[1]), int(sys.argv[2]))
