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


class RateBounds(NamedTuple):
    """How many of one thing for each of another, with its uncertainty.

    Attributes:
        low: The least that both bounds allow.
        central: The best guess.
        high: The most; None where the other thing may not have been at all.
    """

    low: float
    central: float
    high: float | None


def rate_bounds(above: Bounds, below: Bounds) -> RateBounds | None:
    """Divide one figure by another: least by most and most by least.

    Args:
        above: What is counted.
        below: For each of what.

    Returns:
        None where there was none of ``below``.
    """
    if not below.central:
        return None
    return RateBounds(
        above.low / below.high,
        above.central / below.central,
        above.high / below.low if below.low else None,
    )
