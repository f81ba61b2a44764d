from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.catalogue.portal import Portal
from amtspuls.collect.judge import drop_past, judge_outcome, merge_views, require_plausible
from amtspuls.errors import ImplausibleError
from amtspuls.model import (
    Calendar,
    Covered,
    Outcome,
    Problem,
    Reading,
    Slot,
    View,
    slot_from_local,
)

PORTAL = Portal(
    id="lindenau", name="Stadt Lindenau", system="tempus", url="https://lindenau.example/"
)
MONDAY, TUESDAY = date(2026, 1, 26), date(2026, 1, 27)


def view(
    outcome: Outcome, key: str = "1/2", reason: str = "", slots: tuple[Slot, ...] = ()
) -> View:
    covered = Covered.from_days([MONDAY]) if outcome.answered else Covered()
    return View(Calendar(key, key), outcome, covered, slots, reason=reason)


def at(day: date, hour: int, minute: int = 0) -> Slot:
    return slot_from_local(datetime(day.year, day.month, day.day, hour, minute))


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["ok", "ok"], "ok"),
        (["ok", "partial"], "partial"),
        (["ok", "unreachable"], "partial"),
        (["ok", "refused"], "partial"),
        (["ok", "skipped"], "ok"),
        (["skipped", "skipped"], "skipped"),
        (["unreachable", "throttled"], "throttled"),
        (["changed", "refused"], "refused"),
        (["changed", "unreachable"], "changed"),
        (["skipped", "unreachable"], "unreachable"),
    ],
)
def test_the_outcome_of_a_snapshot(outcomes: list[str], expected: str) -> None:
    views = tuple(
        view(Outcome(one), key=str(n), reason=f"why {n}") for n, one in enumerate(outcomes)
    )
    assert judge_outcome(Reading(views))[0] is Outcome(expected)


def test_a_problem_makes_a_snapshot_partial_and_is_named() -> None:
    reading = Reading((view(Outcome.OK),), (Problem("Pässe", Outcome.CHANGED, "no form"),))
    assert judge_outcome(reading) == (Outcome.PARTIAL, "Pässe: no form")


def test_only_problems_give_their_outcome() -> None:
    reading = Reading((), (Problem("Pässe", Outcome.UNREACHABLE, "no answer"),))
    assert judge_outcome(reading)[0] is Outcome.UNREACHABLE


def test_a_portal_without_calendars_is_not_an_empty_portal() -> None:
    assert judge_outcome(Reading(()))[0] is Outcome.CHANGED


def test_several_reasons_are_counted_not_listed() -> None:
    views = tuple(view(Outcome.UNREACHABLE, key=str(n), reason=f"why {n}") for n in range(3))
    assert judge_outcome(Reading(views))[1] == "why 0 (and 2 more)"


def test_views_of_one_calendar_are_joined_where_all_cover() -> None:
    first = View(
        Calendar("1/2", "A"),
        Outcome.OK,
        Covered.from_days([MONDAY, TUESDAY]),
        (at(MONDAY, 9), at(TUESDAY, 9)),
    )
    second = View(Calendar("1/2", "B"), Outcome.OK, Covered.from_days([MONDAY]), (at(MONDAY, 10),))
    (joined,) = merge_views([first, second])
    assert joined.calendar.name == "A"
    assert list(joined.covered) == [MONDAY]
    assert joined.slots == (at(MONDAY, 9), at(MONDAY, 10))
    assert joined.outcome is Outcome.OK


def test_a_duplicate_that_failed_makes_the_calendar_partial() -> None:
    (joined,) = merge_views(
        [view(Outcome.OK, slots=(at(MONDAY, 9),)), view(Outcome.CHANGED, reason="no form")]
    )
    assert joined.outcome is Outcome.PARTIAL
    assert joined.slots == (at(MONDAY, 9),)
    assert joined.reason == "no form"


def test_duplicates_that_all_failed_stay_failed() -> None:
    (joined,) = merge_views([view(Outcome.CHANGED), view(Outcome.UNREACHABLE)])
    assert joined.outcome is Outcome.CHANGED


@given(st.lists(st.sampled_from(["1", "2", "3"])))
def test_every_calendar_gets_one_view(keys: list[str]) -> None:
    merged = merge_views(view(Outcome.OK, key=key) for key in keys)
    assert [one.calendar.key for one in merged] == list(dict.fromkeys(keys))


def test_slots_that_have_begun_are_left_out() -> None:
    taken_at = datetime(2026, 1, 26, 8, 0, 30, tzinfo=UTC)  # 09:00:30 in Berlin
    kept = drop_past(
        view(Outcome.OK, slots=(at(MONDAY, 8, 55), at(MONDAY, 9), at(MONDAY, 9, 5))),
        PORTAL,
        taken_at,
    )
    assert kept.slots == (at(MONDAY, 9, 5),)


@pytest.mark.parametrize(
    ("taken_at", "kept"),
    [
        (
            datetime(2026, 10, 25, 0, 40, tzinfo=UTC),
            True,
        ),  # 02:40, first pass: 02:30 may mean the second
        (datetime(2026, 10, 25, 1, 20, tzinfo=UTC), True),  # 02:20, second pass
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), False),  # 02:30, second pass: begun
        (datetime(2026, 10, 25, 1, 40, tzinfo=UTC), False),
    ],
)
def test_a_slot_in_the_repeated_hour(taken_at: datetime, kept: bool) -> None:
    sunday = date(2026, 10, 25)
    shown = View(
        Calendar("1/2", "A"), Outcome.OK, Covered.from_days([sunday]), (at(sunday, 2, 30),)
    )
    assert bool(drop_past(shown, PORTAL, taken_at).slots) is kept


def test_counts_outside_the_catalogues_limits_are_implausible() -> None:
    strict = PORTAL.model_copy(update={"min_slots": 2, "max_slots": 3})
    require_plausible(strict, Outcome.OK, [(Slot(1),), (Slot(1),)])
    with pytest.raises(ImplausibleError, match="4 free slots"):
        require_plausible(strict, Outcome.OK, [(Slot(1), Slot(2)), (Slot(1), Slot(2))])
    with pytest.raises(ImplausibleError, match="1 free slots"):
        require_plausible(strict, Outcome.OK, [(Slot(1),)])
    require_plausible(strict, Outcome.PARTIAL, [()])
