"""Holding what rules say against the truth of a town; pure.

Definitions: docs/reference/score.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.score_calendars import WeekScore, score_weeks, week_columns
from amtspuls.analysis.score_findings import Findings, Rule
from amtspuls.analysis.score_match import count_matches
from amtspuls.analysis.score_truth import (
    CalendarWeek,
    Change,
    TruthRecord,
    true_changes,
    true_weeks,
)
from amtspuls.analysis.score_wait import lead_error_days, wait_error_days


@dataclass(frozen=True, slots=True)
class KindScore:
    """One kind of change of one rule.

    Attributes:
        kind: Which.
        truth: How often it happened.
        found: How often the rule says so, with its uncertainty.
        listed: How many changes it names.
        matched: How many of those happened.
        weeks: Its intervals of calendar-weeks; None where it gives none.
    """

    kind: Kind
    truth: int
    found: Bounds
    listed: int
    matched: int
    weeks: WeekScore | None = None

    @property
    def precision(self) -> float | None:
        """Share of what was found that happened; None where nothing was found."""
        return self.matched / self.listed if self.listed else None

    @property
    def recall(self) -> float | None:
        """Share of what happened that was found; None where nothing happened."""
        return self.matched / self.truth if self.truth else None

    @property
    def error(self) -> float | None:
        """What is found too much, as a share of the truth; None where nothing happened."""
        return self.found.central / self.truth - 1 if self.truth else None


@dataclass(frozen=True, slots=True)
class Score:
    """One rule on one portal.

    Attributes:
        rule: Its name.
        kinds: By kind that the rule tells.
        lead_error_days: Median time from booking to appointment, found minus true; None where the rule
            does not tell slots, or nothing was booked.
        wait_error_days: Median wait for the first free slot, measured minus true; no matter of the rule.
            None where it lies beyond the horizon.
    """

    rule: str
    kinds: tuple[KindScore, ...]
    lead_error_days: float | None
    wait_error_days: float | None

    def kind(self, kind: Kind) -> KindScore:
        """The score of one kind that the rule tells."""
        return next(one for one in self.kinds if one.kind is kind)


@dataclass(frozen=True, slots=True)
class _Truth:
    """What rules are held against, worked out once."""

    record: TruthRecord
    changes: tuple[Change, ...]
    by_kind: Mapping[Kind, Sequence[Change]]
    weeks: Mapping[Kind, Mapping[CalendarWeek, int]]


def score_rules(
    archive: ScoreArchive, record: TruthRecord, rules: Sequence[Rule]
) -> tuple[Score, ...]:
    """Hold each rule against the truth.

    Args:
        archive: All that a rule gets to see.
        record: The truth.
        rules: What is scored.
    """
    changes = true_changes(record)
    truth = _Truth(record, changes, _by_kind(changes), true_weeks(changes, record.zone))
    step_s = int(archive.snapshots(archive.record.portal_id).period_s[0])
    wait = wait_error_days(archive, record)
    return tuple(_score(rule, rule.find(archive), truth, step_s, wait) for rule in rules)


def _by_kind(changes: Sequence[Change]) -> Mapping[Kind, Sequence[Change]]:
    sorted_out: dict[Kind, list[Change]] = defaultdict(list)
    for change in changes:
        sorted_out[change.kind].append(change)
    return sorted_out


def _score(
    rule: Rule, findings: Findings, truth: _Truth, step_s: int, wait_days: float | None
) -> Score:
    found = _by_kind(findings.changes)
    kinds = []
    for kind in rule.kinds:
        true, named = truth.by_kind.get(kind, ()), found.get(kind, ())
        weeks = findings.weeks.get(kind)
        kinds.append(
            KindScore(
                kind=kind,
                truth=len(true),
                found=findings.total(kind),
                listed=len(named),
                matched=count_matches(true, named, step_s),
                weeks=None if weeks is None else score_weeks(truth.weeks.get(kind, {}), weeks),
            )
        )
    lead = None
    if rule.tells_slots:
        lead = lead_error_days(truth.changes, findings.changes, truth.record)
    return Score(rule.name, tuple(kinds), lead, wait_days)


def score_rows(scenario: str, seed: int, scores: Sequence[Score]) -> list[dict[str, Any]]:
    """One row per rule; ``kinds`` holds all kinds that it tells, the columns two of them for tables."""
    return [
        {
            "scenario": scenario,
            "seed": seed,
            "rule": score.rule,
            **_columns("bookings", score.kind(Kind.BOOKED)),
            **_columns("cancellations", score.kind(Kind.CANCELLED)),
            "lead_error_days": score.lead_error_days,
            "wait_error_days": score.wait_error_days,
            "kinds": {kind.kind.value: _figures(kind) for kind in score.kinds},
        }
        for score in scores
    ]


def _columns(name: str, score: KindScore) -> dict[str, float | None]:
    return {f"{name}_{key}": value for key, value in _figures(score).items()}


def _figures(score: KindScore) -> dict[str, float | None]:
    return {
        "truth": score.truth,
        **score.found._asdict(),
        "error": score.error,
        "precision": score.precision,
        "recall": score.recall,
        **week_columns(score.weeks),
    }
