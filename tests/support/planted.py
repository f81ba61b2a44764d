"""Pages of offices whose rules are given, as an archive: what a learner of rules should find again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from amtspuls.analysis.evidence import Evidence, load_evidence
from amtspuls.analysis.score_archive import ScoreArchive
from amtspuls.analysis.selection import Selection
from amtspuls.archive.base import PortalRecord
from amtspuls.model import (
    Calendar,
    Covered,
    Outcome,
    Slot,
    Snapshot,
    View,
    local_from_slot,
    slot_from_local,
    utc_from_slot,
)

ZONE = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 1, 26)
FAR = timedelta(days=70)
WEEK_DAYS = frozenset(range(5))

When = Callable[[Slot], datetime]


def lead(duration: timedelta) -> When:
    """So long before the start of each slot."""
    return lambda slot: utc_from_slot(slot, ZONE) - duration


def night(days: int, minute: int = 0) -> When:
    """On the day so many days before that of each slot, at a local minute of the day."""

    def at(slot: Slot) -> datetime:
        day = local_from_slot(slot).replace(hour=0, minute=0) - timedelta(days=days)
        return utc_from_slot(slot_from_local(day + timedelta(minutes=minute)), ZONE)

    return at


def monday(weeks: int, minute: int = 0) -> When:
    """On the Monday so many weeks before that of each slot."""

    def at(slot: Slot) -> datetime:
        weekday = local_from_slot(slot).weekday()
        return night(7 * weeks + weekday, minute)(slot)

    return at


@dataclass(frozen=True)
class Plan:
    """A calendar: its rules, and how busy it is.

    Attributes:
        key: Its key.
        leaves: When a slot leaves the page by itself.
        appears: When it first comes.
        grid_min: Minutes between start times.
        hours: First and last hour of the day.
        weekdays: Days with slots.
        booked: Share of slots that are booked at some moment while they are shown.
        desk: Calendars of the same desk lose the same slots at the same time.
        ahead: Days after the range for which there are slots.
    """

    key: str = "a"
    leaves: When = field(default_factory=lambda: lead(timedelta(0)))
    appears: When = field(default_factory=lambda: night(28))
    grid_min: int = 20
    hours: tuple[int, int] = (8, 16)
    weekdays: frozenset[int] = WEEK_DAYS
    booked: float = 0.5
    desk: str = "1"
    ahead: int = 36


def slots_of(plan: Plan, first: date, days: int) -> Iterator[Slot]:
    """All start times of a calendar."""
    begin = datetime.combine(first, datetime.min.time())
    for number in range(days):
        day = begin + timedelta(days=number)
        if day.weekday() in plan.weekdays:
            for minute in range(60 * plan.hours[0], 60 * plan.hours[1], plan.grid_min):
                yield slot_from_local(day + timedelta(minutes=minute))


def spans_of(plan: Plan, first: date, days: int) -> list[tuple[float, float, Slot]]:
    """From when until when each slot is shown, Unix seconds."""
    random, found = Random(f"{plan.desk} {first}"), []
    for slot in slots_of(plan, first, days):
        from_at, until_at = plan.appears(slot), plan.leaves(slot)
        share, when = random.random(), random.random()
        if share < plan.booked:
            # Late in what it is shown, so that short ranges see bookings as well.
            until_at -= (until_at - from_at) * when**3
        until_at = min(until_at, utc_from_slot(slot, ZONE))
        found.append((from_at.timestamp(), until_at.timestamp(), slot))
    return found


def snapshots(
    plans: Sequence[Plan],
    first: date = MONDAY,
    days: int = 7,
    step_s: int = 900,
    shift_s: int = 180,
) -> Iterator[Snapshot]:
    """What the page of these calendars showed."""
    shown = {plan: spans_of(plan, first, days + plan.ahead) for plan in plans}
    covered = Covered.from_ranges([(first - FAR, first + 2 * FAR)])
    begin = datetime.combine(first, datetime.min.time(), ZONE).timestamp()
    end = datetime.combine(first + timedelta(days=days), datetime.min.time(), ZONE).timestamp()
    for number in range(int(end - begin) // step_s):
        now = int(begin) + number * step_s + shift_s
        at = datetime.fromtimestamp(now, UTC)
        views = tuple(
            View(
                Calendar(plan.key, plan.key),
                Outcome.OK,
                covered,
                tuple(slot for from_s, until_s, slot in spans if from_s <= now < until_s),
            )
            for plan, spans in shown.items()
        )
        yield Snapshot("planted", at, at, Outcome.OK, views, period_s=step_s)


RECORD = PortalRecord("planted", "Planted", "tevis", "https://example.org", "Europe/Berlin")


def archive_of(taken: Iterator[Snapshot] | Sequence[Snapshot]) -> ScoreArchive:
    """An archive of these snapshots."""
    return ScoreArchive(RECORD, taken)


def evidence_of(taken: Iterator[Snapshot] | Sequence[Snapshot]) -> Evidence:
    """The evidence of these snapshots over their whole range."""
    (found,) = load_evidence(archive_of(taken), Selection())
    return found
