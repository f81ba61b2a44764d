"""What is free at covered moments: slots, and days with at least one.

Only days that the moment's view covers count. A view that is whole knows everything that its page
offered; a partial one may have missed something, so its stock is a lower bound.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.once import once
from amtspuls.analysis.shown import shown_of
from amtspuls.analysis.standing import blocks_of, count_standing, find_standing
from amtspuls.model import Outcome

_MINUTES_PER_DAY = 1440


class Stock(NamedTuple):
    """What is free at the covered moments of one portal; all arrays have shape (n,).

    Attributes:
        calendar: Number of the calendar.
        at: The moment, Unix seconds.
        weight_s: Seconds that it stands for.
        slots: Free slots on the days that its view covers.
        days: Local days with at least one of them.
        whole: Whether the view is ok, not partial.
    """

    calendar: Ints
    at: Ints
    weight_s: Ints
    slots: Ints
    days: Ints
    whole: Bools


@once
def find_stock(one: Watched) -> Stock:
    """Return what is free at every covered moment of a portal; worked out once."""
    covered, evidence = shown_of(one), one.evidence
    covered_days = evidence.covered_days
    day = evidence.spans.slot // _MINUTES_PER_DAY
    slots, days = np.zeros((2, len(covered.view)), np.int64)
    for block in blocks_of(covered, find_standing(one)):
        distinct, column = np.unique(day[block.spans], return_inverse=True)
        counts = count_standing(block, column, len(distinct))
        counts *= covered_days.contain(covered.view[block.moments], distinct)
        slots[block.moments] = counts.sum(axis=1)
        days[block.moments] = np.count_nonzero(counts, axis=1)
    whole = evidence.views.outcome[covered.view] == Outcome.OK.value
    return Stock(covered.calendar, covered.from_s, covered.seconds, slots, days, whole)
