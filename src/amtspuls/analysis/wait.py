"""How long a citizen waits: days to the first and to the third free start, over covered moments.

A moment without a free start counts with an infinite wait. It is never dropped: otherwise an office
would look the better the more often it had nothing to offer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, days_text, measured_in
from amtspuls.analysis.base import per_cent as percent
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.localtime import DAY_S, Ints, day_of
from amtspuls.analysis.moments import gather
from amtspuls.analysis.quantiles import weighted_quantile
from amtspuls.model import Outcome

RULE = "free-starts-1"
"""Every free start counts as a place to book, whatever the service takes."""

RANKS = {"first": 1, "third": 3}
_BLOCK = 96
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


_FOUND: WeakKeyDictionary[Watched, Waits] = WeakKeyDictionary()


def find_waits(one: Watched) -> Waits:
    """Return the wait at every covered moment of a portal; worked out once."""
    if one not in _FOUND:
        _FOUND[one] = _work_out(one)
    return _FOUND[one]


def _work_out(one: Watched) -> Waits:
    covered, evidence = one.covered, one.evidence
    starts = {name: np.full(len(covered.view), np.inf) for name in RANKS}
    spans = evidence.spans
    for number in one.calendars:
        mine = np.flatnonzero(covered.calendar == number)
        owned = np.flatnonzero(spans.calendar == number)
        owned = owned[np.argsort(evidence.span_start_s[owned], kind="stable")]
        columns = spans.opened_at[owned], spans.closed_at[owned], evidence.span_start_s[owned]
        for begin in range(0, len(mine), _BLOCK):
            block = mine[begin : begin + _BLOCK]
            for name, found in _free_starts(covered.from_s[block], *columns).items():
                starts[name][block] = found
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


def _free_starts(
    moments: Ints, opened_at: Ints, closed_at: Ints, start_s: Ints
) -> dict[str, Floats]:
    """Instant of the k-th free start at each moment; infinite where there are fewer.

    Args:
        moments: Ascending.
        opened_at: Of spans in the order of their starts.
        closed_at: As well.
        start_s: As well.
    """
    near = (opened_at <= moments[-1]) & (closed_at > moments[0]) & (start_s > moments[0])
    opened_at, closed_at, start_s = opened_at[near], closed_at[near], start_s[near]
    at = moments[:, None]
    ranks = np.cumsum((opened_at <= at) & (closed_at > at) & (start_s > at), axis=1, dtype=np.int32)
    found = {}
    for name, rank in RANKS.items():
        place = (ranks < rank).sum(axis=1)
        found[name] = np.append(start_s.astype(np.float64), np.inf)[place]
    return found


def _known_until(one: Watched, local_s: Ints) -> Floats:
    """Up to which instant each moment's view knows everything: without end where it is whole.

    A partial view knows the days from its own day on, up to the first one that it did not cover.
    """
    evidence, covered = one.evidence, one.covered
    until = np.full(len(covered.view), np.inf)
    partial = evidence.views.outcome[covered.view] == Outcome.PARTIAL.value
    if partial.any():
        days = evidence.covered_days.end_of_run(covered.view[partial], day_of(local_s[partial]))
        until[partial] = evidence.offsets.start_of_slots(days * (DAY_S // 60))
    return until


def compute_waits(watched: Sequence[Watched], by: By) -> Figures:
    """Describe the waits by row; every covered second of every calendar weighs the same."""
    rows = gather(watched, by, find_waits, Waits)
    return {label: _describe(waits) for label, waits in rows.items()}


def _describe(waits: Waits) -> dict[str, float | str | None]:
    row: dict[str, float | str | None] = {}
    for name, days in (("first", waits.first_days), ("third", waits.third_days)):
        known = ~np.isnan(days)
        beyond = _horizon(waits.horizon_days[known & np.isinf(days)])
        for title, share in _SHARES.items():
            value = weighted_quantile(days[known], waits.weight_s[known].astype(float), share)
            row[f"{title}_{name}_days"] = f"> {beyond}" if value == math.inf else value
    known = ~np.isnan(waits.first_days)
    total_s = int(waits.weight_s[known].sum())
    none_s = int(waits.weight_s[known & np.isinf(waits.first_days)].sum())
    row["none_share"] = none_s / total_s if total_s else None
    in_all_s = int(waits.weight_s.sum())
    row["unknown_share"] = 1 - total_s / in_all_s if in_all_s else None
    return row


def _horizon(days: Floats) -> int:
    """Whole days that even the shortest look ahead without enough slots reached."""
    return int(days.min(initial=np.inf)) if len(days) else 0


def _say(row: Row) -> str:
    if row["median_first_days"] is None:
        return f"the wait is unknown, {measured_in(row)}"
    none = row["none_share"]
    empty = f"; no free slot in {percent(none)} of it" if none else ""
    return (
        f"median wait {days_text(row['median_first_days'])} days "
        f"(third free slot {days_text(row['median_third_days'])}), {measured_in(row)}{empty}"
    )


MEASURE = Measure(
    name="wait",
    question="How long is the wait: days to the first and the third free slot.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.HOUR, By.WEEKDAY, By.DAY, By.WEEK),
    columns=(
        Column("median_first_days", "first slot, median days", Unit.DAYS),
        Column("p10_first_days", "10 % of the time within", Unit.DAYS),
        Column("p90_first_days", "90 % of the time within", Unit.DAYS),
        Column("median_third_days", "third slot, median days", Unit.DAYS),
        Column("p10_third_days", "10 % within", Unit.DAYS),
        Column("p90_third_days", "90 % within", Unit.DAYS),
        Column("none_share", "no slot, % of time", Unit.SHARE),
        Column("unknown_share", "unclear, % of time", Unit.SHARE),
    ),
    compute=compute_waits,
    say=_say,
    rule=RULE,
    about_changes=False,
    formula=(
        "first wait = x1 - t, third wait = x3 - t at each covered moment t, x1 < x2 < ... being the free starts after t\n"
        "median, 10 and 90 %: over all covered moments, weighed by the time they stand for\n"
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
    ),
)
