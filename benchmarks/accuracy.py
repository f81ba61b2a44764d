"""`make accuracy`: docs/accuracy.md, every rule on seeds that were never used in tuning."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score import Score
from amtspuls.analysis.score_rules import RULES
from amtspuls.cli.scoring import score_scenario
from amtspuls.replica.town import SCENARIOS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "accuracy.md"
SEEDS = range(1000, 1003)
"""Seeds below 1000 are for work on rules, these are not."""

WEEKS = 4

Runs = Mapping[str, Sequence[tuple[Score, ...]]]
"""By scenario: the scores of all rules, seed by seed."""

HEAD = """# Accuracy

Written by `make accuracy`: {weeks} weeks of every [scenario](reference/town.md#scenarios) with the seeds {first} to
{last}, which were never used in work on a rule. What is compared, and how: [Score](reference/score.md).

**This is the baseline.** The estimator with typed transitions and uncertainty is not there yet. The rules below are
the one that today's measures rest on (`span-1`) and the predecessor's, raw and after its clip: what the estimator must
beat. None of them knows uncertainty.

An error of +100 % is twice as many as happened. Truth and figures found are sums over the seeds; precision, recall, lead
time and wait are means over them.

"""

MEANING = """
## What that says

- `span-1` calls everything that vanishes before its start a booking. Its recall is what can be seen at all with these
  snapshots; the rest happened and was undone between two of them. Its precision says how much else makes slots vanish:
  holds, withdrawals, flaps, minimum notice, and the same booking in several start times and calendars.
- The predecessor's clip takes back part of that, and takes away true bookings with it: where it comes near the truth,
  two errors cancel out. Its precision and recall, matched without start times and so in its favour, show that.
- Cancellations are worse than bookings in every scenario: an expired hold, a page that comes back and a day that is
  reopened look alike to rules that know neither hold times nor neighbours.
- In `vaccination` the predecessor's rule is applied to snapshots of every minute; its own bundles held unions of a
  quarter of an hour.
- The wait is measured without any rule, from what was free: its error is what snapshots miss.
"""

TARGETS = """
## What the estimator must reach

Central bookings within 5 % of the truth in the mean over scenarios and within 15 % in each; cancellations within 10 %
and 25 %; the truth inside low to high for nine of ten weeks of a calendar; precision and recall of bookings of 90 % in
`quiet-village`, `busy-city`, `short-notice` and `shared-desks`.
"""


def run() -> Runs:
    """Score all scenarios."""
    return {name: [score_scenario(name, seed, WEEKS) for seed in SEEDS] for name in SCENARIOS}


def page_of(runs: Runs) -> str:
    """Write the page."""
    head = HEAD.format(weeks=WEEKS, first=SEEDS[0], last=SEEDS[-1])
    tables = [
        "\n".join(["## In short", "", *_summary(runs), ""]),
        "\n".join(["## Bookings", "", *_table(runs, Kind.BOOKED), ""]),
        "\n".join(["## Cancellations", "", *_table(runs, Kind.CANCELLED), ""]),
        "\n".join(["## Lead time and wait", "", *_days(runs)]),
    ]
    return head + "\n".join(tables) + "\n" + MEANING + TARGETS


def _summary(runs: Runs) -> Iterator[str]:
    yield "| rule | bookings, mean distance from truth | worst | cancellations, mean distance | worst |"
    yield "|:---|---:|---:|---:|---:|"
    for place, rule in enumerate(RULES):
        cells = []
        for kind in (Kind.BOOKED, Kind.CANCELLED):
            errors = {name: _error(scores, place, kind) for name, scores in runs.items()}
            worst = max(errors, key=lambda name: abs(errors[name]))
            distance = mean(abs(error) for error in errors.values())
            cells += [f"{100 * distance:.0f} %", f"{100 * errors[worst]:+.0f} % ({worst})"]
        yield f"| `{rule.name}` | {' | '.join(cells)} |"


def _error(scores: Sequence[tuple[Score, ...]], place: int, kind: Kind) -> float:
    truth, found = _sums(scores, place, kind)
    return found / max(truth, 1) - 1


def _sums(scores: Sequence[tuple[Score, ...]], place: int, kind: Kind) -> tuple[int, float]:
    ours = [of_seed[place].kind(kind) for of_seed in scores]
    return sum(one.truth for one in ours), sum(one.found.central for one in ours)


def _table(runs: Runs, kind: Kind) -> Iterator[str]:
    yield "| scenario | rule | truth | found | error | precision | recall |"
    yield "|:---|:---|---:|---:|---:|---:|---:|"
    for name, scores in runs.items():
        for place, rule in enumerate(RULES):
            truth, found = _sums(scores, place, kind)
            ours = [of_seed[place].kind(kind) for of_seed in scores]
            yield (
                f"| {name} | `{rule.name}` | {truth:,} | {found:,.0f} "
                f"| {100 * _error(scores, place, kind):+.0f} % "
                f"| {_share([one.precision for one in ours])} "
                f"| {_share([one.recall for one in ours])} |"
            )


def _share(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{100 * mean(known):.0f} %" if known else "–"


def _days(runs: Runs) -> Iterator[str]:
    yield "Errors in days, found minus true; the predecessor's rule does not tell lead times."
    yield ""
    yield "| scenario | lead time, `span-1` | wait for the first free slot |"
    yield "|:---|---:|---:|"
    for name, scores in runs.items():
        lead = [of_seed[0].lead_error_days for of_seed in scores]
        wait = [of_seed[0].wait_error_days for of_seed in scores]
        yield f"| {name} | {_mean_days(lead)} | {_mean_days(wait)} |"


def _mean_days(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{mean(known):+.2f}" if known else "beyond the horizon"


if __name__ == "__main__":
    PAGE.write_text(page_of(run()), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
