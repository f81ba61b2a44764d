from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.analysis import (
    watching,
)
from amtspuls.analysis.grouping import By
from amtspuls.analysis.measures import measure_archive
from amtspuls.analysis.selection import Selection
from amtspuls.model import (
    Outcome,
)
from support.histories import effort
from support.slow_watch import (
    NAMES,
    Row,
    ask,
    asked_of,
    holey,
    periods_of,
    pieces,
)
from support.tiny_archive import (
    TinyPortal,
    TinyReader,
    every,
)


def slow_coverage(portal: TinyPortal, by: By, key: Any) -> Row:
    """Attempts by outcome, and the longest gap second by second."""
    zone = ZoneInfo(portal.zone)
    names = {number: calendar.key for number, calendar in portal.calendars.items()}

    def wanted(at: datetime) -> bool:
        local = at.astimezone(zone)
        text = {By.DAY: f"{local:%Y-%m-%d}", By.WEEK: f"{local:%G-%V}"}
        return by not in text or text[by] == key

    if by is By.CALENDAR:
        outcomes = [
            view.outcome
            for one in portal.snapshots
            for view in one.views
            if names[view.calendar] == key
        ]
    else:
        outcomes = [one.outcome for one in portal.snapshots if wanted(one.at)]
    covered: set[int] = set()
    for piece in pieces(portal):
        if by is not By.CALENDAR or names[piece.calendar] == key:
            begin = int(piece.at.timestamp())
            covered.update(range(begin // 60, (begin + piece.seconds) // 60))
    begin, end = (int(edge.timestamp()) // 60 for edge in asked_of(portal))
    longest = gap = asked = 0
    for minute in range(begin, end):
        inside = wanted(datetime.fromtimestamp(minute * 60, UTC))
        asked += inside
        gap = gap + 1 if inside and minute not in covered else 0
        longest = max(longest, gap)
    answered = sum(outcome in ("ok", "partial") for outcome in outcomes)
    return {
        "planned": round(asked * 60 / median(periods_of(portal))),
        "taken": len(outcomes),
        "answered": answered,
        "failed": len(outcomes) - answered,
        **{one.value: outcomes.count(one.value) for one in Outcome},
        "longest_gap_hours": longest / 60,
    }


@settings(max_examples=effort(15), deadline=None)
@given(holey(), st.lists(st.sampled_from(["ok", "partial", "refused", "skipped"]), min_size=14))
def test_coverage_counts_every_attempt_and_finds_the_longest_gap(
    portal: TinyPortal, outcomes: list[str]
) -> None:
    kept = [one if one.period_s > 0 else replace(one, period_s=1200) for one in portal.snapshots]
    portal = replace(
        portal,
        snapshots=[
            replace(one, outcome=outcome) for one, outcome in zip(kept, outcomes, strict=False)
        ],
    )
    for by in watching.MEASURE.by:
        for row in ask(portal, watching.MEASURE, by):
            key = row.get(NAMES.get(by, by.value))
            found = {column.key: row[column.key] for column in watching.MEASURE.columns}
            assert found == slow_coverage(portal, by, key), (by, key)


def test_a_portal_with_only_failures_has_coverage_zero_and_all_its_attempts() -> None:
    snapshots = [
        *every("2026-01-26 05:00", 3, views=(), outcome="refused"),
        *every("2026-01-26 05:45", 1, views=(), outcome="unreachable"),
    ]
    answer = measure_archive(TinyReader(TinyPortal("bonn", snapshots)), "coverage", Selection())
    (row,) = answer.rows
    names = ("planned", "taken", "answered", "failed", "refused", "unreachable", "coverage")
    assert [row[name] for name in names] == [4, 4, 0, 4, 3, 1, 0.0]
    assert row["longest_gap_hours"] == 1.0
    assert answer.sentence == (
        "0 snapshots answered of 4 planned ones, 4 failed, longest time without an answer 1.0 hours, "
        "measured in 0 % of the time"
    )
