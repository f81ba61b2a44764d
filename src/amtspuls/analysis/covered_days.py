"""The covered days of many views at once.

A portal answers for the same days over and over, so there are few different texts in a column of
views; each is parsed once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.localtime import Ints
from amtspuls.model import Covered

_MINUTES_PER_DAY = 1440


@dataclass(frozen=True, eq=False)
class CoveredDays:
    """Covered days by view.

    Attributes:
        codes: For each view, the row of ``table``; shape (n,).
        first_day: Days after 1970-01-01 that column 0 of ``table`` stands for.
        table: ``table[code, day - first_day]``: whether the day is covered.
    """

    codes: Ints
    first_day: int
    table: NDArray[np.bool_]

    @classmethod
    def of_texts(cls, texts: NDArray[np.object_]) -> CoveredDays:
        """Read a column of ``str(Covered)``."""
        every_text = texts.tolist()
        distinct = sorted(set(every_text))
        code_of = {text: code for code, text in enumerate(distinct)}
        codes = np.fromiter(map(code_of.__getitem__, every_text), np.int64, len(every_text))
        bounds = [
            [
                (low // _MINUTES_PER_DAY, high // _MINUTES_PER_DAY)
                for low, high in days.slot_bounds()
            ]
            for days in map(Covered.parse, distinct)
        ]
        every = [bound for ranges in bounds for bound in ranges]
        first_day = min((low for low, _ in every), default=0)
        width = max((high for _, high in every), default=0) - first_day
        table = np.zeros((len(distinct), width), np.bool_)
        for row, ranges in zip(table, bounds, strict=True):
            for low, high in ranges:
                row[low - first_day : high - first_day] = True
        return cls(codes, first_day, table)

    def contains(self, views: Ints, days: Ints) -> NDArray[np.bool_]:
        """Whether each view (an index) covers the day beside it (days after 1970-01-01)."""
        column = days - self.first_day
        width = self.table.shape[1]
        inside: NDArray[np.bool_] = (column >= 0) & (column < width)
        if width == 0:
            return inside
        # Columns outside lie in another row, or are cut: what is found there does not count.
        column += self.codes.take(views) * width
        inside &= self.table.ravel().take(column, mode="clip")
        return inside

    def contain(self, views: Ints, days: Ints) -> NDArray[np.bool_]:
        """Whether each view (an index) covers each of some days; shape (views, days)."""
        codes, rows = np.unique(self.codes[views], return_inverse=True)
        column = days - self.first_day
        inside = (column >= 0) & (column < self.table.shape[1])
        found = np.zeros((len(codes), len(days)), np.bool_)
        found[:, inside] = self.table[np.ix_(codes, column[inside])]
        every: NDArray[np.bool_] = found[rows]
        return every

    def end_of_run(self, views: Ints, days: Ints) -> Ints:
        """First day from each day on that its view does not cover; the day itself if it is not."""
        end = days.copy()
        open_still = self.contains(views, end)
        while bool(open_still.any()):
            end[open_still] += 1
            open_still = self.contains(views, end)
        return end

    def end_of_all(self, views: Ints) -> Ints:
        """Day after the last day that each view covers; the least integer where it covers none."""
        if self.table.shape[1] == 0:
            return np.full(len(views), np.iinfo(np.int64).min, np.int64)
        last = self.table.shape[1] - np.argmax(self.table[:, ::-1], axis=1) + self.first_day
        last = np.where(self.table.any(axis=1), last, np.iinfo(np.int64).min)
        return last[self.codes[views]].astype(np.int64)
