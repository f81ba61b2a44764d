"""The protocol between a replica portal and what stands behind it.

A replica portal draws pages; an ``Availability`` says what is free at an instant. Recordings of real
weeks and the simulated town implement it; tests bring their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from amtspuls.model import Slot


@dataclass(frozen=True, slots=True)
class ReplicaCalendar:
    """A calendar behind a replica portal.

    Attributes:
        key: The calendar's key, as the bundles and the archive have it.
        name: Its name as metadata.json has it (tempus: ``office: category`` where there are several
            offices).
        services: Texts of its services.
    """

    key: str
    name: str
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReplicaPortal:
    """A portal to practise on.

    Attributes:
        id: Id of the portal it stands for.
        name: Its name.
        system: Its booking system.
        url: Address of the real portal; path and query are kept, host and port become loopback.
        calendars: In the order the pages show them.
        zone: Zone of its wall time.
        variant: Wire variant switches of the system's replica, e.g. ``{"layout": "B"}``.
        portal_options: ``options`` of its ``[[portal]]`` table.
    """

    id: str
    name: str
    system: str
    url: str
    calendars: tuple[ReplicaCalendar, ...]
    zone: str = "Europe/Berlin"
    variant: Mapping[str, Any] = field(default_factory=dict)
    portal_options: Mapping[str, Any] = field(default_factory=dict)


class Availability(Protocol):
    """What is free in the calendars of some portals at an instant."""

    @property
    def portals(self) -> Mapping[str, ReplicaPortal]:
        """The portals by id."""
        ...

    def offer(self, portal_id: str, at: datetime) -> Mapping[str, tuple[Slot, ...]]:
        """What a portal shows at an instant.

        Args:
            portal_id: One of ``portals``.
            at: Aware UTC.

        Returns:
            Free slots by calendar key, ascending. A key that is missing is a calendar that the portal
            reports as sold out (or does not show); an empty tuple is a calendar that is shown, with a
            day marked as free where the system can do that, but without any time.
        """
        ...
