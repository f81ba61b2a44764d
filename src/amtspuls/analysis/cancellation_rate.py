"""How often bookings are cancelled."""

from __future__ import annotations

from collections.abc import Sequence

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, count_of, measured_in
from amtspuls.analysis.grouping import By, Watched, count_events
from amtspuls.analysis.transitions import RULE


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
    return {
        label: {
            **count,
            "rate": count["cancellations"] / count["bookings"] if count["bookings"] else None,
        }
        for label, count in counts.items()
    }


def _say(row: Row) -> str:
    if row["rate"] is None:
        return f"no booking was seen, so there is no rate, {measured_in(row)}"
    return (
        f"{100 * row['rate']:.0f} cancellations for 100 bookings "
        f"({count_of(row['cancellations'], 'cancellation')}, {count_of(row['bookings'], 'booking')}), "
        f"{measured_in(row)}"
    )


MEASURE = Measure(
    name="cancellation-rate",
    question="How many bookings are cancelled: cancellations for each booking.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.WEEKDAY, By.DAY, By.WEEK),
    columns=(
        Column("bookings", "bookings", Unit.COUNT),
        Column("cancellations", "cancellations", Unit.COUNT),
        Column("rate", "cancellations, % of bookings", Unit.SHARE),
    ),
    compute=compute_cancellation_rate,
    say=_say,
    rule=RULE,
    formula=("rate = cancellations / bookings, both in the range"),
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
