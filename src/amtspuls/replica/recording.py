"""Real weeks as portals to practise on: a bundle says what was free at each of its row times.

At an instant a portal shows the newest group of rows (all rows of one date) at or before it, exactly as
recorded: a calendar without a row in that group is missing, a blank row is an empty tuple. Before its
first group a portal shows nothing at all: what it showed then was not recorded, and inventing an earlier
start of the first group would put changes at a wrong time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from amtspuls.bundle.read import (
    BUNDLE_ZONE,
    Bundle,
    CalendarNames,
    Metadata,
    RecordedPortal,
    local_to_utc,
    open_bundle,
    read_metadata,
)
from amtspuls.errors import BundleError, ConfigError
from amtspuls.model import Slot
from amtspuls.replica.availability import ReplicaCalendar, ReplicaPortal

RECORDING_SYSTEMS = ("netappoint", "tempus", "tevis", "impfthueringen")
"""Systems that have a replica; portals of other systems in a bundle are left out."""

_NOTHING: Mapping[str, tuple[Slot, ...]] = MappingProxyType({})
_MAX_NEAREST = 3
_VARIANTS: Mapping[str, Mapping[str, str]] = {
    "tevis": {"generation": "v1"},
    "impfthueringen": {"answers": "whole"},
}
"""Form of the pages that the recorded calendar keys come from.

A row of impfthueringen unites what snapshots of each minute saw in a quarter of an hour: it is shown whole.
"""


@dataclass(frozen=True, slots=True)
class _Course:
    """What one portal showed: ``offers[i]`` from ``instants[i]`` on."""

    instants: tuple[datetime, ...]
    offers: tuple[Mapping[str, tuple[Slot, ...]], ...]


class Recording:
    """A week of real portals (``replica.availability.Availability``); ``load_recording`` makes one."""

    def __init__(
        self, portals: Mapping[str, ReplicaPortal], courses: Mapping[str, _Course]
    ) -> None:
        self._portals = MappingProxyType(dict(portals))
        self._courses = courses

    @property
    def portals(self) -> Mapping[str, ReplicaPortal]:
        """The portals by id."""
        return self._portals

    @property
    def first_at(self) -> datetime:
        """First row time of all portals, aware UTC."""
        return min(course.instants[0] for course in self._courses.values())

    @property
    def last_at(self) -> datetime:
        """Last row time of all portals, aware UTC."""
        return max(course.instants[-1] for course in self._courses.values())

    def row_times(self, portal_id: str) -> tuple[datetime, ...]:
        """Instants at which a portal was recorded, aware UTC, ascending and unique."""
        return self._courses[portal_id].instants

    def offer(self, portal_id: str, at: datetime) -> Mapping[str, tuple[Slot, ...]]:
        """What a portal showed at an instant (aware UTC); nothing before its first row time."""
        course = self._courses[portal_id]
        place = bisect_right(course.instants, at)
        return course.offers[place - 1] if place else _NOTHING


def load_recording(
    bundle: Path, metadata: Path, portal_ids: Collection[str] | None = None
) -> Recording:
    """Load a weekly bundle as portals to practise on.

    Args:
        bundle: A weekly bundle (tar.gz).
        metadata: The metadata.json that belongs to it.
        portal_ids: Portals wanted; without it all whose system has a replica.

    Raises:
        BundleError: Bundle or metadata is damaged, or the bundle has no portal with a replica.
        ConfigError: A wanted portal is not in the bundle, or its system has no replica.
    """
    names = read_metadata(metadata)
    with open_bundle(bundle) as opened:
        wanted = _choose(opened, names, portal_ids)
        portals: dict[str, ReplicaPortal] = {}
        courses: dict[str, _Course] = {}
        for portal_id in wanted:
            rows = opened.read_portal(portal_id)
            if rows.times:
                portals[portal_id] = _portal(rows, names)
                courses[portal_id] = _course(rows, bundle)
    if not portals:
        raise BundleError(
            f"{bundle}: no rows of a portal with a replica ({', '.join(RECORDING_SYSTEMS)})",
            path=str(bundle),
        )
    return Recording(portals, courses)


def _choose(bundle: Bundle, names: Metadata, wanted: Collection[str] | None) -> list[str]:
    if wanted is None:
        return [key for key in bundle.portal_ids if names.system(key) in RECORDING_SYSTEMS]
    for portal_id in sorted(wanted):
        if portal_id not in bundle.portal_ids:
            raise ConfigError(
                f"no portal {portal_id!r} in {bundle.path}{_nearest(portal_id, bundle.portal_ids)}",
                portal=portal_id,
            )
        if names.system(portal_id) not in RECORDING_SYSTEMS:
            system = names.system(portal_id)
            raise ConfigError(
                f"{portal_id} cannot be replayed: {names.path} "
                + (f"says it is on {system}" if system else "does not know it")
                + f"; there are replicas of: {', '.join(RECORDING_SYSTEMS)}",
                portal=portal_id,
            )
    return [portal_id for portal_id in bundle.portal_ids if portal_id in wanted]


def _nearest(portal_id: str, there: Sequence[str]) -> str:
    near = get_close_matches(portal_id, there, n=_MAX_NEAREST, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are: {', '.join(there)}"


def _portal(rows: RecordedPortal, names: Metadata) -> ReplicaPortal:
    known = names.portals[rows.portal_id]
    system = names.system(rows.portal_id)
    calendars = []
    for key in sorted(set(rows.keys), key=str.encode):
        texts = known.calendars.get(key) or CalendarNames(key)
        calendars.append(ReplicaCalendar(key, texts.name, texts.services))
    return ReplicaPortal(
        id=rows.portal_id,
        name=known.name,
        system=system,
        url=known.url,
        calendars=tuple(calendars),
        zone=BUNDLE_ZONE.key,
        variant=_VARIANTS.get(system, {}),
    )


def _course(rows: RecordedPortal, bundle: Path) -> _Course:
    groups = list(rows.groups())

    def fail(place: int) -> BundleError:
        line = groups[place][1].start + 2
        return BundleError(
            f"{bundle}: {rows.portal_id}.csv, line {line}: {groups[place][0]} comes after a later time",
            path=str(bundle),
            member=f"{rows.portal_id}.csv",
            line=line,
        )

    instants = local_to_utc([local for local, _ in groups], BUNDLE_ZONE, fail)
    return _Course(tuple(instants), tuple(_offer(rows, part) for _, part in groups))


def _offer(rows: RecordedPortal, part: slice) -> Mapping[str, tuple[Slot, ...]]:
    """One group of rows by calendar; a calendar that is there twice shows the slots of both rows."""
    found: dict[str, tuple[Slot, ...]] = {}
    for key, free in zip(rows.keys[part], rows.free[part], strict=True):
        known = found.get(key)
        found[key] = free if known is None else tuple(sorted({*known, *free}))
    return MappingProxyType(found)
