"""Intervals of single calendar-weeks against the truth; pure. Definitions: docs/reference/score.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from amtspuls.analysis.bounds import Bounds
from amtspuls.analysis.score_truth import CalendarWeek

LEAST_TRUTH = 20
"""Of calendar-weeks with fewer true changes the width of the interval is not judged."""

_NOTHING = Bounds(0, 0, 0)


@dataclass(frozen=True, slots=True)
class WeekScore:
    """How the intervals of a rule held in single weeks of single calendars.

    Attributes:
        count: Calendar-weeks in which something happened, or the rule says so, and it gave a figure.
        refused: Those for which it refused one.
        inside: Those in which the truth lies within low and high, both included.
        widths: (high - low) / truth of each with a truth of ``LEAST_TRUTH`` and more.
    """

    count: int
    refused: int
    inside: int
    widths: tuple[float, ...]

    @property
    def inside_share(self) -> float | None:
        """Share with the truth inside; None without any calendar-week."""
        return self.inside / self.count if self.count else None

    @property
    def median_width(self) -> float | None:
        """Median relative width; None where no calendar-week has truth enough."""
        return median(self.widths) if self.widths else None


def score_weeks(
    truth: Mapping[CalendarWeek, int], found: Mapping[CalendarWeek, Bounds | None]
) -> WeekScore:
    """Hold intervals against the truth; a calendar-week that is missing in ``found`` says nothing."""
    count = refused = inside = 0
    widths = []
    for key in truth.keys() | found.keys():
        true, bounds = truth.get(key, 0), found.get(key, _NOTHING)
        if bounds is None:
            refused += 1
            continue
        if not true and not bounds.central:
            continue
        count += 1
        inside += bounds.low <= true <= bounds.high
        if true >= LEAST_TRUTH:
            widths.append((bounds.high - bounds.low) / true)
    return WeekScore(count, refused, inside, tuple(sorted(widths)))


def pooled(scores: Iterable[WeekScore]) -> WeekScore:
    """Calendar-weeks of several scores as one."""
    known = list(scores)
    return WeekScore(
        sum(one.count for one in known),
        sum(one.refused for one in known),
        sum(one.inside for one in known),
        tuple(sorted(width for one in known for width in one.widths)),
    )


def week_columns(score: WeekScore | None) -> dict[str, float | None]:
    """The figures as columns of a row; empty ones where a rule gives no intervals."""
    if score is None:
        return dict.fromkeys(("weeks", "weeks_refused", "weeks_inside", "weeks_width"))
    return {
        "weeks": score.count,
        "weeks_refused": score.refused,
        "weeks_inside": score.inside_share,
        "weeks_width": score.median_width,
    }
