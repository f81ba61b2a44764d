from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis.evidence import Evidence, load_evidence
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.successor_rule import count_successors, shows_one_a_day, split_one_a_day
from support.courses import FIRST, SLOT, Course, portal_of
from support.tiny_archive import TinyReader

DAY = 1440


def evidence_of(courses: list[Course], selection: Selection | None = None) -> Evidence:
    (found,) = load_evidence(TinyReader(portal_of(courses)), selection or Selection())
    return found


def slowly(courses: list[Course]) -> list[int]:
    """Place by place and day by day, one offer after the other."""
    booked: list[int] = []
    for course in courses:
        before: dict[int, int] = {}
        for step, shown in enumerate(course):
            for one in sorted(shown or ()):
                day = (SLOT + one) // DAY
                if one > before.get(day, one):
                    booked.append(int(FIRST.timestamp()) + 900 * step)
                before[day] = one
    return sorted(booked)


@given(
    st.integers(1, 8).flatmap(
        lambda steps: st.lists(
            st.lists(
                st.none() | st.frozensets(st.sampled_from([0, 1, 2, DAY, DAY + 5]), max_size=5),
                min_size=steps,
                max_size=steps,
            ),
            min_size=1,
            max_size=2,
        )
    ),
    st.booleans(),
)
def test_every_later_offer_of_a_day_books_the_one_before(
    courses: list[Course], sampled: bool
) -> None:
    (found,) = load_evidence(TinyReader(portal_of(courses, sampled=sampled)), Selection())
    assert count_successors(found).tolist() == slowly(courses)


def test_a_day_that_is_not_shown_for_a_while_keeps_its_last_offer() -> None:
    course: Course = [frozenset({1, 2}), frozenset({DAY}), frozenset({2, 3})]
    (found,) = load_evidence(TinyReader(portal_of([course], sampled=True)), Selection())
    assert count_successors(found).tolist() == slowly([course])
    assert len(count_successors(found)) == 2


def test_an_offer_whose_time_has_come_was_not_booked() -> None:
    """The first snapshot is taken at 06:00 local time, the second a quarter of an hour later."""
    begun, later = -DAY - 60 * 2 + 10, -DAY - 60 * 2 + 20
    assert len(count_successors(evidence_of([[frozenset({begun}), frozenset({later})]]))) == 0
    assert len(count_successors(evidence_of([[frozenset({later}), frozenset({later + 1})]]))) == 1


def test_an_earlier_offer_books_nothing_and_days_are_apart() -> None:
    offers: list[Course] = [[frozenset({5}), frozenset({2}), frozenset({2 + DAY}), frozenset({9})]]
    found = count_successors(evidence_of(offers))
    assert found.tolist() == [int(FIRST.timestamp()) + 3 * 900]


def test_only_snapshots_of_the_range_count_and_offers_before_it_are_known() -> None:
    offers: list[Course] = [[frozenset({1}), frozenset({2}), frozenset({3})]]
    selection = Selection(
        from_at=FIRST + timedelta(minutes=10), until_at=FIRST + timedelta(minutes=20)
    )
    assert len(count_successors(evidence_of(offers, selection))) == 1


def test_pages_with_several_slots_a_day_are_told_apart() -> None:
    single = evidence_of([[frozenset({1})]])
    assert shows_one_a_day(single)
    many = evidence_of([[frozenset(range(100, 100 + 5000))]])
    assert not shows_one_a_day(many)
    united = replace(many, record=replace(many.record, aggregated=True))
    assert shows_one_a_day(united)
    silent = evidence_of([[None]])
    assert not shows_one_a_day(silent)
    lost = replace(silent, record=replace(silent.record, aggregated=True))
    assert split_one_a_day([single, silent, many, lost]) == ((single,), (many,), (silent, lost))
