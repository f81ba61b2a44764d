"""Real archives on disk for commands that ask: the morning of ``measure_cases``, stored snapshot by snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from amtspuls.archive.base import ArchiveWriter
from amtspuls.archive.live import open_writer
from amtspuls.catalogue.portal import Portal
from amtspuls.model import Calendar, Outcome, Snapshot, View
from support.measure_cases import COVERED
from support.tiny_archive import slot, utc

BONN = Portal(id="bonn", name="Stadt Bonn", system="tevis", url="https://bonn.example/")
KIEL = Portal(id="kielsw", name="Stadtwerke Kiel", system="tempus", url="https://kiel.example/")

_OFFERS = (
    ("2026-01-26 06:30", "2026-01-27 08:00", "2026-01-30 10:00"),
    ("2026-01-26 06:30", "2026-01-27 08:00", "2026-01-28 09:00", "2026-01-30 10:00"),
    ("2026-01-28 09:00", "2026-01-30 10:00"),
    ("2026-01-28 09:00", "2026-01-30 10:00"),
    ("2026-01-27 08:00", "2026-01-28 09:00"),
)


def morning_snapshots(portal_id: str = "bonn") -> Iterator[Snapshot]:
    """What ``measure_cases.morning`` says in spans, as the pictures that a collector takes."""
    calendar = Calendar("197", "Führerscheinwesen")
    for step, offer in enumerate(_OFFERS):
        at = utc("2026-01-26 05:00") + timedelta(minutes=15 * step)
        view = View(calendar, Outcome.OK, COVERED, tuple(slot(text) for text in offer))
        yield Snapshot(portal_id, at, at, Outcome.OK, (view,), 2, 100, 900, "tevis/1")


def store_morning(archive: ArchiveWriter, portal: Portal = BONN) -> None:
    """Store the morning for one portal."""
    for snapshot in morning_snapshots(portal.id):
        archive.store(portal, snapshot)


def make_archive(folder: Path) -> Path:
    """An archive of two portals that had the same morning; one more snapshot of Kiel failed."""
    with closing(open_writer(folder)) as archive:
        store_morning(archive, BONN)
        store_morning(archive, KIEL)
        at = utc("2026-01-26 06:15")
        archive.store(KIEL, Snapshot("kielsw", at, at, Outcome.UNREACHABLE, period_s=900))
    return folder


def make_empty_archive(folder: Path) -> Path:
    """An archive without any snapshot."""
    open_writer(folder).close()
    return folder
