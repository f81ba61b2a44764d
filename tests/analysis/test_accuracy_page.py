"""docs/accuracy.md: verdicts follow from figures, and the page that is committed is whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.changes import Changes
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.score import KindScore, Score, score_rules
from amtspuls.analysis.score_calendars import WeekScore
from amtspuls.analysis.score_typed import TYPED
from amtspuls.analysis.selection import Selection
from amtspuls.cli.scoring import prepare_scenario
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
    assert "with seeds from 2000 on" in " ".join(page.split())


def test_the_committed_page_says_what_make_accuracy_would_write(pages: ModuleType) -> None:
    page = (ROOT / "docs" / "accuracy.md").read_text("utf-8")

    for text in (pages.LOWEST, pages.WORST, pages.MEANING):
        assert text in page, "make accuracy"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "kind", "says"),
    [
        (104, Kind.BOOKED, "Seed 104, five calendars with .*?: bookings ([^.]*)\\."),
        (119, Kind.BOOKED, "Seed 119: ([^.]*)\\."),
        (43, Kind.BOOKED, "seed 43: bookings ([^,]*),"),
        (43, Kind.CANCELLED, "seed 43: bookings [^,]*, cancellations ([^)]*)\\)"),
        (32, Kind.BOOKED, "seed 32: bookings ([^)]*)\\)"),
    ],
)
def test_examples_in_the_text_are_what_score_says(
    pages: ModuleType, seed: int, kind: Kind, says: str
) -> None:
    (score,) = score_rules(*prepare_scenario("random", seed, pages.WEEKS), (TYPED,))
    found = re.search(says, " ".join(pages.WORST.split()))

    assert found is not None
    assert found[1] == f"{100 * (score.kind(kind).error or 0):+.0f} %"


# --- the real week -------------------------------------------------------------------------------


@pytest.fixture
def week(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import accuracy_week

    return accuracy_week


def changes(*rows: tuple[int, int, int, bool, Kind]) -> Changes:
    """Rows of calendar, slot, instant, whether it appeared, and kind; ascending by instant."""
    calendar, slot, at, opening, kind = zip(*rows, strict=True)
    count = len(rows)
    nothing = np.zeros(count, np.int64)
    return Changes(
        calendar=np.array(calendar, np.int64),
        slot=np.array(slot, np.int64),
        at=np.array(at, np.int64),
        seen_at=nothing,
        start_s=nothing,
        opening=np.array(opening),
        timed=np.ones(count, np.bool_),
        kind=np.array([CODES[one] for one in kind], np.int64),
        reason=nothing,
        confidence=np.zeros(count),
        final=np.ones(count, np.bool_),
        episode=nothing,
    )


def test_groups_are_those_of_one_calendar_in_one_snapshot(week: ModuleType) -> None:
    many = [(1, slot, 900, False, Kind.WITHDRAWN) for slot in range(week.MASS)]
    few = [(2, slot, 900, False, Kind.BOOKED) for slot in range(week.MASS - 1)]
    later = [(2, 50, 1800, False, Kind.BOOKED)]
    found = week._in_mass(changes(*many, *few, *later))

    assert found.tolist() == [True] * week.MASS + [False] * week.MASS
    assert week._in_mass(changes(*many).only(np.zeros(week.MASS, np.bool_))).tolist() == []


def test_days_beyond_the_last_one_are_counted_by_snapshot(week: ModuleType) -> None:
    """Two calendars; what the first snapshot shows is beyond nothing."""
    rows = changes(
        (1, 3 * 1440, 900, True, Kind.RELEASED),
        (2, 5 * 1440, 900, True, Kind.RELEASED),
        (1, 2 * 1440, 1800, True, Kind.CANCELLED),
        (1, 4 * 1440, 1800, True, Kind.HORIZON_ROLL),
        (1, 4 * 1440 + 15, 1800, True, Kind.HORIZON_ROLL),
        (2, 5 * 1440 + 15, 1800, True, Kind.RELEASED),
        (1, 4 * 1440 + 30, 2700, True, Kind.RELEASED),
    )

    assert week._beyond(rows).tolist() == [False, False, False, True, True, False, False]


def test_what_is_back_in_the_next_snapshot_was_alone(week: ModuleType) -> None:
    mass = [(3, slot, 900, False, Kind.WITHDRAWN) for slot in range(week.MASS)]
    rows = changes(
        (1, 10, 900, False, Kind.HELD),
        (1, 11, 900, False, Kind.BOOKED),
        (1, 12, 900, False, Kind.EXPIRED),
        *mass,
        (1, 10, 1800, True, Kind.HOLD_EXPIRED),
        (1, 11, 4500, True, Kind.CANCELLED),
        (3, 1, 1800, True, Kind.RETURNED),
    )
    alone, back = week._alone(rows)

    assert alone.slot.tolist() == [10, 11]
    assert back.tolist() == [True, False]
    assert week._main_kinds(alone.only(back)) == "`held` 100 %"
    assert week._main_kinds(alone.only(np.zeros(2, np.bool_))) == ""


def test_the_section_adds_portals_up(week: ModuleType) -> None:
    """Two simulated offices in the place of real ones; one of them on tempus."""
    watched: list[Watched] = []
    for name in ("absent-when-sold-out", "long-services"):
        archive, _ = prepare_scenario(name, 3, 1)
        watched += load_watched(archive, Selection())
    lines = list(week.week_page(watched))
    rows = {line.split(" | ")[0].strip("| "): line for line in lines}

    bookings = [
        float(rows[name].strip("|").split("|")[2].replace(",", ""))
        for name in ("absent-when-sold-out", "long-services", "all")
    ]
    assert bookings[2] == pytest.approx(bookings[0] + bookings[1], abs=1)
    assert bookings[1] > 0
    assert "56,623 | 12,723" in rows["bookings"]
    assert "64,779 | 4,592" in rows["cancellations"]
    assert "`held`" in rows["tempus: vanished in smaller groups, back in the next snapshot"]


def test_figures_that_are_refused_say_so(week: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, _ = prepare_scenario("quiet-village", 3, 1)
    watched = load_watched(archive, Selection())
    monkeypatch.setattr(week, "headline", lambda *_: None)
    text = "\n".join(week.week_page(watched))

    assert "| bookings | refused | refused | refused | 56,623 | 12,723 |" in text
    assert "| refused | – | refused | – |" in text
