"""What really happened, as a page could have told it: the estimand of all estimates, in one place.

**A visible booking** is a booking that made at least one start time vanish from the page for longer than
a chosen time may be held there, on a day that snapshots reach. However many start times it closed, in
however many calendars, it is one; its instant is that at which the page showed the first of them gone.
What was booked by other ways, on a desk beside which another one stayed free, or between two updates of
the page, nobody can see: it does not count. Neither does a booking that is cancelled and given back before
the hold is over.

**A visible cancellation** is one that made at least one start time appear again, for however short; its
instant is that at which the page showed it.

All other changes of the page are one event per calendar and start time. Nothing here depends on when
snapshots were taken. See docs/reference/score.md.

**Of a calendar-week** count those that have a start time in that calendar, in the local ISO week of their
instant. One booking in three calendars counts in each of them, and once in the total of the portal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import inf
from zoneinfo import ZoneInfo

from amtspuls.analysis.kinds import Kind
from amtspuls.model import Slot, utc_from_slot

Cell = tuple[str, int | None]
"""Calendar key and slot; None where a rule does not tell the slot."""

CalendarWeek = tuple[str, str]
"""Calendar key and ISO week (such as 2026-05) of the portal's wall time."""

_QUARTER_S = 900
_MINUTES_PER_DAY = 1440
_EPOCH_ORDINAL = datetime(1970, 1, 1).toordinal()

_KINDS = {
    "held": Kind.HELD,
    "hold_expired": Kind.HOLD_EXPIRED,
    "lapsed": Kind.HOLD_EXPIRED,
    "given_back": Kind.CANCELLED,
    "released": Kind.HORIZON_ROLL,
    "batch": Kind.RELEASED,
    "withdrawn": Kind.WITHDRAWN,
    "vanished": Kind.WITHDRAWN,
    "returned": Kind.RETURNED,
    "reappeared": Kind.RETURNED,
    "notice": Kind.NOTICE_CUTOFF,
    "revealed": Kind.GRID_SHIFT,
    "concealed": Kind.GRID_SHIFT,
}


@dataclass(frozen=True, slots=True)
class TruthLine:
    """One line of a truth log.

    Attributes:
        kind: As the log calls it (docs/reference/town.md).
        effect: 1 when its slots appear, -1 when they vanish, 0 when the page stays as it is.
        at_s: When the page shows it, Unix seconds.
        calendar: Key of the calendar.
        slots: Start times concerned.
        citizen: Number of the citizen; 0 where the office acted.
    """

    kind: str
    effect: int
    at_s: int
    calendar: str
    slots: tuple[int, ...]
    citizen: int


@dataclass(frozen=True)
class TruthRecord:
    """The truth about one portal, free of everything that made it.

    Attributes:
        portal_id: The portal.
        zone: Zone of its wall time.
        hold_s: Seconds for which a chosen time may be held without becoming a booking.
        from_s: First second that counts.
        until_s: First second that counts no more.
        shown: Free start times by calendar at ``from_s``; calendars that never show any may be missing.
        lines: The log from ``from_s`` on, to its end.
        view_days: Days after today of which anybody can know; None where all are covered.
    """

    portal_id: str
    zone: str
    hold_s: int
    from_s: int
    until_s: int
    shown: Mapping[str, tuple[int, ...]]
    lines: tuple[TruthLine, ...]
    view_days: int | None = None

    def covers(self, slot: int, at_s: int) -> bool:
        """Whether a slot lies on a day that snapshots reach, at an instant."""
        if self.view_days is None:
            return True
        today = _day_of(at_s // _QUARTER_S, ZoneInfo(self.zone))
        return slot // _MINUTES_PER_DAY <= today + self.view_days


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened, or that a rule says happened.

    Attributes:
        kind: What.
        at_s: When the page showed it; of a rule: the snapshot that shows it.
        since_s: The same; of a rule: the snapshot before, so that it lies in ``(since_s, at_s]``.
        cells: Start times that appeared or vanished with it.
    """

    kind: Kind
    at_s: int
    since_s: int
    cells: tuple[Cell, ...]


class Starts(dict[int, int]):
    """Instants (Unix seconds) at which slots begin, by slot; each is worked out once."""

    def __init__(self, zone: str) -> None:
        """Begin with none, of a zone."""
        self._zone = ZoneInfo(zone)

    def __missing__(self, slot: int) -> int:
        self[slot] = begins_s = int(utc_from_slot(Slot(slot), self._zone).timestamp())
        return begins_s


class _Page:
    """What the page showed of each start time: instants at which it changed, alternately."""

    def __init__(self, record: TruthRecord) -> None:
        self._changes: dict[Cell, dict[int, bool]] = defaultdict(dict)
        state = {(key, slot) for key, slots in record.shown.items() for slot in slots}
        for at_s, lines in _by_instant(record.lines):
            before = {(line.calendar, slot) for line in lines for slot in line.slots} & state
            for line in lines:
                cells = {(line.calendar, slot) for slot in line.slots}
                if line.effect > 0:
                    state |= cells
                else:
                    state -= cells
            for line in lines:
                for slot in line.slots:
                    cell = (line.calendar, slot)
                    if (cell in before) != (cell in state):
                        self._changes[cell][at_s] = cell in state

    def changed(self, cell: Cell, at_s: int, *, to: bool) -> bool:
        """Whether the page changed like that at an instant."""
        return self._changes[cell].get(at_s) is to

    def until(self, cell: Cell, at_s: int) -> float:
        """When it changed next; infinity where it never did."""
        return min((other for other in self._changes[cell] if other > at_s), default=inf)


def _by_instant(lines: Iterable[TruthLine]) -> Iterator[tuple[int, list[TruthLine]]]:
    groups: dict[int, list[TruthLine]] = defaultdict(list)
    for line in lines:
        if line.effect:
            groups[line.at_s].append(line)
    yield from sorted(groups.items())


def true_changes(record: TruthRecord) -> tuple[Change, ...]:
    """Return everything that the page showed from ``from_s`` to ``until_s``, by instant."""
    page = _Page(record)
    bookers = {line.citizen for line in record.lines if line.kind == "booked"}
    booked = _claims(record, page, "held", bookers)
    cancelled = _claims(record, page, "given_back", None)
    found = [_joined(Kind.BOOKED, cells) for cells in booked.values()]
    found += [_joined(Kind.CANCELLED, cells) for cells in cancelled.values()]
    claimed = {cell for cells in booked.values() for cell in cells}
    found += _single(record, page, claimed)
    chosen = (one for one in found if record.from_s <= one.at_s < record.until_s)
    return tuple(sorted(chosen, key=lambda one: (one.at_s, one.kind, one.cells)))


_Claimed = tuple[Cell, int]


def _claims(
    record: TruthRecord, page: _Page, kind: str, citizens: set[int] | None
) -> dict[int, list[_Claimed]]:
    """Changes of the page by the citizen who caused them; the last one where two did at once."""
    owner: dict[_Claimed, int] = {}
    zone = ZoneInfo(record.zone)
    for line in record.lines:
        if line.kind != kind or (citizens is not None and line.citizen not in citizens):
            continue
        for slot in line.slots:
            cell = (line.calendar, slot)
            if not page.changed(cell, line.at_s, to=line.effect > 0):
                continue
            if not record.covers(slot, line.at_s):
                continue
            if _has_begun(slot, line.at_s, zone):
                continue
            if kind == "held" and page.until(cell, line.at_s) - line.at_s <= record.hold_s:
                continue
            owner[cell, line.at_s] = line.citizen
    claims: dict[int, list[_Claimed]] = defaultdict(list)
    for claim, citizen in owner.items():
        claims[citizen].append(claim)
    return claims


def _has_begun(slot: int, at_s: int, zone: ZoneInfo) -> bool:
    """Whether a slot has begun by itself: on a page that is renewed seldom it was never seen to be taken."""
    return utc_from_slot(Slot(slot), zone).timestamp() <= at_s


def _joined(kind: Kind, claims: list[_Claimed]) -> Change:
    at_s = min(at_s for _, at_s in claims)
    return Change(kind, at_s, at_s, tuple(sorted({cell for cell, _ in claims}, key=str)))


def _single(record: TruthRecord, page: _Page, booked: set[_Claimed]) -> Iterator[Change]:
    """All other changes, one by one."""
    begins_s = Starts(record.zone)
    for line in record.lines:
        kind = _KINDS.get(line.kind)
        if kind is None or kind is Kind.CANCELLED:
            continue
        for slot in line.slots:
            cell = (line.calendar, slot)
            if (cell, line.at_s) in booked or not page.changed(cell, line.at_s, to=line.effect > 0):
                continue
            if not record.covers(slot, line.at_s):
                continue
            expired = kind is Kind.NOTICE_CUTOFF and begins_s[slot] <= line.at_s
            yield Change(Kind.EXPIRED if expired else kind, line.at_s, line.at_s, (cell,))


# Calendar-weeks


def true_weeks(changes: Iterable[Change], zone: str) -> dict[Kind, dict[CalendarWeek, int]]:
    """Count true changes by kind, calendar and local ISO week; pairs without any are missing."""
    counts: dict[Kind, Counter[CalendarWeek]] = defaultdict(Counter)
    place = ZoneInfo(zone)
    for change in changes:
        week = _week_of(change.at_s // _QUARTER_S, place)
        counts[change.kind].update((key, week) for key in {key for key, _ in change.cells})
    return {kind: dict(counter) for kind, counter in counts.items()}


@cache
def _day_of(quarter: int, zone: ZoneInfo) -> int:
    """Local days after 1970-01-01."""
    return datetime.fromtimestamp(quarter * _QUARTER_S, zone).toordinal() - _EPOCH_ORDINAL


@cache
def _week_of(quarter: int, zone: ZoneInfo) -> str:
    """No week begins within a quarter of an hour: all zones differ from UTC by whole ones."""
    year, week, _ = datetime.fromtimestamp(quarter * _QUARTER_S, zone).isocalendar()
    return f"{year}-{week:02d}"
