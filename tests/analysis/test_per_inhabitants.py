from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.measures import take_measure
from amtspuls.analysis.per_inhabitants import LEAST_HOURS, MEASURE, bookings_per_week
from amtspuls.catalogue.people import inhabitants_of
from support.relabelled import watch_by_spans
from support.tiny_archive import (
    BERLIN,
    TinyPortal,
    TinyReader,
    TinySnapshot,
    TinySpan,
    every,
    slot,
    utc,
)

HOURS = 24 * 7


def people(portal_id: str) -> int:
    found = inhabitants_of(portal_id)
    assert found is not None
    return found.number


def week(portal_id: str, bookings: int, *, first: str = "2026-01-25 23:00") -> TinyPortal:
    """Hourly snapshots from Monday 00:00 local time; a slot vanishes in each of the first hours."""
    spans = [
        TinySpan(
            1, slot(f"2026-04-{1 + k:02d} 08:00"), utc(first), utc(first) + timedelta(hours=k + 1)
        )
        for k in range(bookings)
    ]
    return TinyPortal(
        portal_id, every(first, HOURS, minutes=60, period_s=3600), spans, name=portal_id
    )


def take(*portals: TinyPortal, by: By = By.PORTAL) -> Any:
    return take_measure(MEASURE, watch_by_spans(TinyReader(*portals)), by)


def test_a_whole_week_is_divided_by_the_people_of_the_town() -> None:
    answer = take(week("bonn", 12))
    row = answer.rows[0]
    assert [row["bookings_per_week"], row["inhabitants"]] == [pytest.approx(12), people("bonn")]
    assert row["related_to"] == "Bonn (Nordrhein-Westfalen)"
    assert row["per_1000_week"] == pytest.approx(12_000 / people("bonn"))
    assert "bookings a week for every 1,000 of" in answer.sentence


@pytest.mark.parametrize("portal_id", ["kreiswesel", "bielefeldkfz", "not-in-the-catalogue"])
def test_an_office_that_serves_others_has_no_inhabitants(portal_id: str) -> None:
    answer = take(week(portal_id, 3))
    row = answer.rows[0]
    assert row["bookings_per_week"] == pytest.approx(3)
    assert [row["inhabitants"], row["related_to"], row["per_1000_week"]] == [None, None, None]
    assert "no bookings per inhabitant" in answer.sentence


@pytest.mark.parametrize(("hours", "known"), [(0, False), (5, False), (6, True)])
def test_a_range_without_a_weekday_says_nothing_of_a_week(hours: int, known: bool) -> None:
    whole = week("bonn", 3)
    short = TinyPortal(whole.portal_id, whole.snapshots[: 24 * 6 + hours + 1], whole.spans)
    row = take(short).rows[0]
    assert [row["bookings_per_week"] is not None, row["per_1000_week"] is not None] == [known] * 2
    assert row["inhabitants"] == people("bonn")


def test_a_town_counts_once_however_many_portals_it_has() -> None:
    portals = [week("bonn", 12), week("bonn-dlz", 5), week("boenen", 1), week("kreiswesel", 9)]
    total = take(*portals, by=By.ALL).total
    assert total["bookings_per_week"] == pytest.approx(18)
    assert total["inhabitants"] == people("bonn") + people("boenen")
    assert total["related_to"] == "Bönen (Nordrhein-Westfalen), Bonn (Nordrhein-Westfalen)"
    many = [*portals, week("teltow", 1), week("kassel", 1)]
    assert take(*many, by=By.ALL).total["related_to"] == "4 towns"


def plain_rate(one: Watched) -> float | None:
    """Bookings and covered hours of each weekday, looked up hour by hour; hours before gaps are none."""
    covered, booked = Counter[int](), Counter[int]()
    for from_s, until_s in zip(one.joined.from_s, one.joined.until_s, strict=True):
        for at in range(int(from_s), int(until_s), 900):
            covered[datetime.fromtimestamp(at, UTC).astimezone(BERLIN).weekday()] += 900
    events = one.transitions.bookings
    for at, seen_at, timed in zip(
        events.at.tolist(), events.seen_at.tolist(), events.timed.tolist(), strict=True
    ):
        at = (at + seen_at + 1) // 2
        booked[datetime.fromtimestamp(at, UTC).astimezone(BERLIN).weekday()] += timed
    if any(covered[day] < LEAST_HOURS * 3600 for day in range(7)):
        return None
    return sum(86_400 * booked[day] / covered[day] for day in range(7))


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, HOURS - 1), max_size=40), st.integers(0, 20))
def test_holes_lean_on_no_weekday(missing: set[int], bookings: int) -> None:
    whole = week("bonn", bookings, first="2026-03-22 23:00")
    seen: list[TinySnapshot] = [
        s for number, s in enumerate(whole.snapshots) if number not in missing
    ]
    (one,) = watch_by_spans(TinyReader(TinyPortal("bonn", seen, whole.spans, name="bonn")))
    assert bookings_per_week(one) == pytest.approx(plain_rate(one))
