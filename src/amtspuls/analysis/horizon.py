"""How far ahead the pages show slots, and at which moments new days come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, measured_in
from amtspuls.analysis.behaviour import CalendarBehaviour
from amtspuls.analysis.behaviour.words import calendars_by, clock_text, horizon_text, most_have
from amtspuls.analysis.grouping import By, Watched
from amtspuls.analysis.localtime import DAY_S
from amtspuls.analysis.notice import RULE
from amtspuls.archive.median import median


def compute_horizon(watched: Sequence[Watched], by: By) -> Figures:
    """Give the horizon that most calendars of a row have."""
    return {label: _describe(found) for label, found in calendars_by(watched, by).items()}


def _describe(calendars: Sequence[CalendarBehaviour]) -> dict[str, Any]:
    text, usual, known = most_have((one.horizon for one in calendars), horizon_text)
    times = Counter(minute for one in calendars for minute in one.release_minutes)
    seen = [one.seen_ahead_s for one in calendars if one.seen_ahead_s is not None]
    offsets = [edge.offset_s for edge in usual if edge.offset_s is not None]
    return {
        "horizon": text,
        "horizon_days": median(offsets) / DAY_S if offsets else None,
        "seen_days": max(seen) / DAY_S if seen else None,
        "new_days_at": clock_text(times.most_common(1)[0][0]) if times else None,
        "calendars": len(calendars),
        "known": known,
        "agreeing": len(usual),
        "changes": sum(edge.support for edge in usual),
        "against": sum(edge.against for edge in usual),
    }


def _say(row: Row) -> str:
    if row["horizon"] is None:
        return f"the horizon is unknown, {measured_in(row)}"
    return (
        f"most often: {row['horizon']} ({row['agreeing']} of {row['calendars']} calendars, "
        f"{row['known']} known), {measured_in(row)}"
    )


MEASURE = Measure(
    name="horizon",
    question="How far ahead are slots shown, and when do new days come.",
    by=(By.PORTAL, By.ALL, By.CALENDAR),
    columns=(
        Column("horizon", "horizon"),
        Column("horizon_days", "days", Unit.DAYS),
        Column("seen_days", "seen up to, days", Unit.DAYS),
        Column("new_days_at", "new days at"),
        Column("calendars", "calendars", Unit.COUNT),
        Column("known", "known", Unit.COUNT),
        Column("agreeing", "with this rule", Unit.COUNT),
        Column("changes", "changes for it", Unit.COUNT),
        Column("against", "against", Unit.COUNT),
    ),
    compute=compute_horizon,
    say=_say,
    rule=RULE,
    formula=(
        "a slot that came between two snapshots allows a horizon from (start - later) to (start - earlier snapshot)\n"
        "horizon = the lead that most such intervals contain, less twice the slots that were shown at longer leads\n"
        "tried with the start of the slot, the midnight of its day and, beyond one week of snapshots, the midnight "
        "before its week"
    ),
    source=(
        "Booking horizon, in ZMS the setting endInDays; docs/reference/measures.md#horizon and "
        "docs/reference/behaviour.md."
    ),
    caveats=(
        "A short horizon shortens waits and lead times by itself: read it beside them.",
        "Days that an office releases by hand have no rule; the column of what was seen tells how far they went.",
    ),
)
