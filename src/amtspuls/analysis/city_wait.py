"""The wait of a person who takes any of several offices: first and third free start over all of them.

Looked at every quarter of an hour at which enough of the offices were covered. Two offices that are free
at the same time count as one start: calendars that share clerks would else count them twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.localtime import CELL_S, DAY_S, Ints, TimeRange, day_of
from amtspuls.analysis.offices import Office
from amtspuls.analysis.quantiles import weighted_quantile
from amtspuls.analysis.shown import closings_of, shown_of
from amtspuls.archive.median import median
from amtspuls.catalogue.cities import City
from amtspuls.model import Outcome

STEP_S = CELL_S
"""Seconds between two moments."""
THIRD = 3

_BLOCK = 96


class Sight(NamedTuple):
    """What one office shows at moments; arrays of shape (n,), ``starts`` of shape (n, 3).

    Attributes:
        covered: Whether the office was covered then; all else means nothing where it was not.
        starts: Instants of its first three free starts, ascending; infinite where there are fewer.
        last: Instant of its last free start; minus infinity where there is none.
        known_until: Up to which instant everything is known; infinite for a view that is whole.
        reach_days: Days to the end of the last day that was looked at.
    """

    covered: Bools
    starts: Floats
    last: Floats
    known_until: Floats
    reach_days: Floats


class CityWait(NamedTuple):
    """The wait over several offices at usable moments; all arrays have shape (n,).

    Attributes:
        at: The moment, Unix seconds.
        first_days: Days to the first free start; infinite where there is none, NaN where an earlier one
            may have been on a day that was not read.
        third_days: The same to the third.
        horizon_days: Days to the last free start; NaN where there is none.
        known_days: Days for which everything is known.
        reach_days: Days that even the shortest look ahead covers.
    """

    at: Ints
    first_days: Floats
    third_days: Floats
    horizon_days: Floats
    known_days: Floats
    reach_days: Floats


def moments_of(stretch: TimeRange) -> Ints:
    """All whole quarters of an hour of a range."""
    first = -(-stretch.from_s // STEP_S) * STEP_S
    return np.arange(first, stretch.until_s, STEP_S, dtype=np.int64)


def look(office: Office, moments: Ints) -> Sight:
    """Say what an office shows at each moment."""
    evidence, covered = office.one.evidence, shown_of(office.one)
    mine = np.flatnonzero(covered.calendar == office.number)
    place = np.searchsorted(covered.from_s[mine], moments, "right") - 1
    inside = np.zeros(len(moments), np.bool_)
    if len(mine):
        inside = (place >= 0) & (covered.until_s[mine][place] > moments)
    seen = np.flatnonzero(inside)
    view = covered.view[mine[place[seen]]]
    local_s = evidence.offsets.to_local(moments[seen])
    sight = Sight(
        inside,
        np.full((len(moments), THIRD), np.inf),
        np.full(len(moments), -np.inf),
        np.full(len(moments), np.inf),
        np.full(len(moments), np.inf),
    )
    sight.starts[seen], sight.last[seen] = _free_starts(office, moments[seen])
    partial = evidence.views.outcome[view] == Outcome.PARTIAL.value
    days = evidence.covered_days.end_of_run(view[partial], day_of(local_s[partial]))
    sight.known_until[seen[partial]] = evidence.offsets.start_of_slots(days * (DAY_S // 60))
    ends_s = evidence.covered_days.end_of_all(view).astype(np.float64) * DAY_S
    sight.reach_days[seen] = np.maximum(0.0, (ends_s - local_s) / DAY_S)
    return sight


def _free_starts(office: Office, moments: Ints) -> tuple[Floats, Floats]:
    """The first three free starts and the last one at ascending moments."""
    spans, start_s = office.one.evidence.spans, office.one.evidence.span_start_s
    closed_at = closings_of(office.one)
    mine = np.flatnonzero(spans.calendar == office.number)
    mine = mine[np.argsort(start_s[mine], kind="stable")]
    first = np.full((len(moments), THIRD), np.inf)
    last = np.full(len(moments), -np.inf)
    for begin in range(0, len(moments), _BLOCK):
        at = moments[begin : begin + _BLOCK, None]
        near = mine[(spans.opened_at[mine] <= at[-1]) & (start_s[mine] > at[0])]
        near = near[closed_at[near] > at[0]]
        free = (spans.opened_at[near] <= at) & (closed_at[near] > at) & (start_s[near] > at)
        rows = slice(begin, begin + len(at))
        starts = np.append(start_s[near].astype(np.float64), np.inf)
        ranks = np.cumsum(free, axis=1, dtype=np.int32)
        for rank in range(THIRD):
            first[rows, rank] = starts[(ranks <= rank).sum(axis=1)]
        if len(near):
            back = len(near) - 1 - np.argmax(free[:, ::-1], axis=1)
            last[rows] = np.where(free.any(axis=1), starts[back], -np.inf)
    return first, last


def unite(moments: Ints, sights: Sequence[Sight], least_share: float) -> CityWait:
    """Take all offices together, at the moments at which at least a share of them were covered.

    Args:
        moments: The moments of all sights.
        sights: What each office shows; at least one.
        least_share: Share of the offices, above 0 and up to 1.
    """
    covered = np.stack([sight.covered for sight in sights])
    number = covered.sum(axis=0)
    usable = (number >= least_share * len(sights) - 1e-9) & (number > 0)
    at = moments[usable]
    starts = np.concatenate([sight.starts[usable] for sight in sights], axis=1)
    starts.sort(axis=1)
    starts[:, 1:][starts[:, 1:] == starts[:, :-1]] = np.inf
    starts.sort(axis=1)
    last = np.max([sight.last[usable] for sight in sights], axis=0)
    known_until = np.min([sight.known_until[usable] for sight in sights], axis=0)
    return CityWait(
        at,
        _days(starts[:, 0], known_until, at),
        _days(starts[:, THIRD - 1], known_until, at),
        np.where(np.isinf(last), np.nan, (last - at) / DAY_S),
        (known_until - at) / DAY_S,
        np.min([sight.reach_days[usable] for sight in sights], axis=0),
    )


def _days(starts: Floats, known_until: Floats, at: Ints) -> Floats:
    """Days to starts; NaN where an unread day may hold an earlier one."""
    unknown = (starts >= known_until) & np.isfinite(known_until)
    return np.where(unknown, np.nan, (starts - at) / DAY_S)


def median_days(days: Floats, reach_days: Floats) -> tuple[float | None, int]:
    """The median of waits, infinity among them, and the days that every look without a slot reached.

    Returns:
        None where no wait is known.
    """
    known = ~np.isnan(days)
    reach = reach_days[known & np.isinf(days)]
    least = int(reach.min(initial=np.inf)) if len(reach) and np.isfinite(reach.min()) else 0
    return weighted_quantile(days[known], np.ones(int(known.sum())), 0.5), least


@dataclass(frozen=True, eq=False)
class Seen:
    """A city with what was seen of its offices.

    Attributes:
        city: Which one.
        offices: Offices that were covered at some moment.
        unseen: Offices that never were.
        sights: What each office shows at usable moments at which it was covered; days instead of instants.
        wait: The wait over all offices; None where no moment is usable.
    """

    city: City
    offices: tuple[Office, ...]
    unseen: tuple[Office, ...]
    sights: tuple[Sight, ...]
    wait: CityWait | None

    @property
    def horizon_days(self) -> float | None:
        """Median of the days to the last free start, over moments with one; None without any."""
        if self.wait is None:
            return None
        days = self.wait.horizon_days[~np.isnan(self.wait.horizon_days)]
        return median(days) if len(days) else None


def see_city(city: City, offices: Sequence[Office], moments: Ints, least_share: float) -> Seen:
    """Look at all offices of a city at every moment.

    Args:
        city: Which one.
        offices: Its offices, may be none.
        moments: See ``moments_of``.
        least_share: Share of the offices that were ever covered, above 0 and up to 1, that must be covered
            at a moment that counts.
    """
    sights = [look(office, moments) for office in offices]
    pairs = list(zip(offices, sights, strict=True))
    known = [(office, sight) for office, sight in pairs if sight.covered.any()]
    wait = unite(moments, [sight for _, sight in known], least_share) if known else None
    return Seen(
        city,
        tuple(office for office, _ in known),
        tuple(office for office, sight in pairs if not sight.covered.any()),
        tuple(_cut(sight, moments, wait) for _, sight in known),
        wait if wait is not None and len(wait.at) else None,
    )


def _cut(sight: Sight, moments: Ints, wait: CityWait | None) -> Sight:
    """Only the usable moments at which the office was covered."""
    chosen = sight.covered & np.isin(moments, wait.at if wait else moments[:0])
    at = moments[chosen][:, None]
    cut = Sight._make(column[chosen] for column in sight)
    return cut._replace(
        starts=(cut.starts - at) / DAY_S, known_until=(cut.known_until - at[:, 0]) / DAY_S
    )
