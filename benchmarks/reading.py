"""Reading an archive: the predecessor's wide frame, and any moment rebuilt through the reader."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

import amtspuls
from amtspuls.archive.live import open_whole
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.finding import Found, find_metadata
from amtspuls.bundle.importing import import_bundle, load_metadata
from benchmarks.base import Claim, cpu_s
from benchmarks.sql import write_copy
from conftest import shared_folder

WEEK = "2026-05"
LARGEST = "bielefeldbb"
COPIES = (1, 16, 100)
PORTALS = 15
AT = datetime(2026, 1, 29, 8, 13, tzinfo=UTC)


def measure() -> Iterator[Claim]:
    """Measure on the real week; nothing where it is not at hand."""
    shared = shared_folder()
    if shared is None:
        return
    raw = shared / "data" / "office-schedule-data" / "raw"
    names = load_metadata(find_metadata([raw]))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bundle = raw / "2026" / f"{WEEK}.tar.gz"
        import_bundle(Found(bundle, IsoWeek.parse(WEEK)), folder / WEEKS_NAME, names)
        yield _wide(folder)
        yield from _moments(folder)
        yield _one_week_of(folder)


def _wide(folder: Path) -> Claim:
    with amtspuls.open(folder) as archive:
        rows, columns = archive.wide(LARGEST, WEEK).shape
        took_s = cpu_s(lambda: archive.wide(LARGEST, WEEK))
    cells = np.zeros((columns, rows), dtype=np.bool_)
    floor_s = cpu_s(lambda: np.packbits(cells.copy(), axis=1))
    return Claim(
        f"wide() of {LARGEST} in {WEEK}: {rows} x {columns}",
        f"{took_s:.2f} s (copying and packing its cells alone: {floor_s:.2f} s)",
        "at most 0.3 s",
        took_s <= 0.3,
    )


def _moments(folder: Path) -> Iterator[Claim]:
    reader = open_whole(folder)
    ids = [record.portal_id for record in reader.portals()]
    one_s = cpu_s(lambda: reader.state(LARGEST, AT))
    all_s = cpu_s(lambda: [reader.state(portal_id, AT) for portal_id in ids])
    reader.close()
    yield Claim(
        f"a moment of {LARGEST} through the reader",
        f"{one_s * 1000:.0f} ms",
        "at most 20 ms",
        one_s <= 0.02,
    )
    yield Claim(
        f"a moment of all {len(ids)} portals",
        f"{all_s * 1000:.0f} ms",
        "at most 150 ms",
        all_s <= 0.15,
    )


def _one_week_of(folder: Path, runs: int = 3) -> Claim:
    """A question about the newest week, beside more and more other weeks."""
    sealed = open_week(folder / WEEKS_NAME, IsoWeek.parse(WEEK))
    portals = [sealed.portal(portal_id) for portal_id in sealed.portal_ids[:PORTALS]]
    took, done = [], 0
    for copies in COPIES:
        for number in range(done, copies):
            write_copy(portals, folder / "many", number)
        done = copies
        took.append(min(_ask_s(folder / "many", copies - 1) for _ in range(runs)))
    worst = took[-1] / took[1]
    return Claim(
        f"`measure wait` of one week and {PORTALS} portals in an archive of {', '.join(map(str, COPIES))} weeks",
        f"{', '.join(f'{s:.1f}' for s in took)} s CPU, start of Python included;"
        f" {COPIES[-1]} weeks cost {worst:.2f} times as much as {COPIES[1]}",
        "1.3 times",
        worst <= 1.3,
    )


def _ask_s(folder: Path, number: int) -> float:
    """CPU seconds of a question about one week of copies, by the time that one process takes."""
    begin = IsoWeek.parse(WEEK).start + timedelta(weeks=number)
    limits = ["--from", f"{begin} 00:00", "--until", f"{begin + timedelta(weeks=1)} 00:00"]
    script = "import sys; from amtspuls.cli.app import main; main(sys.argv[1:])"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", script, "measure", "wait", *limits, "--archive", str(folder)],
        check=True,
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
