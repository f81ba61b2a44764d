from __future__ import annotations

from dataclasses import replace

from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.status import read_status
from amtspuls.archive.base import Stop
from support.measure_cases import morning, with_gap
from support.tiny_archive import TinyPortal, TinyReader, every, utc


def watched(reader: TinyReader, selection: Selection | None = None) -> tuple[Watched, ...]:
    return load_watched(reader, selection or Selection())


def test_outcomes_are_counted_and_the_newest_answer_shows_what_is_free() -> None:
    (one,) = read_status(watched(with_gap()))
    assert one.outcomes == {"ok": 4, "partial": 1, "unreachable": 1}
    assert (one.snapshots, one.coverage, one.calendars) == (6, 0.5, 1)
    assert one.newest_at == utc("2026-01-26 06:45")
    assert one.newest_outcome == "ok"
    assert one.free_slots == 0
    assert read_status(watched(morning()))[0].free_slots == 2


def test_changed_is_a_share_of_the_answered_snapshots() -> None:
    shots = every("2026-01-26 05:00", 4)
    shots[0] = replace(shots[0], opened=3)
    shots[2] = replace(shots[2], closed=1)
    shots[3] = replace(shots[3], outcome="refused", views=())
    (one,) = read_status(watched(TinyReader(TinyPortal("bonn", shots))))
    assert one.changed_share == 2 / 3


def test_a_portal_that_never_answered_has_no_share_and_no_free_slots() -> None:
    shots = every("2026-01-26 05:00", 2, outcome="refused", views=(), period_s=-1)
    stop = Stop("bonn", utc("2026-01-26 05:15"), "captcha")
    (one,) = read_status(watched(TinyReader(TinyPortal("bonn", shots))), {"bonn": stop})
    assert (one.changed_share, one.free_slots, one.coverage) == (None, None, 0.0)
    assert one.stopped is stop
    assert one.period_assumed


def test_a_portal_outside_the_range_is_listed_without_snapshots() -> None:
    old = TinyPortal("alt", every("2025-01-26 05:00", 2))
    new = TinyPortal("neu", every("2026-01-26 05:00", 2))
    selection = Selection(from_at=utc("2026-01-01 00:00"), until_at=utc("2026-02-01 00:00"))
    first, second = read_status(watched(TinyReader(old, new), selection))
    assert (first.snapshots, first.newest_at, first.newest_outcome) == (0, None, "")
    assert second.snapshots == 2
