"""The texts of the 49 files. Nearly all cells are one digit, so a file is a pattern with digits put in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.legacy.rule import COUNTED
from amtspuls.analysis.legacy.runs import Ints
from amtspuls.analysis.legacy.timespans import METRICS
from amtspuls.analysis.legacy.week import LegacyTables
from amtspuls.model import Slot, local_from_slot

_COMMA, _NEWLINE, _ZERO = (ord(letter) for letter in ",\n0")
_DATE_LENGTH = 19

Bytes = NDArray[np.uint8]


def render_files(tables: LegacyTables) -> Iterator[tuple[str, bytes]]:
    """Name and text of each file, in the order of the published archives.

    A quarter hour without a row of a location is an empty cell, which is not 0. ``cancellations_*`` are
    copies of ``appointments_*``, as the predecessor wrote them.
    """
    head = _header(tables)
    dates = _dates(tables)
    digits = tables.seen.astype(np.int64)
    narrow = _Pattern(head, dates, digits)
    texts: dict[str, bytes] = {}
    for metric in METRICS:
        source = metric if metric in COUNTED else metric.replace("cancellations", "appointments")
        if source not in texts:
            values = tables.values[source]
            wide = values.max(initial=0) >= 10
            pattern = narrow
            if wide:
                pattern = _Pattern(head, dates, np.where(tables.seen, _width(values), 0))
            texts[source] = pattern.fill(values[tables.seen])
        yield f"{metric}.csv", texts[source]


def _header(tables: LegacyTables) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(["date", *tables.locations])
    return text.getvalue().encode()


def _dates(tables: LegacyTables) -> Bytes:
    """The first column; shape (buckets, 19)."""
    text = "".join(
        f"{local_from_slot(Slot(bucket)):%Y-%m-%d %H:%M}:00" for bucket in tables.buckets.tolist()
    )
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(-1, _DATE_LENGTH)


def _width(values: Ints) -> Ints:
    """Number of decimal digits."""
    width = np.ones_like(values)
    limit = 10
    while (wider := values >= limit).any():
        width += wider
        limit *= 10
    return width


class _Pattern:
    """A file in which only the digits are missing."""

    def __init__(self, head: bytes, dates: Bytes, widths: Ints) -> None:
        """Lay out a file; ``widths`` says how many digits each cell has, 0 for an empty one."""
        lines, columns = widths.shape
        # Each line: the date, then a comma and the digits of each cell, then the end of the line.
        lengths = np.empty((lines, columns + 2), dtype=np.int64)
        lengths[:, 0] = _DATE_LENGTH
        lengths[:, 1:-1] = widths + 1
        lengths[:, -1] = 1
        ends = np.cumsum(lengths.ravel()).reshape(lengths.shape)
        self._body = np.full(ends[-1, -1], _COMMA, dtype=np.uint8)
        self._body[ends[:, -1] - 1] = _NEWLINE
        self._body[(ends[:, :1] - _DATE_LENGTH) + np.arange(_DATE_LENGTH)] = dates
        filled = widths > 0
        self._last_digit = ends[:, 1:-1][filled] - 1
        self._widths = widths[filled]
        self._head = head

    def fill(self, values: Ints) -> bytes:
        """The file with the values of its cells that are not empty."""
        where, widths, left = self._last_digit, self._widths, values
        self._body[where] = left % 10 + _ZERO
        for digits in range(2, int(widths.max(initial=0)) + 1):
            more = widths >= digits
            where, widths, left = where[more] - 1, widths[more], left[more] // 10
            self._body[where] = left % 10 + _ZERO
        return self._head + self._body.tobytes()
