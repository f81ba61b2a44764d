"""One ASGI portal per booking system, written from the protocol notes alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from amtspuls.clock import Clock
from amtspuls.errors import ConfigError
from amtspuls.replica.availability import Availability, ReplicaPortal
from amtspuls.replica.portals.ekol import EkolPages
from amtspuls.replica.portals.etermin import EterminPages
from amtspuls.replica.portals.impfthueringen import ImpfthueringenPages
from amtspuls.replica.portals.netappoint import NetappointPages
from amtspuls.replica.portals.tempus import TempusPages
from amtspuls.replica.portals.tevis import TevisPages
from amtspuls.replica.wire import Pages

PAGES: Mapping[str, Callable[[ReplicaPortal, Availability, Clock], Pages]] = MappingProxyType(
    {
        "ekol": EkolPages,
        "etermin": EterminPages,
        "impfthueringen": ImpfthueringenPages,
        "netappoint": NetappointPages,
        "tempus": TempusPages,
        "tevis": TevisPages,
    }
)
"""What draws the pages of a booking system, by its name."""


def make_pages(portal: ReplicaPortal, availability: Availability, clock: Clock) -> Pages:
    """Make the pages of one portal.

    Raises:
        ConfigError: Its booking system has no replica, or a variant switch is unknown.
    """
    if portal.system not in PAGES:
        raise ConfigError(
            f"replica portal {portal.id}: no replica of system {portal.system!r}; "
            f"there are {', '.join(sorted(PAGES))}"
        )
    return PAGES[portal.system](portal, availability, clock)
