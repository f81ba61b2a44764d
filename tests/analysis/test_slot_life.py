from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from amtspuls.analysis import (
    slot_life,
)
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import KINDS, Kind
from amtspuls.analysis.measures import measure_archive, take_measure
from amtspuls.analysis.selection import Selection
from support.histories import effort
from support.relabelled import relabelled
from support.slow_watch import (
    ask,
)
from support.tiny_archive import (
    TinyPortal,
    TinyReader,
    TinySpan,
    every,
    slot,
    utc,
)


def slow_survival(lives: list[tuple[float, bool]], time: float) -> float | None:
    """Share gone by a time: one time after the other, from those followed until then."""
    longest = max(lasted for lasted, _ in lives)
    if time > longest and not all(gone for lasted, gone in lives if lasted == longest):
        return None
    lasting = 1.0
    for moment in sorted({lasted for lasted, gone in lives if gone}):
        if moment <= time:
            followed = sum(lasted >= moment for lasted, _ in lives)
            lasting *= 1 - sum(gone and lasted == moment for lasted, gone in lives) / followed
    return 1 - lasting


def slow_lives(one: Watched) -> list[tuple[int, int, float, bool]]:
    """Calendar, first sight, time followed and whether it was gone then, change by change."""
    changes = one.transitions.changes
    rows = [dict(zip(changes._fields, row, strict=True)) for row in zip(*changes, strict=True)]
    views = one.evidence.views
    asked = one.evidence.asked
    found = []
    for born in rows:
        if not (born["opening"] and born["timed"]):
            continue
        later = [
            row
            for row in rows
            if not row["opening"]
            and (row["calendar"], row["slot"]) == (born["calendar"], born["slot"])
            and row["at"] > born["at"]
        ]
        last = max(
            [
                born["at"],
                *(
                    at
                    for at, calendar, outcome in zip(
                        views.taken_at, views.calendar, views.outcome, strict=True
                    )
                    if calendar == born["calendar"]
                    and outcome in ("ok", "partial")
                    and asked.from_s <= at < asked.until_s
                ),
            ]
        )
        begin = (born["seen_at"] + born["at"]) / 2
        closing = min(later, key=lambda row: row["at"], default=None)
        untaken = (KINDS.index(Kind.EXPIRED), KINDS.index(Kind.NOTICE_CUTOFF))
        if closing and closing["at"] < born["start_s"] and closing["kind"] not in untaken:
            seen = max(closing["seen_at"], born["at"])
            until, gone = (seen + closing["at"]) / 2, True
        else:
            until, gone = min([born["start_s"], last, *(row["at"] for row in later)]), False
        found.append((born["calendar"], born["at"], until - begin, gone))
    return found


@settings(max_examples=effort(20), deadline=None)
@given(relabelled())
def test_slot_life_is_what_following_each_slot_says(one: Watched) -> None:
    lives = slow_lives(one)
    for by in slot_life.MEASURE.by:
        rows = {tuple(row.items()): row for row in take_measure(slot_life.MEASURE, [one], by).rows}
        assert sum(row["slots"] or 0 for row in rows.values()) == len(lives)
        assert sum(row["gone"] or 0 for row in rows.values()) == sum(gone for *_, gone in lives)
    (row,) = take_measure(slot_life.MEASURE, [one], By.ALL).rows
    if not lives:
        assert row["median_hours"] is None
        return
    followed = [(lasted, gone) for _, _, lasted, gone in lives]
    for name, seconds in (("hour", 3600), ("day", 86_400), ("week", 7 * 86_400)):
        wanted = slow_survival(followed, seconds)
        assert row[f"within_{name}_share"] == (None if wanted is None else pytest.approx(wanted))
    reached = [
        lasted
        for lasted, _ in sorted(followed)
        if (slow_survival(followed, lasted) or 0) >= 0.5 - 1e-9
    ]
    longest = max(lasted for lasted, _ in followed)
    expected = reached[0] / 3600 if reached else f"> {int(longest / 3600)}"
    assert row["median_hours"] == (
        expected if isinstance(expected, str) else pytest.approx(expected)
    )


def test_slot_life_on_paper() -> None:
    at = [utc(f"2026-01-26 {hour:02d}:{minute}") for hour in (5, 6) for minute in ("00", "30")]
    spans = [
        TinySpan(1, slot("2026-01-27 08:00"), at[0], at[1]),
        TinySpan(1, slot("2026-01-27 09:00"), at[1], at[2]),
        TinySpan(1, slot("2026-01-27 10:00"), at[1], at[3]),
        TinySpan(1, slot("2026-01-27 11:00"), at[1]),
        TinySpan(1, slot("2026-01-26 07:15"), at[1], utc("2026-01-26 06:15")),
    ]
    portal = TinyPortal("bonn", every("2026-01-26 05:00", 4, minutes=30, period_s=1800), spans)
    (row,) = ask(portal, slot_life.MEASURE)
    # The first was there already; two lived 0.5 and 1 hour, one began after 1 hour, one was still there.
    assert (row["slots"], row["gone"]) == (4, 2)
    assert row["within_hour_share"] == pytest.approx(1 - (3 / 4) * (2 / 3))
    assert (row["median_hours"], row["within_day_share"]) == (1.0, None)
    answer = measure_archive(TinyReader(portal), "slot-life", Selection())
    assert answer.sentence.startswith("half of 4 new slots gone after 1.0 hours, measured in")
    calm = replace(portal, spans=spans[3:4])
    answer = measure_archive(TinyReader(calm), "slot-life", Selection())
    assert answer.sentence.startswith("half of 1 new slot gone after more than 1 hour,")
