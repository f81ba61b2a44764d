from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.events import Transitions
from amtspuls.analysis.evidence import load_evidence, load_portal
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.span_rule import find_by_spans
from support.measure_cases import morning, portals, with_gap
from support.tiny_archive import (
    BERLIN,
    TinyPortal,
    TinyReader,
    TinySnapshot,
    TinySpan,
    TinyView,
    days,
    every,
    seconds,
    slot,
    utc,
)


def transitions(reader: TinyReader, selection: Selection | None = None) -> Transitions:
    return find_by_spans(load_evidence(reader, selection or Selection())[0])


def test_a_slot_that_vanishes_before_its_start_is_a_booking() -> None:
    bookings = transitions(morning()).bookings
    assert bookings.slot.tolist() == [slot("2026-01-27 08:00"), slot("2026-01-30 10:00")]
    assert bookings.at.tolist() == [seconds("2026-01-26 05:30"), seconds("2026-01-26 06:00")]
    assert bookings.seen_at.tolist() == [seconds("2026-01-26 05:15"), seconds("2026-01-26 05:45")]
    assert bookings.lead_s.tolist() == [25.5 * 3600, 99 * 3600]
    assert bookings.timed.all()


def test_a_slot_that_comes_back_is_a_cancellation() -> None:
    cancellations = transitions(morning()).cancellations
    assert cancellations.slot.tolist() == [slot("2026-01-27 08:00")]
    assert cancellations.at.tolist() == [seconds("2026-01-26 06:00")]
    assert cancellations.seen_at.tolist() == [seconds("2026-01-26 05:45")]


def test_the_first_snapshot_opens_nothing_and_a_new_slot_on_a_known_day_is_an_opening() -> None:
    found = transitions(morning())
    assert found.openings.slot.tolist() == [slot("2026-01-28 09:00")]
    assert found.first_sight == 3


def test_a_slot_on_a_day_that_was_not_covered_before_is_no_opening() -> None:
    early = TinyView(1, covered=days("2026-01-26", "2026-02-01"))
    later = TinyView(1, covered=days("2026-01-26", "2026-02-02"))
    snapshots = [
        TinySnapshot(utc("2026-01-26 05:00"), (early,)),
        TinySnapshot(utc("2026-01-26 05:15"), (later,)),
        TinySnapshot(utc("2026-01-26 05:30"), (later,)),
    ]
    spans = [
        TinySpan(1, slot("2026-02-02 08:00"), utc("2026-01-26 05:15")),
        TinySpan(1, slot("2026-02-02 09:00"), utc("2026-01-26 05:30")),
    ]
    found = transitions(TinyReader(TinyPortal("bonn", snapshots, spans)))
    assert found.openings.slot.tolist() == [slot("2026-02-02 09:00")]
    assert found.first_sight == 1


def test_across_a_gap_the_moment_is_known_only_to_within_the_gap() -> None:
    bookings = transitions(with_gap()).bookings
    assert bookings.at.tolist() == [seconds("2026-01-26 06:30"), seconds("2026-01-26 06:45")]
    assert bookings.seen_at.tolist() == [seconds("2026-01-26 05:15"), seconds("2026-01-26 06:30")]
    assert bookings.timed.tolist() == [False, True]


def test_a_view_that_did_not_cover_the_day_says_nothing_about_its_slots() -> None:
    whole, part = TinyView(1), TinyView(1, "partial", days("2026-01-26", "2026-01-27"))
    snapshots = [
        TinySnapshot(utc("2026-01-26 05:00"), (whole,)),
        TinySnapshot(utc("2026-01-26 05:15"), (part,)),
        TinySnapshot(utc("2026-01-26 05:30"), (part,)),
        TinySnapshot(utc("2026-01-26 05:45"), (whole,)),
    ]
    spans = [
        TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-26 05:00"), utc("2026-01-26 05:45")),
        TinySpan(1, slot("2026-01-28 08:00"), utc("2026-01-26 05:00"), utc("2026-01-26 05:45")),
    ]
    bookings = transitions(TinyReader(TinyPortal("bonn", snapshots, spans))).bookings
    assert bookings.seen_at.tolist() == [seconds("2026-01-26 05:30"), seconds("2026-01-26 05:00")]
    assert bookings.timed.tolist() == [True, False]


@pytest.mark.parametrize(("closed", "expected"), [("2026-10-25 01:29", 1), ("2026-10-25 01:30", 0)])
def test_in_the_repeated_hour_a_slot_begins_with_the_second_pass(
    closed: str, expected: int
) -> None:
    spans = [TinySpan(1, slot("2026-10-25 02:30"), utc("2026-10-25 00:00"), utc(closed))]
    snapshots = every("2026-10-25 00:00", 100, minutes=1, period_s=60)
    found = transitions(TinyReader(TinyPortal("bonn", snapshots, spans)))
    assert len(found.bookings.at) == expected


def test_a_range_before_everything_holds_nothing() -> None:
    reader = morning()
    selection = Selection(from_at=utc("2025-01-01 00:00"), until_at=utc("2025-01-02 00:00"))
    found = find_by_spans(load_portal(reader, reader.portals()[0], selection))
    assert [len(events.at) for events in (found.bookings, found.cancellations)] == [0, 0]


@settings(max_examples=80, deadline=None)
@given(portals(), st.integers(0, 30 * 3600))
def test_splitting_the_range_adds_up(portal: TinyPortal, after_s: int) -> None:
    reader = TinyReader(portal)
    record = reader.portals()[0]
    whole = load_portal(reader, record, Selection())
    cut = datetime.fromtimestamp(whole.asked.from_s + after_s + 1, UTC)
    both = [
        find_by_spans(load_portal(reader, record, Selection(until_at=cut))),
        find_by_spans(load_portal(reader, record, Selection(from_at=cut))),
    ]
    all_in_one = find_by_spans(whole)
    for name in ("bookings", "cancellations", "openings"):
        parts = sorted(
            row
            for part in both
            for row in zip(*(column.tolist() for column in getattr(part, name)), strict=True)
        )
        one = sorted(zip(*(c.tolist() for c in getattr(all_in_one, name)), strict=True))
        assert parts == one


@settings(max_examples=80, deadline=None)
@given(portals())
def test_every_span_is_accounted_for_once(portal: TinyPortal) -> None:
    found = transitions(TinyReader(portal))
    appeared = len(found.cancellations.at) + len(found.openings.at) + found.first_sight
    assert appeared == len(portal.spans)
    vanished = sum(
        span.closed is not None and span.closed < _start(span.slot) for span in portal.spans
    )
    assert len(found.bookings.at) == vanished
    for events in (found.bookings, found.cancellations, found.openings):
        assert (events.lead_s > 0).all()
        assert (events.seen_at < events.at).all()


def _start(wanted: int) -> datetime:
    local = datetime.fromtimestamp(wanted * 60, UTC).replace(tzinfo=BERLIN, fold=1)
    return local.astimezone(UTC)
