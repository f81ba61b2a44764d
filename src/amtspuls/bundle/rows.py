"""One CSV of a weekly bundle as tuples, row by row, for those who need no speed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amtspuls.bundle.scan import HEAD, Place, scan_portal
from amtspuls.model import Slot

__all__ = ["HEAD", "Place", "RecordedPortal", "parse_portal", "portal_of_member"]

_EPOCH = datetime(1970, 1, 1)
_MEMBER = re.compile(r"([a-z0-9][a-z0-9_-]*)\.csv")


def portal_of_member(name: str) -> str | None:
    """The portal whose file a member is; None for a name that is no portal's."""
    match = _MEMBER.fullmatch(name)
    return match[1] if match else None


@dataclass(frozen=True, slots=True)
class RecordedPortal:
    """The rows of one portal in one week, in the order of the file.

    Equal rows share one tuple. Rows may repeat (date, calendar); nothing is merged here.

    Attributes:
        portal_id: Its id.
        columns: All slots of the file, ascending.
        times: Naive local row times, one per row.
        keys: Calendar keys, one per row.
        free: Free slots, ascending, one tuple per row.
    """

    portal_id: str
    columns: tuple[Slot, ...]
    times: tuple[datetime, ...]
    keys: tuple[str, ...]
    free: tuple[tuple[Slot, ...], ...]

    def groups(self) -> Iterator[tuple[datetime, slice]]:
        """Naive local time and rows of each group of rows that follow one another with one date."""
        start = 0
        for row in range(1, len(self.times) + 1):
            if row == len(self.times) or self.times[row] != self.times[start]:
                yield self.times[start], slice(start, row)
                start = row


def parse_portal(data: bytes, portal_id: str, place: Place) -> RecordedPortal:
    """Read the CSV of one portal into tuples.

    Args:
        data: The whole file.
        portal_id: What its ``source_id`` column must say.
        place: For error messages.

    Returns:
        Every row. A file without slot columns has rows without free slots.

    Raises:
        BundleError: Anything differs from the format; names the line.
    """
    scanned = scan_portal(data, portal_id, place)
    columns: NDArray[Any] = np.array(scanned.columns.tolist(), dtype=object)
    free = [tuple(columns[ones]) for ones in scanned.states]
    dates = [_EPOCH + timedelta(seconds=second) for second in scanned.dates.tolist()]
    return RecordedPortal(
        portal_id,
        tuple(columns),
        tuple(dates[group] for group in scanned.group.tolist()),
        tuple(scanned.keys[key] for key in scanned.key.tolist()),
        tuple(free[state] for state in scanned.state.tolist()),
    )
