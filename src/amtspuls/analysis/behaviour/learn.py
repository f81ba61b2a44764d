"""Learn how the calendars of a portal behave, from its snapshots alone."""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from amtspuls.analysis.behaviour.base import Behaviour
from amtspuls.analysis.behaviour.habits import (
    learn_flaky,
    learn_grids,
    learn_hours,
    learn_one_a_day,
)
from amtspuls.analysis.behaviour.mirrors import Pairs, count_pairs, group_mirrors
from amtspuls.analysis.behaviour.originals import Originals
from amtspuls.analysis.behaviour.refresh import Refresh, learn_refresh
from amtspuls.analysis.behaviour.rules import learn_horizon, learn_notice, presume_none, share_edges
from amtspuls.analysis.behaviour.sightings import Sightings
from amtspuls.analysis.evidence import Evidence
from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import sort_within

_RAREST = 0.005
_LEAST_LOOKS = 3


def learn_behaviour(evidence: Evidence) -> Behaviour:
    """Learn notice, horizon, grid, renewals, mirrors and the like of every calendar of a portal.

    Only views up to the end of the asked range count, and those of ``MEMORY_S`` before it.

    Args:
        evidence: The portal; one that never answered gives a behaviour without calendars.

    Returns:
        What was learned; what there were too few cases for is unknown, never a default.
    """
    seen = Sightings(evidence)
    notice, notice_shared = share_edges(presume_none(seen, learn_notice(seen)))
    horizon, horizon_shared = share_edges(learn_horizon(seen))
    grid, grid_by_weekday = learn_grids(seen)
    nothing = np.zeros(0, np.int64)
    count = len(seen.calendars)
    behaviour = Behaviour(
        calendars=seen.calendars,
        notice=notice,
        notice_shared=notice_shared,
        horizon=horizon,
        horizon_shared=horizon_shared,
        seen_ahead_s=_seen_ahead(seen),
        grid=grid,
        grid_by_weekday=grid_by_weekday,
        hours=learn_hours(seen),
        one_a_day=learn_one_a_day(seen),
        # Shown, lost and back again takes three looks.
        flaky=np.where(seen.view_counts >= _LEAST_LOOKS, learn_flaky(seen), np.nan),
        refresh=Refresh(False, None, nothing, 0, 0),
        group=np.arange(count, dtype=np.int64),
        pairs=Pairs(np.zeros((count, count), np.int64), np.zeros((count, count), np.int64)),
        aggregated=evidence.record.aggregated,
        offsets=evidence.offsets,
    )
    leaves_at = _leaves_at(seen, behaviour)
    refresh = learn_refresh(seen, leaves_at)
    if refresh.period_s is not None:
        behaviour = _of_original(seen, replace(behaviour, refresh=refresh))
        leaves_at = _leaves_at(seen, behaviour)
    pairs = count_pairs(seen, leaves_at)
    return replace(behaviour, refresh=refresh, pairs=pairs, group=group_mirrors(pairs))


def _leaves_at(seen: Sightings, behaviour: Behaviour) -> Ints:
    """Instant at which the slot of each row that vanished leaves the page by itself; any for the others."""
    rows, found = seen.rows, seen.rows.start_s.copy()
    gone = np.flatnonzero(rows.ended & (rows.closed_at < rows.start_s))
    calendar = seen.calendars[rows.calendar[gone]]
    found[gone] = behaviour.leaves_at(calendar, rows.slot[gone], rows.start_s[gone])
    return found


def _of_original(copy: Sightings, behaviour: Behaviour) -> Behaviour:
    """Learn the edges again from renewals: those of a copy are blurred by up to one period."""
    seen = Originals(copy, behaviour.refresh)
    notice, notice_shared = share_edges(presume_none(seen, learn_notice(seen)))
    horizon, horizon_shared = share_edges(learn_horizon(seen))
    return replace(
        behaviour,
        notice=notice,
        notice_shared=notice_shared,
        horizon=horizon,
        horizon_shared=horizon_shared,
    )


def _seen_ahead(seen: Sightings) -> Ints:
    """The longest lead of each calendar, the rarest half per cent left out; -1 without a slot."""
    rows, count = seen.rows, len(seen.calendars)
    lead_s = sort_within(rows.calendar, rows.start_s - rows.opened_at)
    size = np.bincount(rows.calendar, minlength=count)
    begins = np.cumsum(size) - size
    place = begins + np.floor((1 - _RAREST) * np.maximum(size - 1, 0)).astype(np.int64)
    return np.where(size > 0, np.append(lead_s, -1)[np.minimum(place, len(lead_s))], -1)


_LEARNED: WeakKeyDictionary[Evidence, Behaviour] = WeakKeyDictionary()


def behaviour_of(evidence: Evidence) -> Behaviour:
    """What ``learn_behaviour`` says of a portal; worked out once."""
    if evidence not in _LEARNED:
        _LEARNED[evidence] = learn_behaviour(evidence)
    return _LEARNED[evidence]


def remember_behaviour(evidence: Evidence, behaviour: Behaviour) -> None:
    """Spare ``behaviour_of`` the work: somebody else learned it from the same evidence."""
    _LEARNED[evidence] = behaviour
