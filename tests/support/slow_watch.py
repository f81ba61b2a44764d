"""What watching measures say, worked out the slow and obvious way: one piece of covered time after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from amtspuls.analysis.base import Measure
from amtspuls.analysis.grouping import By
from amtspuls.analysis.measures import load_watched, take_measure
from amtspuls.analysis.selection import Selection
from amtspuls.model import Covered, Slot, day_of_slot, utc_from_slot
from support.measure_cases import portals
from support.tiny_archive import TinyPortal, TinyReader, TinyView

Row = dict[str, Any]
"""Figures by the key of their column."""

NAMES = {By.PORTAL: "portal", By.CALENDAR: "calendar"}
"""Columns that say what a row is about, where they are not called as the grouping."""


def ask(portal: TinyPortal | TinyReader, measure: Measure, by: By = By.ALL) -> list[Any]:
    """Rows of a measure over a whole portal."""
    reader = portal if isinstance(portal, TinyReader) else TinyReader(portal)
    return list(take_measure(measure, load_watched(reader, Selection()), by).rows)


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


def periods_of(portal: TinyPortal) -> list[int]:
    """Planned period of each snapshot; where none was planned, the median distance of all."""
    times = [snapshot.at for snapshot in portal.snapshots]
    steps = [int((b - a).total_seconds()) for a, b in pairwise(times)]
    usual = int(median(steps)) if steps else 900
    return [one.period_s if one.period_s > 0 else usual for one in portal.snapshots]


def asked_of(portal: TinyPortal) -> tuple[datetime, datetime]:
    """From the first snapshot until the last one and its period."""
    end = portal.snapshots[-1].at + timedelta(seconds=periods_of(portal)[-1])
    return portal.snapshots[0].at, end


def pieces(portal: TinyPortal) -> Iterator[Piece]:
    """All covered time of a portal."""
    period = dict(zip((one.at for one in portal.snapshots), periods_of(portal), strict=True))
    end = asked_of(portal)[1]
    for calendar in portal.calendars:
        seen = [
            (snapshot, view)
            for snapshot in portal.snapshots
            for view in snapshot.views
            if view.calendar == calendar and view.outcome in ("ok", "partial")
        ]
        for place, (snapshot, view) in enumerate(seen):
            width = period[snapshot.at]
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
