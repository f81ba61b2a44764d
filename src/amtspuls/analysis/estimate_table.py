"""The table of estimates: bookings and cancellations with low, central and high, and the old numbers beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amtspuls.analysis.base import REFUSED, Column, Row, Unit
from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.estimate import estimate, refusal_of
from amtspuls.analysis.grouping import By, Label, Watched, calendar_week, time_keys
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.labels import describe_label
from amtspuls.analysis.localtime import Ints, week_of
from amtspuls.analysis.observed import Observed, observe
from amtspuls.analysis.transitions import RULE
from amtspuls.errors import ConfigError

if TYPE_CHECKING:
    from amtspuls.analysis.legacy.counts import LegacyPortals, LegacyQuarters

CITY = "city"
GROUPINGS = (
    *(By.PORTAL, By.CALENDAR, By.ALL, By.HOUR, By.WEEKDAY, By.DAY, By.WEEK, By.CALENDAR_WEEK),
    CITY,
)
"""What estimates can be had by, the usual one first."""

_NO_CITY = "unknown"
_LEGACY = (
    Column("legacy_bookings", "legacy: bookings", Unit.COUNT),
    Column("legacy_bookings_clipped", "legacy: bookings, clipped", Unit.COUNT),
    Column("legacy_cancellations", "legacy: cancellations", Unit.COUNT),
    Column("legacy_cancellations_clipped", "legacy: cancellations, clipped", Unit.COUNT),
)
_FIGURES = (
    Column("bookings", "bookings", Unit.COUNT),
    Column("bookings_low", "bookings, at least", Unit.COUNT),
    Column("bookings_high", "bookings, at most", Unit.COUNT),
    Column("cancellations", "cancellations", Unit.COUNT),
    Column("cancellations_low", "cancellations, at least", Unit.COUNT),
    Column("cancellations_high", "cancellations, at most", Unit.COUNT),
    Column("coverage", "covered, %", Unit.SHARE),
)


def require_grouping(by: str | None) -> str:
    """Return a grouping; portals when none is named.

    Raises:
        ConfigError: There is no such grouping.
    """
    if by is None or by in GROUPINGS:
        return by or By.PORTAL
    raise ConfigError(f"estimates cannot be had by {by!r}; they can by: {', '.join(GROUPINGS)}")


def estimate_columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """The columns of a table, those that say what a row is about first."""
    known = {column.key for column in (*_FIGURES, *_LEGACY)} | {"rule", "refused"}
    about = [key for key in rows[0] if key not in known] if rows else []
    legacy = _LEGACY if rows and _LEGACY[0].key in rows[0] else ()
    return (
        *(Column(key, key.replace("_", " ")) for key in about),
        *_FIGURES,
        *legacy,
        REFUSED,
        Column("rule", "rule"),
    )


def tabulate(
    watched: Sequence[Watched],
    by: str,
    cities: Mapping[str, str],
    legacy: LegacyPortals | None,
) -> Sequence[Row]:
    """Estimate by row.

    Args:
        watched: The portals; those that nobody asked in the range should be left out (``asked_ones``).
        by: One of ``GROUPINGS``.
        cities: City of each portal id, where it is known.
        legacy: The predecessor's numbers of the same weeks, where they can be had.
    """
    if by == CITY:
        return [
            {
                CITY: city,
                **_figures(_both(mine, By.ALL)["", 0]),
                **_legacy(legacy, mine, By.ALL).get(("", 0), _none(legacy)),
            }
            for city, mine in _by_city(watched, cities)
        ]
    grouping = By(by)
    old = _legacy(legacy, watched, grouping)
    return [
        {
            **describe_label(watched, grouping, label),
            **_figures(found),
            **old.get(label, _none(legacy)),
        }
        for label, found in _both(watched, grouping).items()
    ]


_Found = tuple[Bounds | None, Bounds | None, Observed]


def _both(watched: Sequence[Watched], by: By) -> dict[tuple[str, int], _Found]:
    booked, cancelled = (estimate(watched, kind, by) for kind in (Kind.BOOKED, Kind.CANCELLED))
    return {
        label: (booked[label], cancelled[label], observed)
        for label, observed in observe(watched, by).items()
    }


def _figures(found: _Found) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, bounds in zip(("bookings", "cancellations"), found[:2], strict=True):
        row[name] = bounds.central if bounds else None
        row[f"{name}_low"] = bounds.low if bounds else None
        row[f"{name}_high"] = bounds.high if bounds else None
    row["coverage"] = found[2].coverage
    row["refused"] = refusal_of(found[2])
    row["rule"] = RULE
    return row


def _none(legacy: LegacyPortals | None) -> Row:
    """The old numbers of a row in which nothing was counted; empty where the weeks are not sealed."""
    return dict.fromkeys((column.key for column in _LEGACY), None if legacy is None else 0)


def _legacy(
    legacy: LegacyPortals | None, watched: Sequence[Watched], by: By
) -> dict[Label, dict[str, int]]:
    """The old numbers of the rows that have any; by time, those of the quarters of an hour in which they were seen."""
    found: dict[Label, dict[str, int]] = defaultdict(
        lambda: dict.fromkeys((column.key for column in _LEGACY), 0)
    )
    for one in watched:
        quarters = (legacy or {}).get(one.evidence.record.portal_id)
        if quarters is None:
            continue
        keys = _keys(one, by, quarters)
        distinct, places = np.unique(keys, return_inverse=True)
        for column, counts in zip(_LEGACY, quarters.counts, strict=True):
            sums = np.bincount(places, counts, len(distinct)).astype(np.int64)
            for key, number in zip(distinct.tolist(), sums.tolist(), strict=True):
                found[one.label(by, key)][column.key] += number
    return found


def _keys(one: Watched, by: By, quarters: LegacyQuarters) -> Ints:
    """Key of each quarter of an hour for a grouping."""
    if not by.of_calendar:
        return time_keys(by, quarters.local_s)
    numbers = {calendar.key: number for number, calendar in one.calendars.items()}
    # A calendar that has no row here has a number that no row has.
    calendar = np.array([numbers.get(key, -1) for key in quarters.calendar.tolist()], np.int64)
    if by is By.CALENDAR:
        return calendar
    return calendar_week(calendar, week_of(quarters.local_s))


def _by_city(
    watched: Sequence[Watched], cities: Mapping[str, str]
) -> Iterable[tuple[str, list[Watched]]]:
    names = [cities.get(one.evidence.record.portal_id, _NO_CITY) for one in watched]
    for name in sorted(set(names)):
        yield name, [one for one, its in zip(watched, names, strict=True) if its == name]
