"""The register of all measures, and how one is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

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
from amtspuls.analysis.base import Answer, Measure
from amtspuls.analysis.evidence import load_evidence
from amtspuls.analysis.grouping import (
    By,
    Watched,
    looks_of,
)
from amtspuls.analysis.measure_rows import columns_of, rows_of
from amtspuls.analysis.once import Once
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.sharing import Sharing, share
from amtspuls.analysis.shown import shown_of
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
    shown_of,
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
    total = rows_of(measure, watched, By.ALL)[0]
    rows = (total,) if by is By.ALL else rows_of(measure, watched, by)
    return Answer(measure, by, tuple(rows), columns_of(measure, by), total)


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
