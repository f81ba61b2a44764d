"""Instants as whole Unix seconds, and when slots begin, for many slots at once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from math import ceil, floor
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from amtspuls.model import Slot, slot_from_local, utc_from_slot

Ints = NDArray[np.int64]
Limits = tuple[int | None, int | None]
"""First Unix second wanted, and the first one no longer wanted; None: no limit."""

_MINUTES_PER_DAY = 1440
_MINUTE_S = 60


def seconds_of(instant: datetime) -> int:
    """Return the whole Unix second that an aware instant lies in."""
    return floor(_timestamp(instant))


def seconds_from(instant: datetime) -> int:
    """Return the first whole Unix second at or after an aware instant."""
    return ceil(_timestamp(instant))


def instant_of(seconds: int) -> datetime:
    """Return a Unix second as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def within(from_at: datetime | None, until_at: datetime | None) -> Limits:
    """Limits in whole Unix seconds."""
    return (
        None if from_at is None else seconds_from(from_at),
        None if until_at is None else seconds_from(until_at),
    )


def is_empty(from_at: datetime | None, until_at: datetime | None) -> bool:
    """Whether no moment lies within limits."""
    return from_at is not None and until_at is not None and from_at >= until_at


def _timestamp(instant: datetime) -> float:
    if instant.tzinfo is None:
        raise ValueError(f"an instant without a zone: {instant}")
    return instant.timestamp()


def slot_at(seconds: int, zone: ZoneInfo) -> Slot:
    """Return the wall-clock minute of ``zone`` at a Unix second."""
    return slot_from_local(datetime.fromtimestamp(seconds, zone).replace(tzinfo=None))


def starts_of(slots: Ints, zone: ZoneInfo) -> Ints:
    """Return the Unix second at which each slot has certainly begun.

    The same as ``model.utc_from_slot`` for each slot, a thousand times as fast: the distance of wall
    time to UTC is looked up once per local day, and slot by slot only on days of a clock change.
    """
    if not len(slots):
        return slots
    days, where = np.unique(slots // _MINUTES_PER_DAY, return_inverse=True)
    offsets = [_offset_s(int(day), zone) for day in days]
    starts: Ints = (
        slots * _MINUTE_S
        - np.array([offset or 0 for offset in offsets], dtype=np.int64)[where.reshape(-1)]
    )
    changing = np.array([offset is None for offset in offsets], dtype=np.bool_)[where.reshape(-1)]
    for index in np.flatnonzero(changing):
        starts[index] = _start_s(int(slots[index]), zone)
    return starts


def begun(slots: Ints, seconds: int, zone: ZoneInfo) -> NDArray[np.bool_]:
    """Return which of the ascending ``slots`` have begun at a Unix second."""
    mask = np.zeros(len(slots), dtype=np.bool_)
    # No clock change moves a slot by a day: what lies further ahead need not be looked at.
    near = int(np.searchsorted(slots, slot_at(seconds, zone) + _MINUTES_PER_DAY))
    if near:
        mask[:near] = starts_of(slots[:near], zone) <= seconds
    return mask


def _start_s(slot: int, zone: ZoneInfo) -> int:
    return int(utc_from_slot(Slot(slot), zone).timestamp())


@lru_cache(maxsize=16_384)
def _offset_s(day: int, zone: ZoneInfo) -> int | None:
    """Distance of wall time to UTC on a day (days after 1970-01-01); None where it changes."""
    first = day * _MINUTES_PER_DAY
    last = first + _MINUTES_PER_DAY - 1
    offset = first * _MINUTE_S - _start_s(first, zone)
    return offset if offset == last * _MINUTE_S - _start_s(last, zone) else None
