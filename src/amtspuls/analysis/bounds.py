"""A figure that nobody can know exactly."""

from __future__ import annotations

from typing import NamedTuple


class Bounds(NamedTuple):
    """A figure with its uncertainty.

    Attributes:
        low: Nine times of ten it is not less.
        central: The best guess.
        high: Nine times of ten it is not more.
    """

    low: float
    central: float
    high: float
