"""Spans of a portal out of its sealed weeks and the live part: as many weeks are read as they reach over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from amtspuls.archive.answers import pick_spans
from amtspuls.archive.base import SpanColumns
from amtspuls.archive.joining import (
    Done,
    Joiner,
    as_columns,
    concatenate,
    entering,
    still_before,
)
from amtspuls.archive.moment import Moment, seconds_of_day
from amtspuls.archive.numbers import Numbers
from amtspuls.archive.pieces import Piece, key_of
from amtspuls.archive.times import Ints, Limits, slot_at
from amtspuls.archive.week import IsoWeek

_FOR_EVER = 2**53
_MINUTES_PER_DAY = 1440
_FURTHEST = timedelta(days=400)


def merge_spans(moment: Moment, numbers: Numbers, portal_id: str, wanted: Limits) -> SpanColumns:
    """Spans that were open within limits, as ``ArchiveReader.spans`` wants them.

    Weeks before the limits are read as long as a span may have opened there, weeks after them as long
    as one may have closed there.
    """
    weeks = moment.weeks_of(portal_id)
    zone = zone_of(moment, portal_id, weeks)
    inside = _part_of(weeks, moment.weeks_of(portal_id, wanted), wanted)
    if any(moment.shelf.about(week).is_import for week in weeks):
        done = _join_all(moment, numbers, portal_id, wanted)
    else:
        done = _join_live(moment, numbers, portal_id, wanted, inside)
    return pick_spans(as_columns(done), wanted, zone)


def zone_of(moment: Moment, portal_id: str, weeks: Sequence[IsoWeek]) -> ZoneInfo:
    """Zone of a portal: what the live part says, else the newest week."""
    portal = moment.live.portal(portal_id) if moment.live else None
    if portal is not None:
        return portal.zone
    return ZoneInfo(moment.shelf.record(weeks[-1], portal_id).zone if weeks else "UTC")


def _join_live(
    moment: Moment, numbers: Numbers, portal_id: str, wanted: Limits, inside: tuple[int, int]
) -> Done:
    """Spans where every week was live: each knows what was open before it, and the live part its openings."""
    weeks, (begin, end) = moment.weeks_of(portal_id), inside
    begin = _back_to_openings(moment, numbers, portal_id, weeks, begin, end)
    until = _FOR_EVER if wanted[1] is None else wanted[1]
    joiner = Joiner()
    for place, week in enumerate(weeks[begin:], start=begin):
        if place >= end and not joiner.any_open_before(until):
            break
        joiner.add(numbers.piece(moment, portal_id, week))
    if moment.live is None or moment.live.portal(portal_id) is None:
        return joiner.finish()
    spans = moment.live.all_spans(portal_id)
    key = key_of(spans.calendar, spans.slot)
    live = joiner.go_on(Done(key, spans.opened_at, spans.closed_at))
    return _prefer_last(joiner.finish(), live)


def _join_all(moment: Moment, numbers: Numbers, portal_id: str, wanted: Limits) -> Done:
    """Spans where a week was imported: what it leaves open may wait for many weeks."""
    weeks = whole_weeks(moment, portal_id)
    near = {*moment.weeks_of(portal_id, wanted)}
    first, end = _part_of(weeks, [week for week in weeks if week in near], wanted)
    begin = back_to_slots(moment, portal_id, weeks[:first], wanted[0])
    until = _FOR_EVER if wanted[1] is None else wanted[1]
    joiner = Joiner()
    for place, week in enumerate(weeks[begin:], start=begin):
        if place >= end and not joiner.any_open_before(until):
            return joiner.finish()
        joiner.add(numbers.piece(moment, portal_id, week))
    rest = rest_of(moment, portal_id)
    if rest is not None:
        joiner.add(rest)
    return joiner.finish()


def whole_weeks(moment: Moment, portal_id: str) -> list[IsoWeek]:
    """Sealed weeks of a portal; of one that is being sealed right now the live rows count."""
    live = moment.live_weeks(portal_id) if moment.hidden(portal_id) else ()
    return [
        week
        for week in moment.weeks_of(portal_id)
        if week not in live or week in moment.moved or moment.shelf.about(week).is_import
    ]


def back_to_slots(
    moment: Moment, portal_id: str, weeks: Sequence[IsoWeek], from_s: int | None
) -> int:
    """Place of the first of some weeks in which a slot may have been free that begins at or after an instant.

    It is told by the footers of the files. No portal shows slots as far ahead as ``_FURTHEST``, so that
    older weeks are not looked at.
    """
    if from_s is None:
        return 0
    zone = zone_of(moment, portal_id, weeks)
    slot, begin = slot_at(from_s, zone) - _MINUTES_PER_DAY, len(weeks)
    newest = weeks[-1].start if weeks else None
    for place in range(len(weeks) - 1, -1, -1):
        if moment.shelf.latest_slot(weeks[place], portal_id) >= slot:
            begin, newest = place, weeks[place].start
        elif newest is not None and newest - weeks[place].start > _FURTHEST:
            break
    return begin


def _part_of(
    weeks: Sequence[IsoWeek], inside: Sequence[IsoWeek], wanted: Limits
) -> tuple[int, int]:
    """Places of the weeks within limits, and one before them: what it leaves open may reach inside."""
    if inside:
        begin = weeks.index(inside[0])
        return max(0, begin - 1), begin + len(inside)
    first = wanted[0]
    begin = (
        len(weeks) if first is None else sum(seconds_of_day(week.start) <= first for week in weeks)
    )
    return max(0, begin - 1), begin


def _back_to_openings(
    moment: Moment,
    numbers: Numbers,
    portal_id: str,
    weeks: Sequence[IsoWeek],
    begin: int,
    end: int,
) -> int:
    """Place of the first week to read, so that every span of the weeks from ``begin`` has its opening."""
    keys: Ints = np.zeros(0, dtype=np.int64)
    if begin == 0:
        return 0
    for place in range(end - 1, -1, -1):
        if place < begin and not len(keys):
            return place + 1
        piece = numbers.piece(moment, portal_id, weeks[place])
        keys = still_before(piece, keys)
        if place >= begin:
            keys = np.union1d(keys, entering(piece))
    return 0


def rest_of(moment: Moment, portal_id: str) -> Piece | None:
    """What is not sealed yet of a portal, as one piece; None where there is nothing."""
    portal = moment.live.portal(portal_id) if moment.live else None
    if moment.live is None or portal is None:
        return None
    rest = moment.live.cut(portal, _FOR_EVER)
    if rest is None:
        return None
    numbers = moment.live_calendars(portal_id)
    own = [numbers[calendar.key].number for calendar in rest.calendars]
    return Piece(alone=False, portal=rest, numbers=np.array(own, dtype=np.int64))


def _prefer_last(sealed: Done, live: Done) -> Done:
    """Both groups as one; of two with the same key and opening the live one stays."""
    both = concatenate([sealed, live])
    order = np.lexsort((both.opened_at, both.key))
    same = (np.diff(both.key[order]) == 0) & (np.diff(both.opened_at[order]) == 0)
    # The sort is stable: the sealed one of a pair comes first.
    kept = order[np.append(~same, True)] if len(order) else order
    return Done(*(column[kept] for column in both))
