"""Sealed weeks alone are read without what only the live part needs; that takes longer to load than to read them."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amtspuls.archive.live import open_reader, open_writer
from support.histories import PORTAL, everything, made_up
from support.sealing import seal

HISTORY = made_up(40)
NEVER = ("sqlalchemy", "sqlite3", "alembic", "pydantic", "asyncio")

READ_ALL = """
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from amtspuls.archive.asked import load_shown
from amtspuls.archive.extent import Extent
from amtspuls.archive.live import open_whole

with closing(open_whole(Path(sys.argv[1]))) as reader:
    for record in reader.portals():
        portal_id = record.portal_id
        extent = Extent.of(reader, record)
        limits = (extent.first_at, extent.last_at)
        rows = 0
        for read in (reader.snapshots, reader.views, reader.answers, reader.spans):
            assert len(read(portal_id)[0]) >= len(read(portal_id, *limits)[0]) > 0, read
            rows += len(read(portal_id)[0])
        assert reader.calendars(portal_id) and reader.week_counts(portal_id), portal_id
        assert reader.state(portal_id, extent.last_at) and load_shown(reader, portal_id, (None, None))
        reader.capacity_changes(portal_id)
        print(portal_id, rows)
    assert not reader.stops()
print(*(name for name in sys.modules if "." not in name))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive of sealed weeks alone."""
    with closing(open_writer(tmp_path)) as writer:
        for snapshot in HISTORY:
            writer.store(PORTAL, snapshot)
    assert seal(tmp_path, datetime(2027, 6, 1, tzinfo=UTC))
    for path in tmp_path.glob("live.*"):
        path.unlink()
    return tmp_path


def test_sealed_weeks_alone_are_read_without_the_database(folder: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(folder)], check=True, stdout=subprocess.PIPE, text=True
    )
    *portals, modules = found.stdout.splitlines()
    assert "numpy" in modules.split()
    assert not {*NEVER} & {*modules.split()}
    # What the other process read is what there is.
    with closing(open_reader(folder)) as reader:
        told = everything(reader)[PORTAL.id]
    assert portals == [f"{PORTAL.id} {sum(len(columns[0][1]) for columns in told[1:])}"]


def test_what_programs_open_an_archive_with_loads_no_database() -> None:
    program = f"import sys, amtspuls.api\nsys.exit(bool({set(NEVER)} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
