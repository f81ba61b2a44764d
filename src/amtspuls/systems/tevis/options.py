"""Options of a Tevis portal, and which of its services are asked; pure. See docs/systems/tevis.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amtspuls.catalogue.portal import Portal
from amtspuls.catalogue.services import (
    MOST_SERVICES,
    CommonService,
    choose_services,
    common_service,
)
from amtspuls.errors import ConfigError
from amtspuls.systems.tevis.concerns import Concern

FILTER_PAGES = 100
"""Filter pages per snapshot unless the portal says otherwise."""

_MOST_FILTER_PAGES = 1000
_KNOWN = ("filter_pages",)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a portal.

    Attributes:
        filter_pages: How many pages of the filter a snapshot may ask for.
    """

    filter_pages: int = FILTER_PAGES


def parse_options(portal: Portal) -> Options:
    """Check and read the options of a portal.

    Raises:
        ConfigError: One is unknown or makes no sense.
    """
    for name in portal.options:
        if name not in _KNOWN:
            raise _wrong(portal, f"unknown option {name!r}; tevis knows {', '.join(_KNOWN)}")
    pages = portal.options.get("filter_pages", FILTER_PAGES)
    if (
        not isinstance(pages, int)
        or isinstance(pages, bool)
        or not 0 <= pages <= _MOST_FILTER_PAGES
    ):
        raise _wrong(portal, f"filter_pages must be a number from 0 to {_MOST_FILTER_PAGES}")
    return Options(pages)


def _wrong(portal: Portal, what: str) -> ConfigError:
    return ConfigError(f"portal {portal.id}: {what}", portal=portal.id)


class Wanted:
    """What is still to be asked of a portal; a name or id counts for the first unit that has it."""

    def __init__(self, portal: Portal) -> None:
        self._services = portal.services
        self._left = MOST_SERVICES
        self._have: set[CommonService] = set()
        self.missing = list(portal.listed_services)

    @property
    def is_spent(self) -> bool:
        """Whether the choice by name has asked as many services as it may."""
        return not self._services and self._left <= 0

    @property
    def nothing_left(self) -> bool:
        """Whether no further unit is asked: the services of the entry were found, or enough are asked."""
        return self.is_spent or (
            bool(self._services) and self._services != "all" and not self.missing
        )

    def take(
        self, concerns: Sequence[Concern], *, by_calendar: bool = False, units_after: int = 0
    ) -> tuple[Concern, ...]:
        """Choose from the concerns of the next unit, in page order.

        Args:
            concerns: All of them.
            by_calendar: Without services, choose all that show their calendars, or else one.
            units_after: How many units follow; the choice by name leaves one service for each.
        """
        if self._services == "all":
            return tuple(concerns)
        if self._services:
            return self._listed(concerns)
        if by_calendar:
            return tuple(c for c in concerns if c.calendars) or self._by_name(concerns, 1)
        chosen = self._by_name(concerns, max(1, self._left - units_after))
        self._left -= len(chosen)
        self._have.update(common_service(concern.name) for concern in chosen)
        return chosen

    def _by_name(self, concerns: Sequence[Concern], most: int) -> tuple[Concern, ...]:
        names = [concern.name for concern in concerns]
        most = min(most, self._left)
        return tuple(concerns[index] for index in choose_services(names, most, self._have))

    def _listed(self, concerns: Sequence[Concern]) -> tuple[Concern, ...]:
        chosen: list[Concern] = []
        for wanted in tuple(self.missing):
            found = next((c for c in concerns if wanted.fits(c.id, c.name)), None)
            if found is not None:
                self.missing.remove(wanted)
                chosen.append(found)
        return tuple(c for c in concerns if c in chosen)
