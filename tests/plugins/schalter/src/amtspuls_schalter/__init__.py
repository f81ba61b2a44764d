"""The booking system schalter: see docs/schalter.md."""

from __future__ import annotations

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError
from amtspuls.model import Reading
from amtspuls.systems.base import Ask, Session
from amtspuls.systems.marks import Fingerprint, Seen

from amtspuls_schalter.marks import fingerprint
from amtspuls_schalter.read import read_portal


class Schalter:
    """The system as Amtspuls finds it through the entry point; stateless."""

    name = "schalter"
    version = 1

    def fingerprint(self, seen: Seen) -> Fingerprint:
        """Say what makes a page one of this system; see ``marks.py``."""
        return fingerprint(seen)

    def check_portal(self, portal: Portal) -> None:
        """Check that there is nothing to check.

        Raises:
            ConfigError: An option is given.
        """
        if portal.options:
            raise ConfigError(
                f"portal {portal.id}: schalter has no options ({', '.join(sorted(portal.options))})",
                portal=portal.id,
            )

    async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
        """Read all desks of a portal.

        Raises:
            AmtspulsError: The list of desks could not be read.
        """
        return await read_portal(session, ask)


SYSTEM = Schalter()
