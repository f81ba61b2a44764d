"""Transitions, estimates and all measures of real weeks; import and score with one worker and with two."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.finding import Found, find_metadata
from amtspuls.bundle.importing import Status, import_bundle, import_bundles, load_metadata
from amtspuls.cli.scoring import score_jobs
from amtspuls.executor import open_executor
from benchmarks.base import Claim
from benchmarks.importing import LARGE
from benchmarks.sql import write_copy
from conftest import ROOT, shared_folder
from support.dask_cluster import running_cluster

WEEK = IsoWeek(2026, 5)
RUNS = {1: 9, 4: 3, 16: 2}
"""Copies of the week, and how often each way is timed with so many: its quickest run counts."""
WAYS = {0: "one process", 2: "two workers"}
WEEK_S = 3.0
PEAK_MB = 1000
SLACK = 1.1
"""Four times the weeks may cost this much more than four times as much: timing is not exact."""
JOBS = [("busy-city", seed, 2) for seed in range(1000, 1004)]


class Run(NamedTuple):
    """What one process that answers everything took."""

    wall_s: float
    cpu_s: float
    peak_mb: int


def measure() -> list[Claim]:
    """Nothing but a word where the real weeks are not at hand."""
    shared = shared_folder()
    if shared is None:
        print("answers: no real weeks at hand (AMTSPULS_SHARED), not measured", file=sys.stderr)
        return []
    raw = shared / "data/office-schedule-data/raw"
    with tempfile.TemporaryDirectory() as place:
        return [*_answer_claims(raw, Path(place)), *_sharing_claims(raw, Path(place))]


def _run(folder: Path, workers: int) -> Run:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.answers_child", str(folder), str(workers)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    wall_s = time.perf_counter() - began
    peak_mb, cpu_s = done.stdout.split()
    return Run(wall_s, float(cpu_s), int(peak_mb))


def _quickest(folder: Path, runs: int) -> dict[int, Run]:
    """The quickest run of each way, taken in turn: a shared machine makes a run wait, never work less."""
    rows = [{workers: _run(folder, workers) for workers in WAYS} for _ in range(runs)]
    return {workers: min(row[workers] for row in rows) for workers in WAYS}


def _answer_claims(raw: Path, place: Path) -> Iterator[Claim]:
    one, years = place / "one", place / "many"
    found = Found(raw / f"{WEEK.year}/{WEEK}.tar.gz", WEEK)
    import_bundle(found, one / WEEKS_NAME, load_metadata(find_metadata([raw])))
    sealed = open_week(one / WEEKS_NAME, WEEK)
    portals = [sealed.portal(portal_id) for portal_id in sealed.portal_ids]
    took: dict[int, list[Run]] = {workers: [] for workers in WAYS}
    done = 0
    for copies, runs in RUNS.items():
        for number in range(done, copies):
            write_copy(portals, years, number)
        done = copies
        for workers, run in _quickest(years, runs).items():
            took[workers].append(run)
    yield from _week_claims({workers: rows[0] for workers, rows in took.items()})
    for workers, rows in took.items():
        # What a process costs before it has read anything is no growth.
        worst = max(rows[n + 1].wall_s / rows[n].wall_s for n in range(len(rows) - 1))
        yield Claim(
            f"the same over {', '.join(map(str, RUNS))} copies of the week, {WAYS[workers]}",
            f"{', '.join(f'{row.wall_s:.1f}' for row in rows)} s, up to {rows[-1].peak_mb} MB;"
            f" four times the weeks cost at most {worst:.1f} times as much",
            f"4 times, {SLACK - 1:.0%} more for the timing",
            worst <= 4 * SLACK,
        )


def _week_claims(of_week: dict[int, Run]) -> Iterator[Claim]:
    best = min(of_week.values())
    shown = "; ".join(
        f"{WAYS[workers]} {row.wall_s:.1f} s, {row.cpu_s:.1f} s CPU"
        for workers, row in of_week.items()
    )
    yield Claim(
        f"transitions, estimates and all measures of {WEEK} from the sealed archive, start of Python included",
        f"{shown} (the predecessor's metrics alone, as documented: 937 s CPU)",
        f"{WEEK_S:.0f} s on two cores",
        best.wall_s <= WEEK_S,
    )
    yield Claim(
        "their peak of memory, all processes",
        "; ".join(f"{WAYS[workers]} {row.peak_mb} MB" for workers, row in of_week.items()),
        "1 GB",
        all(row.peak_mb <= PEAK_MB for row in of_week.values()),
    )


def _sharing_claims(raw: Path, place: Path) -> Iterator[Claim]:
    found = [Found(raw / f"{name[:4]}/{name}.tar.gz", IsoWeek.parse(name)) for name in LARGE]
    names = load_metadata(find_metadata([raw]))
    imported: dict[str, list[float]] = {}
    scored: dict[str, list[float]] = {}
    for count in (1, 2):
        began = time.perf_counter()
        reports = import_bundles(found, place / f"processes-{count}", names, processes=count)
        imported.setdefault("processes", []).append(time.perf_counter() - began)
        assert {report.status for report in reports} == {Status.IMPORTED}
        scored.setdefault("processes", []).append(_score_s(None, count))
        with running_cluster(count) as cluster:
            _score_s(cluster.name, None)  # workers load what they need once
            began = time.perf_counter()
            with open_executor(cluster.name) as executor:
                import_bundles(found, place / f"cluster-{count}", names, executor=executor)
            imported.setdefault("cluster", []).append(time.perf_counter() - began)
            scored.setdefault("cluster", []).append(_score_s(cluster.name, None))
    for what, took in (
        (f"import of {len(found)} large weeks", imported),
        (f"score of {len(JOBS)} offices, 2 weeks", scored),
    ):
        for way, (alone_s, both_s) in took.items():
            yield Claim(
                f"{what}, one and two workers ({way})",
                f"{alone_s:.1f} and {both_s:.1f} s, {alone_s / both_s:.2f} times as fast",
                "shown",
                True,
            )


def _score_s(executor: str | None, workers: int | None) -> float:
    began = time.perf_counter()
    list(score_jobs(JOBS, executor, workers))
    return time.perf_counter() - began
