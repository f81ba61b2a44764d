"""The booking system netappoint (netcallup, EDV Kahlert): see docs/systems/netappoint.md."""

from __future__ import annotations

from amtspuls.catalogue.portal import Portal
from amtspuls.model import Reading
from amtspuls.systems.base import Ask, Session
from amtspuls.systems.marks import Fingerprint, Seen
from amtspuls.systems.netappoint.marks import fingerprint
from amtspuls.systems.netappoint.options import parse_options
from amtspuls.systems.netappoint.read import read_portal


class Netappoint:
    """The system as ``systems.registry`` finds it; stateless."""

    name = "netappoint"
    version = 1

    def fingerprint(self, seen: Seen) -> Fingerprint:
        """Say what makes a page one of this system; see ``marks.py``."""
        return fingerprint(seen)

    def check_portal(self, portal: Portal) -> None:
        """Check ``company`` in the address and the options of docs/systems/netappoint.md.

        Raises:
            ConfigError: One of them makes no sense.
        """
        parse_options(portal)

    async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
        """Read all categories (or causes) of a portal.

        Raises:
            AmtspulsError: The entry page gave no answer that can be read.
        """
        return await read_portal(session, ask)


SYSTEM = Netappoint()
