"""What a process must load before it can read and write weeks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from amtspuls.archive.sealed.manifest import LIVE
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import IsoWeek
from support.sealed_portals import a_small_portal

READ_AND_WRITE = """
import sys
from pathlib import Path
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import IsoWeek

weeks, week = Path(sys.argv[1]), IsoWeek.parse("2026-05")
opened = open_week(weeks, week)
opened.verify()
portal = opened.portal("amt")
write_week(weeks, week.following, [portal], opened.manifest.source)
assert "numpy" in sys.modules
sys.exit("pandas" in sys.modules)
"""


def test_weeks_are_read_and_written_without_pandas(tmp_path: Path) -> None:
    """Arrow imports it for its own conversions where it is installed: half a second for nothing."""
    write_week(tmp_path, IsoWeek.parse("2026-05"), [a_small_portal()], LIVE)

    assert (
        subprocess.run([sys.executable, "-c", READ_AND_WRITE, tmp_path], check=False).returncode
        == 0
    )
