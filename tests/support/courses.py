"""A portal from what each snapshot shows of each calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

from amtspuls.model import Covered, Slot, day_of_slot
from support.tiny_archive import TinyPortal, TinySnapshot, TinySpan, TinyView, slot, utc

FIRST = utc("2026-01-26 05:00")
SLOT = slot("2026-01-27 08:00")
DAY_MIN = 1440

Course = list[frozenset[int] | None]
"""What each snapshot shows of one calendar; None where its view failed."""


def portal_of(courses: list[Course], *, sampled: bool = False) -> TinyPortal:
    """A portal with one snapshot a quarter of an hour, a calendar per course.

    With ``sampled`` a view covers the days that it shows only, as on the vaccination portal.
    """
    moments = [FIRST + timedelta(minutes=15 * step) for step in range(len(courses[0]))]
    snapshots = [
        TinySnapshot(
            at,
            tuple(_view(number, course[step], sampled) for number, course in enumerate(courses, 1)),
        )
        for step, at in enumerate(moments)
    ]
    spans = [
        span
        for number, course in enumerate(courses, 1)
        for span in spans_of(number, course, moments, sampled=sampled)
    ]
    return TinyPortal("bonn", snapshots, spans)


def _view(number: int, shown: frozenset[int] | None, sampled: bool) -> TinyView:
    if shown is None:
        return TinyView(number, "unreachable")
    days = [day_of_slot(Slot(SLOT + one)) for one in shown]
    return TinyView(number, covered=Covered.from_days(days) if sampled else None)


def spans_of(
    number: int, course: Course, moments: list[datetime], *, sampled: bool
) -> list[TinySpan]:
    opened: dict[int, datetime] = {}
    spans: list[TinySpan] = []
    for at, shown in zip(moments, course, strict=True):
        if shown is None:
            continue
        days = {(SLOT + one) // DAY_MIN for one in shown}
        gone = [one for one in opened if one not in shown]
        spans += [
            TinySpan(number, Slot(SLOT + one), opened.pop(one), at)
            for one in gone
            if not sampled or (SLOT + one) // DAY_MIN in days
        ]
        opened.update((one, at) for one in shown - set(opened))
    return spans + [TinySpan(number, Slot(SLOT + one), at) for one, at in opened.items()]
