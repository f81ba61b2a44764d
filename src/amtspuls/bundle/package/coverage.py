"""How much of a week is known of a portal, out of the week's own snapshots. Pure.

The rule is that of docs/reference/measures.md#coverage, asked about the whole week.
"""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from amtspuls.archive.sealed.model import Bools, Ints64, SealedPortal
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.package.flat import expand_views
from amtspuls.model import Outcome

_USUAL_PERIOD_S = 900
_JOIN_FACTOR = 1.5
_ANSWERED = [outcome.value for outcome in Outcome if outcome.answered]


class Coverage(NamedTuple):
    """One portal in one week; the fields are those of ``whole.COVERAGE``, ``outcomes`` in the order of ``Outcome``."""

    week: IsoWeek
    portal_id: str
    source: str
    aggregated: bool
    calendars: int
    period_s: int
    planned: int
    snapshots: int
    outcomes: tuple[int, ...]
    covered_share: float
    holes: int
    longest_hole_min: int
    time_unsure: int

    @property
    def answered(self) -> int:
        """Snapshots that are ok or partial."""
        return sum(
            count for outcome, count in zip(Outcome, self.outcomes, strict=True) if outcome.answered
        )

    def cells(self) -> tuple[object, ...]:
        """Its row in the order of ``whole.COVERAGE``."""
        return (str(self.week), *self[1:8], *self.outcomes, *self[9:])


def find_coverage(portal: SealedPortal, week: IsoWeek, source: str) -> Coverage:
    """Say how much of a week is known of a portal.

    Args:
        portal: Its week.
        week: Which one.
        source: ``live`` or ``import``.
    """
    shots = portal.snapshots
    from_s, until_s = (int(at.timestamp()) for at in week.bounds(ZoneInfo(portal.record.zone)))
    period_s = _periods(shots.taken_at, shots.period_s)
    usual_s = int(np.median(period_s)) if len(period_s) else _USUAL_PERIOD_S
    answered = _are_answered(shots.outcome)
    holes_s = _holes(shots.taken_at[answered], from_s, until_s, usual_s)
    return Coverage(
        week=week,
        portal_id=portal.record.portal_id,
        source=source,
        aggregated=portal.aggregated,
        calendars=len(_calendars(portal)),
        period_s=usual_s,
        planned=round((until_s - from_s) / usual_s),
        snapshots=len(shots.taken_at),
        outcomes=tuple(int((shots.outcome == outcome.value).sum()) for outcome in Outcome),
        covered_share=_covered_share(portal, period_s, from_s, until_s),
        holes=len(holes_s),
        longest_hole_min=int(holes_s.max(initial=0)) // 60,
        time_unsure=int(shots.time_unsure.sum()),
    )


def _periods(taken_at: Ints64, planned_s: Ints64) -> Ints64:
    """Planned periods; the median distance of the snapshots where none was planned."""
    distances = np.diff(taken_at)
    usual = int(np.median(distances)) if len(distances) else _USUAL_PERIOD_S
    return np.where(planned_s > 0, planned_s, max(1, usual)).astype(np.int64)


def _are_answered(outcomes: np.ndarray) -> Bools:
    found: Bools = np.isin(outcomes.astype(str), _ANSWERED)
    return found


def _holes(answered_at: Ints64, from_s: int, until_s: int, period_s: int) -> Ints64:
    """Lengths of the times without an answer."""
    distances = np.diff(np.concatenate([[from_s], answered_at, [until_s]]))
    holes: Ints64 = distances[distances > _JOIN_FACTOR * period_s]
    return holes


def _calendars(portal: SealedPortal) -> list[int]:
    """Numbers of the calendars that have a view of any outcome."""
    seen = np.unique(portal.views.calendar).tolist()
    return [number for number in seen if not portal.calendars[number].copy]


def _covered_share(portal: SealedPortal, period_s: Ints64, from_s: int, until_s: int) -> float:
    calendars, views = _calendars(portal), portal.views
    if not calendars:
        return 0.0
    run, ordinal = expand_views(
        portal, _are_answered(views.outcome) & np.isin(views.calendar, calendars)
    )
    order = np.lexsort((ordinal, views.calendar[run]))
    calendar, ordinal = views.calendar[run][order], ordinal[order]
    taken_at, planned_s = portal.snapshots.taken_at[ordinal], period_s[ordinal]
    gap_s = np.full(len(ordinal), np.iinfo(np.int64).max // 2, dtype=np.int64)
    same = np.flatnonzero(calendar[1:] == calendar[:-1])
    gap_s[same] = np.diff(taken_at)[same]
    width_s = np.where(gap_s <= _JOIN_FACTOR * planned_s, gap_s, planned_s)
    covered_s = np.minimum(taken_at + width_s, until_s) - np.maximum(taken_at, from_s)
    total_s = int(covered_s[covered_s > 0].sum())
    return round(total_s / ((until_s - from_s) * len(calendars)), 4)
