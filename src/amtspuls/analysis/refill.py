"""How many cancelled slots are booked again, and how fast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from amtspuls.analysis.base import (
    REFUSED,
    Column,
    Figures,
    Measure,
    Row,
    Unit,
    after_text,
    count_of,
    measured_in,
)
from amtspuls.analysis.base import per_cent as percent
from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.events import Events
from amtspuls.analysis.following import last_seen, next_rows, pair_codes
from amtspuls.analysis.grouping import By, Label, Watched
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.localtime import DAY_S, HOUR_S, Ints
from amtspuls.analysis.once import once
from amtspuls.analysis.survival import estimate_survival, median_text
from amtspuls.analysis.transitions import RULE

_WEEK_S = 7 * DAY_S


class Reopened(NamedTuple):
    """Slots that cancellations gave back, one row each; all arrays have shape (n,).

    Attributes:
        calendar: Number of the calendar.
        at: Instant of the snapshot that showed the slot again.
        weight: For how many cancellations the row stands.
        lasted_s: For how long the slot was followed from ``at`` on.
        booked: Whether it was booked then.
        lapsed: Whether it began or was taken away then, unbooked; neither means that the data end.
    """

    calendar: Ints
    at: Ints
    weight: Floats
    lasted_s: Ints
    booked: Bools
    lapsed: Bools

    def only(self, chosen: Bools) -> Reopened:
        """The chosen rows."""
        return Reopened._make(column[chosen] for column in self)


def find_reopened(one: Watched, by: By) -> Reopened:
    """Follow every cancelled slot until it is booked again, begins, is taken away, or the data end.

    A hold that ends without a booking interrupts nothing, nor does a page that loses the slot for a while. Of a
    cancellation that opened several start times the first is followed.

    Args:
        one: The portal.
        by: The grouping; by calendar, a cancellation in several calendars is in each.
    """
    return reopened_by_calendar(one) if by.of_calendar else reopened(one)


@once
def reopened(one: Watched) -> Reopened:
    """As ``find_reopened``, each cancellation once; worked out once."""
    return _follow(one, one.transitions.cancellations)


@once
def reopened_by_calendar(one: Watched) -> Reopened:
    """As ``find_reopened``, each cancellation once for each calendar; worked out once."""
    return _follow(one, one.transitions.cancellations_by_calendar)


def _follow(one: Watched, slots: Events) -> Reopened:
    closings = one.lasting_closings
    wanted, codes = pair_codes((slots.calendar, slots.slot), (closings.calendar, closings.slot))
    row = next_rows(codes, closings.at, wanted, slots.at)
    # One row more than there are closings: what no closing follows takes it.
    closed_at = np.append(closings.at, np.iinfo(np.int64).max)[row]
    kind = np.append(closings.kind, -1)[row]
    start_s = slots.at + slots.lead_s
    end_s = np.maximum(last_seen(one.evidence, slots.calendar), slots.at)
    until_s = np.minimum(closed_at, np.minimum(start_s, end_s))
    closed = until_s == closed_at
    booked = closed & (kind == CODES[Kind.BOOKED])
    unclear = closed & (kind == CODES[Kind.UNKNOWN])
    lapsed = (closed | (until_s == start_s)) & ~booked & ~unclear
    return Reopened(slots.calendar, slots.at, slots.weight, until_s - slots.at, booked, lapsed)


def compute_refill(watched: Sequence[Watched], by: By) -> Figures:
    """Describe what became of cancelled slots by row; a row is about cancellations, not about bookings."""
    parts: dict[Label, list[Reopened]] = defaultdict(list)
    for one in watched:
        found = find_reopened(one, by)
        keys = one.keys_of(by, one.cancellations(by))
        for key in np.unique(keys).tolist():
            parts[one.label(by, key)].append(found.only(keys == key))
    return {
        label: _describe(Reopened._make(map(np.concatenate, zip(*found, strict=True))))
        for label, found in parts.items()
    }


def _describe(found: Reopened) -> dict[str, Any]:
    curve = estimate_survival(found.lasted_s.astype(np.float64), found.booked, found.weight)
    total = float(found.weight.sum())
    booked = float(found.weight[found.booked].sum())
    lapsed = float(found.weight[found.lapsed].sum())
    return {
        "cancellations": whole(total),
        "refilled": whole(booked),
        "lapsed": whole(lapsed),
        "refilled_share": booked / total if total else None,
        "within_day_share": curve.ended_by(DAY_S) if curve else None,
        "within_week_share": curve.ended_by(_WEEK_S) if curve else None,
        "median_hours": median_text(curve, HOUR_S),
    }


def whole(number: float) -> int | float:
    """A sum of weights: an integer where it is one."""
    near = round(number)
    return near if abs(number - near) < 1e-9 else number


def _say(row: Row) -> str:
    if not row["cancellations"]:
        return f"no cancellation was seen, {measured_in(row)}"
    return (
        f"of {count_of(round(row['cancellations']), 'cancelled slot')} {percent(row['refilled_share'])} were "
        f"seen booked again; half of all cancelled ones are {after_text(row['median_hours'])}, {measured_in(row)}"
    )


MEASURE = Measure(
    name="refill",
    question="How many cancelled slots are booked again, and how fast.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.HOUR, By.WEEKDAY, By.WEEK),
    columns=(
        Column("cancellations", "cancellations", Unit.COUNT, estimated=True),
        Column("refilled", "booked again", Unit.COUNT, estimated=True),
        Column("lapsed", "never booked again", Unit.COUNT, estimated=True),
        Column("refilled_share", "seen booked again, %", Unit.SHARE, estimated=True),
        Column("within_day_share", "within a day, %", Unit.SHARE, estimated=True),
        Column("within_week_share", "within a week, %", Unit.SHARE, estimated=True),
        Column("median_hours", "half booked again after, hours", Unit.HOURS, estimated=True),
        REFUSED,
    ),
    compute=compute_refill,
    say=_say,
    rule=RULE,
    formula=(
        "each cancelled slot is followed from the snapshot that shows it again to its next booking;\n"
        "lost from sight at its start, when it is taken away, at the end of the data\n"
        "S(t) = product over all booking times t_i <= t of (1 - booked at t_i / followed up to t_i)   (Kaplan-Meier)\n"
        "within_day_share = 1 - S(24 h)   within_week_share = 1 - S(7 d)   median_hours = least t with S(t) <= 1/2\n"
        "refilled_share = refilled / cancellations"
    ),
    source=(
        "Product-limit estimate of Kaplan and Meier (1958); time to refill as the Medical Group Management Association "
        "asks its members; docs/reference/measures.md#refill."
    ),
    caveats=(
        "refilled_share is a lower bound: slots still open at the end may be booked later; the other figures allow for it.",
        "A slot that an office keeps back after a cancellation comes back late: how fast counts from its return.",
        "As good as the labels: a hold that ended, taken for a cancellation, is booked again within minutes.",
    ),
)
