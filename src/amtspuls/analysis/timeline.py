"""What happened hour by hour, or day by day: the course of a range."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

import numpy as np

from amtspuls.analysis.coverage import seconds_between
from amtspuls.analysis.events import Events
from amtspuls.analysis.evidence import answered
from amtspuls.analysis.grouping import Watched
from amtspuls.analysis.localtime import DAY_S, HOUR_S, week_of

HOURLY_UP_TO_DAYS = 21
"""Longer ranges are shown day by day."""


@dataclass(slots=True)
class Bin:
    """One hour or day of wall time.

    Attributes:
        bookings: Those whose time is known; per hour where the clocks repeat it.
        cancellations: As well.
        covered_s: Covered time, summed over calendars.
        asked_s: Asked time, summed over calendars.
        passes: How much of it the clocks of one portal passed through: 2 for the repeated hour.
    """

    bookings: float = 0.0
    cancellations: float = 0.0
    covered_s: int = 0
    asked_s: int = 0
    passes: float = 0.0

    @property
    def coverage(self) -> float:
        """Covered share of the asked time; zero where nothing was asked."""
        return self.covered_s / self.asked_s if self.asked_s else 0.0


@dataclass(frozen=True)
class Timeline:
    """The course of a range.

    Attributes:
        width_s: Seconds of wall time of one bin: an hour or a day.
        bins: Bins by the local seconds (after 1970-01-01 00:00 of wall time) of their start, ascending
            and without holes.
        untimed: Bookings and cancellations found across a gap, which are in no bin.
    """

    width_s: int
    bins: dict[int, Bin]
    untimed: int


def read_timeline(watched: Sequence[Watched]) -> Timeline:
    """Count bookings and cancellations of all portals together by local hour or day.

    The hour that autumn repeats is shown as the mean of its two passes, the hour that spring leaves
    out does not exist and counts as not asked.
    """
    timeline = cover_timeline(watched)
    for one in watched:
        _add_events(one, one.transitions.bookings, timeline, "bookings")
        _add_events(one, one.transitions.cancellations, timeline, "cancellations")
    if timeline.width_s == HOUR_S:
        for each in timeline.bins.values():
            each.bookings /= max(1.0, each.passes)
            each.cancellations /= max(1.0, each.passes)
    return replace(timeline, untimed=sum(_count_untimed(one) for one in watched))


def cover_timeline(watched: Sequence[Watched]) -> Timeline:
    """Lay out the bins of a range with what was covered of them; nothing is counted in them yet."""
    asked_s = max(one.evidence.asked.until_s for one in watched) - min(
        one.evidence.asked.from_s for one in watched
    )
    width_s = HOUR_S if asked_s <= HOURLY_UP_TO_DAYS * DAY_S else DAY_S
    bins: dict[int, Bin] = defaultdict(Bin)
    for one in watched:
        _add_coverage(one, width_s, bins)
    filled = {start: bins[start] for start in range(min(bins), max(bins) + 1, width_s)}
    return Timeline(width_s, filled, untimed=0)


def _add_coverage(one: Watched, width_s: int, bins: dict[int, Bin]) -> None:
    cells, calendars = one.cells, max(1, len(one.calendars))
    covered = seconds_between(one.covered.from_s, one.covered.until_s, cells.edges_s)
    starts, places = np.unique(cells.local_s // width_s * width_s, return_inverse=True)
    covered_s = np.bincount(places, weights=covered)
    asked_s = np.bincount(places, weights=np.diff(cells.edges_s))
    for start, seconds, in_all in zip(
        starts.tolist(), covered_s.tolist(), asked_s.tolist(), strict=True
    ):
        bins[start].covered_s += round(seconds)
        bins[start].asked_s += round(in_all) * calendars
        bins[start].passes = max(bins[start].passes, in_all / width_s)


def _add_events(
    one: Watched, events: Events, timeline: Timeline, name: Literal["bookings", "cancellations"]
) -> None:
    width_s, bins = timeline.width_s, timeline.bins
    timed = events.only(events.timed)
    local_s = one.evidence.offsets.to_local(one.moments_of(timed))
    starts, places = np.unique(local_s // width_s * width_s, return_inverse=True)
    numbers = np.bincount(places, timed.weight, len(starts))
    for start, number in zip(starts.tolist(), numbers.tolist(), strict=True):
        setattr(bins[start], name, getattr(bins[start], name) + number)


def _count_untimed(one: Watched) -> int:
    found = one.transitions
    untimed = (
        events.weight[~events.timed].sum() for events in (found.bookings, found.cancellations)
    )
    return round(float(sum(untimed)))


def list_weeks(watched: Sequence[Watched]) -> tuple[str, ...]:
    """ISO weeks, such as ``2026-05``, from the first to the last answered snapshot, local time."""
    days: list[date] = []
    for one in watched:
        snapshots = one.evidence.snapshots
        good = one.evidence.in_range(snapshots.taken_at) & answered(snapshots.outcome)
        local_s = one.evidence.offsets.to_local(snapshots.taken_at[good])
        ends = [*local_s[:1].tolist(), *local_s[-1:].tolist()]
        days += [datetime.fromtimestamp(at, UTC).date() for at in ends]
    if not days:
        return ()
    first, last = min(days).toordinal(), max(days).toordinal()
    years_and_weeks = (date.fromordinal(day).isocalendar()[:2] for day in range(first, last + 1))
    return tuple(dict.fromkeys(f"{year}-{week:02d}" for year, week in years_and_weeks))


def cuts_a_week(watched: Sequence[Watched]) -> bool:
    """Whether the range leaves out snapshots of a local week of which it has others."""
    for one in watched:
        taken_at = one.evidence.snapshots.taken_at
        weeks, inside = (
            week_of(one.evidence.offsets.to_local(taken_at)),
            one.evidence.in_range(taken_at),
        )
        if np.isin(weeks[~inside], weeks[inside]).any():
            return True
    return False


def say_weeks(weeks: Sequence[str]) -> str:
    """Weeks in a few words: ``week 2026-05``, ``weeks 2026-05 to 2026-07``."""
    if not weeks:
        return "no week"
    return f"week {weeks[0]}" if len(weeks) == 1 else f"weeks {weeks[0]} to {weeks[-1]}"
