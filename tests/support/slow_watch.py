"""What watching measures say, worked out the slow and obvious way: one piece of covered time after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from amtspuls.model import Covered, Slot, day_of_slot, utc_from_slot
from support.measure_cases import portals
from support.tiny_archive import TinyPortal, TinySnapshot, TinyView


@dataclass(frozen=True)
class Piece:
    """A stretch of time for which one view of one calendar stands."""

    portal: TinyPortal
    calendar: int
    at: datetime
    seconds: int
    view: TinyView

    @property
    def covered(self) -> Covered:
        return self.portal.covered if self.view.covered is None else self.view.covered

    @property
    def whole(self) -> bool:
        return self.view.outcome == "ok"

    def free(self) -> list[Slot]:
        """Slots that are open and have not begun, on any day, ascending."""
        zone = ZoneInfo(self.portal.zone)
        return sorted(
            span.slot
            for span in self.portal.spans
            if span.calendar == self.calendar
            and span.opened <= self.at
            and (span.closed is None or span.closed > self.at)
            and utc_from_slot(span.slot, zone) > self.at
        )

    def shown(self) -> list[Slot]:
        """Those of them on covered days."""
        return [slot for slot in self.free() if day_of_slot(slot) in self.covered]

    def days_until(self, slot: Slot) -> float:
        start = utc_from_slot(slot, ZoneInfo(self.portal.zone))
        return (start - self.at).total_seconds() / 86_400


def pieces(portal: TinyPortal) -> Iterator[Piece]:
    """All covered time of a portal, from its first snapshot until its last one and its period."""
    times = [snapshot.at for snapshot in portal.snapshots]
    steps = [int((b - a).total_seconds()) for a, b in pairwise(times)]
    usual = int(median(steps)) if steps else 900

    def period(snapshot: TinySnapshot) -> int:
        return snapshot.period_s if snapshot.period_s > 0 else usual

    end = times[-1] + timedelta(seconds=period(portal.snapshots[-1]))
    for calendar in portal.calendars:
        seen = [
            (snapshot, view)
            for snapshot in portal.snapshots
            for view in snapshot.views
            if view.calendar == calendar and view.outcome in ("ok", "partial")
        ]
        for place, (snapshot, view) in enumerate(seen):
            width = period(snapshot)
            if place + 1 < len(seen):
                gap = (seen[place + 1][0].at - snapshot.at).total_seconds()
                width = int(gap) if gap <= 1.5 * width else width
            until = min(snapshot.at + timedelta(seconds=width), end)
            seconds = int((until - snapshot.at).total_seconds())
            yield Piece(portal, calendar, snapshot.at, seconds, view)


@st.composite
def holey(draw: st.DrawFn, portal_id: str = "bonn") -> TinyPortal:
    """A portal as ``portals`` draws it, but views may be partial and cover few days."""
    portal = draw(portals(portal_id))
    first = portal.snapshots[0].at.date()
    snapshots = []
    for snapshot in portal.snapshots:
        views = []
        for view in snapshot.views:
            shown = draw(st.sets(st.integers(0, 5), max_size=6))
            covered = Covered.from_days(first + timedelta(days=day) for day in shown)
            kind = draw(st.sampled_from(["as it was", "as it was", "some days", "partial"]))
            if view.outcome == "ok" and kind != "as it was":
                outcome = "partial" if kind == "partial" else "ok"
                view = replace(view, outcome=outcome, covered=covered)
            views.append(view)
        snapshots.append(replace(snapshot, views=tuple(views)))
    return replace(portal, snapshots=snapshots)


def weighted(values: Sequence[tuple[float, int]], share: float) -> float | None:
    """The least value at or below which a share of the weight lies."""
    whole = sum(weight for _, weight in values)
    heap = 0
    for value, weight in sorted(values):
        heap += weight
        if whole and heap >= share * whole * (1 - 1e-12):
            return value
    return None


def rate(part: int, whole: int) -> float | None:
    """A share; None where there is nothing to share."""
    return part / whole if whole else None
