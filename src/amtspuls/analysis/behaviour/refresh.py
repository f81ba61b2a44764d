"""Pages that are renewed only every few hours or days: what changes on them changes in few snapshots."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amtspuls.analysis.behaviour.sightings import Sightings
from amtspuls.analysis.localtime import DAY_S, HOUR_S, Ints

_PERIODS_S = (
    HOUR_S,
    2 * HOUR_S,
    3 * HOUR_S,
    4 * HOUR_S,
    6 * HOUR_S,
    8 * HOUR_S,
    12 * HOUR_S,
    DAY_S,
    2 * DAY_S,
    3 * DAY_S,
    7 * DAY_S,
)
_REGULAR = 0.95
_LEAST_CHANGES = 5
_CHANCE = 1e-4
"""So seldom such a regularity may come about on a page that is always fresh."""


class Refresh(NamedTuple):
    """How a page is renewed.

    Attributes:
        known: Whether there were enough changes to tell.
        period_s: Distance of two renewals; None where the page is always fresh, or nothing is known.
        at: Snapshots that showed a renewal, ascending.
        support: Snapshots with a change that agree.
        changes: Snapshots with a change, all.
    """

    known: bool
    period_s: int | None
    at: Ints
    support: int
    changes: int


def learn_refresh(seen: Sightings, leaves_at: Ints) -> Refresh:
    """Learn the longest period at whose beat nearly all changes come.

    Only what people do tells: slots that vanish before their time. Days without demand show no change, which
    says nothing about renewals; a fresh page shows changes at any time of the hours with demand.

    Args:
        seen: The portal.
        leaves_at: Instant at which each row's slot leaves the page by itself.
    """
    rows = seen.rows
    people = rows.ended & (rows.closed_at < np.minimum(leaves_at, rows.start_s))
    people &= ~seen.disturbed
    at = np.unique(rows.closed_at[people])
    found = Refresh(len(at) >= _LEAST_CHANGES, None, np.zeros(0, np.int64), 0, len(at))
    local_s = seen.local(at)
    for period_s in _PERIODS_S:
        if period_s < 3 * seen.step_s:
            continue
        phase = local_s % period_s // seen.step_s
        counts = np.bincount(phase, minlength=int(period_s // seen.step_s))
        # A renewal between two snapshots that are not quite even falls into two neighbouring parts.
        pairs = counts + np.roll(counts, -1)
        best = int(np.argmax(pairs))
        chance = len(counts) * (2 / len(counts)) ** max(0, len(at) - 1)
        if found.known and pairs[best] >= _REGULAR * len(at) and chance < _CHANCE:
            fits = (phase == best) | (phase == (best + 1) % len(counts))
            found = Refresh(True, period_s, at[fits], int(fits.sum()), len(at))
    return found
