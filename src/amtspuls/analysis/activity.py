"""How busy is it: bookings, cancellations and openings."""

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
    range_of,
)
from amtspuls.analysis.estimate import estimate
from amtspuls.analysis.grouping import By, Watched, count_events
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.observed import observe
from amtspuls.analysis.transitions import RULE


def compute_activity(watched: Sequence[Watched], by: By) -> Figures:
    """Count what happened, and divide what happened at a known time by the covered hours."""
    bookings = [one.bookings(by) for one in watched]
    cancellations = [one.cancellations(by) for one in watched]
    counts = count_events(
        watched,
        by,
        {
            "bookings": bookings,
            "cancellations": cancellations,
            "openings": [one.transitions.openings.on_sight for one in watched],
            "timed_bookings": [events.only(events.timed) for events in bookings],
            "timed_cancellations": [events.only(events.timed) for events in cancellations],
        },
    )
    bounds = {kind: estimate(watched, kind, by) for kind in (Kind.BOOKED, Kind.CANCELLED)}
    figures = {}
    for label, observed in observe(watched, by).items():
        row: dict[str, float | None] = dict(counts[label])
        for name, kind in (("bookings", Kind.BOOKED), ("cancellations", Kind.CANCELLED)):
            found = bounds[kind][label]
            row[f"{name}_low"] = found.low if found else None
            row[f"{name}_high"] = found.high if found else None
        hours = observed.covered_hours
        for name in ("bookings", "cancellations"):
            timed = counts[label][f"timed_{name}"]
            row[f"{name}_per_hour"] = timed / hours if hours else None
            del row[f"timed_{name}"]
        figures[label] = row
    return figures


def _say(row: Row) -> str:
    rate = row["bookings_per_hour"]
    hourly = "" if rate is None else f" ({rate:.1f} bookings per covered hour and portal)"
    return (
        f"{range_of(row, 'bookings')}, {range_of(row, 'cancellations')} "
        f"and {count_of(row['openings'], 'opening')}{hourly}, {measured_in(row)}"
    )


MEASURE = Measure(
    name="activity",
    question="How busy is it: bookings, cancellations and openings.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.HOUR, By.WEEKDAY, By.DAY, By.WEEK),
    columns=(
        Column("bookings", "bookings", Unit.COUNT, estimated=True),
        Column("bookings_low", "bookings, at least", Unit.COUNT, estimated=True),
        Column("bookings_high", "bookings, at most", Unit.COUNT, estimated=True),
        Column("cancellations", "cancellations", Unit.COUNT, estimated=True),
        Column("cancellations_low", "cancellations, at least", Unit.COUNT, estimated=True),
        Column("cancellations_high", "cancellations, at most", Unit.COUNT, estimated=True),
        Column("openings", "openings seen", Unit.COUNT),
        Column("bookings_per_hour", "bookings per covered hour", Unit.PER_HOUR, estimated=True),
        Column(
            "cancellations_per_hour",
            "cancellations per covered hour",
            Unit.PER_HOUR,
            estimated=True,
        ),
        REFUSED,
    ),
    compute=compute_activity,
    say=_say,
    rule=RULE,
    formula=(
        "bookings = sum of the weights of all bookings in the range; cancellations and openings likewise\n"
        "per hour = those whose hour is known / covered hours, a portal with several calendars counting once"
    ),
    source=(
        "The count of vanished and returned slots goes back to the predecessor of this project, office-schedule-data; "
        "what counts as a booking is docs/reference/measures.md#rule."
    ),
    caveats=(
        "Bookings are those visible online: telephone and counter never appear.",
        "Only what a page shows can be counted: compare rates of one portal over time, not counts of two portals.",
    ),
)
