"""What the typed rule says of the ends of spans while it is at work."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.localtime import Ints

UNTYPED = -1


class Reason(IntEnum):
    """Which part of the rule decided; the names are what people read."""

    BEGINS = 0
    NOTICE = 1
    GAP = 2
    PAGE_LOST = 3
    DAY_LOST = 4
    COMES_BACK = 5
    REST_OF_HOLD = 6
    STAYS_AWAY = 7
    NEXT_SHOWN = 8
    HORIZON = 9
    NEW_DAY = 10
    REOPENS = 11
    APPEARS = 12
    MASS_APPEARS = 13
    PAGE_BACK = 14
    SOLD_OUT = 15
    MOVED = 16

    @property
    def text(self) -> str:
        """Its name in tables."""
        return self.name.lower().replace("_", "-")


class Side:
    """One end of every span: its kind, what decided, how sure that is, and what it belongs to.

    Attributes:
        kind: Place in ``kinds.KINDS``; ``UNTYPED`` where nothing has been said yet.
        reason: ``Reason``.
        confidence: 0 to 1.
        block: Number of the block of changes that go together; -1 where there is none.
    """

    def __init__(self, count: int) -> None:
        self.kind: Ints = np.full(count, UNTYPED, np.int64)
        self.reason: Ints = np.zeros(count, np.int64)
        self.confidence: Floats = np.zeros(count)
        self.block: Ints = np.full(count, -1, np.int64)

    def mark(
        self,
        rows: Bools | Ints,
        kind: Kind,
        reason: Reason,
        confidence: float | NDArray[np.float64] = 1.0,
    ) -> None:
        """Say something of some rows."""
        if rows.dtype == np.bool_:
            rows = rows.nonzero()[0]
        self.kind[rows] = CODES[kind]
        self.reason[rows] = int(reason)
        self.confidence[rows] = confidence

    @staticmethod
    def code(kind: Kind) -> int:
        """What ``kind`` holds for a kind."""
        return CODES[kind]

    def are(self, kind: Kind) -> Bools:
        """Which rows have a kind."""
        found: Bools = self.kind == CODES[kind]
        return found

    @property
    def untyped(self) -> Bools:
        """Which rows have none yet."""
        found: Bools = self.kind == UNTYPED
        return found
