from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amtspuls.analysis.evidence import load_evidence
from amtspuls.analysis.seed_rule import SeedEvents, count_seed
from amtspuls.analysis.selection import Selection
from amtspuls.archive.live import open_reader
from amtspuls.bundle.finding import find_bundles
from amtspuls.bundle.importing import import_bundle, load_metadata
from support.courses import FIRST, Course, portal_of
from support.tiny_archive import TinyReader, TinySnapshot


def count(courses: list[Course], selection: Selection | None = None) -> SeedEvents:
    (evidence,) = load_evidence(TinyReader(portal_of(courses)), selection or Selection())
    return count_seed(evidence)


def slowly(courses: list[Course]) -> tuple[list[int], list[int]]:
    """The rule as the seed says it, with sets."""
    appointments: list[int] = []
    cancellations: list[int] = []
    for course in courses:
        full = [(step, shown) for step, shown in enumerate(course) if shown]
        for (_, old), (step, new) in pairwise(full):
            at = int(FIRST.timestamp()) + 900 * step
            appointments += [at for one in old - new if min(new) <= one <= max(new)]
            cancellations += [at for one in new - old if min(old) <= one <= max(old)]
    return sorted(appointments), sorted(cancellations)


@given(
    st.integers(1, 9).flatmap(
        lambda steps: st.lists(
            st.lists(
                st.none() | st.frozensets(st.integers(0, 7), max_size=8),
                min_size=steps,
                max_size=steps,
            ),
            min_size=1,
            max_size=3,
        )
    )
)
def test_the_rule_is_that_of_the_seed(courses: list[Course]) -> None:
    found = count(courses)
    assert tuple(one.tolist() for one in found) == slowly(courses)


@pytest.mark.parametrize(
    ("before", "after", "appointments", "cancellations"),
    [
        ({1, 2, 3, 4}, {1, 4}, 2, 0),
        ({1, 2, 3, 4}, {3, 4}, 0, 0),
        ({1, 2, 3, 4}, {1, 2}, 0, 0),
        ({1, 4}, {1, 2, 4, 9}, 0, 1),
        ({1, 2, 3}, set(), 0, 0),
        ({2, 5}, {1, 5}, 1, 0),
        ({2, 5}, {2, 5}, 0, 0),
    ],
)
def test_only_changes_inside_count(
    before: set[int], after: set[int], appointments: int, cancellations: int
) -> None:
    found = count([[frozenset(before), frozenset(after)]])
    assert [len(one) for one in found] == [appointments, cancellations]


def test_empty_snapshots_are_passed_over_and_the_newer_one_gives_the_time() -> None:
    found = count([[frozenset({1, 2, 3}), frozenset(), None, frozenset({1, 3})]])
    assert found.appointments.tolist() == [int(FIRST.timestamp()) + 3 * 900]


def test_the_older_snapshot_may_lie_before_the_range() -> None:
    courses: list[Course] = [[frozenset({1, 2, 3}), frozenset({1, 3}), frozenset({1, 2, 3})]]
    found = count(courses, Selection(from_at=FIRST + timedelta(minutes=10)))
    assert [len(one) for one in found] == [1, 1]
    found = count(courses, Selection(until_at=FIRST + timedelta(minutes=20)))
    assert [len(one) for one in found] == [1, 0]


def test_what_vanished_before_all_known_views_counts_nothing() -> None:
    """Nothing was seen in the week before the range; what happened before that is not of its first hour."""
    portal = portal_of([[frozenset({1, 2, 3}), frozenset({1, 3})]])
    later = [TinySnapshot(FIRST + timedelta(days=9, minutes=15 * step)) for step in range(2)]
    reader = TinyReader(replace(portal, snapshots=[*portal.snapshots, *later]))
    (evidence,) = load_evidence(reader, Selection(from_at=FIRST + timedelta(days=9)))
    assert [len(one) for one in count_seed(evidence)] == [0, 0]


def test_a_portal_that_never_answered_counts_nothing() -> None:
    assert [len(one) for one in count([[None, None]])] == [0, 0]


STRANGE = ("nordhausen", "magdeburg", "huenstetten", "moerlenbach")
PEAKS = {
    "2021-07-12T07": (199, 109),
    "2021-07-12T10": (131, 169),
    "2021-07-13T08": (34, 97),
}


def test_the_peaks_of_the_seeds_figure_come_out(shared: Path, tmp_path: Path) -> None:
    (week,) = find_bundles([shared / "data/office-schedule-data/raw/2021/2021-28.tar.gz"])
    import_bundle(week, tmp_path / "weeks", load_metadata(None))
    hours: dict[str, list[int]] = {hour: [0, 0] for hour in PEAKS}
    with closing(open_reader(tmp_path)) as reader:
        found = load_evidence(reader, Selection(exclude=STRANGE))
        assert len(found) == 31
        for one in found:
            for place, instants in enumerate(count_seed(one)):
                for at in one.offsets.to_local(instants).tolist():
                    hour = datetime.fromtimestamp(at, UTC).isoformat()[:13]
                    if hour in hours:
                        hours[hour][place] += 1
    assert {hour: tuple(counts) for hour, counts in hours.items()} == PEAKS
