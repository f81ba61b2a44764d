"""Tables of docs/accuracy.md from scores; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import mean

from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.kinds import KINDS, Kind
from amtspuls.analysis.score import KindScore, Score
from amtspuls.analysis.score_calendars import pooled
from amtspuls.analysis.score_draws import DrawErrors, draw_errors

Scored = Mapping[int, Sequence[Score]]
"""The scores of all rules, by seed."""

Runs = Mapping[str, Scored]
"""By scenario."""

LEGACY = ("legacy", "legacy-clipped")


def rules_of(runs: Runs) -> list[str]:
    """Names of the rules, in their order."""
    first = next(iter(next(iter(runs.values())).values()))
    return [score.rule for score in first]


def of_rule(scores: Sequence[Score], rule: str) -> Score:
    """The score of one rule."""
    return next(score for score in scores if score.rule == rule)


def pool(scored: Scored, rule: str, kind: Kind) -> KindScore:
    """One kind of one rule over all seeds: sums, and shares of sums."""
    ours = [of_rule(scores, rule).kind(kind) for scores in scored.values()]
    return join(ours)


def join(scores: Sequence[KindScore]) -> KindScore:
    """Scores of one kind as one: sums, and shares of sums."""
    weeks = [one.weeks for one in scores if one.weeks is not None]
    return KindScore(
        kind=scores[0].kind,
        truth=sum(one.truth for one in scores),
        found=Bounds(*(sum(ends) for ends in zip(*(one.found for one in scores), strict=True))),
        listed=sum(one.listed for one in scores),
        matched=sum(one.matched for one in scores),
        weeks=pooled(weeks) if weeks else None,
    )


def share(value: float | None) -> str:
    """A share for people."""
    return "–" if value is None else f"{100 * value:.0f} %"


def error(value: float | None) -> str:
    """A signed share for people."""
    return "–" if value is None else f"{100 * value:+.0f} %"


def _range(found: Bounds) -> str:
    return f"{found.low:,.0f} to {found.high:,.0f}" if found.low != found.high else "–"


def kind_table(runs: Runs, rule: str, kind: Kind) -> Iterator[str]:
    """One line per scenario: what a rule says of a kind, and the predecessor's errors beside it."""
    yield "| scenario | seeds | truth | low to high | central | error | precision | recall | legacy, raw | clipped |"
    yield "|:---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for name, scored in runs.items():
        ours = pool(scored, rule, kind)
        legacy = [pool(scored, other, kind) for other in LEGACY]
        cells = [
            str(len(scored)),
            f"{ours.truth:,}",
            _range(ours.found),
            f"{ours.found.central:,.0f}",
            error(ours.error),
            share(ours.precision),
            share(ours.recall),
            *(f"{one.found.central:,.0f} ({error(one.error)})" for one in legacy),
        ]
        yield f"| {name} | {' | '.join(cells)} |"


def other_rules(runs: Runs, rule: str) -> Iterator[str]:
    """The other rules: error, precision and recall."""
    yield "| scenario | rule | bookings | precision | recall | cancellations | precision | recall |"
    yield "|:---|:---|---:|---:|---:|---:|---:|---:|"
    for name, scored in runs.items():
        for other in rules_of(runs):
            if other == rule:
                continue
            cells = []
            for kind in (Kind.BOOKED, Kind.CANCELLED):
                one = pool(scored, other, kind)
                cells += [error(one.error), share(one.precision), share(one.recall)]
            yield f"| {name} | `{other}` | {' | '.join(cells)} |"


def in_short(runs: Runs) -> Iterator[str]:
    """Every rule: mean distance from the truth over the scenarios, and the worst of them."""
    yield "| rule | bookings, mean distance from truth | worst | cancellations, mean distance | worst |"
    yield "|:---|---:|---:|---:|---:|"
    for rule in rules_of(runs):
        cells = []
        for kind in (Kind.BOOKED, Kind.CANCELLED):
            errors = errors_of(runs, rule, kind)
            worst = max(errors, key=lambda name: abs(errors[name]))
            distance = mean(abs(one) for one in errors.values())
            cells += [share(distance), f"{error(errors[worst])} ({worst})"]
        yield f"| `{rule}` | {' | '.join(cells)} |"


def errors_of(runs: Runs, rule: str, kind: Kind) -> dict[str, float]:
    """Error of the central figure by scenario; scenarios without any truth are left out."""
    errors = {name: pool(scored, rule, kind).error for name, scored in runs.items()}
    return {name: one for name, one in errors.items() if one is not None}


def all_kinds(runs: Runs, rule: str) -> Iterator[str]:
    """Every kind that a rule tells, over all scenarios, and where it does worst."""
    first = of_rule(next(iter(next(iter(runs.values())).values())), rule)
    told = [kind for kind in KINDS if kind in {one.kind for one in first.kinds}]
    yield "| kind | truth | found | precision | lowest in | recall | lowest in |"
    yield "|:---|---:|---:|---:|:---|---:|:---|"
    for kind in told:
        by_name = {name: pool(scored, rule, kind) for name, scored in runs.items()}
        whole = join(list(by_name.values()))
        precision = {name: one.precision for name, one in by_name.items() if one.listed}
        recall = {name: one.recall for name, one in by_name.items() if one.truth}
        cells = [
            f"{whole.truth:,}",
            f"{whole.listed:,}",
            share(whole.precision),
            _lowest(precision),
            share(whole.recall),
            _lowest(recall),
        ]
        yield f"| `{kind}` | {' | '.join(cells)} |"


def _lowest(shares: Mapping[str, float | None]) -> str:
    known = {name: one for name, one in shares.items() if one is not None}
    if not known:
        return "–"
    name = min(known, key=lambda one: known[one])
    return f"{name} ({share(known[name])})"


def week_table(runs: Runs, rule: str) -> Iterator[str]:
    """How intervals of single calendar-weeks hold, by scenario."""
    yield "| scenario | calendar-weeks | refused | truth inside | width | cancellations: weeks | truth inside | width |"
    yield "|:---|---:|---:|---:|---:|---:|---:|---:|"
    for name, scored in runs.items():
        booked = pool(scored, rule, Kind.BOOKED).weeks
        cancelled = pool(scored, rule, Kind.CANCELLED).weeks
        cells = ["–"] * 7
        if booked is not None:
            cells[:4] = [
                f"{booked.count:,}",
                f"{booked.refused:,}",
                share(booked.inside_share),
                share(booked.median_width),
            ]
        if cancelled is not None:
            cells[4:] = [
                f"{cancelled.count:,}",
                share(cancelled.inside_share),
                share(cancelled.median_width),
            ]
        yield f"| {name} | {' | '.join(cells)} |"


def day_table(runs: Runs, rule: str) -> Iterator[str]:
    """Errors of lead time and wait, means over the seeds."""
    yield f"| scenario | lead time, `{rule}` | lead time, `span-1` | wait for the first free slot |"
    yield "|:---|---:|---:|---:|"
    for name, scored in runs.items():
        columns = [
            [of_rule(scores, rule).lead_error_days for scores in scored.values()],
            [of_rule(scores, "span-1").lead_error_days for scores in scored.values()],
            [of_rule(scores, rule).wait_error_days for scores in scored.values()],
        ]
        yield f"| {name} | {' | '.join(_days(column) for column in columns)} |"


def _days(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    missing = len(values) - len(known)
    return f"{mean(known):+.2f}" + (f" ({missing} of {len(values)} unknown)" if missing else "")


def draw_table(scored: Scored, rules: Sequence[str]) -> Iterator[str]:
    """How errors are distributed over random offices."""
    yield "| rule | | offices | true | a quarter below | median | a quarter above | worst | truth inside | calendar-weeks: inside | width |"
    yield "|:---|:---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for rule in rules:
        for title, kind in (("bookings", Kind.BOOKED), ("cancellations", Kind.CANCELLED)):
            errors = draw_errors(
                {seed: of_rule(scores, rule).kind(kind) for seed, scores in scored.items()}
            )
            yield f"| `{rule}` | {title} | {' | '.join(_draw_cells(errors))} |"


def _draw_cells(errors: DrawErrors) -> list[str]:
    weeks = errors.weeks
    worst = "–" if errors.worst_seed is None else f"{error(errors.worst)} ({errors.worst_seed})"
    return [
        f"{errors.judged} of {errors.offices}",
        f"{errors.truth:,}",
        error(errors.low_quartile),
        error(errors.median),
        error(errors.high_quartile),
        worst,
        share(errors.inside),
        "–" if weeks is None else f"{share(weeks.inside_share)} of {weeks.count:,}",
        "–" if weeks is None else share(weeks.median_width),
    ]
