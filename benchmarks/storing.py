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


def _store(writer: ArchiveWriter, churn: _Churn, first: int, count: int) -> float:
    """Median milliseconds of storing snapshots ``first`` and following; making them is not counted."""
    times = []
    for number in range(first, first + count):
        snapshot = churn.snapshot(number)
        began = time.perf_counter()
        writer.store(PORTAL, snapshot)
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def measure(late: int = 10_000) -> list[Claim]:
    """Store until the archive is old, and compare its first hundred snapshots with its last."""
    churn = _Churn()
    with tempfile.TemporaryDirectory() as folder:
        writer = open_writer(Path(folder))
        _store(writer, churn, 0, 100)
        early_ms = _store(writer, churn, 100, MEASURED)
        _store(writer, churn, 100 + MEASURED, late - 100 - MEASURED)
        late_ms = _store(writer, churn, late, MEASURED)
        writer.close()
    growth = late_ms / early_ms
    return [
        Claim(
            "store 10,000 slots with 1 % changes after 100 snapshots",
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
