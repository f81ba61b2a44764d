"""How much is free: slots, and days with at least one, over covered time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, measured_in
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.moments import gather, share_of
from amtspuls.analysis.quantiles import weighted_quantile
from amtspuls.analysis.stock import Stock, find_stock
from amtspuls.analysis.zero_rate import RULE


def compute_free_stock(watched: Sequence[Watched], by: By) -> Figures:
    """Describe the stock of a calendar; moments of partial views are left out, since it may be larger."""
    rows = gather(watched, by, find_stock, Stock)
    return {label: _describe(stock) for label, stock in rows.items()}


def _describe(stock: Stock) -> dict[str, float | None]:
    row: dict[str, float | None] = {}
    weights = stock.weight_s[stock.whole].astype(np.float64)
    for name, counts in (("slots", stock.slots), ("days", stock.days)):
        values = counts[stock.whole].astype(np.float64)
        heaped = float(weights.sum())
        row[f"mean_{name}"] = float((values * weights).sum()) / heaped if heaped else None
        row[f"median_{name}"] = weighted_quantile(values, weights, 0.5)
    row["unknown_share"] = share_of(stock.weight_s, ~stock.whole)
    return row


def _say(row: Row) -> str:
    if row["median_slots"] is None:
        return f"how much was free is unknown, {measured_in(row)}"
    return (
        f"at half of the moments a calendar had at most {row['median_slots']:.0f} free slots "
        f"(mean {row['mean_slots']:.1f}) on {row['median_days']:.0f} days "
        f"(mean {row['mean_days']:.1f}), {measured_in(row)}"
    )


MEASURE = Measure(
    name="free-stock",
    question="How much is free: slots of a calendar, and days with at least one.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.HOUR, By.WEEKDAY, By.DAY, By.WEEK),
    columns=(
        Column("mean_slots", "free slots, mean", Unit.SLOTS),
        Column("median_slots", "free slots, median", Unit.SLOTS),
        Column("mean_days", "days with a slot, mean", Unit.DAYS),
        Column("median_days", "days with a slot, median", Unit.DAYS),
        Column("unknown_share", "not read whole, % of time", Unit.SHARE),
    ),
    compute=compute_free_stock,
    say=_say,
    rule=RULE,
    about_changes=False,
    about_free=True,
    formula=(
        "free slots of a calendar at a covered moment, counted on the days that its view covers\n"
        "days = different local days among them\n"
        "mean and median over the covered moments of all calendars, weighed by the time they stand for"
    ),
    source=(
        "Free stock as vaccination trackers and the project Bürgerwecker show it; that days are the fairer count is "
        "said there too. docs/reference/measures.md#free-stock."
    ),
    caveats=(
        "Slots must not be compared between portals: one system shows every 5 minutes of every desk, another full hours.",
        "Days with at least one slot are comparable, within the horizon that both portals show.",
        "Figures are those of one calendar, not sums: calendars of one portal often show the same desks.",
        "A longer service leaves fewer starts free: the stock depends on the service that was asked.",
        (
            "In imported weeks a tempus calendar that is missing counts as sold out where it had at most 3 slots left and none came "
            "back (docs/reference/measures.md#sold-out); else that time is not covered."
        ),
    ),
)
