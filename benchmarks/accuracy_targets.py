"""Whether targets are reached, worked out from scores: no verdict is written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import mean

from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.score_calendars import WeekScore, pooled
from benchmarks.accuracy_tables import Runs, error, errors_of, pool, share

CLEAR = ("quiet-village", "busy-city", "short-notice", "shared-desks")
"""Scenarios in which every single booking must be found."""

INSIDE = 0.9
WIDTH = 0.5
MATCHED = 0.9


@dataclass(frozen=True)
class Verdict:
    """One target.

    Attributes:
        target: What should be.
        reached: What is, for people.
        holds: Whether it holds.
        missed: Where it does not, for people; empty where it does.
    """

    target: str
    reached: str
    holds: bool
    missed: str = ""


def judge(runs: Runs, rule: str) -> list[Verdict]:
    """All targets, over the given scenarios."""
    verdicts = [
        *_central(runs, rule, Kind.BOOKED, "bookings", in_mean=0.05, in_each=0.15),
        *_central(runs, rule, Kind.CANCELLED, "cancellations", in_mean=0.10, in_each=0.25),
        *_weeks(runs, rule),
    ]
    clear = {name: runs[name] for name in CLEAR if name in runs}
    return [*verdicts, *(_matched(clear, rule) if clear else ())]


def _central(
    runs: Runs, rule: str, kind: Kind, what: str, *, in_mean: float, in_each: float
) -> Iterator[Verdict]:
    errors = errors_of(runs, rule, kind)
    distance = mean(abs(one) for one in errors.values())
    yield Verdict(
        f"central {what}: mean distance from the truth over scenarios at most {share(in_mean)}",
        f"{share(distance)} (the mean of the signed errors is {error(mean(errors.values()))})",
        holds=distance <= in_mean,
    )
    far = {name: one for name, one in errors.items() if abs(one) > in_each}
    worst = max(errors, key=lambda name: abs(errors[name]))
    yield Verdict(
        f"central {what}: within {share(in_each)} in each scenario",
        f"{len(errors) - len(far)} of {len(errors)}; worst {error(errors[worst])} ({worst})",
        holds=not far,
        missed="; ".join(
            f"{name} {error(one)} of {pool(runs[name], rule, kind).truth:,}"
            for name, one in far.items()
        ),
    )


def _weeks(runs: Runs, rule: str) -> Iterator[Verdict]:
    by_name = {
        name: weeks
        for name, scored in runs.items()
        if (weeks := pool(scored, rule, Kind.BOOKED).weeks) is not None
    }
    inside_target = f"bookings of a calendar-week inside low to high: at least {share(INSIDE)}"
    width_target = (
        f"median width of these at most {share(WIDTH)} of the truth, where that is 20 and more"
    )
    if not by_name:
        yield Verdict(inside_target, "the rule gives no intervals", holds=False)
        yield Verdict(width_target, "the rule gives no intervals", holds=False)
        return
    whole = pooled(by_name.values())
    inside = whole.inside_share or 0.0
    refused = f", {whole.refused:,} more refused" if whole.refused else ""
    yield Verdict(
        inside_target,
        f"{share(whole.inside_share)} of {whole.count:,}{refused}",
        holds=inside >= INSIDE,
        missed=_below(by_name),
    )
    width = whole.median_width
    yield Verdict(
        width_target,
        f"{share(width)} of {len(whole.widths):,}",
        holds=width is not None and width <= WIDTH,
        missed="; ".join(
            f"{name} {share(one.median_width)}"
            for name, one in by_name.items()
            if one.median_width is not None and one.median_width > WIDTH
        ),
    )


def _below(by_name: Mapping[str, WeekScore]) -> str:
    return "; ".join(
        f"{name} {share(one.inside_share)} of {one.count:,}"
        for name, one in by_name.items()
        if one.inside_share is not None and one.inside_share < INSIDE
    )


def _matched(runs: Runs, rule: str) -> Iterator[Verdict]:
    scores = {name: pool(scored, rule, Kind.BOOKED) for name, scored in runs.items()}
    for what, shares in (
        ("precision", {name: one.precision for name, one in scores.items()}),
        ("recall", {name: one.recall for name, one in scores.items()}),
    ):
        low = {name: one for name, one in shares.items() if one is None or one < MATCHED}
        yield Verdict(
            f"{what} of `booked` at least {share(MATCHED)} in {', '.join(shares)}",
            ", ".join(share(one) for one in shares.values()),
            holds=not low,
            missed="; ".join(f"{name} {share(one)}" for name, one in low.items()),
        )


def target_table(first: list[Verdict], all_of_them: list[Verdict]) -> Iterator[str]:
    """The targets, and what the same figures are with the scenarios that joined later.

    The missing ones of ``first`` are named; those that joined later have their own lines in all tables.
    """
    yield "| target | reached | holds | not in | with the later scenarios |"
    yield "|:---|:---|:---|:---|:---|"
    for one, wider in zip(first, all_of_them, strict=True):
        holds = "yes" if one.holds else "**no**"
        yield f"| {one.target} | {one.reached} | {holds} | {one.missed or '–'} | {wider.reached} |"


def summary(verdicts: list[Verdict], rule: str) -> str:
    """One sentence that says how many hold."""
    held = sum(one.holds for one in verdicts)
    if held == len(verdicts):
        return f"All {held} targets hold for `{rule}`."
    return f"{held} of {len(verdicts)} targets hold for `{rule}`; where one does not, the table says in which scenarios."
