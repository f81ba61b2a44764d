"""What is learned of behaviour as measures, on pages whose rules are given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from amtspuls.analysis.base import Answer
from amtspuls.analysis.behaviour.base import Edge
from amtspuls.analysis.behaviour.rules import Moves
from amtspuls.analysis.behaviour.words import duration_text, horizon_text, notice_text
from amtspuls.analysis.grouping import By
from amtspuls.analysis.measures import load_watched, require_measure, take_measure
from amtspuls.analysis.selection import Selection
from amtspuls.model import Outcome, Snapshot
from support.planted import Plan, archive_of, lead, night, snapshots

HOURLY = 3600


def ask(taken: Iterable[Snapshot], name: str, by: By = By.ALL, **rest: Any) -> Answer:
    watched = load_watched(archive_of(list(taken)), Selection(**rest))
    return take_measure(require_measure(name), watched, by)


@pytest.fixture(scope="module")
def page() -> Sequence[Snapshot]:
    """Two calendars of one desk, one of another; seen every half hour for a week."""
    plans = [
        Plan(key="a", leaves=lead(timedelta(hours=4))),
        Plan(key="b", leaves=lead(timedelta(hours=4))),
        Plan(key="c", desk="2", leaves=night(1), appears=night(14, 480)),
    ]
    return list(snapshots(plans, step_s=HOURLY // 2))


def failed(one: Snapshot) -> Snapshot:
    return replace(one, outcome=Outcome.UNREACHABLE, views=())


def test_notice_gives_the_rule_that_most_calendars_have(page: Sequence[Snapshot]) -> None:
    row = ask(page, "notice").total
    assert row["notice"] == "4 h before the start"
    assert row["notice_hours"] == 4
    assert row["low_hours"] <= 4 <= row["high_hours"] < row["low_hours"] + 0.5
    assert (row["calendars"], row["known"], row["agreeing"], row["against"]) == (3, 3, 2, 0)
    sentence = ask(page, "notice").sentence
    assert sentence.startswith("most often: 4 h before the start (2 of 3 calendars, 3 known), ")
    rows = ask(page, "notice", By.CALENDAR).rows
    assert [row["notice"] for row in rows][2] == "whole day at 00:00, 1 day before"
    assert rows[2]["notice_hours"] is None


def test_horizon_says_how_far_and_at_what_time(page: Sequence[Snapshot]) -> None:
    rows = ask(page, "horizon", By.CALENDAR).rows
    assert [row["horizon_days"] for row in rows] == pytest.approx([28, 28, 14 - 8 / 24])
    assert [row["new_days_at"] for row in rows] == ["00:00", "00:00", "08:00"]
    assert rows[2]["horizon"] == "14 days ahead, a day at a time at 08:00"
    assert 14 < rows[2]["seen_days"] < 14.4  # slots of the afternoon, at 8 in the morning
    assert ask(page, "horizon").sentence.startswith("most often: 28 days ahead, a day at a time")


def test_mirrors_count_groups_and_name_the_others(page: Sequence[Snapshot]) -> None:
    total = ask(page, "mirrors", By.PORTAL).rows[0]
    assert (total["calendars"], total["groups"], total["mirrored"]) == (3, 2, 2)
    assert total["together"] == 1
    assert total["mirrors_with"] is None
    rows = ask(page, "mirrors", By.CALENDAR).rows
    assert [row["mirrors_with"] for row in rows] == ["b", "a", None]
    assert ask(page, "mirrors").sentence.startswith("2 of 3 calendars share desks")


def test_refresh_tells_fresh_from_unknown(page: Sequence[Snapshot]) -> None:
    row = ask(page, "refresh", By.PORTAL).rows[0]
    assert (row["refresh"], row["refresh_hours"], row["renewed"]) == ("always fresh", None, 0)
    few = ask(page[:10], "refresh")
    assert (few.total["known"], few.total["renewed"]) == (0, None)
    assert few.sentence.startswith("whether pages are renewed at a beat is unknown")
    assert "0 of 1 portals" in ask(page, "refresh").sentence


@pytest.mark.parametrize("name", ["notice", "horizon", "mirrors", "hold-time"])
@pytest.mark.parametrize("by", [By.ALL, By.PORTAL, By.CALENDAR])
def test_little_data_is_unknown_and_never_nought(
    page: Sequence[Snapshot], name: str, by: By
) -> None:
    for taken in (page[:1], [failed(one) for one in page[:3]]):
        answer = ask(taken, name, by)
        for row in answer.rows:
            told = {row.get(key) for key in ("notice", "horizon", "held_share", "mirrored")}
            assert told == {None}
        assert re.search("unknown|nothing is known|too few", answer.sentence)


def held_page(minutes: int) -> list[Snapshot]:
    """Every hour another slot of a page without bookings is held for a while."""
    taken = []
    for place, one in enumerate(islice(snapshots([Plan(booked=0)], step_s=300), 600)):
        (view,) = one.views
        number, since = divmod(place * 5, 60)
        gone = view.slots[-1 - number] if since < minutes else None
        slots = tuple(slot for slot in view.slots if slot != gone)
        taken.append(replace(one, views=(replace(view, slots=slots),)))
    return taken


@pytest.mark.parametrize("minutes", [10, 25])
def test_holds_are_told_from_returns(minutes: int) -> None:
    row = ask(held_page(minutes), "hold-time").total
    assert row["closings"] > 20
    assert row["held_share"] > 0.9
    assert row["background_share"] == 0
    assert row["low_min"] <= minutes <= row["high_min"]
    assert row["median_min"] == minutes
    assert row["back_15_share"] == pytest.approx(1.0 if minutes == 10 else 0.0, abs=0.05)
    assert row["back_30_share"] > 0.9
    sentence = ask(held_page(minutes), "hold-time").sentence
    assert f"half of them for under {minutes} minutes" in sentence


def test_bookings_are_no_holds(page: Sequence[Snapshot]) -> None:
    answer = ask(page, "hold-time")
    assert answer.total["held_share"] == 0
    assert answer.total["median_min"] is None
    assert answer.sentence.startswith("no more slots came back within two hours than later")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 min"), (45, "45 s"), (1200, "20 min"), (129_600, "36 h"), (2_422_800, "28 days 1 h")],
)
def test_durations_read_as_people_say_them(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text


def edge(moves: Moves, offset_s: int | None, **rest: Any) -> Edge:
    plain = Edge(moves, 0, offset_s, offset_s, offset_s, 9, 0, 9, 3, shared=False)
    return replace(plain, **rest)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (edge(Moves.UNKNOWN, None), "unknown"),
        (edge(Moves.UNKNOWN, None, high_s=7100), "unknown, under 1 h 59 min"),
        (edge(Moves.START, 0), "none, slots stay until they begin"),
        (edge(Moves.START, 0, support=0, high_s=1300), "none seen, at most 22 min"),
        (edge(Moves.DAY, 0), "whole day at 00:00 of the day itself"),
        (edge(Moves.DAY, 172_800 - 43_200), "whole day at 12:00, 2 days before"),
    ],
)
def test_notices_in_words(found: Edge, text: str) -> None:
    assert notice_text(found) == text


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (edge(Moves.UNKNOWN, None), "unknown"),
        (edge(Moves.START, 90_000 * 10), "10 days 10 h ahead, slot by slot"),
        (
            edge(Moves.WEEK, 14 * 86_400 - 1800),
            "up to 20 days ahead, a week at a time on Monday at 00:30",
        ),
        (
            edge(Moves.WEEK, 21 * 86_400, weekday=1),
            "up to 27 days ahead, a week at a time on Tuesday at 00:00",
        ),
    ],
)
def test_horizons_in_words(found: Edge, text: str) -> None:
    assert horizon_text(found) == text
