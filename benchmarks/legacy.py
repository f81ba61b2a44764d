"""The predecessor's metrics of one real week, from the sealed week to all 49 texts."""

from __future__ import annotations

import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from amtspuls.analysis.legacy.render import render_files
from amtspuls.analysis.legacy.week import calculate_week
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.finding import Found
from amtspuls.bundle.importing import import_bundle, load_metadata
from benchmarks.base import Claim
from conftest import shared_folder

WEEK = IsoWeek(2026, 5)
PREDECESSOR_S = 937
"""CPU seconds that the predecessor's own code took for the week, from its bundle, on such a machine."""

TARGET_S = 2.0


def _texts(weeks: Path) -> Mapping[str, bytes]:
    sealed = open_week(weeks, WEEK)
    portals = [sealed.portal(portal_id) for portal_id in sealed.portal_ids]
    return dict(render_files(calculate_week(WEEK, portals).tables))


def _published(data: Path) -> Mapping[str, bytes]:
    with tarfile.open(data / "metrics" / f"{WEEK.year}" / f"{WEEK}.tar.gz") as tar:
        streams = ((member.name, tar.extractfile(member)) for member in tar.getmembers())
        return {name: stream.read() for name, stream in streams if stream}


def measure(runs: int = 5) -> list[Claim]:
    """Nothing but a word where the real week is not at hand: an invented one would prove nothing."""
    shared = shared_folder()
    if shared is None:
        print("legacy: no real weeks at hand (AMTSPULS_SHARED), not measured", file=sys.stderr)
        return []
    data = shared / "data" / "office-schedule-data"
    with tempfile.TemporaryDirectory() as folder:
        weeks = Path(folder)
        bundle = data / "raw" / f"{WEEK.year}" / f"{WEEK}.tar.gz"
        import_bundle(Found(bundle, WEEK), weeks, load_metadata(None))
        equal = _texts(weeks) == _published(data)
        cpu_s, wall_s = zip(*(_time(weeks) for _ in range(runs)), strict=True)
    # A machine that is shared makes a run wait, never work less.
    cpu, wall = statistics.median(cpu_s), min(wall_s)
    return [
        Claim(
            f"the predecessor's 49 metric files of {WEEK} from the sealed week",
            f"{cpu:.2f} s CPU, {wall:.2f} s wall, {PREDECESSOR_S / cpu:,.0f} times its {PREDECESSOR_S} s;"
            f" {'equal to' if equal else 'NOT'} the published ones",
            f"{TARGET_S:.0f} s",
            equal and max(cpu, wall) <= TARGET_S,
        )
    ]


def _time(weeks: Path) -> tuple[float, float]:
    began_cpu, began = time.process_time(), time.perf_counter()
    _texts(weeks)
    return time.process_time() - began_cpu, time.perf_counter() - began
