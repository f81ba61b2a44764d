"""When people book: hours and weekdays of the booking itself."""

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
from amtspuls.analysis.estimate import refusal_of
from amtspuls.analysis.grouping import By, Watched, count_events
from amtspuls.analysis.observed import observe
from amtspuls.analysis.transitions import RULE


def compute_booking_times(watched: Sequence[Watched], by: By) -> Figures:
    """Count bookings by local time, per covered hour.

    A booking found across a gap has no known hour: it counts as ``untimed`` and nowhere else. Shares are those of
    rates, so that an hour that was seldom watched does not look little wanted.
    """
    bookings = [one.bookings(by) for one in watched]
    counts = count_events(
        watched,
        by,
        {"all": bookings, "bookings": [events.only(events.timed) for events in bookings]},
    )
    rows = observe(watched, by)
    rates = {
        label: counts[label]["bookings"] / observed.covered_hours
        for label, observed in rows.items()
        if observed.covered_hours and not refusal_of(observed)
    }
    whole = sum(rates.values())
    figures = {}
    for label, observed in rows.items():
        number, rate = counts[label]["bookings"], rates.get(label)
        figures[label] = {
            "bookings": number,
            "share": rate / whole if rate is not None and whole else None,
            "covered_hours": observed.covered_hours,
            "bookings_per_hour": rate,
            "untimed": counts[label]["all"] - number,
        }
    return figures


def _say(row: Row) -> str:
    across = row["untimed"] or 0
    # Estimates need not be whole: what rounds to nothing is not worth a word.
    untimed = f" ({across:.0f} more across gaps, hour unknown)" if across >= 0.5 else ""
    rate = row["bookings_per_hour"]
    hourly = "" if rate is None else f", {rate:.1f} per covered hour and portal"
    return f"{count_of(row['bookings'], 'booking')} at a known hour{untimed}{hourly}, {measured_in(row)}"


MEASURE = Measure(
    name="booking-times",
    question="When do people book: hour, weekday or day of the booking.",
    by=(By.HOUR, By.WEEKDAY, By.DAY, By.WEEK, By.ALL),
    columns=(
        Column("bookings", "bookings", Unit.COUNT, estimated=True),
        Column("share", "share of rates, %", Unit.SHARE, estimated=True),
        Column("covered_hours", "covered hours", Unit.HOURS, always=True),
        Column("bookings_per_hour", "bookings per covered hour", Unit.PER_HOUR, estimated=True),
        Column("untimed", "hour unknown", Unit.COUNT, estimated=True),
        REFUSED,
    ),
    compute=compute_booking_times,
    say=_say,
    rule=RULE,
    formula=(
        "per hour = bookings at a known time of the row / covered hours of the row\n"
        "share = per hour of the row / sum of per hour over all rows: the share if all had been watched equally long"
    ),
    source=(
        "Rates per watched time are the usual correction for uneven observation in event counts; "
        "docs/reference/measures.md#booking-times."
    ),
    caveats=(
        "A booking found across a gap has no known hour: it is only in the column for those.",
        "Portals that update every few hours show bookings at the time of their update.",
    ),
)
