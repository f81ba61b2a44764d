"""`make endurance`: the long runs in full, and docs/reliability.md out of their results."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from amtspuls import __version__
from amtspuls.clock import SystemClock

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"

# What is run, and what it shows. Each reads AMTSPULS_ENDURANCE and does the whole of its work then.
LONG_RUNS = {
    "tests/integration/test_kill.py": "the collector killed (SIGKILL) at 200 random moments of a replay: whole snapshots only, and going on gives the archive of an uninterrupted run",
    "tests/archive/test_killed.py": "the archive's writer killed at 40 random moments",
    "tests/archive/test_killed_seal.py": "`amtspuls seal` killed at 100 random moments: the archive says the same, and the next run finishes",
    "tests/bundle/test_package_place.py": "`amtspuls package` killed at 100 random moments and at every step of the exchange: the old package or the new one is whole, the next run finishes",
    "tests/integration/test_kill_import.py": "`amtspuls import` and `export --format legacy` killed at 100 random moments each: whole weeks only, the next run finishes, nothing lost or doubled",
    "tests/bundle/test_import.py": "five real weeks imported and given back: every CSV byte for byte (only where recorded weeks are present)",
    "tests/archive/test_sealing.py": "random histories sealed now and then: the archive says what one says that was never sealed",
    "tests/archive/test_agreement.py": "random histories: the SQL archive and a plain one say the same",
    "tests/integration/test_faults.py": "every fault at midnight, around both clock changes and across a slot's start: an honest gap and no change",
    "tests/integration/test_wire_property.py": "400 random portals and offers per system, read over HTTP: what is read is what is offered",
    "tests/systems/test_hostile_pages.py": "10,000 broken and generated pages per parser, and pages made to be expensive: a model or a typed error, within 1 s and 200 MB",
    "tests/integration/test_dask.py": "a cluster with a worker killed amid the import of four real weeks: the same sealed bytes, the same changes (only where recorded weeks are present)",
    "tests/integration/test_round_trip.py": "real weeks replayed and exported: the same slots come back (only where recorded weeks are present)",
}


def main() -> int:
    """Run everything and write the page; exit code 1 when anything failed."""
    rows = []
    failed = False
    for path, what in LONG_RUNS.items():
        print(f"{path} ...", flush=True)
        passed, bad, skipped, seconds = _run(path)
        failed = failed or bad > 0 or passed + skipped == 0
        rows.append(f"| {what} | `{path}` | {passed} | {bad} | {skipped} | {seconds:.0f} s |")
    today = SystemClock().now().date()
    PAGE.write_text(_page(rows, f"Version {__version__}, run on {today}."), "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return int(failed)


def _run(path: str) -> tuple[int, int, int, float]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", path, f"--junitxml={report}"],
            cwd=ROOT,
            env={**os.environ, "AMTSPULS_ENDURANCE": "1"},
            check=False,
        )
        suite = ElementTree.parse(report).getroot().find("testsuite")
    assert suite is not None
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return total - bad - skipped, bad, skipped, float(suite.get("time", 0))


def _page(rows: list[str], about: str) -> str:
    head = "# Reliability\n\nWritten by `make endurance`. " + about + "\n\n"
    table = "| what was tried | where | passed | failed | skipped | took |\n|:---|:---|---:|---:|---:|---:|\n"
    return head + table + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
