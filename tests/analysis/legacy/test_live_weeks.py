"""A week that Amtspuls collected itself, sealed: counted as if its export had been fed to the predecessor."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from amtspuls.analysis.legacy.render import render_files
from amtspuls.analysis.legacy.week import calculate_week
from amtspuls.archive.live import open_writer
from amtspuls.archive.sealed.read import list_weeks, open_week
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ArchiveError
from amtspuls.model import slot_from_local
from support.histories import effort, scratch
from support.legacy_reference import Memory, Sheet, run_week, summary_of, texts_of
from support.legacy_weeks import PlainRow
from support.sealing import seal
from support.weeks import BERLIN, Stored, stored_weeks


def _sheet(stored: Stored) -> Sheet:
    rows = [
        PlainRow(
            datetime.fromisoformat(date),
            key,
            [slot_from_local(datetime.fromisoformat(slot)) for slot in free],
        )
        for date, key, free in stored.rows()
    ]
    return Sheet(stored.portal.id, sorted({slot for row in rows for slot in row.free}), rows)


@settings(max_examples=effort(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stored_weeks())
def test_a_sealed_live_week_counts_as_its_export_would(drawn: tuple[IsoWeek, list[Stored]]) -> None:
    week, stored = drawn
    with scratch() as place:
        folder = Path(place)
        with closing(open_writer(folder)) as writer:
            for one in stored:
                for snapshot in one.snapshots:
                    writer.store(one.portal, snapshot)
        seal(folder, week.bounds(BERLIN)[1] + timedelta(days=21))
        if week not in list_weeks(folder / "weeks"):
            assert not any(one.snapshots for one in stored)
            return
        sealed = open_week(folder / "weeks", week)
        portals = [sealed.portal(portal_id) for portal_id in sealed.portal_ids]
    sheets = [sheet for sheet in map(_sheet, stored) if sheet.rows]
    if not sheets:
        with pytest.raises(ArchiveError, match="nothing to count"):
            calculate_week(week, portals)
        return
    sums = run_week(sheets, Memory())
    legacy = calculate_week(week, portals)
    assert {n: text.decode() for n, text in render_files(legacy.tables)} == texts_of(sums)
    assert [tuple(row) for row in legacy.summary] == summary_of(str(week), sheets, sums)
