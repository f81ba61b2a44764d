"""The booking system eKOL TNV (Telecomputer): see docs/systems/ekol.md."""

from __future__ import annotations

from amtspuls.catalogue.portal import Portal
from amtspuls.model import Reading
from amtspuls.systems.base import Ask, Session
from amtspuls.systems.ekol.marks import fingerprint
from amtspuls.systems.ekol.options import wanted_concerns
from amtspuls.systems.ekol.read import read_portal
from amtspuls.systems.marks import Fingerprint, Seen


class Ekol:
    """The system as ``systems.registry`` finds it; stateless."""

    name = "ekol"
    version = 1

    def fingerprint(self, seen: Seen) -> Fingerprint:
        """Say what makes a page one of this system; see ``marks.py``."""
        return fingerprint(seen)

    def check_portal(self, portal: Portal) -> None:
        """Check that there are no options, and that the services are named.

        Raises:
            ConfigError: There is an option, or all services are wanted.
        """
        wanted_concerns(portal)

    async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
        """Read all offices of a portal.

        Raises:
            AmtspulsError: The portal does not lead to a choice of offices.
        """
        return await read_portal(session, ask)


SYSTEM = Ekol()
