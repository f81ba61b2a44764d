"""Which service of a calendar is asked, for systems that ask one per calendar; pure.

The entry's services are told in docs/reference/catalogue.md. Without an entry these systems ask each
calendar for its first service, as in the years before.
"""

from __future__ import annotations

from collections.abc import Sequence

from amtspuls.catalogue.portal import AskedService, Portal
from amtspuls.errors import ConfigError
from amtspuls.model import Outcome, Problem

CHOOSE_BY_NAME = frozenset({"tevis"})
"""Systems that choose services by name where no entry names them; others ask each calendar for one."""

Named = tuple[Sequence[str], str]
"""A service of a page: the ids by which an entry may mean it, and its name."""


def refuse_all(portal: Portal) -> None:
    """Raise ``ConfigError`` when an entry wants all services of a system that asks one per calendar."""
    if portal.services == "all":
        raise ConfigError(
            f"portal {portal.id}: {portal.system} asks one service per calendar; name the wanted ones"
            " in services",
            portal=portal.id,
        )


def unfound(service: AskedService) -> Problem:
    """A service of the entry that the portal does not offer."""
    where = "the portal offers no such service; see services in the catalogue"
    return Problem(service.wire, Outcome.CHANGED, where)


class OnePerCalendar:
    """Finds the services of an entry on the pages of a portal."""

    def __init__(self, portal: Portal) -> None:
        self._listed = portal.listed_services
        self._met: set[AskedService] = set()

    def pick(self, offered: Sequence[Named]) -> int | None:
        """Return the place of the service to ask: the first of the entry that is offered.

        Args:
            offered: Services of the calendar in page order.

        Returns:
            None when the entry names none of them; 0 when there is no entry.
        """
        if not self._listed:
            return 0
        places = [
            place
            for wanted in self._listed
            for place, (ids, name) in enumerate(offered)
            if self._fits(wanted, ids, name)
        ]
        return places[0] if places else None

    def _fits(self, wanted: AskedService, ids: Sequence[str], name: str) -> bool:
        fits = any(wanted.fits(one, name) for one in ids)
        if fits:
            self._met.add(wanted)
        return fits

    def problems(self) -> tuple[Problem, ...]:
        """One for each service of the entry that no calendar offered."""
        return tuple(unfound(one) for one in self._listed if one not in self._met)
