"""An archive for notebooks and scripts: ``amtspuls.open("DIR")`` gives Arrow tables.

Live and sealed weeks look the same. Tables go to pandas, Polars and DuckDB without a copy of most columns;
docs/how-to/read-an-archive.md shows each.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa

from amtspuls.archive import frames
from amtspuls.archive.base import CalendarState, PortalRecord
from amtspuls.archive.live import open_whole
from amtspuls.archive.picking import (
    Globs,
    Ranges,
    Time,
    globs_of,
    instant_in,
    matches,
    pick_calendars,
    ranges_in,
)
from amtspuls.archive.pieces import Piece
from amtspuls.archive.reader import Reader
from amtspuls.archive.times import seconds_of
from amtspuls.archive.week import IsoWeek
from amtspuls.errors import ConfigError


def open_archive(folder: str | PathLike[str]) -> Archive:
    """Open an archive for reading, while it is written to or not.

    Args:
        folder: Its folder; sealed weeks alone (``DIR/weeks``) are enough.

    Raises:
        ArchiveError: There is none, it is damaged, or of another version.
    """
    return Archive(open_whole(Path(folder)))


class Archive:
    """An open archive. Use it in a ``with`` statement, or call ``close``.

    Filters that most methods share:

    - ``portals``, ``calendars``: globs over ids and keys, ``"bielefeld*"`` or a list of them;
    - ``from_at``, ``until_at``: aware instants, or local times of each portal as text; the end is not included;
    - ``weeks``: ISO weeks of each portal's local time, ``"2026-05"`` or a list of them.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the files; a second time does nothing."""
        self._reader.close()

    def portals(self, portals: Globs = None) -> pa.Table:
        """All portals with at least one snapshot, by id.

        Raises:
            ArchiveError: The archive is damaged.
        """
        return frames.portals_table(self._records(portals))

    def calendars(self, portals: Globs = None, calendars: Globs = None) -> pa.Table:
        """All calendars, by portal and key; names are the newest that are known.

        Raises:
            ArchiveError: The archive is damaged.
        """
        parts = (
            frames.calendars_table(one.portal_id, self._reader.calendars(one.portal_id))
            for one in self._records(portals)
        )
        return pick_calendars(frames.joined("calendars", parts), calendars)

    def snapshots(
        self,
        portals: Globs = None,
        *,
        from_at: Time = None,
        until_at: Time = None,
        weeks: Globs = None,
    ) -> pa.Table:
        """All attempts to read a portal, failed ones too, by portal and time.

        Raises:
            ArchiveError: The archive is damaged.
            ConfigError: A time or week is none, or ``from_at`` lies after ``until_at``.
        """
        parts = []
        for record, ranges in self._asked(portals, from_at, until_at, weeks):
            tables = [
                ranges.pick(frames.snapshots_table(record.portal_id, piece), "taken_at")
                for piece in self._pieces(record, ranges)
            ]
            parts.append(frames.joined("snapshots", tables).sort_by("taken_at"))
        return frames.joined("snapshots", parts)

    def views(
        self,
        portals: Globs = None,
        calendars: Globs = None,
        *,
        from_at: Time = None,
        until_at: Time = None,
        weeks: Globs = None,
    ) -> pa.Table:
        """One row per calendar and snapshot that showed it: outcome, covered days, free slots.

        Raises:
            ArchiveError: The archive is damaged.
            ConfigError: A time or week is none, or ``from_at`` lies after ``until_at``.
        """
        parts = []
        for record, ranges in self._asked(portals, from_at, until_at, weeks):
            known = self._reader.calendars(record.portal_id)
            tables = [
                ranges.pick(frames.views_table(record.portal_id, piece, known), "taken_at")
                for piece in self._pieces(record, ranges)
            ]
            table = frames.by_time_and_calendar(frames.joined("views", tables))
            parts.append(pick_calendars(table, calendars))
        return frames.joined("views", parts)

    def spans(
        self,
        portals: Globs = None,
        calendars: Globs = None,
        *,
        from_at: Time = None,
        until_at: Time = None,
        weeks: Globs = None,
    ) -> pa.Table:
        """One row per slot that was free without a break; with limits, those open at some moment inside.

        Raises:
            ArchiveError: The archive is damaged.
            ConfigError: A time or week is none, or ``from_at`` lies after ``until_at``.
        """
        parts = []
        for record, ranges in self._asked(portals, from_at, until_at, weeks):
            limits = [
                None if at is None else datetime.fromtimestamp(at, UTC) for at in ranges.bounds
            ]
            spans = self._reader.spans(record.portal_id, *limits)
            known = self._reader.calendars(record.portal_id)
            table = frames.spans_table(record.portal_id, spans, known)
            parts.append(ranges.pick(pick_calendars(table, calendars), "opened_at", "closed_at"))
        return frames.joined("spans", parts)

    def free_slots(self, portal: str, at: Time = None) -> pa.Table:
        """What was free at a moment; without one, at the portal's newest snapshot.

        Args:
            portal: Its id.
            at: The moment.

        Returns:
            A row per slot. ``known`` is False where its day was not covered by the calendar's newest view, of
            which ``outcome`` and ``taken_at`` are given.

        Raises:
            ArchiveError: The archive is damaged.
            ConfigError: It knows no such portal, or the time is none.
        """
        record = self._record(portal)
        moment = instant_in(record, at)
        if moment is None:
            moment = datetime.fromtimestamp(int(self._reader.snapshots(portal).taken_at[-1]), UTC)
        states = self._reader.state(portal, moment)
        return frames.joined("free_slots", [_state_table(portal, state) for state in states])

    def weeks(self, portals: Globs = None) -> list[str]:
        """ISO weeks with at least one snapshot, sealed or not, ascending: ``["2026-05", "2026-06"]``.

        Raises:
            ArchiveError: The archive is damaged.
        """
        found: set[IsoWeek] = set()
        for record in self._records(portals):
            with self._reader.moment() as moment:
                found.update(moment.weeks_of(record.portal_id))
                found.update(moment.live_weeks(record.portal_id))
        return [str(week) for week in sorted(found)]

    def wide(self, portal: str, week: str, calendars: Globs = None) -> pa.Table:
        """A portal's week as the predecessor's data frame: a row per snapshot and calendar, a column per slot.

        Args:
            portal: Its id.
            week: ISO week, ``2026-05``.
            calendars: Globs over calendar keys; the columns stay those of the whole portal.

        Returns:
            ``date`` (local time), ``location_id`` (calendar key) and a boolean per slot; views that were not
            read whole are left out, as in a bundle.

        Raises:
            ArchiveError: The archive is damaged.
            ConfigError: It knows no such portal, or has no snapshot of it in that week.
        """
        from amtspuls.archive.wide import wide_table

        record = self._record(portal)
        [ranges] = [ranges for _, ranges in self._asked(portal, None, None, week, exact=True)]
        [(from_s, until_s)] = ranges.parts
        for piece in self._pieces(record, ranges):
            taken_at = piece.taken_at
            if ((taken_at >= from_s) & (taken_at < until_s)).any():
                table = wide_table(piece.portal, from_s, until_s, only_shown=not piece.alone)
                return pick_calendars(table, calendars, "location_id")
        raise ConfigError(f"the archive has no snapshot of {portal} in week {week}", portal=portal)

    def _records(self, portals: Globs) -> list[PortalRecord]:
        globs = globs_of(portals)
        return [one for one in self._reader.portals() if matches(one.portal_id, globs)]

    def _record(self, portal_id: str) -> PortalRecord:
        for record in self._reader.portals():
            if record.portal_id == portal_id:
                return record
        raise ConfigError(
            f"the archive knows no portal {portal_id!r}: portals() lists them", portal=portal_id
        )

    def _asked(
        self, portals: Globs, from_at: Time, until_at: Time, weeks: Globs, *, exact: bool = False
    ) -> Iterator[tuple[PortalRecord, Ranges]]:
        """The portals asked for, each with its ranges in its own zone."""
        named = [IsoWeek.parse(text) for text in globs_of(weeks) or ()]
        records = [self._record(str(portals))] if exact else self._records(portals)
        for record in records:
            yield record, ranges_in(record, from_at, until_at, None if weeks is None else named)

    def _pieces(self, record: PortalRecord, ranges: Ranges) -> list[Piece]:
        with self._reader.moment() as moment:
            return list(self._reader.all_pieces(moment, record.portal_id, ranges.bounds))


def _state_table(portal_id: str, state: CalendarState) -> pa.Table:
    slots = sorted([*((s, True) for s in state.slots), *((s, False) for s in state.unknown)])
    count = len(slots)
    return frames.table_of(
        "free_slots",
        {
            "portal": frames.constant(portal_id, count),
            "calendar": frames.constant(state.calendar.key, count),
            "slot": np.array([slot for slot, _ in slots], dtype=np.int64) * 60,
            "known": [known for _, known in slots],
            "outcome": frames.constant(state.outcome.value, count),
            "taken_at": np.full(count, seconds_of(state.taken_at), dtype=np.int64),
        },
    )
