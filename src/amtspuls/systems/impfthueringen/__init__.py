"""The vaccination portal of Thuringia (2021): see docs/systems/impfthueringen.md."""

from __future__ import annotations

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError
from amtspuls.model import Reading
from amtspuls.systems.base import Ask, Session
from amtspuls.systems.impfthueringen.marks import fingerprint
from amtspuls.systems.impfthueringen.read import read_portal
from amtspuls.systems.marks import Fingerprint, Seen


class ImpfThueringen:
    """The system as ``systems.registry`` finds it; stateless."""

    name = "impfthueringen"
    version = 1

    def fingerprint(self, seen: Seen) -> Fingerprint:
        """Say what makes a page one of this system; see ``marks.py``."""
        return fingerprint(seen)

    def check_portal(self, portal: Portal) -> None:
        """Check that there is nothing to check.

        Raises:
            ConfigError: An option or a service is given.
        """
        if portal.services:
            raise ConfigError(
                f"portal {portal.id}: impfthueringen has no services to choose", portal=portal.id
            )
        if portal.options:
            raise ConfigError(
                f"portal {portal.id}: impfthueringen has no options"
                f" ({', '.join(sorted(portal.options))})",
                portal=portal.id,
            )

    async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
        """Read what all listed places offer.

        Raises:
            AmtspulsError: The list of places could not be read.
        """
        return await read_portal(session, ask)


SYSTEM = ImpfThueringen()
