from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.charts.pieces import Pieces, recorded
from support.measure_cases import morning, portals
from support.tiny_archive import BERLIN, TinyPortal, TinyReader, every, utc


@given(portals(), st.integers(1, 400))
def test_pieces_cover_the_range_and_are_not_too_many(portal: TinyPortal, at_most: int) -> None:
    (one,) = load_watched(TinyReader(portal), Selection())
    pieces = Pieces.of([one], at_most)
    assert pieces.stretch == one.evidence.asked
    assert (np.diff(pieces.edges_s) > 0).all()
    assert len(pieces) <= at_most + 1
    inner = np.diff(pieces.edges_s[1:-1])
    assert len(set(inner.tolist())) <= 1


@given(
    st.lists(st.tuples(st.integers(-50, 150), st.integers(0, 60)), max_size=8),
    st.lists(st.integers(0, 100), min_size=2, max_size=12, unique=True),
)
def test_overlaps_are_those_of_every_pair(
    intervals: list[tuple[int, int]], edges: list[int]
) -> None:
    pieces = Pieces(np.array(sorted(edges), np.int64), BERLIN)
    begins = np.array([begin for begin, _ in intervals], np.int64)
    ends = begins + np.array([length for _, length in intervals], np.int64)
    found = pieces.overlaps(begins, ends)
    slow = []
    for row, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        for piece in range(len(pieces)):
            low, high = pieces.edges_s[piece : piece + 2].tolist()
            if min(end, high) > max(begin, low):
                slow.append((row, piece, min(end, high) - max(begin, low)))
    assert list(zip(*(column.tolist() for column in found), strict=True)) == slow


def test_a_week_is_cut_along_local_hours_and_the_long_sunday_has_25() -> None:
    begin = utc("2026-10-18 22:00")
    (one,) = load_watched(
        TinyReader(TinyPortal("bonn", every("2026-10-18 22:00", 8, minutes=1440))),
        Selection(from_at=begin, until_at=begin + timedelta(hours=169)),
    )
    pieces = Pieces.of([one], 170)
    assert len(pieces) == 169
    assert set(np.diff(pieces.edges_s).tolist()) == {3600}


def test_portals_that_were_recorded_at_another_time_are_no_holes() -> None:
    other = TinyPortal("alt", every("2021-07-12 05:00", 5))
    both = TinyPortal("zwei", [*every("2021-07-12 05:00", 2), *every("2026-03-01 05:00", 2)])
    (bonn,) = morning()._portals.values()
    reader = TinyReader(bonn, other, both)
    watched = load_watched(
        reader, Selection(from_at=utc("2026-01-26 05:00"), until_at=utc("2026-01-27 05:00"))
    )
    ids = [one.evidence.record.portal_id for one in recorded(watched)]
    assert ids == ["bonn", "zwei"]
    alone = [one for one in watched if one.evidence.record.portal_id == "alt"]
    assert list(recorded(alone)) == alone
