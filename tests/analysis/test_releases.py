from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings

from amtspuls.analysis.grouping import WEEKDAYS, By, Watched
from amtspuls.analysis.kinds import KINDS, Kind
from amtspuls.analysis.measures import take_measure
from amtspuls.analysis.releases import MEASURE, find_releases
from support.measure_cases import morning
from support.relabelled import relabelled, stays, watch_by_spans
from support.tiny_archive import TinyPortal, TinyReader, TinySpan, every, slot, utc

TAKEN = (Kind.BOOKED, Kind.WITHDRAWN, Kind.UNKNOWN)


def rows_of(one: Watched) -> list[dict[str, Any]]:
    changes = one.transitions.changes
    columns = [column.tolist() for column in changes]
    return [dict(zip(changes._fields, row, strict=True)) for row in zip(*columns, strict=True)]


def gone_at(rows: list[dict[str, Any]], released: dict[str, Any]) -> float:
    key = (released["calendar"], released["slot"])
    own = [row for row in rows if (row["calendar"], row["slot"]) == key]
    own = sorted((row for row in own if row["at"] > released["at"]), key=lambda row: row["at"])
    for place, row in enumerate(own):
        back = next((KINDS[r["kind"]] for r in own[place + 1 :] if r["opening"]), None)
        kind = KINDS[row["kind"]]
        if not row["opening"] and stays(kind, back):
            return float(row["at"]) if kind in TAKEN else math.inf
    return math.inf


@settings(max_examples=40, deadline=None)
@given(relabelled())
def test_releases_are_what_a_calendar_showed_first_in_one_snapshot(one: Watched) -> None:
    rows, groups = rows_of(one), defaultdict(list)
    for row in rows:
        if row["opening"] and KINDS[row["kind"]] in (Kind.RELEASED, Kind.HORIZON_ROLL):
            groups[row["calendar"], row["at"]].append(row)
    releases, slots = find_releases(one)
    pairs = zip(releases.calendar.tolist(), releases.at.tolist(), strict=True)
    assert list(pairs) == sorted(groups)
    views = one.evidence.views
    for place, key in enumerate(sorted(groups)):
        members = groups[key]
        assert releases.size[place] == len(members)
        assert releases.timed[place] == all(row["timed"] for row in members)
        ahead = sorted(slots.ahead_s[slots.release == place].tolist())
        assert ahead == sorted(row["start_s"] - row["at"] for row in members)
        answered = (views.calendar == key[0]) & (views.outcome == "ok")
        last = min(int(views.taken_at[answered].max()), max(row["start_s"] for row in members))
        moments = sorted(gone_at(rows, row) for row in members)
        half = next(
            moment
            for moment in [*moments, math.inf]
            if 2 * sum(gone <= moment for gone in moments) >= len(members)
        )
        assert bool(releases.half_gone[place]) == (half <= last)
        assert releases.followed_s[place] == min(half, last) - key[1]


@settings(max_examples=15, deadline=None)
@given(relabelled("bonn"), relabelled("kielsw"))
def test_rows_are_parts_of_the_whole(one: Watched, other: Watched) -> None:
    total = take_measure(MEASURE, [one, other], By.ALL).total
    untimed = total["untimed"]
    for by in MEASURE.by:
        rows = take_measure(MEASURE, [one, other], by).rows
        whole = total["releases"] - (untimed if by in (By.HOUR, By.WEEKDAY, By.DAY) else 0)
        assert sum(row["releases"] or 0 for row in rows) == whole
        assert sum(row["untimed"] or 0 for row in rows) == untimed
        assert all(row["slots"] >= row["releases"] for row in rows if row["slots"])
        for row in rows:
            if by is By.HOUR and row["releases"]:
                assert (row["usual_hour"], row["usual_hour_share"]) == (row["hour"], 1.0)
            if by is By.WEEKDAY and row["releases"]:
                assert row["usual_weekday"] == row["weekday"]


def batch(*gone: int | None, count: int) -> TinyReader:
    """A release of ``count`` slots at 06:15 local time; slot k is gone after ``gone[k]`` minutes."""
    gone = (*gone, *[None] * (count - len(gone)))
    spans = [
        TinySpan(
            1,
            slot(f"2026-01-29 {8 + place // 12:02d}:{place % 12 * 5:02d}"),
            utc("2026-01-26 05:15"),
            None
            if minutes is None
            else utc(f"2026-01-26 {5 + (15 + minutes) // 60:02d}:{(15 + minutes) % 60:02d}"),
        )
        for place, minutes in enumerate(gone)
    ]
    return TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 20), spans))


def take(reader: TinyReader, by: By = By.PORTAL) -> Any:
    return take_measure(MEASURE, watch_by_spans(reader), by)


def test_half_of_a_batch_is_gone_with_the_slot_that_makes_it_half() -> None:
    row = take(batch(15, 30, 120, count=5)).rows[0]
    assert [row["releases"], row["slots"], row["median_size"], row["batches"]] == [1, 5, 5, 0]
    assert [row["half_gone_hours"], row["batch_share"]] == [2.0, 0.0]
    assert [row["usual_hour"], row["usual_hour_share"], row["usual_weekday"]] == [6, 1, WEEKDAYS[0]]
    assert row["median_days_ahead"] == pytest.approx(3 + (2 + 10 / 60 - 15 / 60) / 24, abs=0.01)


def test_half_that_was_never_seen_gone_is_said_so() -> None:
    answer = take(batch(15, 30, count=20))
    row = answer.rows[0]
    assert [row["batches"], row["batch_share"], row["half_gone_hours"]] == [1, 1.0, "> 4"]
    assert "half of one gone after more than 4 hours" in answer.sentence
    assert "20 slots in 1 release, most at 06 h (100 %) and on Mondays" in answer.sentence


def test_a_rule_that_does_not_tell_horizon_from_hand_leaves_that_open() -> None:
    assert take(morning()).rows[0]["rolled_share"] is None


def test_hours_without_a_release_have_none() -> None:
    rows = take(morning(), By.HOUR).rows
    assert [row["releases"] for row in rows[6:8]] == [1, 0]
    assert not any(row["releases"] for row in rows if row["hour"] != 6)
    assert [rows[7]["slots"], rows[7]["usual_hour"], rows[7]["half_gone_hours"]] == [0, None, None]


def test_an_archive_without_slots_has_no_release() -> None:
    answer = take(TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 2))))
    assert "no release was seen" in answer.sentence
    assert [answer.total["releases"], answer.total["slots"], answer.total["untimed"]] == [0, 0, 0]
