"""Rules of real portals, learned from real weeks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from amtspuls.analysis.behaviour import Behaviour, Edge, Moves, learn_behaviour
from amtspuls.analysis.evidence import load_evidence
from amtspuls.analysis.selection import Selection
from amtspuls.archive.live import open_reader
from amtspuls.bundle.finding import find_bundles
from amtspuls.bundle.importing import import_bundle, load_metadata

pytestmark = pytest.mark.slow

HOUR_S, DAY_S = 3600, 86_400
NOTICES = {
    "wuppertalgeo": (Moves.START, 36 * HOUR_S),
    "beckum": (Moves.START, 4 * HOUR_S),
    # The first slots are at 8: so 8.2, 25.7 (of one calendar) and 80.2 hours were measured.
    "boenen": (Moves.DAY, 0),
    "ludwigshafenaus": (Moves.DAY, 3 * DAY_S),
    "oldenburg": (Moves.START, 20 * 60),
}
HORIZONS = {
    "wuppertalgeo": (Moves.START, 28 * DAY_S + HOUR_S),
    "wuppertalgw": (Moves.START, 29 * DAY_S + HOUR_S),
    "beckum": (Moves.DAY, 41 * DAY_S),
    "bochumsw": (Moves.DAY, 14 * DAY_S),
}


def learn_week(shared: Path, folder: Path, name: str) -> Mapping[str, Behaviour]:
    (week,) = find_bundles([shared / f"data/office-schedule-data/raw/{name[:4]}/{name}.tar.gz"])
    import_bundle(week, folder / "weeks", load_metadata(None))
    with closing(open_reader(folder)) as reader:
        found = load_evidence(reader, Selection())
        return {one.record.portal_id: learn_behaviour(one) for one in found}


@pytest.fixture(scope="module")
def learned(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Behaviour]:
    return learn_week(shared, tmp_path_factory.mktemp("real"), "2026-05")


def edges(behaviour: Behaviour, name: str) -> Counter[tuple[Moves, int | None]]:
    found: list[Edge] = [getattr(behaviour.of(n), name) for n in behaviour.calendars.tolist()]
    return Counter((edge.moves, edge.offset_s) for edge in found)


@pytest.mark.parametrize("portal", NOTICES)
def test_the_notice_of_a_real_portal(learned: Mapping[str, Behaviour], portal: str) -> None:
    assert set(edges(learned[portal], "notice")) == {NOTICES[portal]}


def test_slots_stay_at_wuppertalgw_until_shortly_before_they_begin(
    learned: Mapping[str, Behaviour],
) -> None:
    found = learned["wuppertalgw"]
    for number in found.calendars.tolist():
        notice = found.of(number).notice
        assert (notice.offset_s, notice.support) == (0, 0)
        assert notice.high_s is not None
        assert notice.high_s < HOUR_S


@pytest.mark.parametrize("portal", HORIZONS)
def test_the_horizon_of_a_real_portal(learned: Mapping[str, Behaviour], portal: str) -> None:
    assert set(edges(learned[portal], "horizon")) == {HORIZONS[portal]}


def test_offices_of_a_real_city_are_told_apart(learned: Mapping[str, Behaviour]) -> None:
    sizes = {name: [len(group) for group in one.mirrors] for name, one in learned.items()}
    # Eleven offices, each with five services at the same desks.
    assert sizes["bielefeldbb"] == [5] * 11
    assert sizes["boenen"] == [7]
    assert sizes["kielsw"] == []


@pytest.mark.slow
def test_the_week_of_the_clock_change_has_the_same_rules(
    learned: Mapping[str, Behaviour], shared: Path, tmp_path: Path
) -> None:
    other = learn_week(shared, tmp_path, "2026-13")
    for portal in ("beckum", "ludwigshafenaus", "oldenburg", "wuppertalgeo"):
        assert set(edges(other[portal], "notice")) == {NOTICES[portal]}
    for portal in HORIZONS:
        assert set(edges(other[portal], "horizon")) == {HORIZONS[portal]}
