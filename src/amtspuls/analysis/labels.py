"""What a row is about, in the words of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from amtspuls.analysis.grouping import WEEKDAYS, By, Label, Watched, split_calendar_week
from amtspuls.analysis.localtime import monday_of
from amtspuls.archive.week import IsoWeek

_EPOCH_ON = date(1970, 1, 1)


def describe_label(watched: Sequence[Watched], by: By, label: Label) -> dict[str, str | int]:
    """What a row is about, as columns."""
    portal_id, key = label
    if by is By.PORTAL:
        return {"portal": portal_id}
    if by is By.CALENDAR_WEEK:
        number, week = split_calendar_week(key)
        return {**_describe_calendar(watched, portal_id, number), "week": _week_text(week)}
    if by is By.CALENDAR:
        return _describe_calendar(watched, portal_id, key)
    if by is By.HOUR:
        return {"hour": key}
    if by is By.WEEKDAY:
        return {"weekday": WEEKDAYS[key]}
    if by is By.DAY:
        return {"day": (_EPOCH_ON + timedelta(days=key)).isoformat()}
    if by is By.WEEK:
        return {"week": _week_text(key)}
    return {}


def _describe_calendar(
    watched: Sequence[Watched], portal_id: str, number: int
) -> dict[str, str | int]:
    owner = next(one for one in watched if one.evidence.record.portal_id == portal_id)
    calendar = owner.calendars[number]
    return {"portal": portal_id, "calendar": calendar.key, "calendar_name": calendar.name}


def _week_text(week: int) -> str:
    return str(IsoWeek.of(_EPOCH_ON + timedelta(days=monday_of(week))))
