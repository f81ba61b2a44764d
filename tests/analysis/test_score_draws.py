"""Errors over offices drawn at random, and what a narrow view leaves of the truth."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score import KindScore, Score
from amtspuls.analysis.score_calendars import WeekScore
from amtspuls.analysis.score_draws import draw_errors, draw_rows
from amtspuls.analysis.score_truth import TruthLine, TruthRecord, true_changes

pytestmark = pytest.mark.slow

SOURCES = Path(__file__).resolve().parents[2] / "src" / "amtspuls"


def kind_score(truth: int, found: float, spread: float = 0.0) -> KindScore:
    weeks = WeekScore(4, 1, 3, (0.2, 0.4)) if spread else None
    bounds = Bounds(found - spread, found, found + spread)
    return KindScore(Kind.BOOKED, truth, bounds, truth, truth, weeks)


def test_errors_of_offices_are_put_together() -> None:
    errors = draw_errors(
        {
            1: kind_score(100, 110, 5),
            2: kind_score(100, 100, 5),
            3: kind_score(200, 140, 5),
            4: kind_score(100, 105, 5),
            5: kind_score(20, 21, 5),
            6: kind_score(19, 190, 5),
        }
    )

    assert (errors.offices, errors.judged, errors.truth) == (6, 5, 520)
    assert errors.low_quartile == pytest.approx(0.0)
    assert errors.median == pytest.approx(0.05)
    assert errors.high_quartile == pytest.approx(0.05)
    assert errors.worst == pytest.approx(-0.3)
    assert errors.worst_seed == 3
    assert errors.inside == 0.6, "100, 105 and 21 are, give or take 5"
    assert errors.weeks == WeekScore(24, 6, 18, (0.2,) * 6 + (0.4,) * 6)


def test_one_office_none_and_no_uncertainty() -> None:
    one = draw_errors({7: kind_score(50, 60)})
    assert one.low_quartile == one.median == one.high_quartile == one.worst
    assert (one.inside, one.weeks) == (None, None)

    few = draw_errors({7: kind_score(3, 60)})
    assert (few.offices, few.judged, few.median, few.worst_seed) == (1, 0, None, None)
    assert draw_rows({}) == []


def test_rows_name_every_rule_once() -> None:
    kinds = (kind_score(50, 60), replace(kind_score(30, 30), kind=Kind.CANCELLED))
    scores = [Score("first", kinds, None, None), Score("second", kinds, None, None)]
    first, second = draw_rows({1: scores, 2: scores})

    assert (first["rule"], second["rule"]) == ("first", "second")
    assert first["offices"] == 2
    assert first["bookings_median"] == pytest.approx(0.2)
    assert first["cancellations_worst"] == 0
    assert first["bookings_weeks_inside"] is None


# --- the estimand --------------------------------------------------------------------------------

MORNING = datetime(2026, 7, 6, 8, tzinfo=UTC)
MORNING_S = int(MORNING.timestamp())
TODAY = MORNING_S // 86_400 * 1440


def test_what_lies_beyond_the_days_that_are_read_is_not_visible() -> None:
    """Six days after today are read: a booking for the seventh is none, one for the sixth is."""
    inside, beyond = TODAY + 6 * 1440 + 600, TODAY + 7 * 1440 + 600
    lines: list[tuple[str, int, str, tuple[int, ...], int]] = [
        (kind, effect, "a", (slot,), citizen)
        for citizen, slot in ((1, inside), (2, beyond))
        for kind, effect in (("held", -1), ("booked", 0))
    ]
    lines.append(("withdrawn", -1, "b", (inside, beyond), 0))
    record = TruthRecord(
        portal_id="p",
        zone="Europe/Berlin",
        hold_s=600,
        from_s=MORNING_S,
        until_s=MORNING_S + 86_400,
        shown={"a": (inside, beyond), "b": (inside, beyond)},
        lines=tuple(
            TruthLine(kind, effect, MORNING_S + 60, key, slots, citizen)
            for kind, effect, key, slots, citizen in lines
        ),
    )

    assert len(true_changes(record)) == 4
    seen = true_changes(replace(record, view_days=6))
    assert [(one.kind, one.cells) for one in seen] == [
        (Kind.BOOKED, (("a", inside),)),
        (Kind.WITHDRAWN, (("b", inside),)),
    ]


def test_only_the_room_of_scores_knows_the_truth() -> None:
    """No estimator, measure or picture can reach the truth or what the town is drawn from."""
    knowing = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{one.name}" for one in node.names]
            if any(".score_truth" in name for name in names):
                knowing.add(path.relative_to(SOURCES).as_posix())

    assert "analysis/score.py" in knowing
    assert all(Path(name).name.startswith("scor") for name in knowing), knowing


def test_the_estimand_is_defined_once() -> None:
    """Whoever turns lines of the log into bookings does so in one module."""
    makers = [
        path.name
        for path in (SOURCES / "analysis").rglob("*.py")
        if any(word in path.read_text("utf-8") for word in ('"given_back"', "'given_back'"))
    ]

    assert makers == ["score_truth.py"]
