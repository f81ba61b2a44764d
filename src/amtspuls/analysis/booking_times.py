"""When people book: hours and weekdays of the booking itself."""

from __future__ import annotations

from collections.abc import Sequence

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, count_of, measured_in
from amtspuls.analysis.grouping import By, Watched, count_events, observe
from amtspuls.analysis.transitions import RULE


def compute_booking_times(watched: Sequence[Watched], by: By) -> Figures:
    """Count bookings by local time, per covered hour.

    A booking found across a gap has no known hour: it counts as ``untimed`` and nowhere else.
    """
    bookings = [one.bookings(by) for one in watched]
    counts = count_events(
        watched,
        by,
        {"all": bookings, "bookings": [events.only(events.timed) for events in bookings]},
    )
    rows = observe(watched, by)
    timed = sum(count["bookings"] for count in counts.values())
    figures = {}
    for label, observed in rows.items():
        number, hours = counts[label]["bookings"], observed.covered_hours
        figures[label] = {
            "bookings": number,
            "share": number / timed if timed else None,
            "covered_hours": hours,
            "bookings_per_hour": number / hours if hours else None,
            "untimed": counts[label]["all"] - number,
        }
    return figures


def _say(row: Row) -> str:
    untimed = f" ({row['untimed']} more across gaps, hour unknown)" if row["untimed"] else ""
    rate = row["bookings_per_hour"]
    hourly = "" if rate is None else f", {rate:.1f} per covered hour and portal"
    return f"{count_of(row['bookings'], 'booking')} at a known hour{untimed}{hourly}, {measured_in(row)}"


MEASURE = Measure(
    name="booking-times",
    question="When do people book: hour, weekday or day of the booking.",
    by=(By.HOUR, By.WEEKDAY, By.DAY, By.WEEK, By.ALL),
    columns=(
        Column("bookings", "bookings", Unit.COUNT),
        Column("share", "% of all", Unit.SHARE),
        Column("covered_hours", "covered hours", Unit.HOURS, always=True),
        Column("bookings_per_hour", "bookings per covered hour", Unit.PER_HOUR),
        Column("untimed", "hour unknown", Unit.COUNT),
    ),
    compute=compute_booking_times,
    say=_say,
    rule=RULE,
    formula=(
        "share = bookings at a known time of the row / all bookings at a known time\n"
        "per hour = bookings of the row / covered hours of the row"
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
