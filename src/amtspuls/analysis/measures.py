"""The register of all measures, and how one is taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from amtspuls.analysis import (
    activity,
    booking_times,
    cancellation_rate,
    free_stock,
    hold_time,
    horizon,
    lead_time,
    mirrors,
    notice,
    offered_hours,
    per_inhabitants,
    refill,
    refresh,
    releases,
    slot_life,
    stock,
    wait,
    wanted_times,
    watching,
    within_target,
    zero_rate,
)
from amtspuls.analysis.base import REFUSED, Answer, Column, Figures, Measure, Row, Unit
from amtspuls.analysis.estimate import refusal_of
from amtspuls.analysis.evidence import load_evidence
from amtspuls.analysis.grouping import (
    By,
    Label,
    Watched,
    looks_of,
    split_calendar_week,
)
from amtspuls.analysis.labels import describe_label
from amtspuls.analysis.observed import Observed, observe
from amtspuls.analysis.once import Once
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.sharing import Sharing, share
from amtspuls.analysis.transitions import RULE
from amtspuls.archive.base import ArchiveReader
from amtspuls.errors import ConfigError

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        measure.name: measure
        for measure in (
            activity.MEASURE,
            lead_time.MEASURE,
            wanted_times.MEASURE,
            booking_times.MEASURE,
            cancellation_rate.MEASURE,
            wait.MEASURE,
            within_target.MEASURE,
            zero_rate.MEASURE,
            free_stock.MEASURE,
            slot_life.MEASURE,
            offered_hours.MEASURE,
            watching.MEASURE,
            releases.MEASURE,
            refill.MEASURE,
            per_inhabitants.MEASURE,
            notice.MEASURE,
            horizon.MEASURE,
            refresh.MEASURE,
            mirrors.MEASURE,
            hold_time.MEASURE,
        )
    }
)
"""All measures by name, in the order in which they are listed."""

PARTS: tuple[Once[Any], ...] = (
    looks_of,
    wait.find_waits,
    stock.find_stock,
    offered_hours.find_offered,
    slot_life.find_lives,
    wanted_times.find_wanted,
    refill.reopened,
    releases.find_releases,
    hold_time.find_closings,
)
"""What several measures ask of a portal, for those who share the work (``sharing.begin``)."""

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


def require_measure(name: str) -> Measure:
    """Return one measure.

    Raises:
        ConfigError: None has this name; the message names the nearest.
    """
    if name in MEASURES:
        return MEASURES[name]
    # Only a mistake needs it.
    from difflib import get_close_matches

    near = get_close_matches(name, MEASURES, 2, 0.4)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise ConfigError(
        f"no measure is called {name!r}; {hint}there are: {', '.join(MEASURES)}", measure=name
    )


def require_by(measure: Measure, by: str | None) -> By:
    """Return a grouping of a measure; its usual one when none is named.

    Raises:
        ConfigError: The measure cannot be taken by it.
    """
    if by is None:
        return measure.by[0]
    if by in measure.by:
        return By(by)
    raise ConfigError(
        f"{measure.name} cannot be taken by {by!r}; it can by: {', '.join(measure.by)}",
        measure=measure.name,
    )


def load_watched(
    reader: ArchiveReader,
    selection: Selection,
    *,
    united: bool = False,
    sharing: Sharing | None = None,
) -> tuple[Watched, ...]:
    """Read what several measures of one selection share.

    Args:
        reader: The archive.
        selection: Portals and range.
        united: Whether portals are taken too whose rows are unions of several snapshots; no
            transition can be told from them, so only what was watched may be asked then.
        sharing: Who works the transitions out, when they are first asked for; None is this process.

    Raises:
        ArchiveError: Nothing is in the archive, or nothing in the range.
        ConfigError: No portal passes the filters, or only united ones do that are not wanted.
    """
    found = load_evidence(reader, selection, united=united)
    if sharing is not None:
        return share(found, selection, sharing)
    return tuple(Watched(evidence) for evidence in found)


def asked_ones(watched: Sequence[Watched]) -> tuple[list[Watched], list[str]]:
    """Portals that were asked in the range, whatever came of it, and the ids of the others."""
    asked, others = [], []
    for one in watched:
        if one.evidence.in_range(one.evidence.snapshots.taken_at).any():
            asked.append(one)
        else:
            others.append(one.evidence.record.portal_id)
    return asked, others


def take_measure(measure: Measure, watched: Sequence[Watched], by: By) -> Answer:
    """Put a question to what was read."""
    total = _rows(measure, watched, By.ALL)[0]
    rows = (total,) if by is By.ALL else _rows(measure, watched, by)
    return Answer(measure, by, tuple(rows), (*_ABOUT[by], *measure.columns, *_EVIDENCE), total)


def measure_archive(
    reader: ArchiveReader, name: str, selection: Selection, by: str | None = None
) -> Answer:
    """Put a question, by name, to an archive.

    Raises:
        ArchiveError: Nothing is in the archive, or nothing in the range.
        ConfigError: Unknown measure or grouping, or no portal passes the filters.
    """
    measure = require_measure(name)
    return take_measure(measure, load_watched(reader, selection), require_by(measure, by))


def _rows(measure: Measure, watched: Sequence[Watched], by: By) -> list[Row]:
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
        return observe(watched, by)
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
