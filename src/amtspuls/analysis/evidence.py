"""What the archive holds about one portal and one range of time, read once for every question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.covered_days import CoveredDays
from amtspuls.analysis.localtime import DAY_S, HOUR_S, Ints, Offsets, TimeRange, offsets_of
from amtspuls.analysis.ordering import order_by
from amtspuls.analysis.selection import Selection, select_portals, split_united
from amtspuls.archive.base import (
    AnswerColumns,
    ArchiveReader,
    PortalRecord,
    SnapshotColumns,
    SpanColumns,
)
from amtspuls.archive.extent import Extent
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ArchiveError
from amtspuls.model import Outcome

USUAL_PERIOD_S = 900
"""Planned period of a portal with a single snapshot that had none."""
JOIN_FACTOR = 1.5
"""Two snapshots at most this many planned periods apart cover the time between them."""
MEMORY_S = 7 * DAY_S
"""How long before a change the portal must have been seen for the change to count as seen happen."""
HISTORY = timedelta(days=400)
"""How long before the range a slot may have been shown: no portal shows slots further ahead."""
NO_SLOT = 1 << 26
"""Start times from here on, in 2097, are fillers such as 2099-12-31; keys of spans have no room for them."""
AFTERWARDS = timedelta(hours=3)
"""How long after the range: no portal holds a time for longer."""

_ANSWERED = frozenset(outcome.value for outcome in Outcome if outcome.answered)


@dataclass(frozen=True, eq=False)
class Evidence:
    """One portal over one range.

    Attributes:
        reader: Where it comes from.
        record: The portal.
        asked: The range that the question is about.
        extent: What the archive has of the portal in all.
        snapshots: Snapshots of the weeks that the range and ``MEMORY_S`` before it touch, and of one more
            week with snapshots on either side; never empty.
        period_s: Planned period of each snapshot; where none was planned, the usual distance of the
            portal's snapshots, whatever the range (``Extent.usual_distance_s``). Shape as ``snapshots``.
    """

    reader: ArchiveReader
    record: PortalRecord
    asked: TimeRange
    extent: Extent
    snapshots: SnapshotColumns
    period_s: Ints

    @cached_property
    def zone(self) -> ZoneInfo:
        """Zone of the portal's wall time."""
        return ZoneInfo(self.record.zone)

    @cached_property
    def offsets(self) -> Offsets:
        """Offsets of the zone, for the range and all slots that may matter in it."""
        far_s = int(HISTORY.total_seconds())
        return offsets_of(
            self.zone, TimeRange(self.asked.from_s - far_s, self.asked.until_s + far_s)
        )

    @property
    def period_assumed(self) -> bool:
        """Whether a snapshot of the range had no planned period."""
        return bool((self.snapshots.period_s[self.in_range(self.snapshots.taken_at)] < 0).any())

    def in_range(self, instants_s: Ints) -> NDArray[np.bool_]:
        """Which instants lie in the asked range."""
        return (instants_s >= self.asked.from_s) & (instants_s < self.asked.until_s)

    @cached_property
    def in_whole_weeks(self) -> Evidence:
        """The same portal over the whole local weeks that a range of less than a week touches.

        Why a start time vanished is told from how the portal behaves, and a day shows too little of that. The
        portal itself where the range is longer, or where its weeks have no other snapshots.
        """
        # The week of a clock change in spring is an hour shorter.
        if self.asked.seconds >= MEMORY_S - HOUR_S or not self.asked.seconds:
            return self
        first, last = (
            IsoWeek.of(_instant(at).astimezone(self.zone).date())
            for at in (self.asked.from_s, self.asked.until_s - 1)
        )
        from_at, until_at = first.bounds(self.zone)[0], last.bounds(self.zone)[1]
        taken_at = self.snapshots.taken_at
        around = (taken_at >= from_at.timestamp()) & (taken_at < until_at.timestamp())
        inside = self.in_range(taken_at)
        if not inside.any() or not (around & ~inside).any():
            return self
        return load_portal(self.reader, self.record, Selection(from_at=from_at, until_at=until_at))

    @cached_property
    def views(self) -> AnswerColumns:
        """Views of the range, of ``MEMORY_S`` before it and of a little time after it."""
        return self.reader.answers(self.record.portal_id, *self._views_between)

    @cached_property
    def view_free(self) -> Ints:
        """Number of free slots of each of the ``views``; -1 where one was not answered."""
        return self.reader.views(self.record.portal_id, *self._views_between).free

    @property
    def _views_between(self) -> tuple[datetime, datetime]:
        from_s, until_s = self.asked
        # Not beyond the snapshots that were read: a writer may have stored another one since.
        end_s = min(
            until_s + int(JOIN_FACTOR * self.period_s.max()) + 1,
            int(self.snapshots.taken_at[-1]) + 1,
        )
        return _instant(from_s - MEMORY_S), _instant(max(end_s, from_s))

    @cached_property
    def view_answered(self) -> NDArray[np.bool_]:
        """Which views are ok or partial."""
        return answered(self.views.outcome)

    @cached_property
    def answered_views(self) -> Ints:
        """Indexes of the views that are ok or partial, ascending by (calendar, time)."""
        known = np.flatnonzero(self.view_answered)
        return known[order_by(self.views.calendar[known], self.views.taken_at[known])]

    @cached_property
    def view_period_s(self) -> Ints:
        """Planned period of each view's snapshot."""
        return self.period_s[np.searchsorted(self.snapshots.taken_at, self.views.taken_at)]

    @cached_property
    def covered_days(self) -> CoveredDays:
        """Days that each view covers."""
        return CoveredDays.of_texts(self.views.covered)

    @cached_property
    def later_spans(self) -> SpanColumns:
        """As ``spans``, with those that opened in ``AFTERWARDS``: they tell how the last changes went on.

        Start times that are no appointments (``NO_SLOT``) are left out.
        """
        return self._read_spans(MEMORY_S)

    @cached_property
    def spans(self) -> SpanColumns:
        """Spans that were open in the range or in ``MEMORY_S`` before it."""
        return self._opened_in_time(self.later_spans)

    @cached_property
    def old_spans(self) -> SpanColumns:
        """Spans that were open in the range or in ``HISTORY`` before it: more than a year of weeks is read."""
        return self._opened_in_time(self._read_spans(int(HISTORY.total_seconds())))

    def _read_spans(self, before_s: int) -> SpanColumns:
        from_s, until_s = self.asked
        until_at = _instant(max(from_s, until_s)) + AFTERWARDS
        found = self.reader.spans(self.record.portal_id, _instant(from_s - before_s), until_at)
        real = (found.slot >= 0) & (found.slot < NO_SLOT)
        return found if real.all() else SpanColumns._make(column[real] for column in found)

    def _opened_in_time(self, spans: SpanColumns) -> SpanColumns:
        kept = spans.opened_at < self.asked.until_s
        return SpanColumns._make(column[kept] for column in spans)

    @cached_property
    def span_start_s(self) -> Ints:
        """Instant at which the slot of each span begins."""
        return self.offsets.start_of_slots(self.spans.slot)


def answered(outcomes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which outcomes are ok or partial."""
    every = outcomes.tolist()
    # Nearly always all are, which is quicker to see than each one is to say.
    if _ANSWERED.issuperset(every):
        return np.ones(len(every), np.bool_)
    return np.fromiter(map(_ANSWERED.__contains__, every), np.bool_, len(every))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _fill_periods(snapshots: SnapshotColumns, extent: Extent) -> Ints:
    """Planned periods without holes."""
    planned = snapshots.period_s > 0
    if planned.all():
        return snapshots.period_s
    usual_s = extent.usual_distance_s
    usual_s = USUAL_PERIOD_S if usual_s is None else max(1, usual_s)
    return np.where(planned, snapshots.period_s, usual_s).astype(np.int64)


def _asked_range(selection: Selection, snapshots: SnapshotColumns, period_s: Ints) -> TimeRange:
    """The range; an end that is left open is that of the snapshots, which then reach up to it."""
    first = int(snapshots.taken_at[0])
    last = int(snapshots.taken_at[-1] + period_s[-1])
    from_s = first if selection.from_at is None else int(selection.from_at.timestamp())
    until_s = last if selection.until_at is None else int(selection.until_at.timestamp())
    return TimeRange(from_s, max(from_s, until_s))


def load_portal(reader: ArchiveReader, record: PortalRecord, selection: Selection) -> Evidence:
    """Read what the archive holds about one portal; weeks far from the range are not read."""
    extent = Extent.of(reader, record)
    from_at = selection.from_at and selection.from_at - timedelta(seconds=MEMORY_S)
    snapshots = extent.around(from_at, selection.until_at)
    period_s = _fill_periods(snapshots, extent)
    asked = _asked_range(selection, snapshots, period_s)
    return Evidence(reader, record, asked, extent, snapshots, period_s)


def load_evidence(
    reader: ArchiveReader, selection: Selection, *, united: bool = False
) -> tuple[Evidence, ...]:
    """Read what the archive holds about the selected portals in the asked range.

    Args:
        reader: The archive.
        selection: Portals and range.
        united: Whether portals are taken too whose rows are unions of several snapshots.

    Raises:
        ArchiveError: There is no snapshot at all, or none in the range.
        ConfigError: No portal passes the filters, or only united ones do that are not wanted.
    """
    portals = select_portals(reader, selection)
    if not united:
        portals, _ = split_united(portals)
    evidence = tuple(load_portal(reader, portal, selection) for portal in portals)
    if not any(one.in_range(one.snapshots.taken_at).any() for one in evidence):
        raise ArchiveError(_say_nothing_there(evidence))
    return evidence


def _say_nothing_there(evidence: Sequence[Evidence]) -> str:
    first_at = min(one.extent.first_at for one in evidence)
    last_at = max(one.extent.last_at for one in evidence)
    zone = evidence[0].zone
    shown = [f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (first_at, last_at)]
    return (
        f"no snapshot of the selected portals lies between --from and --until: "
        f"the archive holds them from {shown[0]} to {shown[1]} ({zone.key})"
    )
