"""How much was observed of each row of a grouping: covered time, asked time, snapshots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from amtspuls.analysis.changes import Bools
from amtspuls.analysis.coverage import CoveredTime, seconds_between
from amtspuls.analysis.grouping import By, Label, Watched, calendar_week, time_keys
from amtspuls.analysis.localtime import HOUR_S, Ints, week_of
from amtspuls.analysis.shown import may_sell_out, shown_of


@dataclass(frozen=True, slots=True)
class Observed:
    """How much was observed for one row; times are seconds.

    Attributes:
        covered_s: Covered time, summed over calendars.
        asked_s: Time in the asked range, summed over calendars.
        portal_s: Covered time of portals in which what happens has a known hour (``Watched.joined``): a portal
            with two calendars counts each half.
        snapshots: Answered snapshots (for a calendar: answered views).
        from_s: Begin of the asked range.
        until_s: Its end.
        compared: Whether two answers could be compared, so that a change would have been seen.
    """

    covered_s: int = 0
    asked_s: int = 0
    portal_s: float = 0.0
    snapshots: int = 0
    from_s: int = np.iinfo(np.int64).max
    until_s: int = 0
    compared: bool = False

    @property
    def coverage(self) -> float | None:
        """Share of the asked time that was covered; None where no time was asked."""
        return self.covered_s / self.asked_s if self.asked_s else None

    @property
    def covered_hours(self) -> float:
        """Covered hours, summed over portals, without those before gaps."""
        return self.portal_s / HOUR_S

    def with_other(self, other: Observed) -> Observed:
        """What was observed of both together."""
        return Observed(
            self.covered_s + other.covered_s,
            self.asked_s + other.asked_s,
            self.portal_s + other.portal_s,
            self.snapshots + other.snapshots,
            min(self.from_s, other.from_s),
            max(self.until_s, other.until_s),
            self.compared or other.compared,
        )


_NOTHING = Observed()
_FOUND: WeakKeyDictionary[Watched, dict[tuple[By, bool], dict[int, Observed]]] = WeakKeyDictionary()


def observe(watched: Sequence[Watched], by: By, *, shown: bool = False) -> dict[Label, Observed]:
    """Say for every row of a grouping what was observed; the rows come in the order to print.

    Portals that nobody asked in the range have rows of their own by portal and by calendar; elsewhere
    they are left out, so that what ended years ago does not lower the coverage of today.
    Hours and weekdays are complete even where nothing was observed, days and weeks are those of the range.

    Args:
        watched: The portals.
        by: The grouping.
        shown: Whether covered is all time of which it is known what was free (``shown.shown_of``).
    """
    rows: dict[Label, Observed] = {}
    if by is By.HOUR:
        rows = {("", hour): _NOTHING for hour in range(24)}
    elif by is By.WEEKDAY:
        rows = {("", weekday): _NOTHING for weekday in range(7)}
    for one in watched:
        for key, found in _observe_one(one, by, shown=shown).items():
            label = one.label(by, key)
            rows[label] = rows.get(label, _NOTHING).with_other(found)
    return dict(sorted(rows.items())) if by in (By.DAY, By.WEEK) else rows


def _observe_one(one: Watched, by: By, *, shown: bool) -> dict[int, Observed]:
    """What was observed of one portal by key; worked out once, nearly every measure asks for it."""
    more = shown and may_sell_out(one)
    covered = shown_of(one) if more else one.covered
    found = _FOUND.setdefault(one, {})
    if (by, more) not in found:
        if by is By.CALENDAR:
            found[by, more] = _observe_calendars(one, covered)
        elif by is By.CALENDAR_WEEK:
            found[by, more] = dict(_observe_calendar_weeks(one, covered))
        else:
            found[by, more] = _observe_times(one, by, covered)
    return found[by, more]


def _observe_calendars(one: Watched, covered: CoveredTime) -> dict[int, Observed]:
    covered_s = _sums(covered.calendar, covered.seconds)
    joined_s = _sums(one.joined.calendar, one.joined.seconds)
    snapshots = _sums(one.looks.tried, one.looks.answered)
    return {
        number: Observed(
            covered_s=covered_s[number],
            asked_s=one.evidence.asked.seconds,
            portal_s=joined_s[number],
            snapshots=snapshots[number],
            from_s=one.evidence.asked.from_s,
            until_s=one.evidence.asked.until_s,
            compared=number in one.compared,
        )
        for number in one.calendars
    }


def _sums(keys: Ints, numbers: Ints | Bools) -> defaultdict[int, int]:
    """Sum of the numbers of each key; zero for any other."""
    distinct, places = np.unique(keys, return_inverse=True)
    # Exact: no sum comes near 2 ** 53.
    sums = np.bincount(places, numbers, len(distinct)).astype(np.int64)
    return defaultdict(int, zip(distinct.tolist(), sums.tolist(), strict=True))


def _observe_calendar_weeks(one: Watched, covered: CoveredTime) -> Iterator[tuple[int, Observed]]:
    """Local weeks of each calendar; ``snapshots`` are its answered views in them."""
    weeks = week_of(one.cells.local_s)
    places = np.append(np.flatnonzero(np.diff(weeks, prepend=-1)), len(weeks))
    edges_s = one.cells.edges_s[places]
    views = one.evidence.views
    counted = one.evidence.view_answered & one.evidence.in_range(views.taken_at)
    for number in one.calendars:
        covered_s, joined_s = (
            _seconds(time.only(time.calendar == number), edges_s) for time in (covered, one.joined)
        )
        taken_at = np.sort(views.taken_at[counted & (views.calendar == number)])
        snapshots = np.diff(np.searchsorted(taken_at, edges_s))
        for place, seconds in enumerate(covered_s.tolist()):
            key = calendar_week(np.array([number]), weeks[places[place] : places[place] + 1])
            yield (
                int(key[0]),
                Observed(
                    covered_s=seconds,
                    asked_s=int(edges_s[place + 1] - edges_s[place]),
                    portal_s=int(joined_s[place]),
                    snapshots=int(snapshots[place]),
                    from_s=int(edges_s[place]),
                    until_s=int(edges_s[place + 1]),
                    compared=number in one.compared,
                ),
            )


def _seconds(time: CoveredTime, edges_s: Ints) -> Ints:
    return seconds_between(time.from_s, time.until_s, edges_s)


def _observe_times(one: Watched, by: By, covered: CoveredTime) -> dict[int, Observed]:
    asked = one.evidence.asked
    calendars = max(1, len(one.calendars))
    counts_time = one.was_asked or by is By.PORTAL
    taken_at = one.evidence.snapshots.taken_at[one.answered_snapshots]
    compared = int((taken_at < asked.until_s).sum()) > 1
    taken_at = taken_at[one.evidence.in_range(taken_at)]
    taken = _sums(time_keys(by, one.evidence.offsets.to_local(taken_at)), np.ones_like(taken_at))
    distinct, places = np.unique(time_keys(by, one.cells.local_s), return_inverse=True)
    sums = (
        np.bincount(places, weights=seconds, minlength=len(distinct)).tolist()
        for seconds in (*_seconds_of_cells(one, covered), np.diff(one.cells.edges_s))
    )
    return {
        key: Observed(
            covered_s=round(seconds),
            asked_s=round(in_all) * calendars if counts_time else 0,
            portal_s=joined_s / calendars,
            snapshots=taken[key],
            from_s=asked.from_s,
            until_s=asked.until_s,
            compared=compared,
        )
        for key, seconds, joined_s, in_all in zip(distinct.tolist(), *sums, strict=True)
    }


def _seconds_of_cells(one: Watched, covered: CoveredTime) -> tuple[Ints, Ints]:
    """Covered and joined seconds in each of the cells, summed over calendars."""
    if covered is one.covered:
        return one.seconds_of_cells
    return _seconds(covered, one.cells.edges_s), one.seconds_of_cells[1]
