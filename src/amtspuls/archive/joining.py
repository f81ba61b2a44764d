"""Spans over the edges of weeks: pieces of one portal, in order, become spans as the live archive has them.

Two kinds of weeks follow their own chain. A week sealed from the live archive says which of its spans were
open before (``from_before``), and the piece before it which ones were open at its end. An imported week
says neither: what was open at the end of the imported week before it is compared with the first view of the
calendar that covers the slot's day. When that view shows the slot, the span goes on; when it does not, the
span closed there, or when its slot began, whichever was earlier. Where nothing covers the day, it waits.
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
    """Takes pieces in order and gives spans.

    Attributes:
        live: Open at the end of the newest piece of the live chain.
        imported: Open at the end of an imported piece, and not met since.
        imported_at: Newest snapshot of an imported piece.
        live_at: Newest snapshot of a piece of the live chain.
    """

    def __init__(self) -> None:
        self.live = NOTHING_OPEN
        self.imported = NOTHING_OPEN
        self.imported_at = 0
        self.live_at = 0
        self._done: list[Done] = []
        self._newest_at = 0

    def add(self, piece: Piece) -> None:
        """Take the next piece."""
        spans = piece.portal.spans
        own = piece.span_calendar != LEFT_OUT
        key = key_of(piece.span_calendar, piece.span_slot)
        opened_at = piece.taken_at[spans.opened]
        if not piece.alone:
            opened_at = self._go_on_live(piece, key, opened_at)
        opened_at = self._meet_imported(piece, key, opened_at)
        waits = own & (spans.closed == len(piece.taken_at))
        if piece.alone:
            waits &= spans.goes_on
        closed_at = _closed_at(piece, opened_at)
        ended = own & ~waits
        self._done.append(Done(key[ended], opened_at[ended], closed_at[ended]))
        still = _ordered(OpenSpans(key[waits], opened_at[waits], piece.span_start[waits]))
        if piece.alone:
            self.imported_at = int(piece.taken_at[-1])
            self.imported = _ordered(
                OpenSpans(
                    *(np.concatenate(both) for both in zip(self.imported, still, strict=True))
                )
            )
        else:
            self.live = still
            self.live_at = int(piece.taken_at[-1])
        self._newest_at = max(self._newest_at, int(piece.taken_at[-1]))

    def _go_on_live(self, piece: Piece, key: Ints, opened_at: Ints) -> Ints:
        """Give spans that were open before their true opening; end those that are lost."""
        before = np.flatnonzero(piece.portal.spans.from_before)
        places, found = find_keys(self.live.key, key[before])
        opened_at = opened_at.copy()
        opened_at[before[found]] = self.live.opened_at[places[found]]
        _, met = find_keys(np.sort(key[before]), self.live.key)
        # Only where a week between the two is lost.
        self._end(self.live.where(~met), int(piece.taken_at[0]))
        return opened_at

    def _meet_imported(self, piece: Piece, key: Ints, opened_at: Ints) -> Ints:
        """Compare what waits since an imported week with the first views of this one."""
        waiting = self.imported
        if not len(waiting.key):
            return opened_at
        first = first_covering(piece, waiting.key)
        spans = piece.portal.spans
        places, found = find_keys(waiting.key, key)
        found &= ~spans.from_before & (piece.span_calendar != LEFT_OUT)
        # A span is the same one when the first covering view opened it.
        same = np.flatnonzero(found)
        same = same[spans.opened[same] == first[places[same]]]
        opened_at = opened_at.copy()
        opened_at[same] = waiting.opened_at[places[same]]
        met = first < len(piece.taken_at)
        gone = met.copy()
        gone[places[same]] = False
        self._end(waiting.where(gone), piece.taken_at[first[gone]])
        begun = ~met & (waiting.start <= piece.taken_at[-1])
        self._end(waiting.where(begun), _NEVER)
        self.imported = waiting.where(~met & ~begun)
        return opened_at

    def meet(self, piece: Piece) -> tuple[Ints, Ints, Ints]:
        """Compare what waits since an imported week with the part that is not sealed yet.

        Returns:
            Key and ``opened_at`` of spans of the piece that were open before it, and since when.
        """
        key = key_of(piece.span_calendar, piece.span_slot)
        before = piece.taken_at[piece.portal.spans.opened]
        since = self._meet_imported(piece, key, before)
        earlier = since < before
        return key[earlier], before[earlier], since[earlier]

    def go_on(self, spans: Done) -> Done:
        """Spans of the live part, those that a sealed piece left open with the opening that it knows.

        An imported week may have shown them earlier than the live part knows. What ended by the newest
        sealed snapshot is left out: the pieces have it.
        """
        spans = Done(*(column[spans.closed_at > self.live_at] for column in spans))
        places, found = find_keys(self.live.key, spans.key)
        found &= spans.opened_at <= self.live_at
        opened_at = spans.opened_at.copy()
        opened_at[found] = self.live.opened_at[places[found]]
        return spans._replace(opened_at=opened_at)

    def _end(self, spans: OpenSpans, at: Ints | int) -> None:
        closed_at = np.maximum(np.minimum(spans.start, at), spans.opened_at)
        self._done.append(Done(spans.key, spans.opened_at, closed_at))

    def any_open_before(self, until_s: int) -> bool:
        """Whether a span is open that opened before a Unix second."""
        return any(bool((spans.opened_at < until_s).any()) for spans in (self.live, self.imported))

    def finish(self, newest_at: int = 0) -> Done:
        """All spans, those that are open included, in no particular order.

        Args:
            newest_at: Newest snapshot of the portal where the pieces do not reach it.
        """
        newest_at = max(newest_at, self._newest_at)
        for spans in (self.live, self.imported):
            begun = spans.start <= newest_at
            ends = np.where(begun, np.maximum(spans.start, spans.opened_at), STILL_OPEN)
            self._done.append(Done(spans.key, spans.opened_at, ends))
        self.live = self.imported = NOTHING_OPEN
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


def entering(piece: Piece, *, alone: bool) -> Ints:
    """Keys of spans that may have been open before the piece.

    Args:
        piece: The piece.
        alone: Whether it, or the piece before it, was imported.
    """
    spans, key = piece.portal.spans, key_of(piece.span_calendar, piece.span_slot)
    before = spans.from_before.copy()
    if alone:
        keys = np.unique(key)
        places, _ = find_keys(keys, key)
        before |= spans.opened == first_covering(piece, keys)[places]
    return np.unique(key[before & (piece.span_calendar != LEFT_OUT)])


def still_before(piece: Piece, keys: Ints) -> Ints:
    """Of spans that were open at the end of a piece, those that it does not see open."""
    if not len(keys):
        return keys
    spans, key = piece.portal.spans, key_of(piece.span_calendar, piece.span_slot)
    at_end = np.unique(key[spans.closed == len(piece.taken_at)])
    _, there = find_keys(at_end, keys)
    _, earlier = find_keys(entering(piece, alone=piece.alone), keys)
    unseen = ~there
    if piece.alone:
        unseen &= first_covering(piece, keys) == len(piece.taken_at)
    return keys[(there & earlier) | unseen]


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
