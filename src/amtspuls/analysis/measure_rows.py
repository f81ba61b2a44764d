"""The rows of a measure: its figures beside what each row is about and what it rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from amtspuls.analysis.base import REFUSED, Column, Figures, Measure, Row, Unit
from amtspuls.analysis.estimate import refusal_of
from amtspuls.analysis.grouping import By, Label, Watched, split_calendar_week
from amtspuls.analysis.labels import describe_label
from amtspuls.analysis.observed import Observed, observe
from amtspuls.analysis.transitions import RULE

_ABOUT = {
    By.ALL: (),
    By.PORTAL: (Column("portal", "portal"),),
    By.CALENDAR: (
        Column("portal", "portal"),
        Column("calendar", "calendar"),
        Column("calendar_name", "name"),
    ),
    By.CALENDAR_WEEK: (
        Column("portal", "portal"),
        Column("calendar", "calendar"),
        Column("calendar_name", "name"),
        Column("week", "week"),
    ),
    By.HOUR: (Column("hour", "hour"),),
    By.WEEKDAY: (Column("weekday", "weekday"),),
    By.DAY: (Column("day", "day"),),
    By.WEEK: (Column("week", "week"),),
}
_EVIDENCE = (
    Column("coverage", "covered, %", Unit.SHARE),
    Column("snapshots", "snapshots"),
    Column("from", "from"),
    Column("until", "until"),
    Column("rule", "rule"),
    Column("provisional", "provisional"),
)
_COUNTS = frozenset(
    {
        "bookings",
        "cancellations",
        "openings",
        "untimed",
        "releases",
        "slots",
        "refilled",
        "lapsed",
        "gone",
    }
)


def columns_of(measure: Measure, by: By) -> tuple[Column, ...]:
    """Columns of a table: what a row is about, its figures, and what they rest on."""
    return (*_ABOUT[by], *measure.columns, *_EVIDENCE)


def rows_of(measure: Measure, watched: Sequence[Watched], by: By) -> list[Row]:
    """Rows of a table, in the order to print."""
    figures = measure.compute(watched, by)
    provisional = _is_provisional(measure, watched)
    return [
        {
            **describe_label(watched, by, label),
            **_refused(
                measure,
                _figures(
                    measure,
                    figures.get(label, {}),
                    watched=_is_watched(measure, observed),
                ),
                observed,
            ),
            **_evidence(measure, observed, watched[0].evidence.zone),
            "provisional": provisional,
        }
        for label, observed in _observed(measure, watched, by, figures).items()
    ]


def _is_watched(measure: Measure, observed: Observed) -> bool:
    """Whether a row rests on anything."""
    if measure.about_changes and not observed.compared:
        return False
    return observed.snapshots > 0 or observed.covered_s > 0


def _figures(measure: Measure, found: Row, *, watched: bool) -> Row:
    """What was found. Where nothing was counted a count is 0; of what nobody watched it is unknown."""
    if not watched:
        return {
            column.key: found.get(column.key) if column.always else None
            for column in measure.columns
        }
    counts = {column.key: 0 if column.key in _COUNTS else None for column in measure.columns}
    return {**counts, **found}


def _refused(measure: Measure, found: Row, observed: Observed) -> Row:
    """The figures without those that may not be estimated, and why; as they are where all may be."""
    if REFUSED not in measure.columns:
        return found
    why = refusal_of(observed)
    kept = {column.key: None for column in measure.columns if column.estimated} if why else {}
    return {**found, **kept, REFUSED.key: why or found.get(REFUSED.key) or ""}


def _observed(
    measure: Measure, watched: Sequence[Watched], by: By, figures: Figures
) -> dict[Label, Observed]:
    """How much was observed for each row, in the order to print."""
    if not measure.about_slots or by in (By.ALL, By.PORTAL, By.CALENDAR):
        return observe(watched, by, shown=measure.about_free)
    if by is By.CALENDAR_WEEK:
        return _observed_of_calendars(watched, figures)
    overall = observe(watched, By.ALL)[("", 0)]
    # Slots lie in weeks of their own, beyond the range; hours and weekdays are always the same.
    labels = sorted(figures) if by is By.WEEK else observe(watched, by)
    return {label: replace(overall) for label in labels}


def _observed_of_calendars(watched: Sequence[Watched], figures: Figures) -> dict[Label, Observed]:
    """Rows by calendar in the order of the archive, then by week."""
    weeks: dict[Label, list[Label]] = defaultdict(list)
    for portal_id, key in sorted(figures):
        weeks[portal_id, split_calendar_week(key)[0]].append((portal_id, key))
    return {
        label: replace(observed)
        for calendar, observed in observe(watched, By.CALENDAR).items()
        for label in weeks[calendar]
    }


def _evidence(measure: Measure, observed: Observed, zone: ZoneInfo) -> dict[str, Any]:
    asked = observed.until_s > 0
    return {
        "coverage": observed.coverage,
        "snapshots": observed.snapshots,
        "from": _local(observed.from_s, zone) if asked else None,
        "until": _local(observed.until_s, zone) if asked else None,
        "rule": measure.rule,
    }


def _is_provisional(measure: Measure, watched: Sequence[Watched]) -> bool:
    """Whether a later snapshot may still turn something that was counted into a hold."""
    return measure.rule == RULE and not all(one.transitions.changes.final.all() for one in watched)


def _local(instant_s: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(instant_s, zone).isoformat(sep=" ")
