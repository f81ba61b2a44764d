"""How often a slot is to be had soon: the share of covered moments with one within some days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, measured_in, per_cent
from amtspuls.analysis.changes import Floats
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.moments import gather, share_of
from amtspuls.analysis.wait import RULE, Waits, find_waits

TARGETS = (1, 3, 7, 14, 28)
"""Days within which a slot is looked for."""
TARGET = 14
"""Days within which Berlin promised its people an appointment."""


def compute_within_target(watched: Sequence[Watched], by: By) -> Figures:
    """Say for how much of the covered time a slot was free within each number of days."""
    rows = gather(watched, by, find_waits, Waits)
    return {label: _describe(waits) for label, waits in rows.items()}


def _describe(waits: Waits) -> dict[str, float | None]:
    row = {f"within_{days}_days": _share(waits, waits.first_days, days) for days in TARGETS}
    row["third_within_14_days"] = _share(waits, waits.third_days, TARGET)
    unknown = np.isnan(waits.first_days) & (waits.known_days < TARGET)
    row["unknown_share"] = share_of(waits.weight_s, unknown)
    return row


def _share(waits: Waits, wait_days: Floats, target: int) -> float | None:
    """Share of the moments at which it is known whether the wait is within the target.

    Where the first slot is unknown since a day before it was not read, it is still known to be later
    than the days that were read.
    """
    known = ~np.isnan(wait_days) | (waits.known_days >= target)
    # A comparison with NaN is False: later than the target, where that is known.
    return share_of(waits.weight_s[known], wait_days[known] <= target)


def _say(row: Row) -> str:
    share = row["within_14_days"]
    if share is None:
        return f"whether a slot was near is unknown, {measured_in(row)}"
    return (
        f"a slot within {TARGET} days in {per_cent(share)} of the covered time, "
        f"within 3 days in {per_cent(row['within_3_days'])}, {measured_in(row)}"
    )


MEASURE = Measure(
    name="within-target",
    question="How often is a slot to be had soon: share of the time with one within 1, 3, 7, 14 and 28 days.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.HOUR, By.WEEKDAY, By.DAY, By.WEEK),
    columns=(
        *(
            Column(f"within_{days}_days", f"within {days} d, % of time", Unit.SHARE)
            for days in TARGETS
        ),
        Column("third_within_14_days", "3 slots within 14 d, % of time", Unit.SHARE),
        Column("unknown_share", "unclear (14 d), % of time", Unit.SHARE),
    ),
    compute=compute_within_target,
    say=_say,
    rule=RULE,
    about_changes=False,
    about_free=True,
    formula=(
        "share within N days = covered time with first wait <= N / covered time in which that is known\n"
        "first and third wait as in the measure wait; a moment without a slot counts as not within"
    ),
    source=(
        "Berlin's target of an appointment within 14 days (Senate of Berlin); its published share counts requests, "
        "this one moments. docs/reference/measures.md#within-target."
    ),
    caveats=(
        "The time of day counts evenly: a slot that is only there at night lifts the share, although few look then.",
        "A portal that shows 7 days ahead has nothing between 7 and 28 days: it is bookable within 7 days or not at all.",
        "Every free start counts as a place to book, whatever the service takes: compare where the same service was asked.",
        "All calendars of a portal weigh the same; a person who takes any of them is served more often.",
        (
            "In imported weeks a tempus calendar that is missing counts as sold out where it had at most 3 slots left and none came "
            "back (docs/reference/measures.md#sold-out); else that time is not covered."
        ),
    ),
)
