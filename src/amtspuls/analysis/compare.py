"""Cities side by side: only what can be compared, days and shares, with the reasons to be careful."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from amtspuls.analysis.base import Column, Row, Unit
from amtspuls.analysis.bounds import rate_bounds
from amtspuls.analysis.cancellation_rate import LEAST_BOOKINGS
from amtspuls.analysis.city_wait import CityWait, Seen, Sight, median_days, moments_of, see_city
from amtspuls.analysis.compare_warnings import find_warnings, systems_apart
from amtspuls.analysis.estimate import bounds_of, refusal
from amtspuls.analysis.events import Events
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.localtime import TimeRange
from amtspuls.analysis.offices import Office, Wish
from amtspuls.catalogue.cities import City
from amtspuls.errors import ConfigError

TARGET_DAYS = 14
"""Days within which Berlin promised its people an appointment."""
LEAST_SHARE = 0.8
"""Share of a city's offices that must be covered at a moment that counts, unless somebody says else."""

COLUMNS = (
    Column("city", "city"),
    Column("state", "state"),
    Column("offices", "offices"),
    Column("median_first_days", "first slot, median days", Unit.DAYS),
    Column("median_third_days", "third slot, median days", Unit.DAYS),
    Column("within_14_share", "slot within 14 d, % of time", Unit.SHARE),
    Column("zero_share", "no slot, % of time", Unit.SHARE),
    Column("horizon_days", "last slot (median), days ahead", Unit.DAYS),
    Column("least_office_days", "quickest office, median days", Unit.DAYS),
    Column("middle_office_days", "middle office, median days", Unit.DAYS),
    Column("most_office_days", "slowest office, median days", Unit.DAYS),
    Column("cancellation_share", "cancelled, % of bookings", Unit.SHARE),
    Column("cancellation_low", "cancelled, at least, %", Unit.SHARE),
    Column("cancellation_high", "cancelled, at most, %", Unit.SHARE),
    Column("cancellation_refused", "no share because"),
    Column("unknown_share", "unclear, % of time", Unit.SHARE),
    Column("coverage", "usable, % of time", Unit.SHARE),
    Column("moments", "moments"),
    Column("portals", "portals"),
    Column("systems", "systems"),
    Column("from", "from"),
    Column("until", "until"),
    Column("warnings", "warnings"),
)
"""Columns of a comparison, as they are headed where a service is named."""


def columns_for(wish: Wish) -> tuple[Column, ...]:
    """The columns, headed by what is counted: without a service calendars, which are more than offices."""
    return tuple(
        replace(column, title=column.title.replace("office", wish.unit)) for column in COLUMNS
    )


@dataclass(frozen=True)
class Comparison:
    """What there is to say about some cities.

    Attributes:
        rows: One for each city, in the order asked for.
        warnings: What to mind before any two are compared.
        systems: Booking systems that differ between the cities, which is one of the warnings; else empty.
    """

    rows: tuple[Row, ...]
    warnings: tuple[str, ...]
    systems: tuple[str, ...] = ()


def compare_cities(
    offices: Mapping[City, Sequence[Office]],
    watched: Sequence[Watched],
    wish: Wish,
    least_share: float = LEAST_SHARE,
) -> Comparison:
    """Compare the wait of people who take any office of their city.

    Args:
        offices: Calendars by city, see ``offices.find_offices``.
        watched: Everything that was read; says the common range.
        wish: What the people look for.
        least_share: A moment counts for a city if at least this share of its offices was covered.

    Raises:
        ConfigError: The share is not above 0 and at most 1.
    """
    if not 0 < least_share <= 1:
        raise ConfigError(
            f"the share of offices must be above 0 and at most 1 (80 % is 0.8), not {least_share:g}"
        )
    stretch = TimeRange(
        min(one.evidence.asked.from_s for one in watched),
        max(one.evidence.asked.until_s for one in watched),
    )
    moments = moments_of(stretch)
    seen = [see_city(city, found, moments, least_share) for city, found in offices.items()]
    warnings = find_warnings(seen, wish, len(moments))
    zone = watched[0].evidence.zone
    ends = {
        name: datetime.fromtimestamp(at, zone).isoformat(sep=" ")
        for name, at in zip(("from", "until"), stretch, strict=True)
    }
    said = " ".join(warnings)
    return Comparison(
        tuple({**_row(one, len(moments)), **ends, "warnings": said} for one in seen),
        warnings,
        systems_apart(seen),
    )


def _row(one: Seen, moments: int) -> dict[str, Any]:
    portals = dict.fromkeys(office.portal.id for office in (*one.offices, *one.unseen))
    systems = dict.fromkeys(sorted(o.one.evidence.record.system for o in one.offices))
    return {
        **{column.key: None for column in COLUMNS},
        "city": one.city.name,
        "state": one.city.state,
        "offices": len(one.offices),
        "portals": ", ".join(portals),
        "systems": ", ".join(systems),
        "coverage": (len(one.wait.at) if one.wait else 0) / moments if moments else None,
        "moments": len(one.wait.at) if one.wait else 0,
        **(_figures(one, one.wait) if one.wait else {}),
        **(_cancellations(one.offices) if one.wait else {}),
    }


def _figures(one: Seen, wait: CityWait) -> dict[str, Any]:
    first, third = wait.first_days, wait.third_days
    known = ~np.isnan(first)
    told = known | (wait.known_days >= TARGET_DAYS)
    return {
        "median_first_days": _text(*median_days(first, wait.reach_days)),
        "median_third_days": _text(*median_days(third, wait.reach_days)),
        "within_14_share": _share(first[told] <= TARGET_DAYS),
        "zero_share": _share(np.isinf(first[known])),
        "unknown_share": _share(~known),
        "horizon_days": one.horizon_days,
        **_spread(one.sights),
    }


def _cancellations(offices: Sequence[Office]) -> dict[str, float | str | None]:
    """Cancellations as a share of bookings, with what either may be at least and at most.

    A booking that closed several calendars counts in each, below and above the line.
    """
    covered = [office.one.covered for office in offices]
    seconds = sum(
        int(time.seconds[time.calendar == office.number].sum())
        for office, time in zip(offices, covered, strict=True)
    )
    asked = sum(office.one.evidence.asked.seconds for office in offices)
    booked, cancelled = np.zeros(3), np.zeros(3)
    for office in offices:
        booked += _sums(office, office.one.bookings(By.CALENDAR))
        booked[2] += _sums(office, office.one.hidden(By.CALENDAR))[0]
        cancelled += _sums(office, office.one.cancellations(By.CALENDAR))
    why = refusal(seconds / asked if asked else None)
    if not why and booked[0] < LEAST_BOOKINGS:
        why = f"fewer than {LEAST_BOOKINGS} bookings"
    rate = rate_bounds(bounds_of(*cancelled.tolist()), bounds_of(*booked.tolist()))
    if why or rate is None:
        return {"cancellation_refused": why}
    return {
        "cancellation_refused": "",
        "cancellation_share": rate.central,
        "cancellation_low": rate.low,
        "cancellation_high": rate.high,
    }


def _sums(office: Office, events: Events) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Weight and doubt of the events of an office, and a place for what may be hidden."""
    own = events.calendar == office.number
    return np.array([events.weight[own].sum(), events.doubt[own].sum(), 0.0])


def _share(chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> float | None:
    return float(chosen.mean()) if len(chosen) else None


def _spread(sights: Sequence[Sight]) -> dict[str, float | str | None]:
    """The least, the middle and the greatest of the offices' own median waits."""
    medians = []
    for sight in sights:
        days = sight.starts[:, 0]
        days = np.where((days >= sight.known_until) & np.isfinite(sight.known_until), np.nan, days)
        median, reach = median_days(days, sight.reach_days)
        if median is not None:
            medians.append((median, reach))
    medians.sort()
    if not medians:
        return {}
    return {
        "least_office_days": _text(*medians[0]),
        "middle_office_days": _text(*medians[(len(medians) - 1) // 2]),
        "most_office_days": _text(*medians[-1]),
    }


def _text(days: float | None, reach: int) -> float | str | None:
    return f"> {reach}" if days == math.inf else days
