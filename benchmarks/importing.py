"""Importing real weeks, beside what unpacking alone costs, and rebuilding a moment from a sealed week."""

from __future__ import annotations

import multiprocessing
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.sealed.rows import free_at
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.finding import Found, find_metadata
from amtspuls.bundle.importing import import_bundle, load_metadata
from amtspuls.bundle.metadata import Metadata
from benchmarks.base import Claim
from benchmarks.importing_many import measure_many
from conftest import shared_folder

WEEK = "2026-05"
LARGE = ("2021-28", "2021-29", "2026-05", "2026-13")
MIDDLE = 300
"""A snapshot in the middle of the week."""


def _found(raw: Path, name: str) -> Found:
    return Found(raw / name[:4] / f"{name}.tar.gz", IsoWeek.parse(name))


def _fresh() -> Iterator[Path]:
    while True:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)


def _unpack_s(path: Path) -> float:
    """CPU seconds of tar and gzip."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Path("/dev/null").open("wb") as nothing:
        subprocess.run(["tar", "xzf", path, "-O"], stdout=nothing, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _import_s(found: Found, names: Metadata, folder: Path) -> float:
    began = time.process_time()
    import_bundle(found, folder, names)
    return time.process_time() - began


def _peak_mb(found: Found, names: Metadata, folder: Path) -> int:
    """Memory of a process that does nothing but the import."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_import_and_weigh, (found, names, folder))


def _import_and_weigh(found: Found, names: Metadata, folder: Path) -> int:
    import_bundle(found, folder, names)
    # Not ru_maxrss: a process begins with that of the one that started it.
    (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(line) // 1024


def _import_claims(found: Found, names: Metadata, runs: int) -> list[Claim]:
    folders = _fresh()
    pairs = [
        (_import_s(found, names, next(folders)), _unpack_s(found.path)) for _ in range(runs + 1)
    ][1:]
    ratio = statistics.median(mine / floor for mine, floor in pairs)
    import_s, floor_s = (statistics.median(side) for side in zip(*pairs, strict=True))
    peak = _peak_mb(found, names, next(folders))
    size = import_bundle(found, next(folders), names).size_bytes
    return [
        Claim(
            f"import of {found.week} from tar.gz to sealed Parquet, all checks",
            f"{import_s:.2f} s CPU, {ratio:.2f} times tar and gzip ({floor_s:.2f} s)",
            "2 times",
            ratio <= 2,
        ),
        Claim("its peak of memory, whole process", f"{peak} MB", "500 MB", peak <= 500),
        Claim(
            "its sealed size", f"{size:,} bytes with all names", "320,000 bytes", size <= 320_000
        ),
    ]


def _moment_claims(found: Found, names: Metadata, runs: int = 15) -> Iterator[Claim]:
    with tempfile.TemporaryDirectory() as folder:
        weeks = Path(folder)
        import_bundle(found, weeks, names)

        def one() -> None:
            free_at(open_week(weeks, found.week).portal("bielefeldbb"), MIDDLE)

        def every() -> None:
            opened = open_week(weeks, found.week)
            for portal_id in opened.portal_ids:
                free_at(opened.portal(portal_id), MIDDLE)

        for what, work, target_ms in (
            ("of bielefeldbb", one, 20),
            ("of all portals", every, 150),
        ):
            cpu_ms, wall_ms = _times_ms(work, runs)
            yield Claim(
                f"what was free {what} at one moment of {found.week}, files opened anew",
                f"{cpu_ms:.0f} ms CPU, {wall_ms:.0f} ms wall",
                f"{target_ms} ms",
                max(cpu_ms, wall_ms) <= target_ms,
            )


def _times_ms(work: Callable[[], None], runs: int) -> tuple[float, float]:
    """Median CPU, and least wall time: a shared machine makes a run wait, never work less."""
    work()
    cpu, wall = [], []
    for _ in range(runs):
        began_cpu, began = time.process_time(), time.perf_counter()
        work()
        cpu.append(1000 * (time.process_time() - began_cpu))
        wall.append(1000 * (time.perf_counter() - began))
    return statistics.median(cpu), min(wall)


def measure(runs: int = 7) -> list[Claim]:
    """Nothing but a word where the real weeks are not at hand: invented ones would prove nothing."""
    shared = shared_folder()
    if shared is None:
        print("importing: no real weeks at hand (AMTSPULS_SHARED), not measured", file=sys.stderr)
        return []
    raw = shared / "data" / "office-schedule-data" / "raw"
    metadata = find_metadata([raw])
    names, found = load_metadata(metadata), _found(raw, WEEK)
    return [
        *_import_claims(found, names, runs),
        *_moment_claims(found, names),
        *measure_many([_found(raw, name) for name in LARGE], metadata),
    ]
