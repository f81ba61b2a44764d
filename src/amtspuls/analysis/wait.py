"""How long a citizen waits: days to the first and to the third free start, over covered moments.

A moment without a free start counts with an infinite wait. It is never dropped: otherwise an office
would look the better the more often it had nothing to offer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, days_text, measured_in
from amtspuls.analysis.base import per_cent as percent
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.localtime import DAY_S, Ints, day_of
from amtspuls.analysis.lowest import find_lowest
from amtspuls.analysis.moments import gather
from amtspuls.analysis.once import once
from amtspuls.analysis.quantiles import weighted_quantiles
from amtspuls.analysis.shown import shown_of
from amtspuls.analysis.standing import Standing, find_standing
from amtspuls.model import Outcome

RULE = "free-starts-1"
"""Every free start counts as a place to book, whatever the service takes."""

RANKS = {"first": 1, "third": 3}
_SHARES = {"p10": 0.1, "median": 0.5, "p90": 0.9}

Floats = NDArray[np.float64]


class Waits(NamedTuple):
    """Waits at covered moments of one portal; all arrays have shape (n,).

    Attributes:
        calendar: Number of the calendar.
        at: The moment, Unix seconds.
        weight_s: Seconds that it stands for.
        first_days: Days to the first free start; infinite where there is none, NaN where the days up
            to it were not all covered (only in partial views).
        third_days: The same to the third.
        horizon_days: Days from the moment to the end of the last covered day.
        known_days: Days from the moment for which everything is known; infinite for a whole view.
    """

    calendar: Ints
    at: Ints
    weight_s: Ints
    first_days: Floats
    third_days: Floats
    horizon_days: Floats
    known_days: Floats


@once
def find_waits(one: Watched) -> Waits:
    """Return the wait at every covered moment of a portal; worked out once."""
    covered, evidence = shown_of(one), one.evidence
    starts = free_starts(find_standing(one), evidence.span_start_s, len(covered.view))
    local_s = evidence.offsets.to_local(covered.from_s)
    known_until = _known_until(one, local_s)
    days = {
        name: np.where(found < known_until, (found - covered.from_s) / DAY_S, np.nan)
        for name, found in starts.items()
    }
    for name, found in starts.items():
        days[name][np.isinf(found) & np.isinf(known_until)] = np.inf
    end_s = evidence.covered_days.end_of_all(covered.view).astype(np.float64) * DAY_S
    horizon = np.maximum(0.0, (end_s - local_s) / DAY_S)
    return Waits(
        covered.calendar,
        covered.from_s,
        covered.seconds,
        days["first"],
        days["third"],
        horizon,
        (known_until - covered.from_s) / DAY_S,
    )


def free_starts(standing: Standing, start_s: Ints, moments: int) -> dict[str, Floats]:
    """Instant of the k-th free start at each moment; infinite where there are fewer.

    Args:
        standing: The spans that are open at some of the moments.
        start_s: Instants at which the slots of all spans begin.
        moments: How many moments there are.
    """
    order = np.argsort(start_s[standing.spans], kind="stable")
    found = find_lowest(standing.first[order], standing.after[order], moments, max(RANKS.values()))
    begins = np.append(start_s[standing.spans[order]].astype(np.float64), np.inf)
    return {name: begins[found[rank - 1]] for name, rank in RANKS.items()}


def _known_until(one: Watched, local_s: Ints) -> Floats:
    """Up to which instant each moment's view knows everything: without end where it is whole.

    A partial view knows the days from its own day on, up to the first one that it did not cover.
    """
    evidence, covered = one.evidence, shown_of(one)
    until = np.full(len(covered.view), np.inf)
    partial = evidence.views.outcome[covered.view] == Outcome.PARTIAL.value
    if partial.any():
        days = evidence.covered_days.end_of_run(covered.view[partial], day_of(local_s[partial]))
        until[partial] = evidence.offsets.start_of_slots(days * (DAY_S // 60))
    return until


def compute_waits(watched: Sequence[Watched], by: By) -> Figures:
    """Describe the waits by row; every covered second of every calendar weighs the same."""
    rows = gather(watched, by, find_waits, Waits)
    return {label: describe_waits(waits) for label, waits in rows.items()}


def describe_waits(waits: Waits) -> dict[str, float | str | None]:
    """The figures of one row by column: quantiles in days, or ``> N``, the horizon, and shares."""
    row: dict[str, float | str | None] = {}
    least = np.zeros(len(_SHARES))
    for name, days in (("first", waits.first_days), ("third", waits.third_days)):
        values, certain = _quantiles(waits, days)
        # The third start is never before the first, nor a quantile below that of a smaller share.
        least = np.maximum.accumulate(np.maximum(least, certain))
        for title, value, days_at_least in zip(_SHARES, values, least.tolist(), strict=True):
            beyond = value == math.inf
            row[f"{title}_{name}_days"] = f"> {round(days_at_least, 1):g}" if beyond else value
    weights = waits.weight_s.astype(np.float64)
    (row["horizon_days"],) = weighted_quantiles(waits.horizon_days, weights, (0.5,))
    known = ~np.isnan(waits.first_days)
    total_s = int(waits.weight_s[known].sum())
    none_s = int(waits.weight_s[known & np.isinf(waits.first_days)].sum())
    row["none_share"] = none_s / total_s if total_s else None
    in_all_s = int(waits.weight_s.sum())
    row["unknown_share"] = 1 - total_s / in_all_s if in_all_s else None
    return row


def _quantiles(waits: Waits, days: Floats) -> tuple[list[float | None], list[float]]:
    """Quantiles of the known waits, and for each what it is at least for certain, in days.

    A moment without enough starts makes certain that the wait is longer than the days that were looked
    at. Of the quantiles that fall on such moments only whole days are told.
    """
    known = ~np.isnan(days)
    weights, shares = waits.weight_s[known].astype(np.float64), tuple(_SHARES.values())
    values = weighted_quantiles(days[known], weights, shares)
    if math.inf not in values:
        return values, [value or 0.0 for value in values]
    reached = np.where(np.isinf(days), waits.horizon_days, days)[known]
    bounds = weighted_quantiles(reached, weights, shares)
    return values, [
        float(math.floor(bound or 0.0)) if value == math.inf else value or 0.0
        for value, bound in zip(values, bounds, strict=True)
    ]


def _say(row: Row) -> str:
    if row["median_first_days"] is None:
        return f"the wait is unknown, {measured_in(row)}"
    none = row["none_share"]
    empty = f"; no free slot in {percent(none)} of it" if none else ""
    looked = f"looked {days_text(row['horizon_days'])} days ahead"
    if row["median_first_days"] == "> 0":
        return f"median wait longer than the page showed ({looked}), {measured_in(row)}{empty}"
    return (
        f"median wait {days_text(row['median_first_days'])} days "
        f"(third free slot {days_text(row['median_third_days'])}; {looked}), {measured_in(row)}{empty}"
    )


MEASURE = Measure(
    name="wait",
    question="How long is the wait: days to the first and the third free slot.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.HOUR, By.WEEKDAY, By.DAY, By.WEEK),
    columns=(
        Column("median_first_days", "first slot, median days", Unit.DAYS),
        Column("p10_first_days", "first slot, 10 % of the time within", Unit.DAYS),
        Column("p90_first_days", "first slot, 90 % of the time within", Unit.DAYS),
        Column("median_third_days", "third slot, median days", Unit.DAYS),
        Column("p10_third_days", "third slot, 10 % of the time within", Unit.DAYS),
        Column("p90_third_days", "third slot, 90 % of the time within", Unit.DAYS),
        Column("horizon_days", "looked ahead, median days", Unit.DAYS),
        Column("none_share", "no slot, % of time", Unit.SHARE),
        Column("unknown_share", "unclear, % of time", Unit.SHARE),
    ),
    compute=compute_waits,
    say=_say,
    rule=RULE,
    about_changes=False,
    about_free=True,
    formula=(
        "first wait = x1 - t, third wait = x3 - t at each covered moment t, x1 < x2 < ... being the free starts after t\n"
        "median, 10 and 90 %: over all covered moments, weighed by the time they stand for\n"
        "horizon = end of the last covered day - t, its median over the same moments\n"
        "a moment with too few starts counts as longer than the horizon, it is never left out"
    ),
    source=(
        "Third next available appointment (TNAA) of the Institute for Healthcare Improvement, taken at every moment instead of "
        "once a week; the first free start is what the US State Department publishes as next available. "
        "docs/reference/measures.md#wait."
    ),
    caveats=(
        "Every free start counts as a place to book. On a grid of 5 minutes the third start is hardly later than the first.",
        "A portal that shows 14 days ahead cannot have a wait of 20: a short horizon makes figures look better.",
        "For a longer service fewer starts are free: compare portals only where the same service was asked.",
        (
            "In imported weeks a tempus calendar that is missing counts as sold out where it had at most 3 slots left and none came "
            "back (docs/reference/measures.md#sold-out); else that time is not covered."
        ),
    ),
)
