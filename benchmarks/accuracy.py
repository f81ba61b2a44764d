"""`make accuracy`: docs/accuracy.md, every rule on seeds that were never used in tuning."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score_calendars import LEAST_TRUTH
from amtspuls.analysis.score_rules import RULES
from amtspuls.cli.scoring import Job, score_jobs
from amtspuls.replica.town import FIRST_SCENARIOS, RANDOM, SCENARIOS
from benchmarks.accuracy_tables import (
    Runs,
    Scored,
    all_kinds,
    day_table,
    draw_table,
    in_short,
    kind_table,
    other_rules,
    rules_of,
    week_table,
)
from benchmarks.accuracy_targets import judge, summary, target_table
from benchmarks.accuracy_week import week_section

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "accuracy.md"
FIRST_SEED = 2000
"""Seeds below 1000 are for work on rules, these are not; errors on those between were looked at once."""

SEEDS = 3
MORE_SEEDS = {
    "quiet-village": 24,
    "slow-updater": 8,
    "short-notice": 8,
    "absent-when-sold-out": 12,
}
"""Scenarios with so little going on that three seeds leave the error to chance."""

DRAWS = 50
WEEKS = 4

HEAD = """# Accuracy

Written by `make accuracy`: {weeks} weeks of every [scenario](reference/town.md#scenarios) with seeds from {first} on,
{seeds} of each and more of those in which little happens, and {draws} [random offices](reference/town.md#random-offices).
These seeds were never used in work on a rule. What is compared, and how: [Score](reference/score.md).

An error of +100 % is twice as many as happened. Truth, low, central and high are sums over the seeds; errors, precision
and recall are shares of these sums. How far an error can be chance is seen from the truth beside it: of 100 true
changes, ten more or less are nothing unusual.

"""

MEANING = """
## What the other rules do

- `span-1` calls everything that vanishes before its start a booking. Its recall of bookings is what can be seen at all
  with these snapshots; the rest happened and was undone between two of them. Its precision says how much else makes slots
  vanish: holds, withdrawals, flaps, minimum notice, and the same booking in several start times and calendars. A start
  time that was booked before anybody looked is no cancellation for it when it comes back; `typed-1` finds some of these.
- The predecessor's clip takes back part of that, and takes away true bookings with it: where it comes near the truth,
  two errors cancel out. Its precision and recall, matched without start times and so in its favour, show that.
- In `vaccination` the predecessor's rule is applied to snapshots of every minute; its own bundles held unions of a
  quarter of an hour.
- The wait is measured without any rule, from what was free: its error is what snapshots miss. In `absent-when-sold-out`
  they miss the calendars that have nothing left. Most of these absences are read as [sold
  out](reference/measures.md#sold-out), the others count as not covered.

## What nobody can reach

- What is booked and given back between two snapshots leaves no trace. `span-1` takes whatever left one, so its recall
  of bookings is about what any rule can find.
- A booking beside a desk that stays free changes no page: it is not in the truth here, and in no figure.
- A start time that is held until the hold ends, and one that is booked and cancelled within the same time, look alike.
- Where a page is renewed every few hours, several bookings become one change of the page; whether three neighbouring
  start times were one appointment or three is a guess from the lengths seen elsewhere.
"""


WORST = """\
What makes the worst of them was looked up on seeds below 1000, which are the ones to learn from:

- **Short and long appointments over one desk.** Each booking is found, but a long one closes more start times than the
  usual one of these desks, and its block counts as two or three. Seed 104, five calendars with appointments of three to six
  steps and few people: bookings +59 %. Seed 119: +19 %.
- **One start time a day** (`impfthueringen`), above all when sold out and asked every minute. A start time that is
  booked or given back behind the first free one changes no page. Seed 21, two such desks with half as many people again
  as they can serve: a fifth of the bookings is missed, and half of the cancellations look like start times that only
  moved up.
- **Floating grids** that are not recognised: where an appointment takes one or two steps of the grid, few start times move,
  and those that do look like bookings and cancellations (seed 43: bookings +5 %, cancellations +84 %). Two desks whose
  start times fall together hide what moves (seed 32: bookings +20 %).
- **Few people.** With 20 true cancellations in four weeks, five more are a quarter."""


LOWEST = """\
Why the lowest are low, as far as it was looked up on seeds below 1000:

- **`held` and `hold_expired`**: a hold that is over before the next snapshot leaves no trace, and most that are missed are
  such. In `slow-updater` the rule names none: most leave the page at their own begin, before the next renewal, and what is
  back after one renewal was held or cancelled: it counts half.
- **`cancelled`** in `busy-city`: mostly gone again before the next snapshot. That is estimated, but belongs to no start time.
- **`released`** in `absent-when-sold-out`: nobody releases anything there by hand. The horizon of a calendar that is mostly
  missing is not known, so its new days are taken for released ones instead of `horizon_roll`.
- **`horizon_roll` and `withdrawn`** in `vaccination`: a page that names one start time of each day that it offers tells no
  horizon, and hides nearly all that is withdrawn.
- **`withdrawn` and `returned`** in `busy-city`: a day that many book in the same quarter of an hour looks withdrawn, and
  what comes back of it together looks returned. Where little is withdrawn that is most of what is found.
- **`notice_cutoff`** in `busy-city`: nothing is left when the notice comes, so it cannot be learned.
- **`grid_shift`, `expired` and `notice_cutoff`** in `floating-grid`: start times move every five minutes as time passes, and
  many are back before the next snapshot. For a third of the moves a start time is seen to come or go at all."""


def run(first_seed: int = FIRST_SEED) -> tuple[Runs, Scored]:
    """Score all scenarios and the random offices."""
    jobs: list[Job] = [
        (name, first_seed + place, WEEKS)
        for name in SCENARIOS
        for place in range(MORE_SEEDS.get(name, SEEDS))
    ]
    jobs += [(RANDOM, first_seed + place, WEEKS) for place in range(DRAWS)]
    runs: dict[str, Scored] = {}
    for (name, seed, _), scores in zip(jobs, score_jobs(jobs), strict=True):
        runs[name] = {**runs.get(name, {}), seed: scores}
    draws = runs.pop(RANDOM)
    return runs, draws


def judged_rule(names: Sequence[str]) -> str:
    """The rule that the targets are for: the one with types, or the first where there is none."""
    return next((name for name in names if name.startswith("typed")), names[0])


def page_of(runs: Runs, draws: Scored, week: Iterable[str]) -> str:
    """Write the page.

    Args:
        runs: Scores of the scenarios.
        draws: Scores of the random offices.
        week: Lines on the real week.
    """
    rule = judged_rule(rules_of(runs))
    sections: Mapping[str, Iterable[str]] = {
        "Targets": _targets(runs, rule),
        "In short": in_short(runs),
        "Bookings": kind_table(runs, rule, Kind.BOOKED),
        "Cancellations": kind_table(runs, rule, Kind.CANCELLED),
        "Kinds of change": _kinds(runs, rule),
        "Weeks of a calendar": _weeks(runs, rule),
        "Lead time and wait": [
            "Errors in days, found minus true, means over the seeds; the predecessor's rule does not tell lead times.",
            "",
            *day_table(runs, rule),
        ],
        "Random offices": _random_offices(draws, rules_of(runs)),
        "Other rules": other_rules(runs, rule),
    }
    head = HEAD.format(weeks=WEEKS, first=min(draws), seeds=SEEDS, draws=len(draws))
    body = "\n\n".join("\n".join([f"## {title}", "", *lines]) for title, lines in sections.items())
    return "\n".join([head + body, *("", *week)]).rstrip() + "\n" + MEANING


def _targets(runs: Runs, rule: str) -> Iterator[str]:
    first = {name: scored for name, scored in runs.items() if name in FIRST_SCENARIOS}
    verdicts = judge(first, rule)
    yield summary(verdicts, rule)
    yield ""
    yield (
        f"They are for the {len(first)} scenarios that were there before the estimator; the last column has those"
        " that joined later too."
    )
    yield ""
    yield from target_table(verdicts, judge(runs, rule))


def _kinds(runs: Runs, rule: str) -> Iterator[str]:
    yield (
        f"All that `{rule}` tells apart, over all scenarios. Bookings and cancellations count once however many start"
        " times they have, all others once for each start time of a calendar."
    )
    yield ""
    yield from all_kinds(runs, rule)
    yield ""
    yield LOWEST


def _weeks(runs: Runs, rule: str) -> Iterator[str]:
    yield (
        "Whether the truth of a single calendar-week lies inside low to high, and the median width of that as a share"
        f" of the truth, where that is {LEAST_TRUTH} and more."
    )
    yield ""
    yield from week_table(runs, rule)


def _random_offices(draws: Scored, rules: Sequence[str]) -> Iterator[str]:
    yield (
        f"{len(draws)} offices whose every parameter is drawn from all ranges, seeds {min(draws)} to {max(draws)}, each"
        f" counting alike; errors over those with {LEAST_TRUTH} and more true ones. Behind the worst, its seed:"
        " `amtspuls score --scenario random --seed N`."
    )
    yield ""
    yield from draw_table(draws, rules)
    yield ""
    yield WORST


def main() -> None:
    """Write the page; without the real week where that is not at hand."""
    shared = Path(os.environ.get("AMTSPULS_SHARED", ROOT.parent / "shared"))
    has_week = (shared / "data").is_dir()
    if not has_week:
        sys.stderr.write(
            "accuracy: no real weeks at hand (AMTSPULS_SHARED), that section is left out\n"
        )
    week = week_section(shared) if has_week else []
    PAGE.write_text(page_of(*run(), week), "utf-8")
    sys.stdout.write(f"{PAGE}, rules {', '.join(rule.name for rule in RULES)}\n")


if __name__ == "__main__":
    main()
