"""How many requests a snapshot of a portal takes, as long as none has been taken; pure.

The formulas are those under "Requests" in ``docs/systems/<system>.md``; tests hold them against the request
logs of replicas. robots.txt, once a day and origin, is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from amtspuls.catalogue.portal import Portal

GUESSED_REQUESTS = 40
"""Requests of a snapshot on a system without a formula, e.g. one that another distribution brings."""

SERVICES_OF_ALL = 20
"""Services that ``services = "all"`` means: 32 tevis portals of August 2026 list 676."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a portal consists of, as far as it costs requests.

    Attributes:
        services: Services, categories or causes that are asked.
        calendars: Calendars over all of them, one that two services share twice; more than ``services``
            where there are several places.
        free_days: Days marked as free, summed over calendars; where days are not opened it does not count.
        pages: Pages on which one calendar lists its days (months) or times (tevis: filter pages).
        units: Pages of units in front of the services (tevis).
    """

    services: int
    calendars: int
    free_days: int = 0
    pages: int = 1
    units: int = 0

    @property
    def listed(self) -> int:
        """Calendars that are chosen from a list of places; none where each service has one place."""
        return self.calendars if self.calendars > self.services else 0


def _tempus(shape: Shape) -> int:
    return 1 + shape.services + shape.listed + shape.free_days


def _netappoint(shape: Shape) -> int:
    later = shape.calendars * (shape.pages - 1)
    return 1 + shape.services + shape.listed + later + shape.free_days


def _tevis(shape: Shape) -> int:
    return 1 + shape.units + shape.services + 2 * shape.listed + shape.calendars * shape.pages


def _etermin(shape: Shape) -> int:
    return 2 + shape.services + shape.calendars * shape.pages + shape.free_days


def _ekol(shape: Shape) -> int:
    offices = shape.calendars
    there_and_back = 4 * offices + 3 * (offices - 1)
    return 2 + there_and_back + offices * (shape.pages - 1) + shape.free_days


def _impfthueringen(shape: Shape) -> int:
    return 1 + shape.calendars


_FORMULAS: Mapping[str, Callable[[Shape], int]] = MappingProxyType(
    {
        "ekol": _ekol,
        "etermin": _etermin,
        "impfthueringen": _impfthueringen,
        "netappoint": _netappoint,
        "tempus": _tempus,
        "tevis": _tevis,
    }
)

USUAL: Mapping[str, Shape] = MappingProxyType(
    {
        "ekol": Shape(services=3, calendars=3, free_days=36, pages=2),
        "etermin": Shape(services=3, calendars=3, free_days=36, pages=4),
        "impfthueringen": Shape(services=52, calendars=52),
        "netappoint": Shape(services=3, calendars=3, free_days=24, pages=3),
        "tempus": Shape(services=3, calendars=3, free_days=36),
        "tevis": Shape(services=3, calendars=8, pages=3),
    }
)
"""A portal in nine weeks. Medians of the recorded weeks of 2021 and 2026: three calendars, with 11 to 13 free
days each at tempus and 5 to 8 at netappoint. No recorded week has ekol or etermin; theirs are as for tempus.
Tevis: medians of 32 portals of August 2026, three services chosen by name at eight places in all."""

_BY_SERVICE = frozenset({"tevis", "etermin"})
"""Systems that ask as many services as the entry names; the others ask one per calendar, whatever it names."""


def count_requests(system: str, shape: Shape) -> int:
    """Requests of one snapshot of a portal of a shape.

    Lost sessions, notices and repeats are not in it, nor are those of an etermin tenant that wants to be
    seen first. Source: docs/systems/<system>.md, "Requests".

    Raises:
        KeyError: The system has no formula.
    """
    return _FORMULAS[system](shape)


def usual_shape(portal: Portal) -> Shape | None:
    """The shape that a portal is taken to have from what its entry says; None without a formula."""
    usual = USUAL.get(portal.system)
    services = _services_of(portal)
    if usual is None or services is None:
        return usual
    calendars = math.ceil(services * usual.calendars / usual.services)
    days = usual.free_days * calendars // usual.calendars
    return replace(usual, services=services, calendars=calendars, free_days=days)


def estimate_requests(portal: Portal) -> int:
    """Requests of a snapshot of a portal that has none yet; ``GUESSED_REQUESTS`` without a formula."""
    shape = usual_shape(portal)
    return GUESSED_REQUESTS if shape is None else count_requests(portal.system, shape)


def _services_of(portal: Portal) -> int | None:
    """How many services or causes the entry names; None where it leaves that open."""
    if portal.system == "netappoint":
        causes = portal.options.get("causes", {})
        return 1 if {"cur_cause", "cur_causes"} & set(portal.options) else len(causes) or None
    if portal.system not in _BY_SERVICE:
        return None
    return SERVICES_OF_ALL if portal.services == "all" else len(portal.services) or None
