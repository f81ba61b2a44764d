"""docs/accuracy.md: verdicts follow from figures, and the page that is committed is whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score import KindScore, Score
from amtspuls.analysis.score_calendars import WeekScore
from amtspuls.analysis.score_rules import Bounds
from amtspuls.replica.town import FIRST_SCENARIOS

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
Scored = Mapping[int, Sequence[Score]]


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import accuracy

    return accuracy


def kind_score(
    kind: Kind, truth: int, found: float, matched: int, weeks: WeekScore | None = None
) -> KindScore:
    spread = 0.1 * found if weeks else 0.0
    bounds = Bounds(found - spread, found, found + spread)
    return KindScore(kind, truth, bounds, round(found), matched, weeks)


def scores(booked: float = 100, cancelled: float = 20, matched: int = 95) -> Sequence[Score]:
    """A rule with types beside the three others; 100 bookings and 20 cancellations are true."""
    weeks = WeekScore(10, 1, 9, (0.2, 0.4, 0.5))
    typed = (
        kind_score(Kind.BOOKED, 100, booked, matched, weeks),
        kind_score(Kind.CANCELLED, 20, cancelled, 18, weeks),
        kind_score(Kind.HELD, 7, 6, 5),
    )
    plain = (kind_score(Kind.BOOKED, 100, 300, 90), kind_score(Kind.CANCELLED, 20, 90, 18))
    return [
        Score("span-1", plain, 0.5, 0.0),
        Score("legacy", plain, None, 0.0),
        Score("legacy-clipped", plain, None, 0.0),
        Score("typed-1", typed, 0.1, 0.0),
    ]


def all_good() -> dict[str, Scored]:
    return {name: {1000: scores(), 1001: scores()} for name in (*FIRST_SCENARIOS, "narrow-view")}


def test_all_targets_hold_where_figures_say_so(pages: ModuleType) -> None:
    page = pages.page_of(all_good(), {1000: scores(), 1001: scores(booked=130)}, ["## A real week"])

    assert "All 8 targets hold for `typed-1`" in page
    assert "**no**" not in page
    assert page.count("## ") >= 12
    assert "seeds 1000 to 1001" in page
    assert "| busy-city | 2 | 200 | 180 to 220 | 200 | +0 % | 95 % | 95 % | 600 (+200 %) |" in page
    assert "| `held` | 140 | 120 | 83 % |" in page
    assert "+30 % (1001)" in page, "the worst office and its seed"
    assert "## A real week" in page


def test_what_is_missed_is_named_with_its_size(pages: ModuleType) -> None:
    runs = all_good()
    runs["flapper"] = {1000: scores(booked=120, cancelled=30, matched=50)}
    runs["busy-city"] = {1000: scores(matched=60)}
    page = pages.page_of(runs, {1000: scores()}, [])

    held = [line for line in page.splitlines() if "| yes |" in line or "| **no** |" in line]
    assert len(held) == 8
    assert "4 of 8 targets hold" in page
    assert sum("**no**" in line for line in held) == 4
    assert "flapper +20 % of 100" in page
    assert "flapper +50 % of 20" in page
    assert page.count("busy-city 60 %") == 2, "precision and recall, and not those of flapper"
    assert "8 of 9; worst +20 % (flapper)" in page


def test_errors_of_both_signs_do_not_cancel_out(pages: ModuleType) -> None:
    runs = all_good()
    runs["flapper"] = {1000: scores(booked=130)}
    runs["vaccination"] = {1000: scores(booked=70)}
    page = pages.page_of(runs, {1000: scores()}, [])

    assert "7 % (the mean of the signed errors is +0 %) | **no**" in page


def test_a_rule_without_intervals_reaches_no_target_of_intervals(pages: ModuleType) -> None:
    runs = {name: {1000: scores()[:3]} for name in FIRST_SCENARIOS}
    page = pages.page_of(runs, {1000: scores()[:3]}, [])

    assert page.count("the rule gives no intervals | **no**") == 2
    assert "for `span-1`" in page


def test_the_committed_page_holds_every_scenario_and_the_predecessor() -> None:
    page = (ROOT / "docs" / "accuracy.md").read_text("utf-8")

    for name in FIRST_SCENARIOS:
        assert f"| {name} |" in page, "make accuracy"
    assert "legacy" in page
    assert "from 1000 on" in page or "seeds 1000 to" in page
