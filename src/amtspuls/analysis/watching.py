"""How well it was watched: snapshots planned, taken and answered, what failed and how, and the longest gap."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, count_of, measured_in
from amtspuls.analysis.grouping import By, Label, Watched, time_keys
from amtspuls.analysis.localtime import HOUR_S, Ints, TimeRange
from amtspuls.archive.median import median
from amtspuls.model import Outcome

RULE = "covered-time-1"
"""Which time an answer stands for (docs/reference/measures.md#covered-time)."""


@dataclass
class _Tally:
    """What was counted for one row; the gap is in seconds, -1 where no time was asked."""

    planned: float = 0.0
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    gap_s: int = -1

    def row(self) -> dict[str, int | float | None]:
        taken = sum(self.outcomes.values())
        answered = sum(self.outcomes[one] for one in Outcome if one.answered)
        return {
            "planned": round(self.planned),
            "taken": taken,
            "answered": answered,
            "failed": taken - answered,
            **{outcome.value: self.outcomes[outcome] for outcome in Outcome},
            "longest_gap_hours": None if self.gap_s < 0 else self.gap_s / HOUR_S,
        }


def compute_coverage(watched: Sequence[Watched], by: By) -> Figures:
    """Count attempts by outcome; for a calendar its views, for everything else snapshots."""
    tallies: dict[Label, _Tally] = defaultdict(_Tally)
    for one in watched:
        _add_outcomes(one, by, tallies)
        period_s = _usual_period_s(one)
        for key, stretch, calendar in _stretches(one, by):
            tally = tallies[one.label(by, key)]
            tally.planned += stretch.seconds / period_s
            tally.gap_s = max(tally.gap_s, _longest_gap(one, stretch, calendar))
    return {label: tally.row() for label, tally in tallies.items()}


def _usual_period_s(one: Watched) -> float:
    """Median of the planned periods in the range, else of all."""
    evidence = one.evidence
    inside = evidence.in_range(evidence.snapshots.taken_at)
    return median(evidence.period_s[inside] if inside.any() else evidence.period_s)


def _add_outcomes(one: Watched, by: By, tallies: dict[Label, _Tally]) -> None:
    evidence = one.evidence
    if by is By.CALENDAR:
        inside = evidence.in_range(evidence.views.taken_at)
        keys, outcomes = evidence.views.calendar[inside], evidence.views.outcome[inside]
    else:
        inside = evidence.in_range(evidence.snapshots.taken_at)
        local_s = evidence.offsets.to_local(evidence.snapshots.taken_at[inside])
        keys, outcomes = time_keys(by, local_s), evidence.snapshots.outcome[inside]
    found = Counter(zip(keys.tolist(), outcomes.tolist(), strict=True))
    for (key, outcome), number in found.items():
        tallies[one.label(by, key)].outcomes[outcome] += number


def _stretches(one: Watched, by: By) -> Iterator[tuple[int, TimeRange, int | None]]:
    """Key, time and calendar (None: any) of each stretch of asked time."""
    asked = one.evidence.asked
    if asked.seconds == 0:
        return
    if by is By.CALENDAR:
        yield from ((number, asked, number) for number in one.calendars)
        return
    keys, edges_s = time_keys(by, one.cells.local_s), one.cells.edges_s
    firsts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    ends = np.append(firsts[1:], len(keys))
    for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
        yield int(keys[first]), TimeRange(int(edges_s[first]), int(edges_s[end])), None


def _longest_gap(one: Watched, stretch: TimeRange, calendar: int | None) -> int:
    """Longest time of a stretch in which nothing was covered."""
    covered = one.covered
    near = (covered.from_s < stretch.until_s) & (covered.until_s > stretch.from_s)
    if calendar is not None:
        near &= covered.calendar == calendar
    order = np.argsort(covered.from_s[near], kind="stable")
    begins: Ints = np.append(covered.from_s[near][order], stretch.until_s)
    ends: Ints = np.append(stretch.from_s, covered.until_s[near][order])
    return max(0, int((begins - np.maximum.accumulate(ends)).max()))


def _say(row: Row) -> str:
    gap = row["longest_gap_hours"]
    longest = "" if not gap else f", longest time without an answer {_say_hours(gap)}"
    return (
        f"{count_of(row['answered'], 'snapshot')} answered of {count_of(row['planned'], 'planned one')}, "
        f"{row['failed']} failed{longest}, {measured_in(row)}"
    )


def _say_hours(hours: float) -> str:
    """Minutes below an hour: a gap of three minutes is no 0.05 hours to anybody."""
    minutes = max(1, round(60 * hours))
    return count_of(minutes, "minute") if minutes < 60 else f"{hours:.1f} hours"


MEASURE = Measure(
    name="coverage",
    question="How well was it watched: snapshots planned, taken, answered and failed, and the longest gap.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.DAY, By.WEEK),
    columns=(
        Column("planned", "planned", Unit.COUNT, always=True),
        Column("taken", "taken", Unit.COUNT, always=True),
        Column("answered", "answered", Unit.COUNT, always=True),
        Column("failed", "failed", Unit.COUNT, always=True),
        *(Column(outcome.value, outcome.value, Unit.COUNT, always=True) for outcome in Outcome),
        Column("longest_gap_hours", "longest gap, hours", Unit.HOURS, always=True),
    ),
    compute=compute_coverage,
    say=_say,
    rule=RULE,
    about_changes=False,
    formula=(
        "coverage = covered time / asked time, summed over calendars\n"
        "planned = asked time / usual period; taken = attempts of any outcome; answered = ok + partial\n"
        "longest gap = longest stretch of the asked time in which no calendar of the portal was covered"
    ),
    source=(
        "Coverage as polling projects publish it (successful / expected polls: Bürgerwecker, UNIVAF), here by time; "
        "docs/reference/measures.md#covered-time."
    ),
    caveats=(
        "Figures with little coverage are those of the hours that were watched: compare like with like.",
        "A portal that is refused by night has its coverage by day; the measures by hour show which hours are missing.",
        "Weeks that came from bundles hold answered snapshots only: what failed then was not written down.",
    ),
)
