"""Portals that others work out: cut into pieces, and the same as worked out here."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis.behaviour import behaviour_of, learn
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.measures import PARTS, load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.sharing import Sharing, begin, cut_batches
from amtspuls.archive.live import open_reader
from amtspuls.archive.week import WEEKS_NAME, IsoWeek
from amtspuls.bundle.finding import Found
from amtspuls.bundle.importing import import_bundle, load_metadata
from support.bundles import write_bundle
from support.quirky_bundles import a_busy_week

WEEK = IsoWeek(2026, 5)
PORTALS = ("bonn", "kielsw", "ulm")


class Counting(ThreadPoolExecutor):
    """Counts what is handed out."""

    asked = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked += 1
        return super().submit(fn, *args, **kwargs)


def opened(folder: Path) -> tuple[Watched, ...]:
    with closing(open_reader(folder)) as reader:
        for portal_id in reversed(PORTALS):
            reader.calendars(portal_id)
        return load_watched(reader, Selection())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An imported week: each reader gives numbers to its calendars as it meets them."""
    place = tmp_path_factory.mktemp("archive")
    bundle = write_bundle(place / f"{WEEK}.tar.gz", a_busy_week(WEEK, PORTALS))
    import_bundle(Found(bundle, WEEK), place / WEEKS_NAME, load_metadata(None))
    return place


@contextmanager
def shared(folder: Path, executor: Executor) -> Iterator[tuple[Watched, ...]]:
    with closing(open_reader(folder)) as reader:
        # The last portal first: numbers here are others than a worker would give.
        for portal_id in reversed(PORTALS):
            reader.calendars(portal_id)
        yield load_watched(reader, Selection(), sharing=Sharing(executor, folder))


def test_what_others_find_is_what_is_found_here(folder: Path) -> None:
    with Counting(2) as executor, shared(folder, executor) as watched:
        assert executor.asked == 0
        begin(watched)
        asked = executor.asked
        assert asked > 0
        for one in watched:
            alone = Watched(one.evidence)
            theirs, ours = one.transitions, alone.transitions
            assert len(ours.changes.slot) > 0
            for name, column in ours.changes._asdict().items():
                np.testing.assert_array_equal(getattr(theirs.changes, name), column)
            for mine, its in zip(ours.bookings, theirs.bookings, strict=True):
                np.testing.assert_array_equal(mine, its)
        assert executor.asked == asked


def test_parts_that_were_ordered_come_from_others_and_no_others_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = [Watched(one.evidence) for one in opened(folder)]
    expected = [[part(one) for part in PARTS] for one in alone]
    ordered, here = PARTS[:-1], PARTS[-1]
    with Counting(1) as executor, shared(folder, executor) as watched:
        begin(watched, ordered)
        for one in watched:
            _ = one.transitions
        asked = executor.asked
        with monkeypatch.context() as patch:
            for part in ordered:
                patch.delattr(part, "_work")
            for one, columns in zip(watched, expected, strict=True):
                for part, wanted in zip(ordered, columns, strict=False):
                    assert pickle.dumps(part(one)) == pickle.dumps(wanted)
        assert all(one.found_by_others(here.name) is None for one in watched)
        assert executor.asked == asked


def test_what_others_learned_is_not_learned_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Counting(1) as executor, shared(folder, executor) as watched:
        for one in watched:
            expected = learn.learn_behaviour(one.evidence)
            _ = one.transitions
            with monkeypatch.context() as patch:
                patch.delattr(learn, "learn_behaviour")
                found = behaviour_of(one.evidence)
            np.testing.assert_array_equal(found.calendars, expected.calendars)
            np.testing.assert_array_equal(found.notice_s, expected.notice_s)
            assert found.mirrors == expected.mirrors


@given(st.lists(st.integers(0, 200_000), max_size=80))
def test_every_portal_is_in_one_piece_and_the_largest_come_first(sizes: list[int]) -> None:
    portals: list[Any] = [
        SimpleNamespace(
            record=SimpleNamespace(portal_id=str(place)),
            snapshots=SimpleNamespace(taken_at=np.zeros(1)),
            in_range=lambda taken_at: taken_at == 0,
            reader=SimpleNamespace(calendars=lambda _, size=size: range(size)),
        )
        for place, size in enumerate(sizes)
    ]
    batches = [
        [max(1, sizes[int(one.record.portal_id)]) for one in batch]
        for batch in cut_batches(portals)
    ]
    assert [size for batch in batches for size in batch] == sorted(
        (max(1, size) for size in sizes), reverse=True
    )
    assert all(sum(batch) >= 16_000 for batch in batches[:-1]), "worth opening an archive for"
    assert len(batches) <= 65
