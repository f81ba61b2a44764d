"""Bookings for every 1,000 inhabitants and week: can a figure be true at all?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
from amtspuls.analysis.grouping import By, Label, Watched, count_events
from amtspuls.analysis.observed import observe
from amtspuls.analysis.transitions import RULE
from amtspuls.catalogue.people import Inhabitants, inhabitants_of

LEAST_HOURS = 6
"""A weekday of which fewer hours were covered in all is not known well enough to stand for its kind."""

_WEEKDAYS = range(7)
_HOURS_PER_DAY = 24
_NAMED_TOWNS = 3


def compute_per_inhabitants(watched: Sequence[Watched], by: By) -> Figures:
    """Divide the bookings of a week by the people of the town that the office serves."""
    weekly = {one.evidence.record.portal_id: bookings_per_week(one) for one in watched}
    people = {name: found for name in weekly if (found := inhabitants_of(name))}
    if by is By.PORTAL:
        return {(name, 0): _row([rate], [people.get(name)]) for name, rate in weekly.items()}
    served = [name for name in weekly if name in people and weekly[name] is not None]
    label: Label = ("", 0)
    return {label: _row([weekly[name] for name in served], [people[name] for name in served])}


def bookings_per_week(one: Watched) -> float | None:
    """Bookings that a portal gets in a whole week, Monday to Sunday.

    Each weekday counts with its bookings for each covered day, so that a range of four days or one with
    holes leans on no weekday. Bookings found across a gap count nowhere, as the gap does not.

    Returns:
        None where less than half of the time was covered, or a weekday for less than ``LEAST_HOURS``.
    """
    if refusal_of(observe([one], By.ALL)["", 0]):
        return None
    bookings = one.bookings(By.WEEKDAY)
    counts = count_events([one], By.WEEKDAY, {"bookings": [bookings.only(bookings.timed)]})
    seen = observe([one], By.WEEKDAY)
    total = 0.0
    for weekday in _WEEKDAYS:
        hours = seen["", weekday].covered_hours
        if hours < LEAST_HOURS:
            return None
        number = counts.get(("", weekday), {}).get("bookings", 0)
        total += number * _HOURS_PER_DAY / hours
    return total


def _row(weekly: Sequence[float | None], people: Iterable[Inhabitants | None]) -> Mapping[str, Any]:
    """A row; people of a town count once, however many portals it has."""
    known = [one for one in people if one]
    towns = {one.town: one.number for one in known}
    number = sum(towns.values())
    told = [rate for rate in weekly if rate is not None]
    rate = sum(told) if told else None
    return {
        "bookings_per_week": rate,
        "inhabitants": number or None,
        "related_to": _name_towns(tuple(towns)),
        "per_1000_week": None if rate is None or not number else 1000 * rate / number,
        "inhabitants_source": known[0].source if known else None,
    }


def _name_towns(towns: Sequence[str]) -> str | None:
    if len(towns) > _NAMED_TOWNS:
        return f"{len(towns)} towns"
    return ", ".join(towns) or None


def _say(row: Row) -> str:
    if row["per_1000_week"] is None:
        return (
            "no bookings per inhabitant: no citizen office of a town with known inhabitants was covered on "
            f"every weekday, {measured_in(row)}"
        )
    return (
        f"{row['per_1000_week']:.1f} bookings a week for every 1,000 of {count_of(row['inhabitants'], 'inhabitant')}, "
        f"{measured_in(row)}"
    )


MEASURE = Measure(
    name="per-inhabitants",
    question="Can it be true: bookings a week for every 1,000 inhabitants of the town.",
    by=(By.PORTAL, By.ALL),
    columns=(
        Column("bookings_per_week", "bookings a week", Unit.PER_WEEK, estimated=True),
        Column("inhabitants", "inhabitants", Unit.COUNT),
        Column("related_to", "of"),
        Column("per_1000_week", "a week per 1,000", Unit.PER_WEEK, estimated=True),
        Column("inhabitants_source", "inhabitants from"),
        REFUSED,
    ),
    compute=compute_per_inhabitants,
    say=_say,
    rule=RULE,
    formula=(
        "bookings_per_week = sum over the seven weekdays of 24 h x bookings at a known time / covered hours\n"
        "per_1000_week = 1000 x bookings_per_week / inhabitants of the town\n"
        "unknown where less than half of the time, or a weekday for less than 6 hours, was covered; all: portals of a town are added, its people count once"
    ),
    source=(
        "Slots per 1,000 inhabitants as the U.S. Digital Response reported them by state (vaccinations, 2021); people from "
        "GeoNames; docs/reference/measures.md#per-inhabitants."
    ),
    caveats=(
        "A reality check and no ranking: most people need an office once in years, by telephone and at the counter too.",
        "Only citizen offices of towns: a county serves more than the town in which it sits, another office fewer.",
        "Numbers of inhabitants are of different years, some a fifth too small.",
    ),
)
