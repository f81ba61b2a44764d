"""Reading an archive: the predecessor's wide frame, and any moment rebuilt through the reader."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import amtspuls
from amtspuls.archive.live import open_whole
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.finding import Found, find_metadata
from amtspuls.bundle.importing import import_bundle, load_metadata
from benchmarks.base import Claim, cpu_s
from conftest import shared_folder

WEEK = "2026-05"
LARGEST = "bielefeldbb"
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
        import_bundle(Found(bundle, IsoWeek.parse(WEEK)), folder / "weeks", names)
        yield _wide(folder)
        yield from _moments(folder)


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
