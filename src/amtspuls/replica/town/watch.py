"""Snapshots of a scenario without pages: what the collector would have read, at a fraction of the cost.

A test compares it with real pages over HTTP. What goes wrong on the way (failed snapshots, days that could
not be read) is planned here, so that both can be given the same plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random

from amtspuls.model import Calendar, Covered, Outcome, Slot, Snapshot, View, Window, day_of_slot
from amtspuls.replica.availability import ReplicaCalendar
from amtspuls.replica.town.model import TOWN_ZONE, TownPortal
from amtspuls.replica.town.scenario import Scenario
from amtspuls.replica.town.town import Town

LOOK_AHEAD_WEEKS = 9
"""How far the collector looks when nobody says how far."""

_SAMPLED = "impfthueringen"
"""Its reader takes what the page shows, however far ahead, and covers no other day."""
_LATEST_START_S = 580
_JITTER_S = 20
_LONGEST_FAILURE = 8


@dataclass(frozen=True, slots=True)
class Look:
    """One planned snapshot.

    Attributes:
        at: When, aware UTC, whole seconds.
        fails: Nothing is answered.
        unread: Draws the calendar and the days that cannot be read; None where all can.
    """

    at: datetime
    fails: bool = False
    unread: int | None = None


def plan_looks(scenario: Scenario, seed: int, town: Town) -> Iterator[Look]:
    """Plan the snapshots of a scenario, from its first day to its last.

    They come some minutes after each quarter of an hour, as when many portals are asked in turn.
    """
    random = Random(f"looks {scenario.name} {seed}")
    missed, partial = random.uniform(*scenario.missed), random.uniform(*scenario.partial)
    offset_s = random.randint(1, min(_LATEST_START_S, scenario.step_s // 2))
    jitter_s = min(_JITTER_S, scenario.step_s // 10)
    failing = 0
    at = town.first_at
    while at < town.last_at:
        if not failing and random.random() < missed * 2 / (1 + _LONGEST_FAILURE):
            failing = random.randint(1, _LONGEST_FAILURE)
        unread = random.getrandbits(30) if random.random() < partial else None
        late = timedelta(seconds=offset_s + random.randint(0, jitter_s))
        yield Look(at + late, fails=failing > 0, unread=None if failing else unread)
        failing = max(0, failing - 1)
        at += timedelta(seconds=scenario.step_s)


def take_looks(scenario: Scenario, seed: int, town: Town) -> Iterator[Snapshot]:
    """Take the snapshots of a scenario, ascending."""
    for look in plan_looks(scenario, seed, town):
        yield take_look(town, look, scenario.step_s)


def take_look(town: Town, look: Look, step_s: int) -> Snapshot:
    """Take one snapshot."""
    (portal,) = town.portals.values()
    (office,) = town.offices
    views: tuple[View, ...] = ()
    outcome, reason = Outcome.UNREACHABLE, "planned failure"
    if not look.fails:
        today = look.at.astimezone(TOWN_ZONE).date()
        views = tuple(_views(office, portal.calendars, town.offer(portal.id, look.at), today))
        unread = unread_days(look, views)
        views = tuple(_without(view, unread) for view in views)
        outcome, reason = (Outcome.PARTIAL, "planned gap") if unread else (Outcome.OK, "")
        if not views:
            outcome, reason = Outcome.CHANGED, "the portal names no calendar"
    return Snapshot(
        portal.id, look.at, look.at, outcome, views, period_s=step_s, parser="town", reason=reason
    )


def unread_days(look: Look, views: tuple[View, ...]) -> Mapping[str, frozenset[date]]:
    """Days that a planned gap leaves out, by calendar key: some of those with free times."""
    shown = [view for view in views if view.slots]
    if look.unread is None or not shown:
        return {}
    random = Random(look.unread)
    view = random.choice(shown)
    days = sorted({day_of_slot(slot) for slot in view.slots})
    return {view.calendar.key: frozenset(random.sample(days, random.randint(1, min(3, len(days)))))}


def _without(view: View, unread: Mapping[str, frozenset[date]]) -> View:
    days = unread.get(view.calendar.key)
    if not days:
        return view
    return View(
        view.calendar,
        Outcome.PARTIAL,
        view.covered.without(days),
        tuple(slot for slot in view.slots if day_of_slot(slot) not in days),
        reason="planned gap",
    )


def days_read(office: TownPortal) -> int | None:
    """Days after today that the views of an office reach; None where they have all that the page shows."""
    return None if office.system == _SAMPLED else office.view_days or None


def _views(
    office: TownPortal,
    calendars: Sequence[ReplicaCalendar],
    offer: Mapping[str, tuple[Slot, ...]],
    today: date,
) -> Iterator[View]:
    """Views as the system's reader makes them; the vaccination portal covers the days it shows only."""
    sampled, last = office.system == _SAMPLED, days_read(office)
    days = last or 7 * LOOK_AHEAD_WEEKS
    for one in calendars:
        slots = offer.get(one.key, ())
        if last:
            slots = _until(slots, today + timedelta(days=days))
        if not slots and (sampled or office.sold_out == "absent"):
            continue
        calendar = Calendar(one.key, one.name, () if sampled else one.services)
        yield View(calendar, Outcome.OK, _days(slots) if sampled else _ahead(today, days), slots)


def _until(slots: tuple[Slot, ...], last: date) -> tuple[Slot, ...]:
    """Slots up to a day, that day included."""
    return tuple(slot for slot in slots if day_of_slot(slot) <= last)


@lru_cache(maxsize=8)
def _ahead(today: date, days: int) -> Covered:
    return Window(today, today + timedelta(days=days)).covered()


@lru_cache(maxsize=64)
def _days(slots: tuple[Slot, ...]) -> Covered:
    return Covered.from_days(map(day_of_slot, slots))
