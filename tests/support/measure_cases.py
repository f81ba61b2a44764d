"""Small archives whose measures can be worked out on paper, and a generator of random ones."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from amtspuls.model import Calendar, Slot, utc_from_slot
from support.tiny_archive import (
    BERLIN,
    TinyPortal,
    TinyReader,
    TinySnapshot,
    TinySpan,
    TinyView,
    days,
    every,
    slot,
    utc,
)

COVERED = days("2026-01-26", "2026-02-04")


def morning() -> TinyReader:
    """An archive of one portal, see ``morning_portal``."""
    return TinyReader(morning_portal())


def morning_portal() -> TinyPortal:
    """Five snapshots from 06:00 to 07:00 local time; two bookings, a cancellation, an opening.

    The slot of 06:30 only passes, the one of 2026-01-28 is new.
    """
    spans = [
        TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-26 05:00"), utc("2026-01-26 05:30")),
        TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-26 06:00")),
        TinySpan(1, slot("2026-01-28 09:00"), utc("2026-01-26 05:15")),
        TinySpan(1, slot("2026-01-26 06:30"), utc("2026-01-26 05:00"), utc("2026-01-26 05:30")),
        TinySpan(1, slot("2026-01-30 10:00"), utc("2026-01-26 05:00"), utc("2026-01-26 06:00")),
    ]
    return TinyPortal(
        "bonn", every("2026-01-26 05:00", 5), spans, covered=COVERED, name="Stadt Bonn"
    )


def with_gap() -> TinyReader:
    """Two hours, of which two snapshots of 15 minutes at each end answered."""
    failed = [
        TinySnapshot(utc("2026-01-26 05:30"), (), "unreachable"),
        TinySnapshot(utc("2026-01-26 05:45"), (TinyView(1, "refused"),), "partial"),
    ]
    snapshots = [*every("2026-01-26 05:00", 2), *failed, *every("2026-01-26 06:30", 2)]
    spans = [
        TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-26 05:00"), utc("2026-01-26 06:30")),
        TinySpan(1, slot("2026-01-27 09:00"), utc("2026-01-26 05:00"), utc("2026-01-26 06:45")),
    ]
    return TinyReader(TinyPortal("bonn", snapshots, spans, covered=COVERED))


def _spans_of(
    calendar: int, wanted: Slot, snapshots: list[TinySnapshot], shown: list[bool]
) -> list[TinySpan]:
    """Spans of one slot by the definition of the archive, one snapshot after the other."""
    start, opened = utc_from_slot(wanted, BERLIN), None
    spans: list[TinySpan] = []
    for snapshot, free in zip(snapshots, shown, strict=True):
        answers = any(view.calendar == calendar and view.outcome == "ok" for view in snapshot.views)
        if opened is not None and (snapshot.at >= start or (answers and not free)):
            spans.append(TinySpan(calendar, wanted, opened, min(snapshot.at, start)))
            opened = None
        if opened is None and answers and free and snapshot.at < start:
            opened = snapshot.at
    return [*spans, TinySpan(calendar, wanted, opened)] if opened is not None else spans


@st.composite
def portals(draw: st.DrawFn, portal_id: str = "bonn") -> TinyPortal:
    """A portal with failures, gaps and random offers, around a clock change or not."""
    at = utc(draw(st.sampled_from(["2026-01-26 05:00", "2026-03-28 22:30", "2026-10-24 22:10"])))
    snapshots = []
    for _ in range(draw(st.integers(3, 14))):
        at += timedelta(minutes=draw(st.sampled_from([14, 15, 15, 15, 16, 45, 300])))
        outcomes = draw(st.tuples(*[st.sampled_from(["ok", "ok", "ok", "refused"])] * 2))
        views = tuple(TinyView(number, outcome) for number, outcome in enumerate(outcomes, 1))
        snapshots.append(TinySnapshot(at, views, period_s=draw(st.sampled_from([900, 900, -1]))))
    spans: list[TinySpan] = []
    for calendar in (1, 2):
        for _ in range(draw(st.integers(0, 4))):
            local = at.astimezone(BERLIN).replace(tzinfo=None, second=0)
            hours = draw(st.integers(-8, 60))
            wanted = Slot(slot(local.isoformat()) + 60 * hours)
            if any(span.slot == wanted and span.calendar == calendar for span in spans):
                continue
            size = len(snapshots)
            shown = draw(st.lists(st.booleans(), min_size=size, max_size=size))
            spans += _spans_of(calendar, wanted, snapshots, shown)
    names = {1: Calendar("kfz", "Kfz-Zulassung"), 2: Calendar("pass", "Pässe")}
    return TinyPortal(portal_id, snapshots, spans, calendars=names)
