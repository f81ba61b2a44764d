"""How often nothing is free: the share of covered moments without a slot."""

from __future__ import annotations

from collections.abc import Sequence

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, measured_in, per_cent
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.localtime import HOUR_S
from amtspuls.analysis.moments import gather, share_of
from amtspuls.analysis.stock import Stock, find_stock

RULE = "covered-days-1"
"""What a page offers is what it shows on the days that its view covers."""


def compute_zero_rate(watched: Sequence[Watched], by: By) -> Figures:
    """Say for how much of the covered time nothing was free.

    A partial view with a slot is not empty; one without is unknown, for a day may have been missed.
    """
    rows = gather(watched, by, find_stock, Stock)
    return {label: _describe(stock) for label, stock in rows.items()}


def _describe(stock: Stock) -> dict[str, float | None]:
    empty = stock.slots == 0
    known = stock.whole | ~empty
    seconds = int(stock.weight_s[known & empty].sum())
    return {
        "zero_rate": share_of(stock.weight_s[known], empty[known]),
        "zero_hours": seconds / HOUR_S if known.any() else None,
        "unknown_share": share_of(stock.weight_s, ~known),
    }


def _say(row: Row) -> str:
    share = row["zero_rate"]
    if share is None:
        return f"whether anything was free is unknown, {measured_in(row)}"
    return f"nothing free in {per_cent(share)} of the covered time, {measured_in(row)}"


MEASURE = Measure(
    name="zero-rate",
    question="How often is there nothing: share of the time without any free slot.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.HOUR, By.WEEKDAY, By.DAY, By.WEEK),
    columns=(
        Column("zero_rate", "nothing free, % of time", Unit.SHARE),
        Column("zero_hours", "hours without, over calendars", Unit.HOURS),
        Column("unknown_share", "unclear, % of time", Unit.SHARE),
    ),
    compute=compute_zero_rate,
    say=_say,
    rule=RULE,
    about_changes=False,
    about_free=True,
    formula=(
        "zero rate = covered time without a free slot / covered time in which that is known\n"
        "a failed or missing snapshot is no moment without a slot: it is not covered at all"
    ),
    source=(
        "Zero rate as the project Bürgerwecker counts it, over successful polls, here weighed by time; "
        "docs/reference/measures.md#zero-rate."
    ),
    caveats=(
        "A portal that never shows anything (closed, moved, misread) has 100 %: look at its page before writing about it.",
        "All calendars of a portal weigh the same; it may have something elsewhere while one calendar is empty.",
        "A portal that hides its days once they are full looks the same as one that offers none.",
        (
            "In imported weeks a tempus calendar that is missing counts as sold out where it had at most 3 slots left and none came "
            "back (docs/reference/measures.md#sold-out); else that time is not covered."
        ),
    ),
)
