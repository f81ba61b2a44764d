"""The SQL archive and the plain one say the same of any history."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.archive.live import open_reader, open_writer
from amtspuls.archive.reader import Reader
from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ArchiveError
from amtspuls.model import Snapshot, utc_from_slot
from support.histories import (
    OTHER,
    PORTAL,
    effort,
    everything,
    histories,
    listed,
    made_up,
    moments,
    scratch,
)
from support.memory_archive import MemoryArchive

History = list[tuple[Portal, Snapshot]]


@settings(max_examples=effort(25), deadline=None)
@given(histories(), st.data())
def test_both_archives_agree_on_everything(history: History, data: st.DataObject) -> None:
    plain = MemoryArchive()
    with scratch() as folder:
        writer = open_writer(Path(folder))
        for portal, snapshot in history:
            if data.draw(st.integers(0, 3), label="reopen") == 0:
                writer.close()
                writer = open_writer(Path(folder))
            assert writer.store(portal, snapshot) == plain.store(portal, snapshot)
        with closing(writer), closing(open_reader(Path(folder))) as reader:
            assert isinstance(reader, Reader)
            assert everything(reader) == everything(plain)
            whens = st.sampled_from(moments(history))
            for portal, at in product((PORTAL, OTHER), data.draw(st.lists(whens, max_size=8))):
                assert list(reader.state(portal.id, at)) == list(plain.state(portal.id, at))
            for from_at, until_at in data.draw(
                st.lists(st.tuples(st.none() | whens, st.none() | whens), max_size=3)
            ):
                assert everything(reader, from_at, until_at) == everything(plain, from_at, until_at)
            for portal in (PORTAL, OTHER):
                assert listed(reader.capacity_changes(portal.id)) == listed(
                    plain.capacity_changes(portal.id)
                )
                assert writer.known_calendars(portal.id) == plain.known_calendars(portal.id)
                assert writer.recent_requests(portal.id) == plain.recent_requests(portal.id)
                assert writer.newest_snapshot_at(portal.id) == plain.newest_snapshot_at(portal.id)


@settings(max_examples=effort(25), deadline=None)
@given(histories(known_keys=("k", "Ä", "o1/t")))
def test_every_snapshot_can_be_rebuilt_exactly(history: History) -> None:
    with scratch() as folder:
        with closing(open_writer(Path(folder))) as writer:
            for portal, snapshot in history:
                writer.store(portal, snapshot)
        with closing(open_reader(Path(folder))) as reader:
            for portal, snapshot in history:
                at = snapshot.taken_at
                rebuilt = {
                    state.calendar.key: (state.outcome, state.covered, state.slots)
                    for state in reader.state(portal.id, at)
                    if state.taken_at == at
                }
                assert rebuilt == {
                    view.calendar.key: (
                        view.outcome,
                        view.covered,
                        tuple(s for s in view.slots if utc_from_slot(s, portal.zone_info) > at),
                    )
                    for view in snapshot.views
                }


@settings(max_examples=effort(10), deadline=None)
@given(histories())
def test_a_history_told_twice_is_refused_and_changes_nothing(history: History) -> None:
    with scratch() as folder, closing(open_writer(Path(folder))) as writer:
        for portal, snapshot in history:
            writer.store(portal, snapshot)
        with closing(open_reader(Path(folder))) as reader:
            before = everything(reader)
            for portal, snapshot in history:
                with pytest.raises(ArchiveError, match="not later"):
                    writer.store(portal, snapshot)
            assert everything(reader) == before


def test_a_range_within_one_second_is_not_empty() -> None:
    """Both of its ends are rounded to the same second."""
    (shown,) = made_up(1)
    half, plain = timedelta(milliseconds=500), MemoryArchive()
    at = shown.taken_at + half
    with scratch() as folder:
        writer = open_writer(Path(folder))
        assert writer.store(PORTAL, shown) == plain.store(PORTAL, shown)
        with closing(writer), closing(open_reader(Path(folder))) as reader:
            found = reader.spans(PORTAL.id, at, at + half)
            assert listed(found) == listed(plain.spans(PORTAL.id, at, at + half))
            assert len(found.slot) > 0
            assert len(reader.spans(PORTAL.id, at, at).slot) == 0
