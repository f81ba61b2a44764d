from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings

from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import KINDS, Kind
from amtspuls.analysis.measures import take_measure
from amtspuls.analysis.refill import MEASURE, find_reopened
from support.relabelled import relabelled, stays, watch_by_spans, with_transitions
from support.tiny_archive import TinyPortal, TinyReader, TinySpan, every, slot, utc

Fate = tuple[int, float, int, str]


def fates(one: Watched) -> list[Fate]:
    """What became of each cancelled slot, looked up one after the other."""
    views, found = one.evidence.views, []
    rows = sorted(zip(*(column.tolist() for column in one.transitions.changes), strict=True))
    again = one.transitions.cancellations
    parts = (again.calendar, again.slot, again.at, again.lead_s, again.weight)
    for calendar, wanted, at, lead, weight in zip(*map(list, parts), strict=True):
        last = max(
            taken
            for taken, number, outcome in zip(
                views.taken_at.tolist(), views.calendar.tolist(), views.outcome, strict=True
            )
            if number == calendar and outcome == "ok"
        )
        ends = [(at + lead, "lapsed"), (last, "open")]
        own = [row for row in rows if row[:2] == (calendar, wanted) and row[2] > at]
        for row in sorted(own, key=lambda row: row[2]):
            kind = KINDS[row[7]]
            back = next((KINDS[r[7]] for r in own if r[2] > row[2] and r[5]), None)
            if not row[5] and stays(kind, back):
                word = {Kind.BOOKED: "booked", Kind.UNKNOWN: "open"}.get(kind, "lapsed")
                ends.insert(0, (row[2], word))
                break
        when = min(moment for moment, _ in ends)
        found.append((calendar, weight, when - at, next(w for m, w in ends if m == when)))
    return found


@settings(max_examples=30, deadline=None)
@given(relabelled())
def test_every_cancelled_slot_is_followed_to_its_end(one: Watched) -> None:
    found = find_reopened(one, By.ALL)
    words = [
        "booked" if booked else "lapsed" if lapsed else "open"
        for booked, lapsed in zip(found.booked.tolist(), found.lapsed.tolist(), strict=True)
    ]
    got = list(
        zip(
            *(found.calendar.tolist(), found.weight.tolist(), found.lasted_s.tolist(), words),
            strict=True,
        )
    )
    assert got == fates(one)


@settings(max_examples=20, deadline=None)
@given(relabelled("bonn"), relabelled("kielsw"))
def test_rows_are_sums_of_weights_and_of_their_parts(one: Watched, other: Watched) -> None:
    total = take_measure(MEASURE, [one, other], By.ALL).total
    every_fate = fates(one) + fates(other)
    if total["refused"]:
        assert total["cancellations"] is None
        return
    assert total["cancellations"] == pytest.approx(sum(weight for _, weight, _, _ in every_fate))
    booked = sum(weight for _, weight, _, word in every_fate if word == "booked")
    assert (total["refilled"] or 0) == pytest.approx(booked)
    shares = [total["within_day_share"], total["within_week_share"]]
    if None not in shares:
        assert all(low <= high for low, high in pairwise([0, *shares, 1]))
    for by in (By.CALENDAR, By.WEEKDAY, By.HOUR):
        rows = take_measure(MEASURE, [one, other], by).rows
        told = sum(row["cancellations"] or 0 for row in rows)
        if any(row["refused"] for row in rows):
            assert told <= total["cancellations"] + 1e-9
        else:
            assert told == pytest.approx(total["cancellations"])


def history(*spans: tuple[int, int | None], wanted: str = "2026-01-27 08:00") -> TinyReader:
    """One slot, free from and until minutes after 06:00 local time; snapshots for two hours."""

    def moment(minutes: int) -> str:
        return f"2026-01-26 {5 + minutes // 60:02d}:{minutes % 60:02d}"

    found = [
        TinySpan(1, slot(wanted), utc(moment(a)), None if b is None else utc(moment(b)))
        for a, b in spans
    ]
    return TinyReader(TinyPortal("bonn", every("2026-01-26 05:00", 9), found))


def test_a_slot_that_comes_back_and_goes_again_is_refilled() -> None:
    watched = watch_by_spans(history((0, 15), (30, 75)))
    row = take_measure(MEASURE, watched, By.PORTAL).rows[0]
    assert [row["cancellations"], row["refilled"], row["lapsed"]] == [1, 1, 0]
    assert [row["refilled_share"], row["median_hours"]] == [1.0, 0.75]
    assert [row["within_day_share"], row["within_week_share"]] == [1.0, 1.0]


def test_a_slot_that_is_still_open_at_the_end_of_the_data_tells_only_so_much() -> None:
    watched = watch_by_spans(history((0, 15), (30, None)))
    answer = take_measure(MEASURE, watched, By.PORTAL)
    row = answer.rows[0]
    assert [row["cancellations"], row["refilled"], row["lapsed"]] == [1, 0, 0]
    assert [row["median_hours"], row["within_day_share"]] == ["> 1", None]
    assert "half of all cancelled ones are after more than 1 hour" in answer.sentence


def test_a_slot_whose_time_came_was_never_booked_again() -> None:
    reader = history((0, 15), (30, 60), wanted="2026-01-26 07:00")
    row = take_measure(MEASURE, watch_by_spans(reader), By.PORTAL).rows[0]
    assert [row["cancellations"], row["refilled"], row["lapsed"]] == [1, 0, 1]


@pytest.mark.parametrize(
    ("kind", "fate"),
    [
        (Kind.BOOKED, (1, 0)),
        (Kind.WITHDRAWN, (0, 1)),
        (Kind.NOTICE_CUTOFF, (0, 1)),
        (Kind.UNKNOWN, (0, 0)),
        (Kind.HELD, (0, 0)),
    ],
)
def test_how_a_slot_went_says_what_became_of_it(kind: Kind, fate: tuple[int, int]) -> None:
    (one,) = watch_by_spans(history((0, 15), (30, 75)))
    changes = one.transitions.changes
    kinds = changes.kind.copy()
    kinds[~changes.opening & (changes.at == changes.at.max())] = KINDS.index(kind)
    found = replace(one.transitions, changes=changes._replace(kind=kinds))
    row = take_measure(MEASURE, [with_transitions(one, found)], By.PORTAL).rows[0]
    assert (row["refilled"], row["lapsed"]) == fate


def test_without_a_cancellation_there_is_no_share() -> None:
    answer = take_measure(MEASURE, watch_by_spans(history()), By.ALL)
    assert [answer.total["cancellations"], answer.total["refilled_share"]] == [0, None]
    assert "no cancellation was seen" in answer.sentence
