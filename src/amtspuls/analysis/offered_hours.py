"""When offices receive people: the hours of the week for which a slot was ever free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from amtspuls.analysis.base import Column, Figures, Measure, Row, Unit, count_of, measured_in
from amtspuls.analysis.evidence import NO_SLOT
from amtspuls.analysis.grouping import WEEKDAYS, By, Label, Watched, calendar_week
from amtspuls.analysis.localtime import HOUR_S, Ints, week_of, weekday_of
from amtspuls.analysis.observed import observe
from amtspuls.analysis.once import once
from amtspuls.analysis.ordering import distinct, order_by
from amtspuls.analysis.standing import stretches

RULE = "ever-free-1"
"""An hour is offered when a slot in it was free at some covered moment of the range."""

_DAY_MINUTES = 1440
_HOUR_MINUTES = 60
_KEYS = tuple(f"{name.lower()}_hours" for name in WEEKDAYS)
_NOTHING = dict.fromkeys((*_KEYS, "week_hours", "slot_weeks", "weeks_without"), 0)


def compute_offered_hours(watched: Sequence[Watched], by: By) -> Figures:
    """Count the hours of the week that were ever on offer, by the time of the slots."""
    parts: dict[Label, list[Ints]] = defaultdict(list)
    for one in watched:
        calendar, slot = find_offered(one)
        keys = _keys(by, calendar, slot)
        order = order_by(keys)
        for begin, end in stretches(keys[order]):
            parts[one.label(by, int(keys[order[begin]]))].append(slot[order[begin:end]])
    rows = {label: _describe(np.concatenate(slots)) for label, slots in parts.items()}
    if by in (By.WEEK, By.CALENDAR_WEEK):
        return rows
    # Who was watched and offered nothing has 0 hours, not none that are known.
    return {label: rows.get(label, _NOTHING) for label in observe(watched, by)}


@once
def find_offered(one: Watched) -> tuple[Ints, Ints]:
    """Calendars and slots that were free at some covered moment: the first and the last of each hour; worked out once.

    Those between them say nothing more of the hours that were offered.
    """
    spans, covered = one.evidence.spans, one.covered
    ends_s = np.minimum(spans.closed_at, one.evidence.span_start_s)
    free = np.zeros(len(spans.slot), np.bool_)
    for begin, end in stretches(covered.calendar):
        number = covered.calendar[begin]
        low, high = np.searchsorted(spans.calendar, [number, number + 1]).tolist()
        place = np.searchsorted(covered.until_s[begin:end], spans.opened_at[low:high], "right")
        next_from_s = np.append(covered.from_s[begin:end], np.iinfo(np.int64).max)[place]
        free[low:high] = next_from_s < ends_s[low:high]
    different = distinct(spans.calendar[free] * NO_SLOT + spans.slot[free])
    calendar, slot = different // NO_SLOT, different % NO_SLOT
    hour = calendar * NO_SLOT + slot // _HOUR_MINUTES
    inner = np.zeros(len(hour), np.bool_)
    inner[1:-1] = (hour[1:-1] == hour[:-2]) & (hour[1:-1] == hour[2:])
    return calendar[~inner], slot[~inner]


def _keys(by: By, calendar: Ints, slot: Ints) -> Ints:
    if by is By.CALENDAR:
        return calendar
    week = week_of(slot * 60)
    if by is By.WEEK:
        return week
    if by is By.CALENDAR_WEEK:
        return calendar_week(calendar, week)
    return np.zeros(len(slot), np.int64)


def _describe(slot: Ints) -> dict[str, Any]:
    local_s, minutes = slot * 60, slot % _DAY_MINUTES
    hours = np.unique(weekday_of(local_s) * 24 + local_s // HOUR_S % 24)
    weeks = np.unique(week_of(local_s))
    by_weekday = np.bincount(hours // 24, minlength=7)
    return {
        **{key: int(number) for key, number in zip(_KEYS, by_weekday, strict=True)},
        "week_hours": len(hours),
        "earliest": _clock(int(minutes.min())),
        "latest": _clock(int(minutes.max())),
        "slot_weeks": len(weeks),
        "weeks_without": int(weeks[-1] - weeks[0]) + 1 - len(weeks),
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _say(row: Row) -> str:
    if not row["week_hours"]:
        return f"no slot was offered, {measured_in(row)}"
    return (
        f"{count_of(row['week_hours'], 'hour')} of the week were ever on offer, slots from "
        f"{row['earliest']} to {row['latest']} in {count_of(row['slot_weeks'], 'week')}, {measured_in(row)}"
    )


MEASURE = Measure(
    name="offered-hours",
    question="When do offices receive people: hours of the week for which a slot was ever free.",
    by=(By.CALENDAR, By.CALENDAR_WEEK, By.PORTAL, By.WEEK, By.ALL),
    columns=(
        *(
            Column(key, f"{name[:2]}, hours", Unit.HOURS)
            for key, name in zip(_KEYS, WEEKDAYS, strict=True)
        ),
        Column("week_hours", "hours of the week", Unit.HOURS),
        Column("earliest", "first slot at"),
        Column("latest", "last slot at"),
        Column("slot_weeks", "weeks with slots", Unit.COUNT),
        Column("weeks_without", "weeks without between", Unit.COUNT),
    ),
    compute=compute_offered_hours,
    say=_say,
    rule=RULE,
    about_changes=False,
    about_slots=True,
    formula=(
        "an hour of the week (Monday 8 to 9, ...) counts once when any slot in it was free at some covered moment\n"
        "earliest, latest = least and greatest time of day of those slots; slot weeks = ISO weeks that they lie in\n"
        "weeks without = weeks without any slot between the first and the last with one"
    ),
    source=(
        "Opening hours seen from outside, asked for in the predecessor of this project, office-schedule-data, to see how "
        "departments take turns. docs/reference/measures.md#offered-hours."
    ),
    caveats=(
        "A lower bound: hours that are always booked, and those by telephone or without appointment, are never seen.",
        "The first and the last week of the range are seen in part: the days before it, and those not released yet, are missing.",
        "Hours are comparable between systems; how many slots lie in one is not.",
    ),
)
