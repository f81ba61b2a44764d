"""A range cut into equal pieces of real time, for pictures whose axis is time.

Pieces have equal lengths in real time, so that the day on which the clocks change is an hour shorter or
longer than its neighbours, and the hour that autumn repeats is shown twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import DAY_S, HOUR_S, Ints, TimeRange, offsets_of

_STEPS_S = (900, HOUR_S, 2 * HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, DAY_S, 7 * DAY_S)


class Overlaps(NamedTuple):
    """Which intervals reach into which pieces; all arrays have the same length.

    Attributes:
        row: Index of the interval.
        piece: Index of the piece.
        seconds: For how long, at least one.
    """

    row: Ints
    piece: Ints
    seconds: Ints


@dataclass(frozen=True, eq=False)
class Pieces:
    """Equal pieces of a range; the last one may be shorter.

    Attributes:
        edges_s: Unix seconds, one more than there are pieces.
        zone: Zone in which people read the axis.
    """

    edges_s: Ints
    zone: ZoneInfo

    @classmethod
    def of(cls, watched: Sequence[Watched], at_most: int) -> Pieces:
        """Cut the range of all portals together.

        Args:
            watched: At least one portal; the first one's zone is that of the axis.
            at_most: How many pieces the picture has room for; the shortest step that keeps to it is
                taken, from a quarter of an hour to a week.
        """
        stretch = whole_range(watched)
        step_s = next((s for s in _STEPS_S if stretch.seconds <= s * at_most), 0)
        while step_s == 0 or stretch.seconds > step_s * at_most:
            step_s += _STEPS_S[-1]
        zone = watched[0].evidence.zone
        first = _floor(stretch, step_s, zone)
        inner = np.arange(first + step_s, stretch.until_s, step_s, dtype=np.int64)
        inner = inner[inner > stretch.from_s]
        edges = np.concatenate(([stretch.from_s], inner, [stretch.until_s])).astype(np.int64)
        return cls(edges, zone)

    def __len__(self) -> int:
        return len(self.edges_s) - 1

    @property
    def middles_s(self) -> Ints:
        """The middle of each piece, whole Unix seconds."""
        return (self.edges_s[:-1] + self.edges_s[1:]) // 2

    @property
    def stretch(self) -> TimeRange:
        """All pieces together."""
        return TimeRange(int(self.edges_s[0]), int(self.edges_s[-1]))

    def overlaps(self, from_s: Ints, until_s: Ints) -> Overlaps:
        """Cut half-open intervals along the pieces; what lies outside the range is left out."""
        from_s = np.maximum(from_s, self.edges_s[0])
        until_s = np.minimum(until_s, self.edges_s[-1])
        first = np.searchsorted(self.edges_s, from_s, "right") - 1
        last = np.searchsorted(self.edges_s, until_s, "left")
        many = np.where(until_s > from_s, last - first, 0)
        row = np.repeat(np.arange(len(from_s)), many)
        begins = np.cumsum(many) - many
        piece = first[row] + np.arange(len(row)) - begins[row]
        seconds = np.minimum(until_s[row], self.edges_s[piece + 1]) - np.maximum(
            from_s[row], self.edges_s[piece]
        )
        return Overlaps(row, piece, seconds)


def whole_range(watched: Sequence[Watched]) -> TimeRange:
    """From the first begin of a portal's range to the last end, never empty."""
    from_s = min(one.evidence.asked.from_s for one in watched)
    until_s = max(one.evidence.asked.until_s for one in watched)
    return TimeRange(from_s, max(until_s, from_s + 1))


def recorded(watched: Sequence[Watched]) -> tuple[Watched, ...]:
    """The portals of which the archive has anything in the range, or before it and after it.

    A portal that was first or last asked at another time is no hole in what was observed; all of them
    where none was recorded.
    """
    return tuple(one for one in watched if _is_recorded(one)) or tuple(watched)


def _is_recorded(one: Watched) -> bool:
    extent, asked = one.evidence.extent, one.evidence.asked
    first_s, last_s = extent.first_at.timestamp(), extent.last_at.timestamp()
    return first_s < asked.until_s and last_s >= asked.from_s


def _floor(stretch: TimeRange, step_s: int, zone: ZoneInfo) -> int:
    """Begin of a piece at or before the range: a multiple of the step after local midnight, or midnight."""
    offsets = offsets_of(zone, stretch)
    local_s = int(offsets.to_local(np.array([stretch.from_s], np.int64))[0])
    return stretch.from_s - local_s % min(step_s, DAY_S)
