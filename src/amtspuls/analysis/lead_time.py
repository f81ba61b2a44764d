"""How long before their slots people book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.base import (
    REFUSED,
    Column,
    Figures,
    Measure,
    Row,
    Unit,
    count_of,
    days_text,
    measured_in,
)
from amtspuls.analysis.grouping import By, Label, Watched
from amtspuls.analysis.localtime import DAY_S
from amtspuls.analysis.quantiles import weighted_quantile
from amtspuls.analysis.transitions import RULE


def compute_lead_times(watched: Sequence[Watched], by: By) -> Figures:
    """Describe the days from booking to slot."""
    parts: dict[Label, list[NDArray[np.float64]]] = defaultdict(list)
    for one in watched:
        bookings = one.bookings(by)
        keys = one.keys_of(by, bookings)
        rows = np.stack((bookings.lead_s / DAY_S, bookings.weight))
        for key in np.unique(keys).tolist():
            parts[one.label(by, key)].append(rows[:, keys == key])
    return {label: _describe(*np.concatenate(rows, axis=1)) for label, rows in parts.items()}


def _describe(days: NDArray[np.float64], weight: NDArray[np.float64]) -> dict[str, float | None]:
    return {
        "bookings": float(weight.sum()),
        "mean_days": float(np.average(days, weights=weight)),
        "p10_days": weighted_quantile(days, weight, 0.1),
        "median_days": weighted_quantile(days, weight, 0.5),
        "p90_days": weighted_quantile(days, weight, 0.9),
    }


def _say(row: Row) -> str:
    if not row["bookings"]:
        return f"no booking was seen, {measured_in(row)}"
    half = days_text(row["median_days"])
    return (
        f"half of {count_of(row['bookings'], 'booking')} were made "
        f"{'' if half.startswith('under') else 'at most '}{half} days before the slot "
        f"(mean {days_text(row['mean_days'])}), "
        f"{measured_in(row)}"
    )


MEASURE = Measure(
    name="lead-time",
    question="How many days before the slot do people book.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.DAY, By.WEEK),
    columns=(
        Column("bookings", "bookings", Unit.COUNT, estimated=True),
        Column("mean_days", "mean, days", Unit.DAYS, estimated=True),
        Column("p10_days", "10 % within, days", Unit.DAYS, estimated=True),
        Column("median_days", "half within (median), days", Unit.DAYS, estimated=True),
        Column("p90_days", "90 % within, days", Unit.DAYS, estimated=True),
        REFUSED,
    ),
    compute=compute_lead_times,
    say=_say,
    rule=RULE,
    formula=(
        "lead time = start of the slot - time of the booking, in days\n"
        "mean, and the least value within which 10, 50 and 90 % of the bookings lie, by weight"
    ),
    source=(
        "Known as booking window or reservation window in hospitality; Berlin's administration publishes the same "
        "as the mean time from booking to appointment. docs/reference/measures.md#lead-time."
    ),
    caveats=(
        "It is not the wait: who plans ahead books far ahead although an earlier slot is free.",
        "It cannot exceed how far ahead the portal lets people book; read it beside the horizon.",
    ),
)
