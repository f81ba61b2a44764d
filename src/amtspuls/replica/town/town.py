"""The town as portals to practise on, and its truth log."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from types import MappingProxyType

from amtspuls.clock import utc_from_local
from amtspuls.errors import ConfigError
from amtspuls.model import Slot
from amtspuls.replica.availability import ReplicaPortal
from amtspuls.replica.town.model import TOWN_ZONE, TownPortal, Truth
from amtspuls.replica.town.offices import draw_offices
from amtspuls.replica.town.scenarios import scenario_of
from amtspuls.replica.town.timeline import Timeline

WARM_UP_DAYS = 10
"""Days that are simulated before the first one, so that it finds calendars in use."""

SCENARIO_WARM_UP_DAYS = 28
"""The same for a scenario; its horizons are longer."""

_CHECKPOINT_EVERY = 256
_NOTHING: Mapping[str, tuple[Slot, ...]] = MappingProxyType({})


class _Course:
    """What one portal shows over time: the changes, and a full picture now and then.

    ``shown`` are the calendars that its pages show even when nothing is free in them.
    """

    def __init__(self, truth: Sequence[Truth], shown: Sequence[str]) -> None:
        self._shown: Mapping[str, tuple[Slot, ...]] = dict.fromkeys(shown, ())
        changes = (line for line in truth if line.kind.effect)
        self._changes = sorted(changes, key=lambda line: line.page_at)
        self._instants = [line.page_at for line in self._changes]
        self._checkpoints: list[Mapping[str, tuple[Slot, ...]]] = []
        self._known = 0
        self._free: dict[str, set[Slot]] = {}
        self._picture: Mapping[str, tuple[Slot, ...]] = self._shown
        free: dict[str, set[Slot]] = {}
        for count, line in enumerate(self._changes):
            if count % _CHECKPOINT_EVERY == 0:
                self._checkpoints.append(_picture(free))
            _apply(free, line)

    def offer(self, at: datetime) -> Mapping[str, tuple[Slot, ...]]:
        """The picture after all changes at or before an instant."""
        count = bisect_right(self._instants, at)
        place = min(count // _CHECKPOINT_EVERY, len(self._checkpoints) - 1)
        if count < self._known or self._known < place * _CHECKPOINT_EVERY:
            self._known = place * _CHECKPOINT_EVERY
            self._free = {key: set(slots) for key, slots in self._checkpoints[place].items()}
            self._picture = MappingProxyType({**self._shown, **self._checkpoints[place]})
        if count > self._known:
            self._go_on(count)
        return self._picture

    def _go_on(self, count: int) -> None:
        """Apply what happened since the newest picture; only calendars that changed are drawn anew."""
        lines = self._changes[self._known : count]
        for line in lines:
            _apply(self._free, line)
        changed = {line.calendar_key for line in lines}
        known = {**self._picture, **_picture({key: self._free[key] for key in changed})}
        for key in changed:
            if not self._free[key]:
                known.pop(key, None)
        ordered = {key: known[key] for key in sorted(known, key=str.encode) if known[key]}
        self._picture = MappingProxyType({**self._shown, **ordered})
        self._known = count


class Town:
    """Simulated offices (``replica.availability.Availability``) whose truth is known.

    A tempus calendar without any free slot is missing from an offer: the page says that it is sold
    out. A netappoint page has no such text, it shows the calendar without a day to choose.
    ``truth`` and ``offices`` are for scoring; an estimator never sees them.
    """

    def __init__(
        self,
        offices: Sequence[TownPortal],
        truth: Mapping[str, Sequence[Truth]],
        first_at: datetime,
        last_at: datetime,
    ) -> None:
        self._offices = tuple(offices)
        self._portals = MappingProxyType({office.id: office.as_replica() for office in offices})
        self._courses = {
            portal_id: _Course(lines, _always_shown(self._portals[portal_id]))
            for portal_id, lines in truth.items()
        }
        self._truth = tuple(
            sorted(
                (line for lines in truth.values() for line in lines if line.page_at >= first_at),
                key=lambda line: line.at,
            )
        )
        self._first_at, self._last_at = first_at, last_at

    @property
    def portals(self) -> Mapping[str, ReplicaPortal]:
        """The portals by id."""
        return self._portals

    @property
    def offices(self) -> tuple[TownPortal, ...]:
        """What the portals are like behind their pages."""
        return self._offices

    @property
    def first_at(self) -> datetime:
        """Local midnight at which the first day begins, aware UTC."""
        return self._first_at

    @property
    def last_at(self) -> datetime:
        """Local midnight at which the last day ends, aware UTC.

        Afterwards nobody comes and no day is released; slots still pass.
        """
        return self._last_at

    @property
    def truth(self) -> tuple[Truth, ...]:
        """Everything that happened from ``first_at`` on, ascending by instant."""
        return self._truth

    def offer(self, portal_id: str, at: datetime) -> Mapping[str, tuple[Slot, ...]]:
        """What a portal shows at an instant (aware UTC); nothing before ``first_at``."""
        course = self._courses[portal_id]
        return course.offer(at) if at >= self._first_at else _NOTHING


def make_town(
    seed: int = 1,
    *,
    start: date,
    days: int = 14,
    portal_ids: Collection[str] | None = None,
    horizon_days: int | None = None,
) -> Town:
    """Simulate the town.

    Args:
        seed: Equal seeds give equal towns; a portal does not depend on which others are asked for.
        start: First local day.
        days: How many days citizens come.
        portal_ids: Portals wanted; without it all.
        horizon_days: Cuts the horizon of every office to this many days. A page of each day that is
            marked free is asked in every snapshot, so a short horizon makes quick practice.

    Raises:
        ConfigError: No portal of the town has a wanted id, or ``days`` is below 1.
    """
    if days < 1:
        raise ConfigError(f"a town needs at least one day, not {days}")
    offices = _choose(draw_offices(seed), portal_ids)
    if horizon_days is not None:
        offices = tuple(_cut_horizon(office, horizon_days) for office in offices)
    first, until = start - timedelta(days=WARM_UP_DAYS), start + timedelta(days=days)
    truth = {office.id: Timeline(office, seed, first, until).run() for office in offices}
    return Town(offices, truth, _midnight(start), _midnight(until))


def make_scenario(name: str, seed: int, *, start: date, days: int) -> Town:
    """Simulate the office of a named scenario, a town of its own.

    Args:
        name: One of ``scenarios.SCENARIOS``, or ``random``.
        seed: Draws the office from the ranges of the scenario, and all that happens.
        start: First local day.
        days: How many days citizens come.

    Raises:
        ConfigError: There is no such scenario, or ``days`` is below 1.
    """
    if days < 1:
        raise ConfigError(f"a town needs at least one day, not {days}")
    office = scenario_of(name, seed).draw(seed)
    first, until = start - timedelta(days=SCENARIO_WARM_UP_DAYS), start + timedelta(days=days)
    truth = {office.id: Timeline(office, seed, first, until).run()}
    return Town([office], truth, _midnight(start), _midnight(until))


def _choose(
    offices: Sequence[TownPortal], wanted: Collection[str] | None
) -> tuple[TownPortal, ...]:
    there = [office.id for office in offices]
    for portal_id in sorted(set(wanted or ()) - set(there)):
        near = get_close_matches(portal_id, there, cutoff=0.5) or there
        raise ConfigError(
            f"no portal {portal_id!r} in the town; there are: {', '.join(near)}", portal=portal_id
        )
    return tuple(office for office in offices if wanted is None or office.id in wanted)


def _cut_horizon(office: TownPortal, days: int) -> TownPortal:
    groups = tuple(
        replace(group, horizon_days=min(days, group.horizon_days)) for group in office.groups
    )
    return replace(office, groups=groups)


def _always_shown(portal: ReplicaPortal) -> list[str]:
    return [one.key for one in portal.calendars] if portal.system == "netappoint" else []


def _apply(free: dict[str, set[Slot]], line: Truth) -> None:
    shown = free.setdefault(line.calendar_key, set())
    if line.kind.effect > 0:
        shown.update(line.slots)
    else:
        shown.difference_update(line.slots)


def _picture(free: Mapping[str, set[Slot]]) -> Mapping[str, tuple[Slot, ...]]:
    return MappingProxyType(
        {key: tuple(sorted(free[key])) for key in sorted(free, key=str.encode) if free[key]}
    )


def _midnight(day: date) -> datetime:
    return utc_from_local(datetime.combine(day, time()), TOWN_ZONE).astimezone(UTC)
