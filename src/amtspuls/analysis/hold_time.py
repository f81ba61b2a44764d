"""How long a vanished slot stays away before it comes back: sessions that ended without a booking.

Slots also come back for other reasons, at any distance. Returns between two and four hours are such a background;
what comes back within two hours beyond it was held.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, measured_in, per_cent
from amtspuls.analysis.behaviour import behaviour_of
from amtspuls.analysis.behaviour.sightings import Sightings
from amtspuls.analysis.changes import Floats
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.localtime import HOUR_S, Ints
from amtspuls.analysis.moments import gather
from amtspuls.analysis.once import once
from amtspuls.archive.median import median

RULE = "returns-1"
"""Returns within two hours less those of the next two."""

WINDOW_S = 2 * HOUR_S
_FEWEST = 20
_SURELY = 2.0
"""The excess must be so many standard deviations of its two counts."""


class Closings(NamedTuple):
    """Closings that could be followed for four hours; all arrays have shape (n,).

    Attributes:
        calendar: Number of the calendar.
        at: Snapshot that did not show the slot any more.
        away_s: From it to the snapshot that showed it again; infinite where none did within four hours.
        step_s: Usual distance of two snapshots of the portal: the true time is within one step of it.
    """

    calendar: Ints
    at: Ints
    away_s: Floats
    step_s: Ints


@once
def find_closings(one: Watched) -> Closings:
    """Follow what vanished before its time on a page that was otherwise well; worked out once."""
    evidence, learned = one.evidence, behaviour_of(one.evidence)
    seen = Sightings(evidence)
    rows = seen.rows
    numbers = seen.calendars[rows.calendar]
    until_s = learned.leaves_at(numbers, rows.slot)
    end_s = int(seen.taken_at[-1]) if len(seen.taken_at) else 0
    followed = rows.ended & seen.near(rows.shown_at, rows.closed_at) & ~seen.disturbed
    followed &= evidence.in_range(rows.closed_at)
    followed &= rows.closed_at + 2 * WINDOW_S < np.minimum(until_s, end_s)
    away_s = np.full(len(rows.slot), np.inf)
    back = ~rows.first[1:]
    away_s[:-1][back] = (rows.opened_at[1:] - rows.closed_at[:-1])[back]
    away_s[away_s > 2 * WINDOW_S] = np.inf
    step_s = np.full(len(rows.slot), seen.step_s, np.int64)
    return Closings._make(column[followed] for column in (numbers, rows.closed_at, away_s, step_s))


def compute_hold_time(watched: Sequence[Watched], by: By) -> Figures:
    """Describe how soon vanished slots come back."""
    rows = gather(watched, by, find_closings, Closings)
    return {label: _describe(found) for label, found in rows.items()}


def _describe(found: Closings) -> dict[str, Any]:
    total = len(found.at)
    soon = int((found.away_s <= WINDOW_S).sum())
    later = int((found.away_s <= 2 * WINDOW_S).sum()) - soon
    # The share of returns that a flat background gives each of the first two hours.
    held = soon - later
    sure = total >= _FEWEST and held > _SURELY * np.sqrt(soon + later)
    median_s = _median(found.away_s, held, later) if sure else None
    step_s = median(found.step_s) if total else 0.0
    row: dict[str, Any] = {
        f"back_{minutes}_share": _share_within(found, 60 * minutes) if total else None
        for minutes in (15, 30, 60, 120)
    }
    return row | {
        "closings": total,
        "background_share": later / total if total else None,
        "held_share": max(0, held) / total if total >= _FEWEST else None,
        "median_min": None if median_s is None else median_s / 60,
        "low_min": None if median_s is None else max(0.0, median_s - step_s) / 60,
        "high_min": None if median_s is None else (median_s + step_s) / 60,
    }


def _share_within(found: Closings, seconds: int) -> float:
    """Share that was back in time; snapshots are not quite even, so a little more than that will do."""
    return float((found.away_s <= seconds + found.step_s / 4).mean())


def _median(away_s: Floats, held: int, later: int) -> float:
    """Time by which half of the holds were over; the background is taken off evenly."""
    times = np.sort(away_s[away_s <= WINDOW_S])
    over = np.arange(1, len(times) + 1) - later * times / WINDOW_S
    return float(times[int(np.argmax(over >= held / 2))])


def _say(row: Row) -> str:
    if row["held_share"] is None:
        return f"too few slots vanished to tell how long they are held, {measured_in(row)}"
    if row["median_min"] is None:
        return f"no more slots came back within two hours than later, {measured_in(row)}"
    return (
        f"{per_cent(row['held_share'])} of vanished slots were only held, half of them for under "
        f"{row['median_min']:.0f} minutes ({row['low_min']:.0f} to {row['high_min']:.0f}), "
        f"{measured_in(row)}"
    )


MEASURE = Measure(
    name="hold-time",
    question="How long do vanished slots stay away that come back: sessions without a booking.",
    by=(By.PORTAL, By.ALL, By.CALENDAR),
    columns=(
        Column("closings", "vanished and followed", Unit.COUNT),
        Column("back_15_share", "back in 15 min, %", Unit.SHARE),
        Column("back_30_share", "in 30 min, %", Unit.SHARE),
        Column("back_60_share", "in 1 h, %", Unit.SHARE),
        Column("back_120_share", "in 2 h, %", Unit.SHARE),
        Column("background_share", "in 2 to 4 h, %", Unit.SHARE),
        Column("held_share", "held, %", Unit.SHARE),
        Column("median_min", "median hold, min", Unit.MINUTES),
        Column("low_min", "hold, at least", Unit.MINUTES),
        Column("high_min", "hold, at most", Unit.MINUTES),
    ),
    compute=compute_hold_time,
    say=_say,
    rule=RULE,
    formula=(
        "away = from the snapshot without a slot to the snapshot that shows it again, followed for 4 hours\n"
        "held = (away up to 2 h - away from 2 to 4 h) / vanished, not below 0\n"
        "median = least away by which half of that excess was back, the background taken off evenly; true times "
        "differ by up to one step between snapshots"
    ),
    source=(
        "Session holds of 10 to 30 minutes as vendors document them, found as an excess of returns; "
        "docs/reference/measures.md#hold-time."
    ),
    caveats=(
        "Holds shorter than the distance of two snapshots are mostly never seen: the share is a lower bound.",
        "Snapshots in which a calendar lost most of its slots are left out; smaller flaps of a page look like holds.",
        "Only slots that had 4 hours to come back count; calendars that share desks count each.",
    ),
)
