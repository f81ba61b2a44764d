"""One portal's sealed week as the columns that readers hand out.

A snapshot of a sealed week has the number ``taken_at - SEALED_NUMBERS``: negative, ascending with time, and
the same however many weeks are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from amtspuls.archive.base import AnswerColumns, CapacityColumns, SnapshotColumns, ViewColumns
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.sealed.rows import on_covered_days
from amtspuls.archive.times import Ints, starts_of
from amtspuls.model import Outcome

SEALED_NUMBERS = 2**40
LEFT_OUT = 0
"""Number of calendars that only the way back to a bundle needs: second rows of one calendar at one date."""

_ANSWERED = frozenset(outcome.value for outcome in Outcome if outcome.answered)


class OpenSpans(NamedTuple):
    """Spans with the instants that a piece tells of them, ascending by key; all have shape (k,).

    Attributes:
        key: Calendar and slot as one number, see ``key_of``.
        opened_at: Unix second.
        start: When the slot begins, Unix second.
    """

    key: Ints
    opened_at: Ints
    start: Ints

    def where(self, mask: NDArray[np.bool_]) -> OpenSpans:
        """Those that a mask picks."""
        return OpenSpans(*(column[mask] for column in self))


def key_of(calendar: Ints, slot: Ints) -> Ints:
    """Calendar number and slot as one number, ascending by (calendar, slot)."""
    return (calendar << 32) + slot


def calendar_of_key(key: Ints) -> Ints:
    """The calendar of ``key_of``."""
    return key >> 32


def slot_of_key(key: Ints) -> Ints:
    """The slot of ``key_of``."""
    return key & 0xFFFF_FFFF


@dataclass(frozen=True, eq=False)
class Piece:
    """One portal's week with the numbers that a reader gave to its calendars.

    Attributes:
        alone: Imported: its spans do not say whether they were open before the week.
        portal: The week.
        numbers: Number of each calendar; ``LEFT_OUT`` for second rows of one calendar at one date.
    """

    alone: bool
    portal: SealedPortal
    numbers: Ints

    @property
    def taken_at(self) -> Ints:
        """When its snapshots were taken."""
        return self.portal.snapshots.taken_at

    @cached_property
    def zone(self) -> ZoneInfo:
        """Zone of its slots."""
        return ZoneInfo(self.portal.record.zone)

    @cached_property
    def span_calendar(self) -> Ints:
        """Number of each span's calendar."""
        return self.numbers[self.portal.spans.calendar]

    @cached_property
    def span_slot(self) -> Ints:
        """Slot of each span."""
        return self.portal.spans.slot.astype(np.int64)

    @cached_property
    def span_start(self) -> Ints:
        """When each span's slot begins, Unix seconds."""
        return starts_of(self.span_slot, self.zone)

    def snapshots(self) -> SnapshotColumns:
        """All snapshots; what each one opened and closed follows from the spans."""
        shots, spans = self.portal.snapshots, self.portal.spans
        count = len(shots.taken_at)
        own = self.span_calendar != LEFT_OUT
        closed = np.bincount(spans.closed[own], minlength=count + 1)[:count]
        opened = np.bincount(spans.opened[own & ~spans.from_before], minlength=count)
        return SnapshotColumns(
            number=shots.taken_at - SEALED_NUMBERS,
            taken_at=shots.taken_at,
            finished_at=shots.finished_at,
            outcome=shots.outcome,
            requests=shots.requests,
            bytes=shots.bytes,
            period_s=shots.period_s,
            opened=opened.astype(np.int64),
            closed=closed.astype(np.int64),
        )

    def view_runs(self) -> tuple[Ints, Ints]:
        """Run and ordinal of every single view, ascending by run; copies left out."""
        views = self.portal.views
        runs = np.flatnonzero(self.numbers[views.calendar] != LEFT_OUT)
        first = views.first[runs].astype(np.int64)
        lengths = views.last[runs] - first + 1
        begins = np.cumsum(lengths) - lengths
        ordinal = np.arange(int(lengths.sum())) - np.repeat(begins - first, lengths)
        return np.repeat(runs, lengths), ordinal

    def views(self) -> ViewColumns:
        """All views, in no particular order."""
        run, ordinal = self.view_runs()
        return ViewColumns(*self._answers(run, ordinal), self._free(run, ordinal))

    def answers(self) -> AnswerColumns:
        """As ``views``, without how much was free."""
        return self._answers(*self.view_runs())

    def _answers(self, run: Ints, ordinal: Ints) -> AnswerColumns:
        views = self.portal.views
        taken_at = self.taken_at[ordinal]
        return AnswerColumns(
            snapshot=taken_at - SEALED_NUMBERS,
            taken_at=taken_at,
            calendar=self.numbers[views.calendar[run]],
            outcome=views.outcome[run],
            covered=views.covered[run],
        )

    def _free(self, run: Ints, ordinal: Ints) -> Ints:
        """Free slots of every view; -1 where it was not answered."""
        views, spans = self.portal.views, self.portal.spans
        free = np.full(len(run), -1, dtype=np.int64)
        answered = is_answered(views.outcome)
        bounds = np.searchsorted(spans.calendar, np.arange(len(self.numbers) + 1))
        counts: dict[tuple[int, str], Ints] = {}
        begins = np.flatnonzero(np.diff(run, prepend=-1))
        ends = np.append(begins, len(run))[1:]
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            number = int(run[begin])
            if not answered[number]:
                continue
            calendar, covered = int(views.calendar[number]), str(views.covered[number])
            if (calendar, covered) not in counts:
                own = slice(bounds[calendar], bounds[calendar + 1])
                counts[calendar, covered] = self._open_counts(own, covered)
            free[begin:end] = counts[calendar, covered][ordinal[begin:end]]
        return free

    def _open_counts(self, own: slice, covered: str) -> Ints:
        """How many spans of one calendar are open on covered days, by ordinal."""
        spans = self.portal.spans
        inside = on_covered_days(spans.slot[own], covered)
        count = len(self.taken_at)
        steps = np.bincount(spans.opened[own][inside], minlength=count + 1)
        steps -= np.bincount(spans.closed[own][inside], minlength=count + 1)
        return np.cumsum(steps)

    def capacities(self) -> CapacityColumns:
        """All changes of places, in no particular order."""
        found = self.portal.capacities
        own = self.numbers[found.calendar] != LEFT_OUT
        return CapacityColumns(
            calendar=self.numbers[found.calendar[own]],
            slot=found.slot[own].astype(np.int64),
            at=self.taken_at[found.at[own]],
            capacity=found.capacity[own].astype(np.int64),
        )

    def newest_views(self, ordinal: int) -> dict[int, int]:
        """By calendar number, the run of its newest view up to an ordinal."""
        views = self.portal.views
        numbers = self.numbers[views.calendar]
        begun = np.flatnonzero((views.first <= ordinal) & (numbers != LEFT_OUT))
        # Ascending by (calendar, first): the last one of a calendar stays.
        return dict(zip(numbers[begun].tolist(), begun.tolist(), strict=True))

    def free(self, ordinal: int, at_s: int) -> tuple[Ints, Ints]:
        """Calendar and slot, ascending, of all spans open at an ordinal whose slot is ahead of ``at_s``."""
        spans = self.portal.spans
        is_open = (spans.opened <= ordinal) & (ordinal < spans.closed)
        places = np.flatnonzero(is_open & (self.span_calendar != LEFT_OUT))
        ahead = starts_of(self.span_slot[places], self.zone) > at_s
        places = places[ahead]
        calendar, slot = self.span_calendar[places], self.span_slot[places]
        order = np.lexsort((slot, calendar))
        return calendar[order], slot[order]


def is_answered(outcomes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which outcomes are ok or partial."""
    found = [outcome in _ANSWERED for outcome in outcomes.tolist()]
    return np.array(found, dtype=np.bool_)
