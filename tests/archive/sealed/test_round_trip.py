from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.archive.sealed import write
from amtspuls.archive.sealed.manifest import LIVE, Manifest, Source
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.read import list_weeks, open_week
from amtspuls.archive.sealed.rows import columns_of, free_at, rows_of
from amtspuls.archive.sealed.write import write_week
from amtspuls.archive.week import IsoWeek
from support.sealed_portals import History, same_portal, sealed_portals

WEEK = IsoWeek.parse("2026-05")


@given(
    first=sealed_portals("amt"),
    second=sealed_portals("amt-2"),
    third=sealed_portals("bau"),
    group=st.sampled_from([1, 4, 100]),
)
@settings(deadline=None, max_examples=25)
def test_what_is_written_is_read(
    first: tuple[SealedPortal, History],
    second: tuple[SealedPortal, History],
    third: tuple[SealedPortal, History],
    group: int,
) -> None:
    portals = {portal.record.portal_id: portal for portal, _ in (third, first, second)}
    source = Source("import", "2026-05.tar.gz", "ab" * 32, ("amt-2", "amt", "bau"))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "ROW_GROUP_ROWS", group)
        manifest = write_week(Path(folder), WEEK, portals.values(), source)
        sealed = open_week(Path(folder), WEEK)

        assert list_weeks(Path(folder)) == [WEEK]
        assert sealed.manifest == manifest
        assert sealed.manifest.source == source
        assert sealed.portal_ids == ("amt", "amt-2", "bau")
        sealed.verify()
        for portal_id, portal in portals.items():
            assert same_portal(sealed.portal(portal_id), portal)
            assert sealed.calendars(portal_id) == portal.calendars


@given(sealed_portals())
def test_every_snapshot_can_be_rebuilt(drawn: tuple[SealedPortal, History]) -> None:
    portal, history = drawn

    for ordinal, views in enumerate(history):
        got = {key: slots.tolist() for key, slots in free_at(portal, ordinal).items()}
        assert got == {
            key: sorted(view.free)
            for key, view in views.items()
            if view.outcome in ("ok", "partial")
        }
    assert free_at(portal, len(history)) == {}


@given(sealed_portals())
def test_the_rows_are_the_whole_views(drawn: tuple[SealedPortal, History]) -> None:
    portal, history = drawn
    expected = [
        (ordinal, calendar)
        for ordinal, views in enumerate(history)
        for calendar in sorted(views)
        if views[calendar].outcome == "ok"
    ]
    if len(portal.row_order):
        expected = [expected[place] for place in portal.row_order]

    rows = rows_of(portal)

    assert list(zip(rows.ordinal.tolist(), rows.calendar.tolist(), strict=True)) == expected
    shown = {slot for views in history for view in views.values() for slot in view.free}
    assert set(columns_of(portal).tolist()) == shown | set(portal.extra_columns.tolist())
    assert (np.diff(columns_of(portal)) > 0).all()


def test_a_manifest_says_what_it_was_given(tmp_path: Path) -> None:
    manifest = write_week(tmp_path, WEEK, [], LIVE)

    assert Manifest.parse(manifest.to_bytes(), "week.json") == manifest
    assert manifest.source.kind == "live"
    assert [entry.name for entry in manifest.files] == [
        f"{name}.parquet"
        for name in ("portals", "calendars", "snapshots", "views", "spans", "capacities")
    ]
    assert open_week(tmp_path, WEEK).portal_ids == ()
    open_week(tmp_path, WEEK).verify()
