"""How long a new slot stays: from its first sight until it is gone, unseen ends allowed for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from amtspuls.analysis.base import (
    Column,
    Figures,
    Measure,
    Row,
    Unit,
    after_text,
    count_of,
    measured_in,
)
from amtspuls.analysis.changes import Bools, Floats
from amtspuls.analysis.following import last_seen, next_rows, pair_codes
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.kinds import CODES, Kind
from amtspuls.analysis.localtime import DAY_S, HOUR_S, Ints
from amtspuls.analysis.moments import gather
from amtspuls.analysis.once import once
from amtspuls.analysis.survival import estimate_survival, median_text
from amtspuls.analysis.transitions import RULE

_NOT_TAKEN = [CODES[Kind.EXPIRED], CODES[Kind.NOTICE_CUTOFF]]
_NEVER = np.iinfo(np.int64).max


class Lives(NamedTuple):
    """Slots whose first sight was watched, one row each; all arrays have shape (n,).

    Attributes:
        calendar: Number of the calendar.
        at: Instant of the snapshot that showed it first.
        lasted_s: For how long it was followed, from the middle of the step in which it appeared.
        gone: Whether it was gone then before its time; else it was lost from sight.
    """

    calendar: Ints
    at: Ints
    lasted_s: Floats
    gone: Bools


@once
def find_lives(one: Watched) -> Lives:
    """Follow every slot that appeared until it is gone, begins, or the data end; worked out once.

    A slot that comes back begins another life. Where a change lies between two snapshots it is dated
    in their middle.
    """
    changes = one.transitions.changes
    # Found across a gap nobody knows how long a slot was there already.
    born = changes.only(changes.opening & changes.timed)
    closings = changes.only(~changes.opening)
    wanted, codes = pair_codes((born.calendar, born.slot), (closings.calendar, closings.slot))
    row = next_rows(codes, closings.at, wanted, born.at)
    # One row more than there are closings: what no closing follows takes it.
    closed_at = np.append(closings.at, _NEVER)[row]
    seen_at = np.maximum(np.append(closings.seen_at, _NEVER)[row], born.at)
    kind = np.append(closings.kind, -1)[row]
    end_s = np.maximum(last_seen(one.evidence, born.calendar), born.at)
    lost_s = np.minimum(np.minimum(closed_at, born.start_s), end_s)
    gone = (closed_at < born.start_s) & ~np.isin(kind, _NOT_TAKEN)
    until_s = np.where(gone, seen_at / 2 + closed_at / 2, lost_s)
    return Lives(born.calendar, born.at, until_s - (born.seen_at / 2 + born.at / 2), gone)


def compute_slot_life(watched: Sequence[Watched], by: By) -> Figures:
    """Describe how long slots stay, by the row of their first sight."""
    return {
        label: _describe(lives) for label, lives in gather(watched, by, find_lives, Lives).items()
    }


def _describe(lives: Lives) -> dict[str, Any]:
    curve = estimate_survival(lives.lasted_s, lives.gone)
    return {
        "slots": len(lives.at),
        "gone": int(lives.gone.sum()),
        "median_hours": median_text(curve, HOUR_S),
        "within_hour_share": curve.ended_by(HOUR_S) if curve else None,
        "within_day_share": curve.ended_by(DAY_S) if curve else None,
        "within_week_share": curve.ended_by(7 * DAY_S) if curve else None,
    }


def _say(row: Row) -> str:
    if not row["slots"]:
        return f"no slot was seen to appear, {measured_in(row)}"
    slots, after = count_of(row["slots"], "new slot"), after_text(row["median_hours"])
    return f"half of {slots} gone {after}, {measured_in(row)}"


MEASURE = Measure(
    name="slot-life",
    question="How long does a new slot stay before it is gone.",
    by=(By.PORTAL, By.ALL, By.CALENDAR, By.HOUR, By.WEEKDAY, By.DAY, By.WEEK),
    columns=(
        Column("slots", "new slots", Unit.COUNT),
        Column("gone", "seen to go", Unit.COUNT),
        Column("median_hours", "half gone after, hours", Unit.HOURS),
        Column("within_hour_share", "gone within an hour, %", Unit.SHARE),
        Column("within_day_share", "within a day, %", Unit.SHARE),
        Column("within_week_share", "within a week, %", Unit.SHARE),
    ),
    compute=compute_slot_life,
    say=_say,
    rule=RULE,
    formula=(
        "life = middle of (last sight, first snapshot without it) - middle of (last snapshot without it, first sight)\n"
        "still there at the end of the data, begun, or closed by the portal's notice: not gone, only followed until then\n"
        "share gone by t = 1 - product over t_i <= t of (1 - gone at t_i / followed up to t_i)  (Kaplan and Meier)"
    ),
    source=(
        "Hours that slots are available, as U.S. Digital Response counted them for vaccination appointments; the estimate "
        "is that of Kaplan and Meier (1958). docs/reference/measures.md#slot-life."
    ),
    caveats=(
        "Each life is known to one step between snapshots: what lives shorter than a step is mostly not seen at all.",
        "Gone is not booked: holds and withdrawals are in it.",
        "Slots that were there at the first snapshot are left out; nobody knows since when they were.",
        "A portal with few new slots far ahead and one with many of today have different lives by nature.",
    ),
)
