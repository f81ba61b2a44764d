"""Rules that are scored: each turns the snapshots of a portal into what it says has happened.

An estimator joins here, as one more ``Rule``: it gets an archive and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from amtspuls.analysis.events import Events
from amtspuls.analysis.evidence import load_evidence
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.legacy.rows import LegacyRows, read_rows
from amtspuls.analysis.legacy.rule import COUNTED, judge
from amtspuls.analysis.legacy.stash import Stash, buckets_of
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.score_findings import Findings, Rule
from amtspuls.analysis.score_truth import Change
from amtspuls.analysis.score_typed import TYPED
from amtspuls.analysis.score_weeks import sealed_weeks
from amtspuls.analysis.selection import Selection
from amtspuls.analysis.span_rule import RULE as SPAN_RULE
from amtspuls.analysis.span_rule import find_by_spans


def _find_spans(archive: ScoreArchive) -> Findings:
    """The rule of today's measures: every slot that vanishes before its start is a booking."""
    (evidence,) = load_evidence(archive, Selection())
    found = find_by_spans(evidence)
    keys = {one.number: one.calendar.key for one in archive.calendars(archive.record.portal_id)}
    changes = [
        change
        for kind, events in (
            (Kind.BOOKED, found.bookings),
            (Kind.CANCELLED, found.cancellations),
            (Kind.HORIZON_ROLL, found.openings),
        )
        for change in _changes(kind, events, keys)
    ]
    return Findings(tuple(changes))


def _changes(kind: Kind, events: Events, keys: Mapping[int, str]) -> Iterator[Change]:
    columns = (events.calendar, events.slot, events.at, events.seen_at)
    for calendar, slot, at_s, since_s in zip(*(one.tolist() for one in columns), strict=True):
        yield Change(kind, at_s, max(since_s, 0), ((keys[calendar], slot),))


def _find_legacy(archive: ScoreArchive) -> Findings:
    """The predecessor's rule, week by week, each begun afresh."""
    return Findings(tuple(_legacy_changes(archive, clipped=False)))


def _find_clipped(archive: ScoreArchive) -> Findings:
    """The same after its clip: at most one per calendar and quarter of an hour."""
    return Findings(tuple(_legacy_changes(archive, clipped=True)))


def _legacy_changes(archive: ScoreArchive, *, clipped: bool) -> Iterator[Change]:
    for week in sealed_weeks(archive):
        rows = read_rows(week)
        if not len(rows.location):
            continue
        at_of = dict(
            zip(
                (week.snapshots.taken_at + week.snapshots.utc_offset_s).tolist(),
                week.snapshots.taken_at.tolist(),
                strict=True,
            )
        )
        counted = judge(rows, Stash())
        for kind, name in ((Kind.BOOKED, "appointments"), (Kind.CANCELLED, "cancellations")):
            counts = counted[COUNTED.index(name)].astype(np.int64)
            yield from _rows_as_changes(
                kind, rows, _clip(rows, counts) if clipped else counts, at_of
            )


def _clip(
    rows: LegacyRows, counts: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """One for the first row of each location and quarter of an hour in which something is counted."""
    some = np.flatnonzero(counts)
    buckets = buckets_of(rows.local_s)[some]
    _, first = np.unique(np.stack([rows.location[some], buckets]), axis=1, return_index=True)
    clipped = np.zeros_like(counts)
    clipped[some[first]] = 1
    return clipped


def _rows_as_changes(
    kind: Kind,
    rows: LegacyRows,
    counts: np.ndarray[tuple[int], np.dtype[np.int64]],
    at_of: Mapping[int, int],
) -> Iterator[Change]:
    """As many changes as a row counts; the rule does not say of which slots."""
    for row in np.flatnonzero(counts).tolist():
        at_s = at_of[int(rows.local_s[row])]
        before = row and rows.location[row - 1] == rows.location[row]
        since_s = at_of[int(rows.local_s[row - 1])] if before else at_s
        cell = (rows.locations[int(rows.location[row])], None)
        yield from [Change(kind, at_s, since_s, (cell,))] * int(counts[row])


RULES = (
    TYPED,
    Rule(
        SPAN_RULE,
        "every slot that vanishes before its start is a booking, every one that returns a cancellation",
        (Kind.BOOKED, Kind.CANCELLED, Kind.HORIZON_ROLL),
        tells_slots=True,
        find=_find_spans,
    ),
    Rule(
        "legacy",
        "the predecessor's rule, raw",
        (Kind.BOOKED, Kind.CANCELLED),
        tells_slots=False,
        find=_find_legacy,
    ),
    Rule(
        "legacy-clipped",
        "the predecessor's rule, at most one per calendar and quarter of an hour",
        (Kind.BOOKED, Kind.CANCELLED),
        tells_slots=False,
        find=_find_clipped,
    ),
)
"""All rules, in the order in which they are shown."""
