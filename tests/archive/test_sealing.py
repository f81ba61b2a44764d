"""Sealing loses nothing: an archive says the same before and after, and like one that was never sealed."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.archive.live import open_whole, open_writer
from amtspuls.catalogue.portal import Portal
from amtspuls.model import Snapshot
from support.histories import OTHER, PORTAL, effort, histories, listed, moments, scratch
from support.memory_archive import MemoryArchive
from support.sealing import LONG_STEPS, seal, told

History = list[tuple[Portal, Snapshot]]
PORTALS = (PORTAL, OTHER)


def _compare(folder: Path, plain: MemoryArchive, history: History, data: st.DataObject) -> None:
    whens = st.sampled_from(moments(history))
    with closing(open_whole(folder)) as reader:
        assert told(reader) == told(plain)
        for portal, at in product(PORTALS, data.draw(st.lists(whens, max_size=6))):
            assert list(reader.state(portal.id, at)) == list(plain.state(portal.id, at)), at
        limits = st.tuples(st.none() | whens, st.none() | whens)
        for from_at, until_at in data.draw(st.lists(limits, max_size=3)):
            assert told(reader, from_at, until_at) == told(plain, from_at, until_at)
        for portal in PORTALS:
            assert listed(reader.capacity_changes(portal.id)) == listed(
                plain.capacity_changes(portal.id)
            )
    with closing(open_writer(folder)) as writer:
        for portal in PORTALS:
            assert writer.known_calendars(portal.id) == plain.known_calendars(portal.id)
            assert writer.recent_requests(portal.id) == plain.recent_requests(portal.id)
            assert writer.newest_snapshot_at(portal.id) == plain.newest_snapshot_at(portal.id)


@settings(max_examples=effort(10), deadline=None, report_multiple_bugs=False)
@given(histories(max_size=12, steps=LONG_STEPS), st.data())
def test_an_archive_that_is_sealed_now_and_then_says_what_an_unsealed_one_says(
    history: History, data: st.DataObject
) -> None:
    plain = MemoryArchive()
    with scratch() as place:
        folder = Path(place)
        writer = open_writer(folder)
        for portal, snapshot in history:
            if data.draw(st.integers(0, 2), label="seal") == 0:
                writer.close()
                seal(folder, snapshot.taken_at - timedelta(seconds=1))
                writer = open_writer(folder)
            assert writer.store(portal, snapshot).opened == plain.store(portal, snapshot).opened
        writer.close()
        _compare(folder, plain, history, data)
        seal(folder, history[-1][1].taken_at)
        _compare(folder, plain, history, data)
        seal(folder, datetime(2027, 6, 1, tzinfo=UTC))
        _compare(folder, plain, history, data)
