"""What was watched: snapshots, outcomes and coverage of each portal, and what its newest answer shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from amtspuls.analysis.evidence import answered
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.observed import observe
from amtspuls.archive.base import PortalRecord, Stop
from amtspuls.model import Outcome


@dataclass(frozen=True)
class PortalStatus:
    """One portal in the asked range.

    Attributes:
        record: The portal.
        snapshots: Attempts, whatever their outcome.
        changed_share: Share of the answered snapshots that opened or closed a span, a slot whose
            start had come included; None when none was answered.
        outcomes: Number of snapshots by outcome, in the order of ``model.Outcome``.
        coverage: Covered share of the asked time.
        calendars: Calendars seen.
        free_slots: Free slots in the newest answered snapshot; None when none was answered.
        newest_at: When the newest snapshot was taken.
        newest_outcome: Its outcome.
        period_s: Planned period of the newest snapshot, or what stands for it.
        period_assumed: Whether some snapshot had no planned period, so that the median distance
            of the portal's snapshots was used for coverage.
        from_at: Begin of the asked range.
        until_at: Its end.
        stopped: The stop that keeps the portal from being asked now; None when there is none.
    """

    record: PortalRecord
    snapshots: int
    changed_share: float | None
    outcomes: Mapping[str, int]
    coverage: float | None
    calendars: int
    free_slots: int | None
    newest_at: datetime | None
    newest_outcome: str
    period_s: int
    period_assumed: bool
    from_at: datetime
    until_at: datetime
    stopped: Stop | None


def read_status(
    watched: Sequence[Watched], stops: Mapping[str, Stop] | None = None
) -> tuple[PortalStatus, ...]:
    """Say what was watched of each portal.

    Args:
        watched: The portals and the range.
        stops: Portals that are stopped now, by id.
    """
    return tuple(_status(one, (stops or {}).get(one.evidence.record.portal_id)) for one in watched)


def _status(one: Watched, stop: Stop | None) -> PortalStatus:
    snapshots, evidence = one.evidence.snapshots, one.evidence
    inside = evidence.in_range(snapshots.taken_at)
    good = inside & answered(snapshots.outcome)
    changed = good & ((snapshots.opened > 0) | (snapshots.closed > 0))
    counts = Counter(str(outcome) for outcome in snapshots.outcome[inside])
    places = np.flatnonzero(inside)
    newest = int(places[-1]) if len(places) else None
    return PortalStatus(
        record=evidence.record,
        snapshots=int(inside.sum()),
        changed_share=float(changed.sum() / good.sum()) if good.any() else None,
        outcomes={name.value: counts[name.value] for name in Outcome if counts[name.value]},
        coverage=observe([one], By.ALL)["", 0].coverage,
        calendars=len(one.calendars),
        free_slots=_free_slots(one),
        newest_at=None if newest is None else _instant(snapshots.taken_at[newest]),
        newest_outcome="" if newest is None else str(snapshots.outcome[newest]),
        period_s=int(evidence.period_s[-1 if newest is None else newest]),
        period_assumed=evidence.period_assumed,
        from_at=_instant(evidence.asked.from_s),
        until_at=_instant(evidence.asked.until_s),
        stopped=stop,
    )


def _free_slots(one: Watched) -> int | None:
    """Free slots in the newest answered snapshot of the range, summed over its answered views."""
    views = one.evidence.views
    good = one.evidence.view_answered & one.evidence.in_range(views.taken_at)
    if not good.any():
        return None
    newest = good & (views.taken_at == views.taken_at[good].max())
    return int(one.evidence.view_free[newest].sum())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
