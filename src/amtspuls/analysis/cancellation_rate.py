"""How often bookings are cancelled."""

from __future__ import annotations

from collections.abc import Sequence

from amtspuls.analysis.base import (
    REFUSED,
    Column,
    Figures,
    Measure,
    Row,
    Unit,
    count_of,
    measured_in,
)
from amtspuls.analysis.bounds import Bounds, rate_bounds
from amtspuls.analysis.estimate import estimate
from amtspuls.analysis.grouping import By, Watched, count_events
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.transitions import RULE

LEAST_BOOKINGS = 20
"""From fewer bookings no rate is told: two cancellations more or less would change it by a tenth."""


def compute_cancellation_rate(watched: Sequence[Watched], by: By) -> Figures:
    """Divide cancellations by bookings; both happened in the range, not to the same slots."""
    counts = count_events(
        watched,
        by,
        {
            "bookings": [one.bookings(by) for one in watched],
            "cancellations": [one.cancellations(by) for one in watched],
        },
    )
    booked, cancelled = (estimate(watched, kind, by) for kind in (Kind.BOOKED, Kind.CANCELLED))
    return {
        label: {**counts[label], **_rate(counts[label]["bookings"], cancelled[label], below)}
        for label, below in booked.items()
    }


def _rate(bookings: float, above: Bounds | None, below: Bounds | None) -> Row:
    """The rate with its bounds, or why there is none; counts alone say nothing where little was covered."""
    why = _refusal(bookings)
    rate = rate_bounds(above, below) if above and below and not why else None
    return {
        "rate": rate.central if rate else None,
        "rate_low": rate.low if rate else None,
        "rate_high": rate.high if rate else None,
        "refused": why,
    }


def _refusal(bookings: float) -> str:
    if not bookings:
        return "no booking"
    return f"fewer than {LEAST_BOOKINGS} bookings" if bookings < LEAST_BOOKINGS else ""


def _say(row: Row) -> str:
    if row["rate"] is None:
        why = "no booking was seen" if row["refused"] == "no booking" else row["refused"]
        return f"{why}, so there is no rate, {measured_in(row)}"
    most = "any number" if row["rate_high"] is None else f"{100 * row['rate_high']:.0f}"
    return (
        f"{100 * row['rate']:.0f} cancellations for 100 bookings ({100 * row['rate_low']:.0f} to {most}; "
        f"{count_of(row['cancellations'], 'cancellation')}, {count_of(row['bookings'], 'booking')}), "
        f"{measured_in(row)}"
    )


MEASURE = Measure(
    name="cancellation-rate",
    question="How many bookings are cancelled: cancellations for each booking.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.WEEKDAY, By.DAY, By.WEEK),
    columns=(
        Column("bookings", "bookings", Unit.COUNT, estimated=True),
        Column("cancellations", "cancellations", Unit.COUNT, estimated=True),
        Column("rate", "cancellations, % of bookings", Unit.SHARE, estimated=True),
        Column("rate_low", "rate, at least, %", Unit.SHARE, estimated=True),
        Column("rate_high", "rate, at most, %", Unit.SHARE, estimated=True),
        REFUSED,
    ),
    compute=compute_cancellation_rate,
    say=_say,
    rule=RULE,
    formula=(
        "rate = cancellations / bookings, both in the range\n"
        "rate_low = least cancellations / most bookings   rate_high = most cancellations / least bookings\n"
        f"refused below {LEAST_BOOKINGS} bookings, and where less than half of the time was covered"
    ),
    source=(
        "Cancellation rate as health care counts it (cancelled / booked appointments, no-shows apart), here from outside; "
        "docs/reference/measures.md#cancellation-rate."
    ),
    caveats=(
        "Not the same slots: a cancellation may belong to a booking before the range.",
        "No-shows cannot be seen. A slot that an office keeps back after a cancellation is seen late or never.",
        "How long a portal holds a slot for somebody who then gives up differs between systems and moves this rate.",
    ),
)
