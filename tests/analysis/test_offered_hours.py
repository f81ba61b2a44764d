from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings

from amtspuls.analysis import (
    offered_hours,
)
from amtspuls.analysis.grouping import WEEKDAYS, By
from amtspuls.model import (
    Calendar,
    Slot,
    local_from_slot,
    utc_from_slot,
)
from support.histories import effort
from support.slow_watch import (
    Row,
    ask,
    holey,
    pieces,
)
from support.tiny_archive import (
    TinyPortal,
    TinySpan,
    TinyView,
    every,
    slot,
    utc,
)


def slow_hours(found: list[Slot]) -> Row:
    local = [local_from_slot(one) for one in found]
    hours = {(one.weekday(), one.hour) for one in local}
    weeks = sorted({one.date() - timedelta(days=one.weekday()) for one in local})
    apart = (weeks[-1] - weeks[0]).days // 7 + 1
    return {
        **{
            f"{name.lower()}_hours": sum(weekday == place for weekday, _ in hours)
            for place, name in enumerate(WEEKDAYS)
        },
        "week_hours": len(hours),
        "earliest": min(f"{one:%H:%M}" for one in local),
        "latest": max(f"{one:%H:%M}" for one in local),
        "slot_weeks": len(weeks),
        "weeks_without": apart - len(weeks),
    }


def offered_of(portal: TinyPortal) -> set[tuple[int, Slot]]:
    """Calendars and slots that were free in some second of covered time."""
    zone = ZoneInfo(portal.zone)
    found = set()
    for piece in pieces(portal):
        until = piece.at + timedelta(seconds=piece.seconds)
        for span in portal.spans:
            end = utc_from_slot(span.slot, zone)
            end = end if span.closed is None else min(end, span.closed)
            here = span.calendar == piece.calendar
            if here and max(span.opened, piece.at) < min(end, until):
                found.add((span.calendar, span.slot))
    return found


@settings(max_examples=effort(20), deadline=None)
@given(holey())
def test_offered_hours_are_those_of_each_slot(portal: TinyPortal) -> None:
    offered = offered_of(portal)
    watched = {piece.calendar for piece in pieces(portal) if piece.seconds}
    keys = {number: calendar.key for number, calendar in portal.calendars.items()}
    for by in offered_hours.MEASURE.by:
        groups: dict[Any, list[Slot]] = defaultdict(list)
        for number, one in offered:
            week = f"{local_from_slot(one):%G-%V}"
            key = {
                By.CALENDAR: keys[number],
                By.CALENDAR_WEEK: (keys[number], week),
                By.WEEK: week,
            }
            groups[key.get(by)].append(one)
        for row in ask(portal, offered_hours.MEASURE, by):
            key = {
                By.CALENDAR: row.get("calendar"),
                By.CALENDAR_WEEK: (row.get("calendar"), row.get("week")),
                By.WEEK: row.get("week"),
            }
            slots = groups.pop(key.get(by), None)
            found = {column.key: row[column.key] for column in offered_hours.MEASURE.columns}
            if slots is not None:
                assert found == slow_hours(slots)
                continue
            known = watched if by is not By.CALENDAR else {n for n in watched if keys[n] == key[by]}
            assert set(found.values()) == ({0, None} if known else {None})
        assert not groups


def test_departments_that_take_turns_show_by_calendar_and_week() -> None:
    at = utc("2026-01-26 05:00")
    spans = [
        TinySpan(number, slot(f"2026-02-{day:02d} 09:{minute}"), at)
        for number, first in ((1, 2), (2, 9))
        for day in (first, first + 14)
        for minute in ("00", "30")
    ]
    views = (TinyView(1), TinyView(2))
    names = {1: Calendar("a", "Amt A"), 2: Calendar("b", "Amt B")}
    portal = TinyPortal("bonn", every("2026-01-26 05:00", 4, views=views), spans, calendars=names)
    rows = ask(portal, offered_hours.MEASURE, By.CALENDAR_WEEK)
    assert [(row["calendar"], row["week"], row["monday_hours"]) for row in rows] == [
        ("a", "2026-06", 1),
        ("a", "2026-08", 1),
        ("b", "2026-07", 1),
        ("b", "2026-09", 1),
    ]
    rows = ask(portal, offered_hours.MEASURE, By.CALENDAR)
    assert [(row["slot_weeks"], row["weeks_without"], row["week_hours"]) for row in rows] == [
        (2, 1, 1)
    ] * 2
    (row,) = ask(portal, offered_hours.MEASURE, By.PORTAL)
    assert (row["slot_weeks"], row["weeks_without"], row["earliest"], row["latest"]) == (
        4, 0, "09:00", "09:30",
    )  # fmt: skip
