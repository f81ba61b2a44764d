"""What the archive knows of one portal and week, as the rows of a CSV.

A row is written for each view that was read whole. Its cells are the spans that were open at that moment
on days that the view covered. Rows change little: each distinct row is put together once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from amtspuls.archive.base import ArchiveReader, CalendarRecord, SpanColumns, ViewColumns
from amtspuls.bundle.rows import HEAD
from amtspuls.errors import BundleError
from amtspuls.model import Covered, Outcome, Slot, local_from_slot

_COMMA, _ONE = ord(","), ord("1")
_NEWLINE = b"\r\n"
_DATE_LENGTH = 19
_NOT_IN_A_KEY = frozenset(',"\r\n')

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PortalSheet:
    """The CSV of one portal, ready to be written.

    Attributes:
        portal_id: Its id.
        calendars: Calendars that have rows, by key in byte order.
        columns: Slots that are free in at least one row, ascending.
        rows: Number of rows.
        partial_views: Views left out because they lack days.
        failed_views: Views left out because nothing was read.
        failed_snapshots: Snapshots that brought no view at all.
    """

    portal_id: str
    calendars: tuple[CalendarRecord, ...]
    columns: Ints
    rows: int
    partial_views: int
    failed_views: int
    failed_snapshots: int
    _zone: ZoneInfo
    _courses: tuple[Course, ...]

    @property
    def size_bytes(self) -> int:
        """Length of the file, without putting it together."""
        size = len(header_bytes(self.columns)) + self.rows * (
            _DATE_LENGTH + len(_NEWLINE) + len(self.columns)
        )
        for head, course in zip(self._heads(), self._courses, strict=True):
            size += len(head) * len(course.times) + int((course.ends - course.begins).sum())
        return size

    def _heads(self) -> list[bytes]:
        return [f",{self.portal_id},{record.calendar.key}".encode() for record in self.calendars]

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file, piece by piece."""
        yield header_bytes(self.columns)
        cells = [Cells(course, self.columns) for course in self._courses]
        heads = self._heads()
        times = np.unique(np.concatenate([course.times for course in self._courses] or [_ints()]))
        for at_s in times.tolist():
            date = f"{datetime.fromtimestamp(at_s, self._zone):%Y-%m-%d %H:%M:%S}".encode("ascii")
            lines = [
                b"".join((date, head, own.next_row(), _NEWLINE))
                for head, own in zip(heads, cells, strict=True)
                if own.has(at_s)
            ]
            yield b"".join(lines)


def header_bytes(columns: NDArray[np.integer[Any]]) -> bytes:
    """The first line of a CSV with these slots as columns."""
    names = (f"{local_from_slot(Slot(slot)):%Y-%m-%d %H:%M}:00" for slot in columns.tolist())
    return ",".join([*HEAD, *names]).encode("ascii") + _NEWLINE


@dataclass(frozen=True, slots=True)
class Course:
    """The rows of one calendar: slot ``slots[i]`` is free in rows ``begins[i]`` to ``ends[i]``.

    A slot may have several entries; they do not overlap. ``times`` names each row; what ``Cells.has`` is
    asked for is compared with it.
    """

    times: Ints
    slots: Ints
    begins: Ints
    ends: Ints


class Cells:
    """Row after row of one calendar as bytes; each row is asked for once, in order."""

    def __init__(self, course: Course, columns: Ints) -> None:
        self._times: list[int] = course.times.tolist()
        self._next = 0
        self._free = np.zeros(len(columns), dtype=np.bool_)
        places = np.searchsorted(columns, course.slots)
        rows = np.concatenate([course.ends, course.begins])
        order = np.argsort(rows, kind="stable")
        self._changed_rows = rows[order]
        self._changed_places = np.concatenate([places, places])[order]
        self._opens = np.repeat([False, True], len(places))[order]
        self._taken = 0
        self._bytes = b"," * len(columns)

    def has(self, at_s: int) -> bool:
        """Whether the next row is of this instant."""
        return self._next < len(self._times) and self._times[self._next] == at_s

    def next_row(self) -> bytes:
        """The cells of the next row, with a comma before each."""
        until = int(np.searchsorted(self._changed_rows, self._next, side="right"))
        self._next += 1
        if until > self._taken:
            part = slice(self._taken, until)
            opens, places = self._opens[part], self._changed_places[part]
            # A slot may close and open again in one row, so what opens comes last.
            self._free[places[~opens]] = False
            self._free[places[opens]] = True
            self._taken = until
            self._bytes = _join(self._free)
        return self._bytes


def _join(free: NDArray[np.bool_]) -> bytes:
    ones = np.flatnonzero(free)
    cells = np.full(len(free) + len(ones), _COMMA, dtype=np.uint8)
    cells[ones + np.arange(len(ones)) + 1] = _ONE
    return cells.tobytes()


def render_portal(
    reader: ArchiveReader, portal_id: str, zone: ZoneInfo, bounds: tuple[datetime, datetime]
) -> PortalSheet:
    """Turn what the archive knows of a portal between two instants into rows.

    Args:
        reader: The archive.
        portal_id: The portal.
        zone: Its zone; rows show its wall time.
        bounds: First instant, and the first one that is no longer wanted, aware UTC.

    Raises:
        ArchiveError: The archive cannot be read.
        BundleError: A calendar's key cannot stand in a CSV.
    """
    snapshots = reader.snapshots(portal_id, *bounds)
    views = reader.views(portal_id, *bounds)
    spans = reader.spans(portal_id, *bounds)
    whole = views.outcome == Outcome.OK.value
    partial = views.outcome == Outcome.PARTIAL.value
    shown = set(views.calendar[whole].tolist())
    calendars = tuple(
        sorted(
            (record for record in reader.calendars(portal_id) if record.number in shown),
            key=lambda record: record.calendar.key.encode(),
        )
    )
    for record in calendars:
        _require_plain_key(record)
    courses = tuple(
        _course(views, spans, whole & (views.calendar == c.number), c) for c in calendars
    )
    return PortalSheet(
        portal_id=portal_id,
        calendars=calendars,
        columns=np.unique(np.concatenate([course.slots for course in courses] or [_ints()])),
        rows=int(whole.sum()),
        partial_views=int(partial.sum()),
        failed_views=len(whole) - int(whole.sum()) - int(partial.sum()),
        failed_snapshots=int((~np.isin(snapshots.number, views.snapshot)).sum()),
        _zone=zone,
        _courses=courses,
    )


def _course(
    views: ViewColumns, spans: SpanColumns, mine: NDArray[np.bool_], calendar: CalendarRecord
) -> Course:
    times = views.taken_at[mine]
    own = spans.calendar == calendar.number
    slots = spans.slot[own]
    begins = np.searchsorted(times, spans.opened_at[own])
    ends = np.searchsorted(times, spans.closed_at[own])
    runs = [
        _clip(slots, begins, ends, covered, first, until)
        for covered, first, until in _runs(views.covered[mine])
    ]
    parts = [np.concatenate(part) for part in zip(*runs, strict=True)]
    return Course(times, *parts)


def _runs(texts: NDArray[np.object_]) -> Iterator[tuple[Covered, int, int]]:
    """Rows that follow one another and cover the same days: what they cover, first row, end."""
    cuts = np.flatnonzero(texts[1:] != texts[:-1]) + 1
    bounds = [0, *cuts.tolist(), len(texts)]
    known: dict[str, Covered] = {}
    for first, until in pairwise(bounds):
        text = texts[first]
        if text not in known:
            known[text] = Covered.parse(text)
        yield known[text], first, until


def _clip(
    slots: Ints, begins: Ints, ends: Ints, covered: Covered, first: int, until: int
) -> tuple[Ints, Ints, Ints]:
    """The part of each span that lies in rows ``first`` to ``until`` and on covered days."""
    begins, ends = np.maximum(begins, first), np.minimum(ends, until)
    on_covered = np.zeros(len(slots), dtype=np.bool_)
    for first_slot, until_slot in covered.slot_bounds():
        on_covered |= (slots >= first_slot) & (slots < until_slot)
    kept = on_covered & (begins < ends)
    return slots[kept], begins[kept], ends[kept]


def _require_plain_key(record: CalendarRecord) -> None:
    key = record.calendar.key
    if _NOT_IN_A_KEY & set(key):
        raise BundleError(
            f"portal {record.portal_id}: the calendar key {key!r} cannot stand in a bundle:"
            " give it an alias in [portal.calendar_aliases]",
            portal=record.portal_id,
        )


def _ints() -> Ints:
    return np.empty(0, dtype=np.int64)
