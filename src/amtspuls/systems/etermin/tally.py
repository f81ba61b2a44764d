"""From what was asked of single services to one view per calendar; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from amtspuls.errors import AmtspulsError
from amtspuls.model import Calendar, Covered, Slot, View, day_of_slot, slot_from_local
from amtspuls.systems.base import failed_view
from amtspuls.systems.etermin.choose import Chosen
from amtspuls.systems.etermin.parse import Desk, Opening
from amtspuls.systems.walk import DaysRead, Found, finished_view, service_names


@dataclass(slots=True)
class Asked:
    """What came of one service at one calendar.

    Attributes:
        chosen: The service.
        desk: The calendar that was asked.
        covered: Days of the window that range searches answered for.
        shows_places: Whether the portal shows free places for this service.
        gap: Why ``covered`` ends early; None when it does not.
        failed: Days that were to be read and could not.
        openings: The free times that were read.
    """

    chosen: Chosen
    desk: Desk
    covered: Covered
    shows_places: bool
    gap: AmtspulsError | None = None
    failed: dict[date, AmtspulsError] = field(default_factory=dict)
    openings: list[Opening] = field(default_factory=list)


def views_of(asked: Iterable[Asked], wanted: frozenset[str]) -> tuple[View, ...]:
    """Return one view per calendar, in the order in which calendars were met.

    A time belongs to the calendar that it names, which need not be the one that was asked. With several
    services, a slot is free when one of them may begin there, and a day is covered when all were read.

    Args:
        asked: What was read.
        wanted: Ids of the only calendars that are wanted; empty for all.
    """
    desks: dict[str, Desk] = {}
    own: dict[str, list[Asked]] = {}
    openings: dict[str, list[tuple[Opening, bool]]] = {}
    for one in asked:
        desks.setdefault(one.desk.id, one.desk)
        own.setdefault(one.desk.id, []).append(one)
        for opening in one.openings:
            openings.setdefault(opening.calendar, []).append((opening, one.shows_places))
    for key, found in openings.items():
        if key not in own and (not wanted or key in wanted):
            desks[key] = Desk(key, found[0][0].name)
            own[key] = [one for parts in own.values() for one in parts if _names(one, key)]
    return tuple(_view(desks[key], parts, openings.get(key, [])) for key, parts in own.items())


def _names(one: Asked, key: str) -> bool:
    return any(opening.calendar == key for opening in one.openings)


def _view(desk: Desk, parts: list[Asked], openings: list[tuple[Opening, bool]]) -> View:
    groups = service_names([name for one in parts for name in one.chosen.group])
    # Never the calendar's own name: it may be that of a clerk, and nothing personal is stored.
    name = parts[0].chosen.service.group or desk.id
    calendar = Calendar(desk.id, name, groups)
    names = service_names([one.chosen.service.name for one in parts])
    gaps = [one.gap for one in parts if one.gap is not None]
    covered = _common_days([one.covered for one in parts])
    if gaps and not covered:
        return failed_view(calendar, gaps[0], names)
    failed = {day: error for one in parts for day, error in one.failed.items()}
    read_days = covered.without(failed)
    places: dict[Slot, int] = {}
    slots: set[Slot] = set()
    for opening, shows_places in openings:
        slot = slot_from_local(opening.at)
        if day_of_slot(slot) not in read_days:
            continue
        slots.add(slot)
        if shows_places and opening.places is not None:
            places[slot] = max(opening.places, places.get(slot, 0))
    read = DaysRead(slots, {day: error for day, error in failed.items() if day in covered})
    found = Found(calendar, names, (), covered, gaps[0] if gaps else None)
    lengths = {one.chosen.service.duration_min for one in parts}
    length = lengths.pop() if len(lengths) == 1 else 0
    view = finished_view(found, read)
    return replace(view, capacities=places, duration_min=length or None)


def _common_days(parts: list[Covered]) -> Covered:
    if len(parts) == 1:
        return parts[0]
    return Covered.from_days(set(parts[0]).intersection(*parts[1:]))
