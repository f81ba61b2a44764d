"""Estimates: visible bookings and cancellations with their uncertainty (docs/reference/estimates.md).

**The estimand.** A visible booking made at least one covered start time vanish for longer than a chosen time may
be held. However many start times it closed it is one, and its instant is that at which they vanished. A visible
cancellation made at least one start time appear again.

**Central** is the sum of what transitions count. **Low and high** add, to either side, 6 % for what the rules
get wrong, 0.6 times the square root for chance, one half for whole numbers, and half (low) or all (high) of what
was added for changes between two snapshots; high also counts one booking for each block that vanished across
a gap, or with a part of a day, where nothing can be told. The factors were chosen on simulated towns with
seeds below 1000 so that nine of ten calendar-weeks hold the truth even on pages that break these rules more
than any town did; how often they really do is measured on other seeds (docs/accuracy.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np

from amtspuls.analysis.base import percent_of
from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.events import Events
from amtspuls.analysis.grouping import By, Label, Watched
from amtspuls.analysis.kinds import Kind
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.observed import Observed, observe

LEAST_COVERAGE = 0.5
"""Where less of the time was covered a figure is refused."""
_RULES, _CHANCE, _WHOLE = 0.06, 0.6, 0.5
_LOW_DOUBT = 0.5

Estimates = Mapping[Label, Bounds | None]
"""By row; None where too little was seen, which is not the same as none."""


def bounds_of(central: float, doubt: float = 0.0, hidden: float = 0.0) -> Bounds:
    """Put the uncertainty around a count.

    Args:
        central: What was counted.
        doubt: How much of it is assumed.
        hidden: Blocks in which there may be more.
    """
    spread = _RULES * central + _CHANCE * sqrt(central) + _WHOLE
    low = max(0.0, central - spread - _LOW_DOUBT * doubt)
    return Bounds(low, central, central + spread + doubt + hidden)


def estimate(watched: Sequence[Watched], kind: Kind, by: By) -> Estimates:
    """Estimate how many bookings or cancellations there were, by row.

    Args:
        watched: The portals.
        kind: ``Kind.BOOKED`` or ``Kind.CANCELLED``.
        by: The grouping; by calendar, a booking in several calendars counts in each.

    Returns:
        One entry for each row of the grouping that was asked for.
    """
    sums: dict[Label, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for one in watched:
        events = one.bookings(by) if kind is Kind.BOOKED else one.cancellations(by)
        _add(sums, one, by, events, (events.weight, events.doubt, np.zeros(len(events.at))))
        if kind is Kind.BOOKED:
            hidden = one.hidden(by)
            nothing = np.zeros(len(hidden.at))
            _add(sums, one, by, hidden, (nothing, nothing, hidden.weight))
    return {
        label: None if refusal_of(observed) else bounds_of(*sums[label])
        for label, observed in observe(watched, by).items()
    }


def refusal_of(observed: Observed) -> str:
    """Why no estimate is given of a row; empty where one is."""
    too_little = refusal(observed.coverage)
    if too_little or observed.compared:
        return too_little
    return "no two answers to compare: no figure"


def refusal(coverage: float | None) -> str:
    """Why no estimate is given where so much of the time was covered; empty where one is.

    Args:
        coverage: Share of the asked time; None where no time was asked.
    """
    if coverage is None:
        return "not asked: no figure"
    if coverage >= LEAST_COVERAGE:
        return ""
    bound, percent, digits = percent_of(coverage)
    covered = f"{bound} {percent:.{digits}f}".lstrip()
    return f"covered {covered} %, under {100 * LEAST_COVERAGE:.0f} %: no figure"


def _add(
    sums: dict[Label, list[float]],
    one: Watched,
    by: By,
    events: Events,
    columns: tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...],
) -> None:
    if not len(events.at):
        return
    keys: Ints = one.keys_of(by, events)
    distinct, places = np.unique(keys, return_inverse=True)
    for place, column in enumerate(columns):
        for key, total in zip(distinct.tolist(), np.bincount(places, column).tolist(), strict=True):
            sums[one.label(by, key)][place] += total
