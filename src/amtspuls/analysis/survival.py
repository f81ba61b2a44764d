"""How long something lasts when the end of part of it has not been seen: the curve of Kaplan and Meier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amtspuls.analysis.changes import Bools, Floats

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Survival:
    """The share that still lasts after a time, the unseen ends allowed for.

    Attributes:
        times: Times at which something ended, ascending; shape (n,).
        lasting: Share that lasts longer than each of them; shape (n,).
        known_until: Longest time that anything was followed; the curve says nothing of later ones.
    """

    times: Floats
    lasting: Floats
    known_until: float

    def ended_by(self, time: float) -> float | None:
        """Share that has ended at a time; None where nothing was followed that long."""
        place = int(np.searchsorted(self.times, time, "right")) - 1
        lasting = 1.0 if place < 0 else float(self.lasting[place])
        return 1 - lasting if time <= self.known_until or lasting == 0 else None

    @property
    def median(self) -> float | None:
        """First time at which at most half still last; None where that was not seen."""
        reached = np.flatnonzero(self.lasting <= 0.5 + _ROUNDING)
        return float(self.times[reached[0]]) if len(reached) else None


def estimate_survival(
    lasted: NDArray[np.float64], ended: Bools, weight: Floats | None = None
) -> Survival | None:
    """Estimate how long things last.

    What was only followed for a while counts among those that may end until then, and no longer. What
    ends at the moment at which something else is lost from sight ends first.

    Args:
        lasted: For how long each was followed, any unit.
        ended: Whether its end was seen; else it was lost from sight then.
        weight: For how many it stands; one each when None.

    Returns:
        None where nothing was followed at all.
    """
    weights = np.ones(len(lasted)) if weight is None else weight
    if weights.sum() <= 0:
        return None
    order = np.argsort(lasted, kind="stable")
    lasted, ended, weights = lasted[order], ended[order], weights[order]
    first = np.flatnonzero(np.append(True, lasted[1:] != lasted[:-1]))
    times = lasted[first]
    at_risk = np.cumsum(weights[::-1])[::-1][first]
    ends = np.add.reduceat(np.where(ended, weights, 0.0), first)
    some = ends > 0
    lasting: Floats = np.cumprod(
        np.clip(1 - ends[some] / at_risk[some], 0.0, 1.0), dtype=np.float64
    )
    lasting[lasting < _ROUNDING] = 0.0
    return Survival(times[some], lasting, float(lasted[-1]))


def median_text(curve: Survival | None, unit: float) -> float | str | None:
    """The median in a unit; ``> N`` where less than half had ended after N of them.

    Args:
        curve: The curve; None gives None.
        unit: How many of the curve's units make one of the wanted ones.
    """
    if curve is None:
        return None
    median = curve.median
    return f"> {int(curve.known_until / unit)}" if median is None else median / unit
