"""The live part and the sealed weeks of an archive as one ``ArchiveReader``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from amtspuls.archive.answers import no_spans, ordered_snapshots, ordered_views
from amtspuls.archive.base import (
    AnswerColumns,
    CalendarRecord,
    CalendarState,
    CapacityColumns,
    PortalRecord,
    SnapshotColumns,
    SpanColumns,
    Stop,
    ViewColumns,
)
from amtspuls.archive.extent import count_weeks
from amtspuls.archive.merging import merge_spans, rest_of
from amtspuls.archive.moment import Moment
from amtspuls.archive.numbers import Numbers
from amtspuls.archive.pieces import Piece
from amtspuls.archive.rebuilding import rebuild_state
from amtspuls.archive.shelf import Shelf
from amtspuls.archive.times import Ints, Limits, is_empty, seconds_of, within
from amtspuls.archive.week import IsoWeek

if TYPE_CHECKING:
    from amtspuls.archive.reader_live import LiveReader


class Reader:
    """An ``ArchiveReader`` on both parts; made by ``live.open_reader``. May be used from several threads.

    Every call sees one moment of the archive, however long it takes and whatever is stored or sealed
    meanwhile.
    """

    def __init__(self, live: LiveReader | None, shelf: Shelf) -> None:
        self._live = live
        self._shelf = shelf
        self._numbers = Numbers()

    @contextmanager
    def moment(self) -> Iterator[Moment]:
        """One moment of the archive.

        Raises:
            ArchiveError: A part of it is damaged, or cannot be read.
        """
        if self._live is None:
            yield Moment.of(None, self._shelf)
            return
        with self._live.part() as part:
            yield Moment.of(part, self._shelf)

    @property
    def numbers(self) -> Numbers:
        """The numbers of calendars."""
        return self._numbers

    def portals(self) -> Sequence[PortalRecord]:
        """All portals with at least one snapshot, by id."""
        with self.moment() as moment:
            live = moment.live.portals() if moment.live else []
            found = {portal.record.portal_id: portal.record for portal in live}
            newest = {
                portal_id: week
                for week in moment.weeks
                if self._shelf.about(week).is_import or week not in moment.moved
                for portal_id, count in self._shelf.about(week).snapshots.items()
                if count
            }
            for portal_id, week in newest.items():
                record = self._shelf.record(week, portal_id)
                known = found.get(portal_id)
                found[portal_id] = _joined(known, record)
        return [record for _, record in sorted(found.items())]

    def calendars(self, portal_id: str) -> Sequence[CalendarRecord]:
        """Calendars of a portal, by key in byte order; empty for an unknown portal."""
        with self.moment() as moment:
            return self._numbers.records(moment, portal_id)

    def snapshots(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SnapshotColumns:
        """Snapshots with ``from_at <= taken_at < until_at``."""
        wanted = within(from_at, until_at)
        with self.moment() as moment:
            parts = [
                SnapshotColumns(*_cut(piece.snapshots(), piece.taken_at, wanted))
                for piece in self.pieces(moment, portal_id, wanted)
            ]
            if moment.live is not None:
                live = moment.live.snapshots(portal_id, wanted)
                kept = _shown(moment, portal_id, live.taken_at)
                parts.append(SnapshotColumns._make(column[kept] for column in live))
        return ordered_snapshots(parts)

    def week_counts(self, portal_id: str) -> Mapping[IsoWeek, int]:
        """Number of snapshots in each local week of a portal that has one, ascending."""
        with self.moment() as moment:
            counts = Counter(
                {
                    week: moment.shelf.about(week).snapshots[portal_id]
                    for week in moment.weeks_of(portal_id)
                }
            )
            if moment.live is not None:
                live = moment.live.taken_at(portal_id)
                kept = live[_shown(moment, portal_id, live)]
                counts.update(count_weeks(kept, moment.live.zone(portal_id)))
        return dict(sorted(counts.items()))

    def views(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> ViewColumns:
        """Views of the snapshots with ``from_at <= taken_at < until_at``."""
        wanted = within(from_at, until_at)
        with self.moment() as moment:
            parts = [
                ViewColumns(*_cut(views, views.taken_at, wanted))
                for piece in self.pieces(moment, portal_id, wanted)
                for views in [piece.views()]
            ]
            parts += _live_views(moment, portal_id, wanted)
            return ordered_views(ViewColumns, parts, self._numbers.ranks(moment, portal_id))

    def answers(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> AnswerColumns:
        """As ``views``, without how much was free, which sealed weeks would have to count."""
        wanted = within(from_at, until_at)
        with self.moment() as moment:
            parts = [
                AnswerColumns(*_cut(answers, answers.taken_at, wanted))
                for piece in self.pieces(moment, portal_id, wanted)
                for answers in [piece.answers()]
            ]
            parts += map(AnswerColumns.of, _live_views(moment, portal_id, wanted))
            return ordered_views(AnswerColumns, parts, self._numbers.ranks(moment, portal_id))

    def spans(
        self, portal_id: str, from_at: datetime | None = None, until_at: datetime | None = None
    ) -> SpanColumns:
        """Spans that were open at some moment of ``[from_at, until_at)``, closing at ``from_at`` included."""
        if is_empty(from_at, until_at):
            return no_spans()
        wanted = within(from_at, until_at)
        with self.moment() as moment:
            if moment.live is not None and not moment.weeks_of(portal_id):
                return moment.live.spans(portal_id, wanted)
            return merge_spans(moment, self._numbers, portal_id, wanted)

    def capacity_changes(self, portal_id: str) -> CapacityColumns:
        """Every change of the free places per slot, where the portal shows them."""
        with self.moment() as moment:
            parts = [piece.capacities() for piece in self.pieces(moment, portal_id)]
            if moment.live is not None:
                parts.append(moment.live.capacities(portal_id))
        rows = np.concatenate([np.stack(part, axis=1) for part in parts] or [np.zeros((0, 4), int)])
        # The newest places of open slots are in both parts.
        rows = np.unique(rows, axis=0)
        return CapacityColumns(*(np.ascontiguousarray(column) for column in rows.T))

    def state(self, portal_id: str, at: datetime) -> Sequence[CalendarState]:
        """What was free at a moment: each calendar's newest view at or before it, by key."""
        seconds = seconds_of(at)
        with self.moment() as moment:
            if moment.live is not None and not moment.weeks_of(portal_id):
                return moment.live.state(portal_id, seconds)
            return rebuild_state(moment, self._numbers, portal_id, seconds)

    def stops(self) -> Mapping[str, Stop]:
        """Portals that must not be asked, by id."""
        return {} if self._live is None else self._live.stops()

    def close(self) -> None:
        """Release the connections; a second time does nothing."""
        if self._live is not None:
            self._live.close()

    def pieces(
        self, moment: Moment, portal_id: str, wanted: Limits = (None, None)
    ) -> Iterator[Piece]:
        """Sealed weeks of a portal that may have a snapshot within limits, in order."""
        for week in moment.weeks_of(portal_id, wanted):
            yield self._numbers.piece(moment, portal_id, week)

    def all_pieces(
        self, moment: Moment, portal_id: str, wanted: Limits = (None, None)
    ) -> Iterator[Piece]:
        """As ``pieces``, and what is not sealed yet as one more; no snapshot is in two of them."""
        hidden = moment.hidden(portal_id)
        for piece in self.pieces(moment, portal_id, wanted):
            # Of a week that is being sealed right now the live rows count.
            bounds = (int(piece.taken_at[0]), int(piece.taken_at[-1]))
            if bounds not in hidden or not _has_live(moment, portal_id, bounds):
                yield piece
        rest = rest_of(moment, portal_id)
        if rest is not None:
            yield rest


def _has_live(moment: Moment, portal_id: str, bounds: tuple[int, int]) -> bool:
    if moment.live is None:
        return False
    return len(moment.live.snapshots(portal_id, (bounds[0], bounds[1] + 1)).number) > 0


def _joined(known: PortalRecord | None, sealed: PortalRecord) -> PortalRecord:
    """What the live part says wins, but what was aggregated once stays so."""
    if known is None:
        return sealed
    return PortalRecord(
        known.portal_id, known.name, known.system, known.url, known.zone, sealed.aggregated
    )


def _live_views(moment: Moment, portal_id: str, wanted: Limits) -> Iterator[ViewColumns]:
    """Views of the live part, if there is one."""
    if moment.live is not None:
        live = moment.live.views(portal_id, moment.live.snapshots(portal_id, wanted))
        kept = _shown(moment, portal_id, live.taken_at)
        yield ViewColumns._make(column[kept] for column in live)


def _cut(columns: Sequence[np.ndarray], taken_at: Ints, wanted: Limits) -> Iterator[np.ndarray]:
    first, until = wanted
    kept = np.ones(len(taken_at), dtype=np.bool_)
    if first is not None:
        kept &= taken_at >= first
    if until is not None:
        kept &= taken_at < until
    return (column[kept] for column in columns)


def _shown(moment: Moment, portal_id: str, taken_at: Ints) -> np.ndarray:
    """Which live rows are not sealed too."""
    kept = np.ones(len(taken_at), dtype=np.bool_)
    for first, last in moment.hidden(portal_id):
        kept &= (taken_at < first) | (taken_at > last)
    return kept
