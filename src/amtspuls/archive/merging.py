"""Spans of a portal out of its sealed weeks and the live part: as many weeks are read as they reach over."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from amtspuls.archive.base import SpanColumns
from amtspuls.archive.cutting import LivePortal, cut_portal, live_portals
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
from amtspuls.archive.queries import Limits, calendars_of, read_spans
from amtspuls.archive.reader_live import pick_spans
from amtspuls.archive.times import Ints
from amtspuls.archive.week import IsoWeek

_FOR_EVER = np.iinfo(np.int64).max


def merge_spans(moment: Moment, numbers: Numbers, portal_id: str, wanted: Limits) -> SpanColumns:
    """Spans that were open within limits, as ``ArchiveReader.spans`` wants them.

    Weeks before the limits are read as long as a span may have opened there, weeks after them as long
    as one may have closed there.
    """
    weeks = moment.weeks_of(portal_id)
    begin, end = _part_of(weeks, moment.weeks_of(portal_id, wanted), wanted)
    begin = _back_to_openings(moment, numbers, portal_id, weeks, begin, end)
    until = _FOR_EVER if wanted[1] is None else wanted[1]
    joiner = Joiner()
    for place, week in enumerate(weeks[begin:], start=begin):
        if place >= end and not joiner.any_open_before(until):
            break
        joiner.add(numbers.piece(moment, portal_id, week))
    portal = _live_portal(moment, portal_id)
    if moment.live is None or portal is None:
        zone = ZoneInfo(moment.shelf.record(weeks[-1], portal_id).zone if weeks else "UTC")
        return pick_spans(as_columns(joiner.finish()), wanted, zone)
    done = _with_live(moment.live, portal, joiner)
    return pick_spans(as_columns(done), wanted, portal.zone)


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
            follows = place > 0 and moment.shelf.about(weeks[place - 1]).is_import
            keys = np.union1d(keys, entering(piece, alone=piece.alone or follows))
    return 0


def _live_portal(moment: Moment, portal_id: str) -> LivePortal | None:
    portals = [] if moment.live is None else live_portals(moment.live)
    return next((portal for portal in portals if portal.record.portal_id == portal_id), None)


def _with_live(connection: Connection, portal: LivePortal, joiner: Joiner) -> Done:
    """Add the spans of the live part; a span that is in both is taken from there."""
    columns = read_spans(connection, portal.record.portal_id, (None, None), portal.zone)
    live = joiner.go_on(Done(key_of(columns[0], columns[1]), columns[2], columns[3]))
    rest = cut_portal(connection, portal, _FOR_EVER) if len(joiner.imported.key) else None
    if rest is None:
        return _prefer_last(joiner.finish(), live)
    newest_at = int(rest.snapshots.taken_at[-1])
    if int(rest.snapshots.taken_at[0]) > joiner.imported_at:
        numbers = {
            row.key: row.number for row in connection.execute(calendars_of(portal.record.portal_id))
        }
        own = np.array([numbers[calendar.key] for calendar in rest.calendars], dtype=np.int64)
        met = joiner.meet(Piece(alone=False, portal=rest, numbers=own))
        live = _opened_earlier(live, *met)
    return _prefer_last(joiner.finish(newest_at), live)


def _opened_earlier(live: Done, key: Ints, opened_at: Ints, since: Ints) -> Done:
    """Live spans that an imported week showed already, with their true opening."""
    true = dict(
        zip(zip(key.tolist(), opened_at.tolist(), strict=True), since.tolist(), strict=True)
    )
    told = [
        true.get(span, span[1])
        for span in zip(live.key.tolist(), live.opened_at.tolist(), strict=True)
    ]
    return live._replace(opened_at=np.array(told, dtype=np.int64))


def _prefer_last(sealed: Done, live: Done) -> Done:
    """Both groups as one; of two with the same key and opening the live one stays."""
    both = concatenate([sealed, live])
    order = np.lexsort((both.opened_at, both.key))
    same = (np.diff(both.key[order]) == 0) & (np.diff(both.opened_at[order]) == 0)
    # The sort is stable: the sealed one of a pair comes first.
    kept = order[np.append(~same, True)] if len(order) else order
    return Done(*(column[kept] for column in both))
