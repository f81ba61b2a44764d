"""Sealed weeks of any source as CSVs: rows are the whole views, cells what was free on covered days."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings

from amtspuls.archive.sealed.manifest import LIVE
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.read import open_week
from amtspuls.archive.sealed.rows import columns_of, rows_of
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.legacy import LegacySheet, write_legacy
from amtspuls.model import Slot, local_from_slot
from support.quirky_bundles import members_of
from support.sealed_portals import History, sealed_portals

EPOCH = datetime(1970, 1, 1)


def csv_of(portal: SealedPortal, history: History) -> bytes:
    """What the CSV must be, cell by cell."""
    columns = [Slot(slot) for slot in columns_of(portal).tolist()]
    names = [f"{local_from_slot(slot)}" for slot in columns]
    lines = [",".join(["date", "source_id", "location_id", *names])]
    local_s = portal.snapshots.taken_at + portal.snapshots.utc_offset_s
    for ordinal, number in zip(*(column.tolist() for column in rows_of(portal)), strict=True):
        free = history[ordinal][number].free
        date = f"{EPOCH + timedelta(seconds=int(local_s[ordinal]))}"
        cells = ["1" if slot in free else "" for slot in columns]
        lines.append(",".join([date, "amt", portal.calendars[number].key, *cells]))
    return "".join(line + "\r\n" for line in lines).encode()


@given(sealed_portals())
@settings(deadline=None)
def test_a_sheet_shows_every_whole_view(drawn: tuple[SealedPortal, History]) -> None:
    portal, history = plain(drawn[0]), drawn[1]
    sheet = LegacySheet(portal)

    data = b"".join(sheet.chunks())

    assert data == csv_of(portal, history)
    assert sheet.size_bytes == len(data)
    report = sheet.report()
    outcomes = [view.outcome for views in history for view in views.values()]
    assert report.rows == outcomes.count("ok")
    assert report.partial_views == outcomes.count("partial")
    assert report.failed_views == outcomes.count("refused")


def plain(portal: SealedPortal) -> SealedPortal:
    """Without invented extra columns and orders, which need not make sense, and with real outcomes."""
    none = np.empty(0, dtype=np.int32)
    count = len(portal.snapshots.taken_at)
    snapshots = portal.snapshots._replace(outcome=np.full(count, "partial", dtype=object))
    return replace(portal, extra_columns=none, row_order=none, snapshots=snapshots)


@given(sealed_portals("amt"), sealed_portals("amt-2"))
@settings(deadline=None, max_examples=15)
def test_a_week_of_our_own_has_the_portals_with_rows(
    one: tuple[SealedPortal, History], other: tuple[SealedPortal, History]
) -> None:
    week = IsoWeek.parse("2026-05")
    portals = [plain(portal) for portal, _ in (one, other)]
    with TemporaryDirectory() as folder:
        write_week(Path(folder), week, portals, LIVE)
        report = write_legacy(open_week(Path(folder), week), Path(folder) / "out")
        got = members_of(report.path)

    expected = {
        f"{portal.record.portal_id}.csv" for portal in portals if len(rows_of(portal).ordinal)
    }
    assert list(got) == sorted(expected)
