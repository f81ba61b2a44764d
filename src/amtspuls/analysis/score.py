"""Holding what rules say against the truth of a town; pure.

Definitions: docs/reference/score.md.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from amtspuls.analysis.grouping import By
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.localtime import DAY_S
from amtspuls.analysis.measures import load_watched
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.score_rules import Bounds, Findings, Rule
from amtspuls.analysis.score_truth import Cell, Change, TruthRecord, true_changes
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.wait import MEASURE as WAIT
from amtspuls.model import Slot, utc_from_slot

_WAIT_EVERY_S = 300


@dataclass(frozen=True, slots=True)
class KindScore:
    """One kind of change of one rule.

    Attributes:
        kind: Which.
        truth: How often it happened.
        found: How often the rule says so, with its uncertainty.
        precision: Share of what was found that happened; None where nothing was found.
        recall: Share of what happened that was found; None where nothing happened.
    """

    kind: Kind
    truth: int
    found: Bounds
    precision: float | None
    recall: float | None

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


def score_rules(
    archive: ScoreArchive, record: TruthRecord, rules: Sequence[Rule]
) -> tuple[Score, ...]:
    """Hold each rule against the truth.

    Args:
        archive: All that a rule gets to see.
        record: The truth.
        rules: What is scored.
    """
    truth = true_changes(record)
    step_s = _step_s(archive)
    wait = _wait_error_days(archive, record)
    return tuple(_score(rule, rule.find(archive), truth, record, step_s, wait) for rule in rules)


def _step_s(archive: ScoreArchive) -> int:
    snapshots = archive.snapshots(archive.record.portal_id)
    return int(snapshots.period_s[0])


def _score(
    rule: Rule,
    findings: Findings,
    truth: Sequence[Change],
    record: TruthRecord,
    step_s: int,
    wait_error_days: float | None,
) -> Score:
    kinds = []
    for kind in rule.kinds:
        true = [change for change in truth if change.kind is kind]
        found = [change for change in findings.changes if change.kind is kind]
        matched = count_matches(true, found, step_s)
        kinds.append(
            KindScore(
                kind=kind,
                truth=len(true),
                found=findings.total(kind),
                precision=matched / len(found) if found else None,
                recall=matched / len(true) if true else None,
            )
        )
    lead = _lead_error_days(truth, findings.changes, record) if rule.tells_slots else None
    return Score(rule.name, tuple(kinds), lead, wait_error_days)


def count_matches(truth: Sequence[Change], found: Sequence[Change], step_s: int) -> int:
    """Count pairs of a true and a found change, each used once.

    A pair shares a start time (the calendar alone where a rule does not tell it), and the found instant
    lies within one step of the true one, or the true one in the interval that was found.
    """
    by_cell: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
    for number, change in enumerate(found):
        for cell in change.cells:
            by_cell[cell].append((change.at_s, number))
    for entries in by_cell.values():
        entries.sort()
    used: set[int] = set()
    for change in sorted(truth, key=lambda one: one.at_s):
        near = [
            (abs(found[number].at_s - change.at_s), number)
            for number in _candidates(change, by_cell, step_s)
            if number not in used and _is_near(change, found[number], step_s)
        ]
        if near:
            used.add(min(near)[1])
    return len(used)


def _candidates(
    change: Change, by_cell: dict[Cell, list[tuple[int, int]]], step_s: int
) -> Iterator[int]:
    """Found changes of the same start times, from a step before the true one to the next two after it.

    A found change that lies later has an interval that begins before the true one: across a gap, that is
    the next one of its cell.
    """
    for calendar, slot in change.cells:
        for cell in ((calendar, slot), (calendar, None)):
            entries = by_cell.get(cell, [])
            place = bisect_left(entries, (change.at_s - step_s, -1))
            while place < len(entries):
                at_s, number = entries[place]
                yield number
                place += 1
                if at_s > change.at_s + step_s:
                    break


def _is_near(truth: Change, found: Change, step_s: int) -> bool:
    if abs(found.at_s - truth.at_s) <= step_s:
        return True
    return found.since_s < truth.at_s <= found.at_s


# Lead time and wait


def _lead_error_days(
    truth: Sequence[Change], found: Sequence[Change], record: TruthRecord
) -> float | None:
    true_days, found_days = _leads(truth, record), _leads(found, record)
    if not true_days or not found_days:
        return None
    return median(found_days) - median(true_days)


def _leads(changes: Sequence[Change], record: TruthRecord) -> list[float]:
    """Days from each booking to the first start time that it closed."""
    zone = ZoneInfo(record.zone)
    starts: dict[int, float] = {}
    leads = []
    for change in changes:
        slots = [slot for _, slot in change.cells if slot is not None]
        if change.kind is Kind.BOOKED and slots:
            first = min(slots)
            if first not in starts:
                starts[first] = utc_from_slot(Slot(first), zone).timestamp()
            leads.append((starts[first] - change.at_s) / DAY_S)
    return leads


def _wait_error_days(archive: ScoreArchive, record: TruthRecord) -> float | None:
    watched = load_watched(archive, Selection())
    (row,) = WAIT.compute(watched, By.ALL).values()
    measured, true = row["median_first_days"], true_wait_days(record)
    if not isinstance(measured, float) or not np.isfinite(true):
        return None
    return measured - true


def true_wait_days(record: TruthRecord) -> float:
    """Median days from any moment to the first free slot of any calendar, looked at every five minutes.

    Moments without a slot are longer waits than all others, never left out: the result may be infinite.
    """
    zone = ZoneInfo(record.zone)
    free: dict[str, list[float]] = {}
    for calendar, slots in record.shown.items():
        free[calendar] = [utc_from_slot(Slot(slot), zone).timestamp() for slot in slots]
    for line in record.lines:
        free.setdefault(line.calendar, [])
    lines = sorted((line for line in record.lines if line.effect), key=lambda line: line.at_s)
    waits: list[float] = []
    done = 0
    for at_s in range(record.from_s, record.until_s, _WAIT_EVERY_S):
        while done < len(lines) and lines[done].at_s <= at_s:
            line = lines[done]
            starts = free[line.calendar]
            for slot in line.slots:
                begins_s = utc_from_slot(Slot(slot), zone).timestamp()
                if line.effect > 0:
                    insort(starts, begins_s)
                else:
                    del starts[bisect_left(starts, begins_s)]
            done += 1
        waits += [(starts[0] - at_s) / DAY_S if starts else np.inf for starts in free.values()]
    return float(np.median(waits)) if waits else np.inf


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
    }
