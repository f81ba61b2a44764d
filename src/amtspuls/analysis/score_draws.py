"""Errors of rules over many offices drawn at random; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score import KindScore, Score
from amtspuls.analysis.score_calendars import LEAST_TRUTH, WeekScore, pooled, week_columns


@dataclass(frozen=True, slots=True)
class DrawErrors:
    """Errors of one kind of change of one rule, over offices.

    Attributes:
        offices: How many were drawn.
        judged: Those with a truth of ``LEAST_TRUTH`` and more; the shares of fewer are chance. All
            errors below are over these.
        truth: Their true changes together.
        low_quartile: A quarter of the errors is below; None where none is judged, as all that follow.
        median: The middle one.
        high_quartile: A quarter of them is above.
        worst: The one farthest from the truth.
        worst_seed: Its seed.
        inside: Share of judged offices with the truth from low to high; None for a rule without
            uncertainty.
        weeks: Its intervals of calendar-weeks, those of all offices; None where it gives none.
    """

    offices: int
    judged: int
    truth: int
    low_quartile: float | None
    median: float | None
    high_quartile: float | None
    worst: float | None
    worst_seed: int | None
    inside: float | None
    weeks: WeekScore | None


def draw_errors(scores: Mapping[int, KindScore]) -> DrawErrors:
    """Put errors of one kind together, by seed."""
    judged = {seed: one for seed, one in scores.items() if one.truth >= LEAST_TRUTH}
    errors = {seed: one.found.central / one.truth - 1 for seed, one in judged.items()}
    low, middle, high = _quartiles(list(errors.values()))
    worst_seed = max(errors, key=lambda seed: abs(errors[seed]), default=None)
    unsure = any(one.found.low < one.found.high for one in scores.values())
    inside = [one.found.low <= one.truth <= one.found.high for one in judged.values()]
    weeks = [one.weeks for one in scores.values() if one.weeks is not None]
    return DrawErrors(
        offices=len(scores),
        judged=len(judged),
        truth=sum(one.truth for one in judged.values()),
        low_quartile=low,
        median=middle,
        high_quartile=high,
        worst=None if worst_seed is None else errors[worst_seed],
        worst_seed=worst_seed,
        inside=sum(inside) / len(inside) if unsure and inside else None,
        weeks=pooled(weeks) if weeks else None,
    )


def _quartiles(values: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    if not values:
        return None, None, None
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return low, middle, high


def draw_rows(scores: Mapping[int, Sequence[Score]]) -> list[dict[str, Any]]:
    """One row per rule over all offices, by seed."""
    rules = [score.rule for score in next(iter(scores.values()), ())]
    rows = []
    for place, rule in enumerate(rules):
        row: dict[str, Any] = {"rule": rule, "offices": len(scores)}
        for name, kind in (("bookings", Kind.BOOKED), ("cancellations", Kind.CANCELLED)):
            of_kind = {seed: of_seed[place].kind(kind) for seed, of_seed in scores.items()}
            row |= {f"{name}_{key}": value for key, value in _columns(draw_errors(of_kind)).items()}
        rows.append(row)
    return rows


def _columns(errors: DrawErrors) -> dict[str, float | None]:
    return {
        "judged": errors.judged,
        "truth": errors.truth,
        "low_quartile": errors.low_quartile,
        "median": errors.median,
        "high_quartile": errors.high_quartile,
        "worst": errors.worst,
        "worst_seed": errors.worst_seed,
        "inside": errors.inside,
        **week_columns(errors.weeks),
    }
