"""The closed form counts what the predecessor's loop counts, on weeks with every quirk in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.legacy.render import render_files
from amtspuls.analysis.legacy.rows import read_rows
from amtspuls.analysis.legacy.stash import Stash
from amtspuls.analysis.legacy.week import FRESH, calculate_week
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.rows import free_at, rows_of
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ArchiveError
from support.legacy_reference import Memory, Sheet, run_week, summary_of, texts_of
from support.legacy_weeks import EPOCH, PlainRow, seal_rows
from support.sealed_portals import sealed_portals

ENDURANCE = bool(os.environ.get("AMTSPULS_ENDURANCE"))

WEEKS = (IsoWeek(2026, 4), IsoWeek(2026, 5))
MONDAYS = [datetime.combine(week.start, datetime.min.time()) for week in WEEKS]
PORTALS = ("a", "a-b", "b")
"""``a-b.csv`` comes before ``a.csv``."""

KEYS = ("1/2", "1/10", "kfz", "k")
STEPS_S = (0, 60, 900, 900, 900, 1800, 4500, -2700)
"""Twice at once, twice in a quarter hour, quarter after quarter, holes, the clock set back."""


def minutes(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(minutes=1)


def _slots(around: datetime) -> list[int]:
    """Slots that lie in, between and behind the timespans, one in the past."""
    ahead = [timedelta(minutes=m) for m in (-20, 5, 40, 70, 130, 190, 250, 310)]
    ahead += [timedelta(days=d, hours=9) for d in (1, 2, 3, 4, 5, 7, 8, 14, 20, 21, 28, 35, 41)]
    return sorted({minutes(around + step) for step in ahead})


@st.composite
def sheets(draw: st.DrawFn, monday: datetime, slots: Sequence[int]) -> list[Sheet]:
    """Some portals of one week; now and then one has no column at all."""
    found = []
    for portal_id in draw(st.lists(st.sampled_from(PORTALS), unique=True, min_size=1)):
        keys = draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1))
        some = draw(st.lists(st.sampled_from(slots), unique=True, max_size=7)) if slots else []
        rows = draw(_rows(monday, keys, some))
        extra = draw(st.lists(st.sampled_from(slots), max_size=2)) if some else []
        columns = sorted({slot for row in rows for slot in row.free} | set(extra))
        found.append(Sheet(portal_id, columns, rows))
    return found


@st.composite
def _rows(
    draw: st.DrawFn, monday: datetime, keys: Sequence[str], slots: Sequence[int]
) -> list[PlainRow]:
    at = monday + timedelta(seconds=draw(st.sampled_from([0, 100, 86_000, 604_000])))
    rows = []
    for _ in range(draw(st.integers(1, 7))):
        shown = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=len(keys) + 1))
        if draw(st.integers(0, 3)):
            shown = sorted(shown)
        for key in shown:
            free = draw(st.sets(st.sampled_from(slots))) if slots else ()
            rows.append(PlainRow(at, key, sorted(free)))
        at += timedelta(seconds=draw(st.sampled_from(STEPS_S)))
    return rows


def seal(week: Sequence[Sheet]) -> list[SealedPortal]:
    return [seal_rows(sheet.portal_id, sheet.rows, sheet.columns) for sheet in week]


@settings(max_examples=2_000 if ENDURANCE else 40, deadline=None)
@given(st.data())
def test_two_weeks_fresh_and_carried_equal_the_loop(data: st.DataObject) -> None:
    slots = _slots(MONDAYS[1])
    weeks = [data.draw(sheets(monday, slots)) for monday in MONDAYS]
    memory, stash = Memory(), FRESH
    if not data.draw(st.booleans(), label="carried"):
        weeks = weeks[1:]
    for week, shown in zip(WEEKS[-len(weeks) :], weeks, strict=True):
        sums = run_week(shown, memory)
        legacy = calculate_week(week, seal(shown), stash)
        stash = legacy.stash
        texts = {name: text.decode() for name, text in render_files(legacy.tables)}
        assert texts == texts_of(sums)
        assert [tuple(row) for row in legacy.summary] == summary_of(str(week), shown, sums)
        _same(stash, memory)


def _same(stash: Stash, memory: Memory) -> None:
    assert stash.locations.keys() == memory.last.keys()
    for name, known in stash.locations.items():
        sets = [{str(EPOCH + timedelta(minutes=m)) for m in part.tolist()} for part in known[:2]]
        assert sets == [memory.free[name], memory.taken[name]]
        assert known.bucket == minutes(memory.last[name])


@st.composite
def partly_covered(draw: st.DrawFn) -> SealedPortal:
    """A portal whose views cover other days from snapshot to snapshot, so that spans go on unseen."""
    slots = _slots(MONDAYS[1])
    rows = draw(_rows(MONDAYS[1], KEYS[:2], slots[4:14]))
    portal = seal_rows("amt", rows)
    covers = [
        "2026-01-26",
        "2026-01-26..2026-01-28",
        "2026-01-27,2026-01-30",
        "2026-01-01..2026-03-31",
    ]
    single = [
        (calendar, ordinal, draw(st.sampled_from(covers)))
        for calendar, first, last in zip(*(part.tolist() for part in portal.views[:3]), strict=True)
        for ordinal in range(first, last + 1)
    ]
    calendars, ordinals, texts = (list(part) for part in zip(*single, strict=True))
    views = portal.views._replace(
        calendar=np.array(calendars, dtype=np.int32),
        first=np.array(ordinals, dtype=np.int32),
        last=np.array(ordinals, dtype=np.int32),
        outcome=np.array(["ok"] * len(single), dtype=object),
        covered=np.array(texts, dtype=object),
    )
    return replace(portal, views=views)


@settings(max_examples=1_000 if ENDURANCE else 60, deadline=None)
@given(sealed_portals().map(itemgetter(0)) | partly_covered())
def test_rows_are_those_of_the_export_also_of_live_weeks(portal: SealedPortal) -> None:
    in_file = rows_of(portal)
    local_s = portal.snapshots.taken_at + portal.snapshots.utc_offset_s
    plain = [
        PlainRow(
            EPOCH + timedelta(seconds=int(local_s[ordinal])),
            portal.calendars[calendar].key,
            free_at(portal, ordinal)[calendar].tolist(),
        )
        for ordinal, calendar in zip(*(part.tolist() for part in in_file), strict=True)
    ]
    if not plain:
        with pytest.raises(ArchiveError, match="nothing to count"):
            calculate_week(WEEKS[1], [portal])
        return
    columns = sorted({s for row in plain for s in row.free} | set(portal.extra_columns.tolist()))
    assert read_rows(portal).columns.tolist() == columns
    sheet = Sheet(portal.record.portal_id, columns, plain)
    sums = run_week([sheet], Memory())
    legacy = calculate_week(WEEKS[1], [portal])
    assert {n: text.decode() for n, text in render_files(legacy.tables)} == texts_of(sums)
    assert [tuple(row) for row in legacy.summary] == summary_of(str(WEEKS[1]), [sheet], sums)
