"""Spans over the edges of weeks: pieces of one portal, in order, become spans as the live archive has them.

All weeks are one chain, whether they were sealed from live snapshots or imported. A part that no snapshot of
its week ended waits for the first later view, in whatever week, that covers its slot's day:

- a part of the same slot goes on with it when that view opened the part, or when the part was open before its
  week (a week sealed from live snapshots knows, an imported one does not) and no view has covered the day since;
- else that view closed it, or the slot's start did, whichever was earlier;
- where no view covers the day, it is over when its slot begins.

So where an imported week between two live ones shows a slot gone that both have, it closed there, and opened
again with the first snapshot of the second. The same rules in SQL: ``analysis/sql/spans.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.archive.base import STILL_OPEN, SpanColumns
from amtspuls.archive.pieces import (
    LEFT_OUT,
    OpenSpans,
    Piece,
    calendar_of_key,
    key_of,
    slot_of_key,
)
from amtspuls.archive.sealed.rows import on_covered_days
from amtspuls.archive.times import Ints
from amtspuls.model import Outcome

_NONE: Ints = np.zeros(0, dtype=np.int64)
NOTHING_OPEN = OpenSpans(_NONE, _NONE, _NONE)
_NEVER = np.iinfo(np.int64).max


class Done(NamedTuple):
    """Spans that are worked out; all arrays have shape (k,)."""

    key: Ints
    opened_at: Ints
    closed_at: Ints


class Joiner:
    """Takes pieces in the order of time and gives spans.

    Attributes:
        waiting: Open at the end of the newest piece, or of an earlier one and not met since.
        newest_at: Newest snapshot of all pieces.
    """

    def __init__(self) -> None:
        self.waiting = NOTHING_OPEN
        self.newest_at = 0
        self._done: list[Done] = []

    def add(self, piece: Piece) -> None:
        """Take the next piece."""
        spans, last_at = piece.portal.spans, int(piece.taken_at[-1])
        own = piece.span_calendar != LEFT_OUT
        key = key_of(piece.span_calendar, piece.span_slot)
        opened_at = self._meet(piece, key, own)
        # Known to be open before the week, gone in an imported one since, and begun by now: never seen again.
        own &= ~(spans.from_before & (opened_at >= piece.span_start))
        waits = own & (spans.closed == len(piece.taken_at))
        if piece.alone:
            waits &= spans.goes_on
        ended = own & ~waits
        self._done.append(Done(key[ended], opened_at[ended], _closed_at(piece, opened_at)[ended]))
        still = OpenSpans(key[waits], opened_at[waits], piece.span_start[waits])
        both = zip(self.waiting, still, strict=True)
        self.waiting = _ordered(OpenSpans(*map(np.concatenate, both)))
        self.newest_at = max(self.newest_at, last_at)

    def _meet(self, piece: Piece, key: Ints, own: NDArray[np.bool_]) -> Ints:
        """Join parts of a piece with what waits, and end what it shows to be over.

        Returns:
            When each span of the piece opened, those that were open before included.
        """
        spans, waiting = piece.portal.spans, self.waiting
        opened_at = piece.taken_at[spans.opened]
        if not len(waiting.key):
            return opened_at
        first = first_covering(piece, waiting.key)
        places, found = find_keys(waiting.key, key)
        same = np.flatnonzero(found & own)
        same = same[spans.from_before[same] | (spans.opened[same] == first[places[same]])]
        opened_at = opened_at.copy()
        opened_at[same] = waiting.opened_at[places[same]]
        left = np.ones(len(waiting.key), dtype=np.bool_)
        left[places[same]] = False
        met = left & (first < len(piece.taken_at))
        self._end(waiting.where(met), piece.taken_at[first[met]])
        begun = left & ~met & (waiting.start <= piece.taken_at[-1])
        self._end(waiting.where(begun), _NEVER)
        self.waiting = waiting.where(left & ~met & ~begun)
        return opened_at

    def open_at(self, piece: Piece, ordinal: int, at_s: int) -> tuple[Ints, Ints]:
        """Calendar and slot of what is open at a moment of the next piece, ascending.

        Args:
            piece: The piece; ``add`` has not taken it.
            ordinal: Its newest snapshot up to the moment.
            at_s: The moment, Unix seconds; slots that begin later are wanted.
        """
        waiting = self.waiting.where(self.waiting.start > at_s)
        unseen = waiting.key[first_covering(piece, waiting.key) > ordinal]
        key = np.union1d(key_of(*piece.free(ordinal, at_s)), unseen)
        return calendar_of_key(key), slot_of_key(key)

    def go_on(self, spans: Done) -> Done:
        """Spans of the live part, those that a sealed piece left open with the opening that it knows.

        What ended by the newest sealed snapshot is left out: the pieces have it.
        """
        spans = Done(*(column[spans.closed_at > self.newest_at] for column in spans))
        places, found = find_keys(self.waiting.key, spans.key)
        found &= spans.opened_at <= self.newest_at
        opened_at = spans.opened_at.copy()
        opened_at[found] = self.waiting.opened_at[places[found]]
        return spans._replace(opened_at=opened_at)

    def _end(self, spans: OpenSpans, at: Ints | int) -> None:
        closed_at = np.maximum(np.minimum(spans.start, at), spans.opened_at)
        self._done.append(Done(spans.key, spans.opened_at, closed_at))

    def any_open_before(self, until_s: int) -> bool:
        """Whether a span is open that opened before a Unix second."""
        return bool((self.waiting.opened_at < until_s).any())

    def finish(self, newest_at: int = 0) -> Done:
        """All spans, those that are open included, in no particular order.

        Args:
            newest_at: Newest snapshot of the portal where the pieces do not reach it.
        """
        waiting, self.waiting = self.waiting, NOTHING_OPEN
        begun = waiting.start <= max(newest_at, self.newest_at)
        ends = np.where(begun, np.maximum(waiting.start, waiting.opened_at), STILL_OPEN)
        self._done.append(Done(waiting.key, waiting.opened_at, ends))
        return concatenate(self._done)


def _closed_at(piece: Piece, opened_at: Ints) -> Ints:
    """When spans ended that did not outlive the piece."""
    at = np.append(piece.taken_at, _NEVER)[piece.portal.spans.closed]
    closed_at: Ints = np.maximum(np.minimum(piece.span_start, at), opened_at)
    return closed_at


def first_covering(piece: Piece, keys: Ints) -> Ints:
    """Ordinal of the first answered view that covers each slot's day; past the end where there is none."""
    first = np.full(len(keys), len(piece.taken_at), dtype=np.int64)
    calendars, slots = calendar_of_key(keys), slot_of_key(keys)
    views = piece.portal.views
    numbers = piece.numbers[views.calendar]
    for calendar in np.unique(calendars).tolist():
        mine = np.flatnonzero(calendars == calendar)
        for run in np.flatnonzero(numbers == calendar).tolist():
            if not len(mine):
                break
            if Outcome(views.outcome[run]).answered:
                inside = on_covered_days(slots[mine], views.covered[run])
                first[mine[inside]] = views.first[run]
                mine = mine[~inside]
    return first


def find_keys(keys: Ints, wanted: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Where wanted keys stand among ascending ones, and which of them are there."""
    places = np.searchsorted(keys, wanted)
    found = places < len(keys)
    found[found] = keys[places[found]] == wanted[found]
    return places, found


def entering(piece: Piece) -> Ints:
    """Keys of spans that were open before a piece of live snapshots."""
    key = key_of(piece.span_calendar, piece.span_slot)
    return np.unique(key[piece.portal.spans.from_before & (piece.span_calendar != LEFT_OUT)])


def still_before(piece: Piece, keys: Ints) -> Ints:
    """Of spans that were open at the end of a piece of live snapshots, those that it does not see open."""
    if not len(keys):
        return keys
    spans, key = piece.portal.spans, key_of(piece.span_calendar, piece.span_slot)
    at_end = np.unique(key[spans.closed == len(piece.taken_at)])
    _, there = find_keys(at_end, keys)
    _, earlier = find_keys(entering(piece), keys)
    return keys[(there & earlier) | ~there]


def concatenate(parts: Iterable[Done]) -> Done:
    """Several groups of spans as one."""
    columns = list(zip(*parts, strict=True)) or [(_NONE,)] * 3
    return Done(*(np.concatenate(column) for column in columns))


def as_columns(spans: Done) -> SpanColumns:
    """Spans in the order of ``SpanColumns``."""
    order = np.lexsort((spans.opened_at, spans.key))
    key = spans.key[order]
    return SpanColumns(
        calendar_of_key(key), slot_of_key(key), spans.opened_at[order], spans.closed_at[order]
    )


def _ordered(spans: OpenSpans) -> OpenSpans:
    order = np.argsort(spans.key, kind="stable")
    return OpenSpans(*(column[order] for column in spans))
