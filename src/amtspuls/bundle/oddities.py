"""What is odd about an imported week: told, not repaired. Pure.

Kinds and limits: docs/reference/bundle.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np

from amtspuls.archive.sealed.model import Bools, Ints32, Ints64, SealedPortal
from amtspuls.archive.week import IsoWeek

MASS_SLOTS = 20
"""A change of at least so many slots of a calendar, and half of what it shows, is a mass change."""

_QUARTER_S = 900


class OddityKind(StrEnum):
    """What can be odd (docs/reference/bundle.md)."""

    HOLES = "holes"
    ABSENT = "absent_calendars"
    VANISHED = "mass_vanish"
    APPEARED = "mass_appear"
    CLOCK_CHANGE = "clock_change"
    UNSURE = "unsure_times"
    DUPLICATES = "duplicate_rows"
    NO_COLUMNS = "no_columns"
    BLANK_COLUMNS = "blank_columns"
    UNSORTED = "unsorted_rows"
    BEGUN = "begun_slots"
    AGGREGATED = "aggregated"


@dataclass(frozen=True, slots=True)
class Oddity:
    """One odd thing.

    Attributes:
        portal_id: Where; empty for the whole week.
        kind: What.
        count: How often.
        detail: A few words more.
    """

    portal_id: str
    kind: OddityKind
    count: int
    detail: str = ""


def find_week_oddities(week: IsoWeek, zone: ZoneInfo) -> Iterator[Oddity]:
    """What is odd about a week whatever was seen in it: a change of the clocks."""
    from_at, until_at = week.bounds(zone)
    more = (until_at - from_at) - timedelta(days=7)
    if more:
        said = "repeated" if more > timedelta(0) else "left out"
        yield Oddity("", OddityKind.CLOCK_CHANGE, 1, f"an hour is {said} at the end of the week")


def find_oddities(portal: SealedPortal, week: IsoWeek) -> Iterator[Oddity]:
    """What is odd about one imported portal."""
    yield from _holes(portal, week)
    yield from _absent(portal)
    yield from _mass_changes(portal)
    counted = {
        OddityKind.UNSURE: int(portal.snapshots.time_unsure.sum()),
        OddityKind.DUPLICATES: _duplicates(portal),
        OddityKind.NO_COLUMNS: int(not len(portal.spans.slot) and not len(portal.extra_columns)),
        OddityKind.BLANK_COLUMNS: len(portal.extra_columns),
        OddityKind.UNSORTED: int((portal.row_order != np.arange(len(portal.row_order))).sum()),
        OddityKind.BEGUN: int(_begun_when_opened(portal).sum()),
        OddityKind.AGGREGATED: int(portal.aggregated),
    }
    for kind, count in counted.items():
        if count:
            yield Oddity(portal.record.portal_id, kind, count)


def _holes(portal: SealedPortal, week: IsoWeek) -> Iterator[Oddity]:
    """Quarters of an hour without a snapshot; the edges of the week count too."""
    zone = ZoneInfo(portal.record.zone)
    from_s, until_s = (int(at.timestamp()) for at in week.bounds(zone))
    taken_at = portal.snapshots.taken_at
    edges = np.concatenate([[from_s - _QUARTER_S], taken_at, [until_s]])
    empty = np.diff(edges // _QUARTER_S) - 1
    holes = np.flatnonzero(empty > 0)
    if len(holes):
        longest = int(holes[np.argmax(empty[holes])])
        ends = datetime.fromtimestamp(int(edges[longest + 1]), UTC).astimezone(zone)
        yield Oddity(
            portal.record.portal_id,
            OddityKind.HOLES,
            len(holes),
            f"{int(empty[holes].sum()) * 15} min, the longest of {int(empty[longest]) * 15} min"
            f" until {ends:%Y-%m-%d %H:%M}",
        )


def _absent(portal: SealedPortal) -> Iterator[Oddity]:
    """Calendars without a row in snapshots that have others."""
    views, last = portal.views, len(portal.snapshots.taken_at) - 1
    if not len(views.first):
        return
    same = np.diff(views.calendar) == 0
    missing = (views.first[1:] - views.last[:-1] - 1)[same]
    missing = missing[missing > 0]
    late = int((views.first[np.append(True, ~same)] > 0).sum())
    early = int((views.last[np.append(~same, True)] < last).sum())
    if len(missing) or late or early:
        yield Oddity(
            portal.record.portal_id,
            OddityKind.ABSENT,
            len(missing),
            f"{int(missing.sum())} rows missing; {late} calendars come late, {early} go early",
        )


def _mass_changes(portal: SealedPortal) -> Iterator[Oddity]:
    """Snapshots in which most of what a calendar shows goes, or comes, at once."""
    spans, count = portal.spans, len(portal.snapshots.taken_at)
    if not len(spans.slot):
        return
    future = _local_s(portal)[np.minimum(spans.closed, count - 1)] <= spans.slot * np.int64(60)
    opens = _tally(portal, spans.opened, np.ones(len(spans.slot), dtype=np.bool_))
    closes = _tally(portal, spans.closed, spans.closed < count)
    gone = _tally(portal, spans.closed, (spans.closed < count) & future)
    after = np.cumsum(opens - closes, axis=1)
    before = after - opens + closes
    for calendar, first in _first_views(portal):
        opens[calendar, first] = 0
    for kind, moved, shown in (
        (OddityKind.VANISHED, gone, before),
        (OddityKind.APPEARED, opens, after),
    ):
        mass = (moved >= MASS_SLOTS) & (2 * moved >= shown)
        if mass.any():
            yield Oddity(
                portal.record.portal_id, kind, int(mass.sum()), f"{int(moved[mass].sum())} slots"
            )


def _tally(portal: SealedPortal, ordinals: Ints32, chosen: Bools) -> Ints64:
    """How many chosen spans have which ordinal: (calendars, snapshots + 1)."""
    shape = len(portal.calendars), len(portal.snapshots.taken_at) + 1
    places = portal.spans.calendar[chosen].astype(np.int64) * shape[1] + ordinals[chosen]
    return np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape)


def _first_views(portal: SealedPortal) -> Iterator[tuple[int, int]]:
    calendars, places = np.unique(portal.views.calendar, return_index=True)
    yield from zip(calendars.tolist(), portal.views.first[places].tolist(), strict=True)


def _duplicates(portal: SealedPortal) -> int:
    copies = [n for n, calendar in enumerate(portal.calendars) if calendar.copy]
    mine = np.isin(portal.views.calendar, copies)
    return int((portal.views.last[mine] - portal.views.first[mine] + 1).sum())


def _begun_when_opened(portal: SealedPortal) -> Bools:
    """Spans of slots that had begun when they were first shown."""
    begun: Bools = _local_s(portal)[portal.spans.opened] >= (portal.spans.slot + 1) * np.int64(60)
    return begun


def _local_s(portal: SealedPortal) -> Ints64:
    return portal.snapshots.taken_at + portal.snapshots.utc_offset_s
