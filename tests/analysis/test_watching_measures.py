"""wait, within-target, zero-rate, free-stock: against values on paper, and against the slow way."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from amtspuls.analysis import (
    free_stock,
    wait,
    within_target,
    zero_rate,
)
from amtspuls.analysis.base import Measure
from amtspuls.analysis.grouping import By
from amtspuls.analysis.measures import measure_archive
from amtspuls.analysis.selection import Selection
from amtspuls.model import (
    day_of_slot,
)
from support.histories import effort
from support.measure_cases import morning, with_gap
from support.slow_watch import (
    NAMES,
    Piece,
    Row,
    ask,
    holey,
    pieces,
    rate,
    weighted,
)
from support.tiny_archive import (
    TinyPortal,
    TinySpan,
    TinyView,
    days,
    every,
    slot,
    utc,
)

pytestmark = pytest.mark.slow


def keys_of(piece: Piece, by: By) -> Any:
    local = piece.at.astimezone(ZoneInfo(piece.portal.zone))
    return {
        By.ALL: None,
        By.PORTAL: piece.portal.portal_id,
        By.CALENDAR: piece.portal.calendars[piece.calendar].key,
        By.HOUR: local.hour,
        By.WEEKDAY: f"{local:%A}",
        By.DAY: local.date().isoformat(),
        By.WEEK: f"{local:%G-%V}",
    }[by]


def hold_against(portal: TinyPortal, measure: Measure, slow: Callable[[list[Piece]], Row]) -> None:
    """Compare all groupings of a measure with the slow way; rows without a moment are unknown."""
    for by in measure.by:
        expected: dict[Any, list[Piece]] = defaultdict(list)
        for piece in pieces(portal):
            if piece.seconds:
                expected[keys_of(piece, by)].append(piece)
        for row in ask(portal, measure, by):
            key = None if by is By.ALL else row[NAMES.get(by, by.value)]
            wanted = slow(expected.pop(key)) if key in expected else {}
            for column in measure.columns:
                got, want = row[column.key], wanted.get(column.key)
                same = (
                    got == want
                    if want is None or isinstance(want, str)
                    else got == pytest.approx(want)
                )
                assert same, (by, key, column.key, got, want)
        assert not expected


def first_unknown_day(piece: Piece) -> float:
    """Days until the first day, from today on, that a partial view did not read; without end if whole."""
    if piece.whole:
        return math.inf
    zone = ZoneInfo(piece.portal.zone)
    day = piece.at.astimezone(zone).date()
    while day in piece.covered:
        day += timedelta(days=1)
    return piece.days_until(slot(f"{day} 00:00"))


def waits_of(piece: Piece, rank: int) -> float | None:
    """Days to the k-th free start; None where a day before it was not read."""
    free = piece.free()
    wait_days = piece.days_until(free[rank - 1]) if len(free) >= rank else math.inf
    reach = first_unknown_day(piece)
    return wait_days if wait_days < reach or (math.isinf(reach) and math.isinf(wait_days)) else None


def slow_within(found: list[Piece]) -> Row:
    row: Row = {}
    for name, rank, target in [
        *((f"within_{n}_days", 1, n) for n in (1, 3, 7, 14, 28)),
        ("third_within_14_days", 3, 14),
    ]:
        near = known = 0
        for piece in found:
            wait_days = waits_of(piece, rank)
            if wait_days is None and first_unknown_day(piece) < target:
                continue
            known += piece.seconds
            near += piece.seconds if wait_days is not None and wait_days <= target else 0
        row[name] = rate(near, known)
    whole = sum(piece.seconds for piece in found)
    unclear = [p for p in found if waits_of(p, 1) is None and first_unknown_day(p) < 14]
    row["unknown_share"] = rate(sum(piece.seconds for piece in unclear), whole)
    return row


def slow_zero(found: list[Piece]) -> Row:
    known = [piece for piece in found if piece.whole or piece.shown()]
    empty = sum(piece.seconds for piece in known if not piece.shown())
    whole, sure = sum(p.seconds for p in found), sum(p.seconds for p in known)
    return {
        "zero_rate": rate(empty, sure),
        "zero_hours": empty / 3600 if known else None,
        "unknown_share": rate(whole - sure, whole),
    }


def slow_stock(found: list[Piece]) -> Row:
    known = [piece for piece in found if piece.whole]
    whole, sure = sum(p.seconds for p in found), sum(p.seconds for p in known)
    slots = [(len(piece.shown()), piece.seconds) for piece in known]
    per_day = [(len({day_of_slot(s) for s in piece.shown()}), piece.seconds) for piece in known]
    return {
        "mean_slots": rate(sum(n * w for n, w in slots), sure),
        "median_slots": weighted(slots, 0.5),
        "mean_days": rate(sum(n * w for n, w in per_day), sure),
        "median_days": weighted(per_day, 0.5),
        "unknown_share": rate(whole - sure, whole),
    }


def slow_wait(found: list[Piece]) -> Row:
    row: Row = {}
    whole = sum(piece.seconds for piece in found)
    told: list[tuple[float, float]] = []
    for name, rank in (("first", 1), ("third", 3)):
        known = [(w, p) for p in found if (w := waits_of(p, rank)) is not None]
        sure = [(horizon(p) if math.isinf(w) else w, p.seconds) for w, p in known]
        for title, share in (("p10", 0.1), ("median", 0.5), ("p90", 0.9)):
            value = weighted([(w, p.seconds) for w, p in known], share)
            least = int(weighted(sure, share) or 0) if value == math.inf else value or 0
            told.append((share, least))
            most = max(days for smaller, days in told if smaller <= share)
            row[f"{title}_{name}_days"] = f"> {round(most, 1):g}" if value == math.inf else value
        if rank == 1:
            in_all = sum(p.seconds for _, p in known)
            none = sum(p.seconds for w, p in known if math.isinf(w))
            row |= {"none_share": rate(none, in_all), "unknown_share": rate(whole - in_all, whole)}
    row["horizon_days"] = weighted([(horizon(p), p.seconds) for p in found], 0.5)
    return row


def horizon(piece: Piece) -> float:
    """Days of wall time until the end of the last covered day."""
    if not piece.covered:
        return 0.0
    end = slot(f"{piece.covered.ranges[-1][1] + timedelta(days=1)} 00:00")
    local = piece.at.astimezone(ZoneInfo(piece.portal.zone)).replace(tzinfo=None)
    return max(0.0, (end * 60 - (local - local.min.replace(year=1970)).total_seconds()) / 86_400)


@pytest.mark.parametrize(
    ("measure", "slow"),
    [
        (within_target.MEASURE, slow_within),
        (zero_rate.MEASURE, slow_zero),
        (free_stock.MEASURE, slow_stock),
        (wait.MEASURE, slow_wait),
    ],
    ids=["within-target", "zero-rate", "free-stock", "wait"],
)
def test_the_slow_and_obvious_way_says_the_same(
    measure: Measure, slow: Callable[[list[Piece]], Row]
) -> None:
    @settings(max_examples=effort(15), deadline=None)
    @given(holey())
    def hold(portal: TinyPortal) -> None:
        hold_against(portal, measure, slow)

    hold()


def test_within_target_on_paper() -> None:
    spans = [
        TinySpan(1, slot("2026-01-26 18:00"), utc("2026-01-26 05:00"), utc("2026-01-26 05:15")),
        TinySpan(1, slot("2026-01-28 08:00"), utc("2026-01-26 05:15"), utc("2026-01-26 05:45")),
        TinySpan(1, slot("2026-02-20 08:00"), utc("2026-01-26 05:15")),
    ]
    portal = TinyPortal("bonn", every("2026-01-26 05:00", 4), spans)
    (row,) = ask(portal, within_target.MEASURE)
    names = [f"within_{days}_days" for days in (1, 3, 7, 14, 28)]
    assert [row[name] for name in names] == [0.25, 0.75, 0.75, 0.75, 1.0]
    assert (row["third_within_14_days"], row["unknown_share"]) == (0.0, 0.0)


def test_a_moment_without_a_slot_is_not_within_any_target() -> None:
    (row,) = ask(TinyPortal("bonn", every("2026-01-26 05:00", 4)), within_target.MEASURE)
    assert (row["within_1_days"], row["within_28_days"], row["unknown_share"]) == (0.0, 0.0, 0.0)


def test_what_a_partial_view_read_decides_as_far_as_it_goes() -> None:
    part = TinyView(1, "partial", days("2026-01-26", "2026-02-02"))
    portal = TinyPortal("bonn", every("2026-01-26 05:00", 4, views=(part,)))
    (row,) = ask(portal, within_target.MEASURE)
    assert [row["within_7_days"], row["within_14_days"]] == [0.0, None]
    assert row["unknown_share"] == 1.0


def test_a_failed_snapshot_is_no_moment_without_a_slot() -> None:
    reader = with_gap()
    answer = measure_archive(reader, "zero-rate", Selection(), "all")
    assert (answer.total["zero_rate"], answer.total["coverage"]) == (0.25, 0.5)
    assert answer.total["zero_hours"] == 0.25
    assert answer.sentence == (
        "nothing free in 25 % of the covered time, measured in 50 % of the time"
    )


def test_a_partial_view_without_a_slot_is_unknown_and_with_one_is_not_empty() -> None:
    part = TinyView(1, "partial", days("2026-01-26", "2026-01-27"))
    late = [TinySpan(1, slot("2026-01-28 08:00"), utc("2026-01-26 05:00"))]
    soon = [TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-26 05:00"))]
    for spans, rate_, unknown in ((late, None, 1.0), (soon, 0.0, 0.0)):
        portal = TinyPortal("bonn", every("2026-01-26 05:00", 4, views=(part,)), spans)
        (row,) = ask(portal, zero_rate.MEASURE)
        assert (row["zero_rate"], row["unknown_share"]) == (rate_, unknown)
        assert (row["zero_hours"] is None) == (rate_ is None)


def test_free_stock_on_paper() -> None:
    (row,) = ask(morning(), free_stock.MEASURE)
    # 3, 4, 2, 2 and 2 slots on 3, 4, 2, 2 and 2 days; at 06:30 the slot of 06:30 has begun.
    assert (row["mean_slots"], row["median_slots"]) == (pytest.approx(13 / 5), 2)
    assert (row["mean_days"], row["median_days"]) == (pytest.approx(13 / 5), 2)
    assert row["unknown_share"] == 0.0


def test_several_slots_of_a_day_are_one_day_as_long_as_one_is_left() -> None:
    spans = [
        TinySpan(1, slot("2026-01-27 08:00"), utc("2026-01-26 05:00"), utc("2026-01-26 05:30")),
        TinySpan(1, slot("2026-01-27 09:00"), utc("2026-01-26 05:15"), utc("2026-01-26 05:45")),
    ]
    portal = TinyPortal("bonn", every("2026-01-26 05:00", 4), spans)
    (row,) = ask(portal, free_stock.MEASURE)
    assert (row["mean_slots"], row["mean_days"]) == (1.0, 0.75)
