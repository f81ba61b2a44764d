"""Storing one snapshot of 10,000 slots with 1 % changes, early and late in an archive's life."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from amtspuls.archive.base import ArchiveWriter
from amtspuls.archive.live import open_writer
from amtspuls.catalogue.portal import Portal
from amtspuls.model import Calendar, Outcome, Slot, Snapshot, View, Window, slot_from_local
from benchmarks.base import Claim
from support.practice import tempus

CALENDARS = 5
SLOTS = 2_000
CHANGED = 0.01
START = datetime(2026, 1, 26, 6, tzinfo=UTC)
PERIOD = timedelta(minutes=1)
MEASURED = 100
PORTAL = Portal(id="auwinkel", name="Gemeinde Auwinkel", system="tempus", url=tempus().url)


class _Churn:
    """Calendars of which a hundredth of the slots change from snapshot to snapshot."""

    def __init__(self) -> None:
        self._rng = random.Random(1)
        first = slot_from_local(datetime(2026, 3, 1, 8))
        self._all = [Slot(first + 5 * n) for n in range(SLOTS + SLOTS // 2)]
        self._free = [set(self._all[:SLOTS]) for _ in range(CALENDARS)]
        self._taken = [set(self._all[SLOTS:]) for _ in range(CALENDARS)]
        self._window = Window(date(2026, 1, 1), date(2026, 12, 31)).covered()

    def snapshot(self, number: int) -> Snapshot:
        count = int(SLOTS * CHANGED / 2)
        views = []
        for nth, (free, taken) in enumerate(zip(self._free, self._taken, strict=True)):
            gone = self._rng.sample(sorted(free), count)
            come = self._rng.sample(sorted(taken), count)
            free.difference_update(gone)
            free.update(come)
            taken.difference_update(come)
            taken.update(gone)
            views.append(
                View(
                    Calendar(f"7/{nth}", f"Kalender {nth}"),
                    Outcome.OK,
                    self._window,
                    tuple(sorted(free)),
                )
            )
        at = START + number * PERIOD
        return Snapshot(PORTAL.id, at, at, Outcome.OK, tuple(views), 20, 100_000, 60, "bench/1")


def _store(writer: ArchiveWriter, churn: _Churn, number: int) -> float:
    """Milliseconds of storing one snapshot; making it is not counted."""
    snapshot = churn.snapshot(number)
    began = time.perf_counter()
    writer.store(PORTAL, snapshot)
    return 1000 * (time.perf_counter() - began)


def _grown(folder: Path, snapshots: int) -> tuple[ArchiveWriter, _Churn]:
    writer, churn = open_writer(folder), _Churn()
    for number in range(snapshots):
        _store(writer, churn, number)
    return writer, churn


def measure(late: int = 10_000, early: int = 100) -> list[Claim]:
    """Store into a young and an old archive in turn, so that a machine that changes speed does not matter."""
    with tempfile.TemporaryDirectory() as folder:
        old = _grown(Path(folder) / "old", late)
        young = _grown(Path(folder) / "young", early)
        pairs = [(_store(*young, early + n), _store(*old, late + n)) for n in range(MEASURED)]
        for writer, _ in (old, young):
            writer.close()
    early_ms, late_ms = (statistics.median(side) for side in zip(*pairs, strict=True))
    growth = statistics.median(after / before for before, after in pairs)
    return [
        Claim(
            f"store 10,000 slots with 1 % changes after {early} snapshots",
            f"{early_ms:.1f} ms",
            "10 ms",
            early_ms < 10,
        ),
        Claim(f"the same after {late:,} snapshots", f"{late_ms:.1f} ms", "10 ms", late_ms < 10),
        Claim(
            "growth from the one to the other",
            f"{growth:.2f} times",
            "no growth (1.3)",
            growth < 1.3,
        ),
    ]
