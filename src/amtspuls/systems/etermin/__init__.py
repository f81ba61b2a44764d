"""The booking system eTermin (etermin.net, qtermin.de): see docs/systems/etermin.md."""

from __future__ import annotations

from amtspuls.catalogue.portal import Portal
from amtspuls.model import Reading
from amtspuls.systems.base import Ask, Session
from amtspuls.systems.etermin.marks import fingerprint
from amtspuls.systems.etermin.options import parse_options
from amtspuls.systems.etermin.read import read_portal
from amtspuls.systems.marks import Fingerprint, Seen


class Etermin:
    """The system as ``systems.registry`` finds it; stateless."""

    name = "etermin"
    version = 1

    def fingerprint(self, seen: Seen) -> Fingerprint:
        """Say what makes a page one of this system; see ``marks.py``."""
        return fingerprint(seen)

    def check_portal(self, portal: Portal) -> None:
        """Check the tenant in the address and the options of docs/systems/etermin.md.

        Raises:
            ConfigError: One of them makes no sense.
        """
        parse_options(portal)

    async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
        """Read all calendars of a portal.

        Raises:
            AmtspulsError: Settings or services gave no answer that can be read.
        """
        return await read_portal(session, ask)


SYSTEM = Etermin()
