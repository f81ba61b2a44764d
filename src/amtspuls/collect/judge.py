"""From what a system read to what is stored: one outcome, no past slots, nothing implausible."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ImplausibleError
from amtspuls.model import (
    Covered,
    Outcome,
    Reading,
    Slot,
    View,
    day_of_slot,
    slot_from_local,
    utc_from_slot,
)

_WORST_FIRST = (
    Outcome.REFUSED,
    Outcome.THROTTLED,
    Outcome.CHANGED,
    Outcome.UNREACHABLE,
    Outcome.IMPLAUSIBLE,
    Outcome.SKIPPED,
)


def judge_outcome(reading: Reading) -> tuple[Outcome, str]:
    """Return the outcome of a whole snapshot and the reason, empty when it is ok.

    A view that was skipped on purpose (a service that the portal does not book alone) takes nothing
    from the others. A reading without any view is not an empty portal: it is ``changed``.
    """
    said = [(view.outcome, view.reason) for view in reading.views]
    said += [
        (problem.outcome, f"{problem.where}: {problem.reason}") for problem in reading.problems
    ]
    troubles = [one for one in said if one[0] is not Outcome.OK]
    serious = [trouble for trouble in troubles if trouble[0] is not Outcome.SKIPPED]
    answered = any(view.outcome.answered for view in reading.views)
    if not reading.views and not reading.problems:
        return Outcome.CHANGED, "the portal names no calendar"
    if answered:
        return (Outcome.PARTIAL, _say(serious)) if serious else (Outcome.OK, "")
    pool = serious or troubles
    worst = min((outcome for outcome, _ in pool), key=_WORST_FIRST.index)
    return worst, _say(pool)


def _say(troubles: Sequence[tuple[Outcome, str]]) -> str:
    reasons = list(dict.fromkeys(reason for _, reason in troubles if reason))
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return (reasons[0] if reasons else "no reason given") + more


def merge_views(views: Iterable[View]) -> tuple[View, ...]:
    """Give every calendar one view.

    Pages may name one calendar twice (two tempus categories over one office and task). Their slots
    are joined on the days that all of them cover; a duplicate that failed makes the calendar partial.
    """
    by_key: dict[str, list[View]] = {}
    for view in views:
        by_key.setdefault(view.calendar.key, []).append(view)
    return tuple(group[0] if len(group) == 1 else _merge(group) for group in by_key.values())


def _merge(group: list[View]) -> View:
    answered = [view for view in group if view.outcome.answered]
    if not answered:
        return group[0]
    days = set(answered[0].covered)
    for view in answered[1:]:
        days &= set(view.covered)
    covered = Covered.from_days(days)
    slots = sorted(
        {slot for view in answered for slot in view.slots if day_of_slot(slot) in covered}
    )
    whole = all(view.outcome is Outcome.OK for view in group)
    return replace(
        answered[0],
        outcome=Outcome.OK if whole else Outcome.PARTIAL,
        covered=covered,
        slots=tuple(slots),
        reason=next((view.reason for view in group if view.reason), ""),
    )


def drop_past(view: View, portal: Portal, taken_at: datetime) -> View:
    """Leave out slots that had begun when the snapshot was taken.

    Only slots of the first day can be meant, so the search is short. In the repeated hour of autumn a
    slot counts as begun after the second pass only.
    """
    zone = portal.zone_info
    latest_begun = slot_from_local(taken_at.astimezone(zone).replace(tzinfo=None))
    cut = bisect.bisect_right(view.slots, latest_begun)
    # In the repeated hour the wall clock may have been further already: keep what is still to come.
    while cut and utc_from_slot(view.slots[cut - 1], zone) > taken_at:
        cut -= 1
    return replace(view, slots=view.slots[cut:]) if cut else view


def require_plausible(portal: Portal, outcome: Outcome, slots: Iterable[tuple[Slot, ...]]) -> None:
    """Check the number of free slots against the catalogue.

    Too few is judged for whole snapshots only: a part of a portal may well show less.

    Raises:
        ImplausibleError: The number lies outside ``min_slots`` and ``max_slots``.
    """
    count = sum(len(some) for some in slots)
    too_few = outcome is Outcome.OK and count < portal.min_slots
    if too_few or count > portal.max_slots:
        raise ImplausibleError(
            f"{count} free slots; the catalogue expects {portal.min_slots} to {portal.max_slots}",
            portal=portal.id,
        )
