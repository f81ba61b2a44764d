"""Whatever is free and however a portal cuts its lists: what is read is what is free on covered days."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from amtspuls.catalogue.portal import Portal
from amtspuls.model import (
    Outcome,
    Reading,
    Slot,
    Window,
    day_of_slot,
    local_from_slot,
    slot_from_local,
)
from amtspuls.systems.base import Ask
from amtspuls.systems.tevis import SYSTEM
from support.fake_session import FakeSession
from support.tevis_pages import BASE, Town

TODAY = date(2026, 3, 16)
WINDOW = Window(TODAY, TODAY + timedelta(days=42))
NAMES = st.text(st.sampled_from("aäÖß &<>\"'/,.-1"), min_size=1, max_size=8).filter(
    lambda name: name.strip() != "" and not name.isspace()
)


@st.composite
def free_slots(draw: st.DrawFn) -> list[tuple[Slot, str]]:
    """Up to a few dense days and some sparse ones, on a grid, in one or two calendars."""
    grid = draw(st.sampled_from([5, 10, 15, 30]))
    cals = draw(st.sampled_from([("169",), ("169", "170")]))
    days = draw(st.lists(st.integers(0, 60), max_size=6, unique=True))
    found = []
    for day in days:
        count = draw(st.sampled_from([1, 2, 5, 20, 45]))
        begin = draw(st.integers(7 * 60 // grid, 12 * 60 // grid)) * grid
        for number in range(count):
            minute = begin + number * grid
            if minute < 20 * 60:
                at = datetime(TODAY.year, TODAY.month, TODAY.day) + timedelta(
                    days=day, minutes=minute
                )
                found.append((slot_from_local(at), cals[(day + number) % len(cals)]))
    return found


def read(town: Town, **options: object) -> tuple[Reading, FakeSession]:
    session = FakeSession([town])
    portal = Portal(id="m", name="M", system="tevis", url=BASE, options=dict(options))
    return asyncio.run(SYSTEM.fetch_portal(session, Ask(portal, WINDOW))), session


def check_open_days(reading: Reading, free: list[tuple[Slot, str]], town: Town) -> None:
    """A day stays open only if one of its hours holds as many times as any page has shown.

    One time a page is a bound only where the next page went on: lists of one day each look like that too.
    """
    hours = Counter((day_of_slot(slot), local_from_slot(slot).hour) for slot, _ in free)
    for view in reading.views:
        left = set(WINDOW.covered()) - set(view.covered)
        assert view.outcome is (Outcome.PARTIAL if left else Outcome.OK)
        for day in left:
            assert town.biggest > 1 or town.most_days == 1
            assert max(count for (on, _), count in hours.items() if on == day) >= town.biggest


def check(reading: Reading, free: list[tuple[Slot, str]]) -> None:
    for view in reading.views:
        mine = sorted({slot for slot, cal in free if cal == view.calendar.key})
        assert list(view.slots) == [slot for slot in mine if day_of_slot(slot) in view.covered]
    shown = {view.calendar.key for view in reading.views}
    for slot, cal in free:
        if all(day_of_slot(slot) in view.covered for view in reading.views):
            assert cal in shown


@settings(max_examples=120, deadline=None)
@given(
    free_slots(),
    st.sampled_from(
        [
            *((None, None), (16, None), (50, None), (None, 5), (None, 10), (13, 5)),
            *((2, None), (3, None), (5, 2), (7, 1), (None, 1)),
        ]
    ),
    st.sampled_from([("location", True), ("suggest", True), ("suggest", False)]),
    st.tuples(NAMES, NAMES, NAMES),
    st.sampled_from([400, 21, 3]),
)
def test_a_list_is_read_to_its_end(
    free: list[tuple[Slot, str]],
    bounds: tuple[int | None, int | None],
    variant: tuple[str, bool],
    names: tuple[str, str, str],
    span: int,
) -> None:
    unit, service, place = names
    near = any(day_of_slot(slot) <= TODAY + timedelta(days=span) for slot, _ in free)
    town = Town(
        units={"5": (unit, {"12": service})},
        offers={("12", "41"): free},
        places={"41": place},
        today=TODAY,
        most_slots=bounds[0],
        most_days=bounds[1],
        action=variant[0],
        choice=variant[1],
        span_days=span if near else 400,
    )
    reading, session = read(town, filter_pages=1000)
    assert reading.problems == ()
    check_open_days(reading, free, town)
    assert {view.calendar.name for view in reading.views} == {
        f"{' '.join(unit.split())} / {' '.join(place.split())}"
    }
    check(reading, free)
    if bounds == (None, None):
        # Uncut lists cost at most four filter pages: all days, from the last one, its later hours twice.
        assert len(session.log) <= 4 + 4


@settings(max_examples=60, deadline=None)
@given(free_slots(), st.integers(0, 6), st.sampled_from([16, 30]))
def test_a_budget_that_ends_leaves_days_uncovered_and_never_slots_out(
    free: list[tuple[Slot, str]], budget: int, bound: int
) -> None:
    town = Town(
        units={"5": ("Amt", {"12": "Pass"})},
        offers={("12", "41"): free},
        places={"41": "Mitte"},
        today=TODAY,
        most_slots=bound,
    )
    reading, session = read(town, filter_pages=budget)
    assert sum("filter_date_from" in path for path in session.paths) <= budget
    check(reading, free)
    for view in reading.views:
        assert view.reason or view.covered == WINDOW.covered()


def test_more_times_in_an_hour_than_a_page_shows_leave_that_day_open() -> None:
    at = datetime(2026, 3, 18, 9)
    free = [(slot_from_local(at + timedelta(minutes=2 * n)), "169") for n in range(30)]
    free.append((slot_from_local(datetime(2026, 3, 20, 9)), "169"))
    town = Town(
        units={"5": ("Amt", {"12": "Pass"})},
        offers={("12", "41"): free},
        places={"41": "Mitte"},
        today=TODAY,
        most_slots=16,
    )
    (view,) = read(town)[0].views
    assert (view.outcome, len(view.slots)) == (Outcome.PARTIAL, 1)
    assert str(view.covered) == "2026-03-16..2026-03-17,2026-03-19..2026-04-27"
    assert "one hour" in view.reason


CORNER = [slot_from_local(datetime(2026, 3, 18, 9, 10 * n)) for n in range(3)]


def corner(more: list[Slot], bound: int | None = None) -> Reading:
    """What is read of a portal whose first location has three times, all in one hour."""
    town = Town(
        units={"5": ("Amt", {"12": "Pass"})},
        offers={
            ("12", "41"): [(s, "169") for s in CORNER],
            ("12", "42"): [(s, "170") for s in more],
        },
        places={"41": "Mitte", "42": "Nord"},
        today=TODAY,
        most_slots=bound,
    )
    return read(town)[0]


def test_a_few_times_in_one_hour_are_all_only_if_a_page_has_shown_more() -> None:
    first, _ = corner(CORNER[:2]).views
    assert (first.outcome, str(first.covered)) == (
        Outcome.PARTIAL,
        "2026-03-16..2026-03-17,2026-03-19..2026-04-27",
    )
    # What another location shows later counts for the first one, too.
    later = [slot_from_local(datetime(2026, 3, 20, 8 + n)) for n in range(4)]
    assert {view.outcome for view in corner(later).views} == {Outcome.OK}


def test_a_portal_that_shows_one_time_is_believed_until_it_is_caught() -> None:
    alone = Town(
        units={"5": ("Amt", {"12": "Pass"})},
        offers={("12", "41"): [(CORNER[0], "169")]},
        places={"41": "Mitte"},
        today=TODAY,
    )
    reading, session = read(alone)
    assert [(view.outcome, len(view.slots)) for view in reading.views] == [(Outcome.OK, 1)]
    assert len(session.log) == 5
    first, second = corner([], bound=1).views
    assert (first.outcome, len(first.slots)) == (Outcome.OK, 1)  # nothing tells that there is more
    assert second.outcome is Outcome.OK
    days = [slot_from_local(datetime(2026, 3, 20 + n, 8)) for n in range(3)]
    caught = corner(days, bound=1).views
    assert [view.outcome for view in caught] == [Outcome.PARTIAL, Outcome.PARTIAL]
    assert [len(view.slots) for view in caught] == [0, 0]
