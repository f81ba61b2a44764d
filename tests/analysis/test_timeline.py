from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings

from amtspuls.analysis.localtime import DAY_S, HOUR_S
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.timeline import list_weeks, read_timeline, say_weeks
from support.measure_cases import morning, portals, with_gap
from support.relabelled import watch_by_spans
from support.tiny_archive import TinyPortal, TinyReader, TinySpan, every, slot, utc


def local(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_bins_are_local_hours() -> None:
    timeline = read_timeline(watch_by_spans(morning()))
    assert list(timeline.bins) == [local("2026-01-26 06:00"), local("2026-01-26 07:00")]
    six, seven = timeline.bins.values()
    assert (six.bookings, six.cancellations, six.coverage) == (2, 1, 1)
    assert (seven.bookings, seven.cancellations, seven.asked_s) == (0, 0, 900)


def test_what_was_found_across_a_gap_is_in_no_bin() -> None:
    timeline = read_timeline(load_watched(with_gap(), Selection()))
    assert timeline.untimed == 1
    assert sum(one.bookings for one in timeline.bins.values()) == 1
    assert [one.coverage for one in timeline.bins.values()] == [0.5, 0.5]


def test_long_ranges_are_shown_by_day() -> None:
    reader = TinyReader(TinyPortal("bonn", every("2026-01-01 05:00", 25, minutes=1440)))
    timeline = read_timeline(load_watched(reader, Selection()))
    assert timeline.width_s == DAY_S
    assert len(timeline.bins) == 25


def test_the_repeated_hour_is_the_mean_of_its_passes_and_the_missing_one_is_not_asked() -> None:
    spans = [
        TinySpan(1, slot("2026-10-26 08:00"), utc("2026-10-24 22:00"), utc("2026-10-25 00:30")),
        TinySpan(1, slot("2026-10-26 09:00"), utc("2026-10-24 22:00"), utc("2026-10-25 01:30")),
    ]
    reader = TinyReader(TinyPortal("bonn", every("2026-10-24 22:00", 40), spans))
    bins = read_timeline(load_watched(reader, Selection())).bins
    assert bins[local("2026-10-25 02:00")].bookings == 1
    assert bins[local("2026-10-25 02:00")].coverage == 1
    reader = TinyReader(TinyPortal("bonn", every("2026-03-28 23:00", 40)))
    bins = read_timeline(load_watched(reader, Selection())).bins
    assert bins[local("2026-03-29 02:00")].asked_s == 0
    assert bins[local("2026-03-29 03:00")].asked_s == HOUR_S


@settings(max_examples=40, deadline=None)
@given(portals())
def test_bins_have_no_holes_and_hold_every_covered_second(portal: TinyPortal) -> None:
    watched = load_watched(TinyReader(portal), Selection())
    timeline = read_timeline(watched)
    starts = list(timeline.bins)
    assert starts == list(range(starts[0], starts[-1] + 1, timeline.width_s))
    covered = sum(one.covered_s for one in timeline.bins.values())
    assert covered == watched[0].covered.seconds.sum()


def test_weeks_are_those_of_answered_snapshots() -> None:
    sunday = TinyReader(TinyPortal("bonn", every("2026-02-01 22:30", 2)))
    assert list_weeks(load_watched(sunday, Selection())) == ("2026-05",)
    monday = TinyReader(TinyPortal("bonn", every("2026-02-01 22:30", 3)))
    assert list_weeks(load_watched(monday, Selection())) == ("2026-05", "2026-06")
    silent = TinyReader(TinyPortal("bonn", every("2026-02-01 22:30", 2, outcome="refused")))
    assert list_weeks(load_watched(silent, Selection())) == ()
    assert [say_weeks(weeks) for weeks in ((), ("2026-05",), ("2026-05", "2026-06"))] == [
        "no week",
        "week 2026-05",
        "weeks 2026-05 to 2026-06",
    ]
