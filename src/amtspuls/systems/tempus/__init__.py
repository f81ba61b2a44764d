"""The booking system Tempus (TEMPUS-Termine, Berner Telecom): see docs/systems/tempus.md."""

from __future__ import annotations

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError
from amtspuls.model import Reading
from amtspuls.systems.base import Ask, Session
from amtspuls.systems.marks import Fingerprint, Seen
from amtspuls.systems.markup import query_of
from amtspuls.systems.services import refuse_all
from amtspuls.systems.tempus.marks import fingerprint
from amtspuls.systems.tempus.read import read_portal


class Tempus:
    """The system as ``systems.registry`` finds it; stateless."""

    name = "tempus"
    version = 1

    def fingerprint(self, seen: Seen) -> Fingerprint:
        """Say what makes a page one of this system; see ``marks.py``."""
        return fingerprint(seen)

    def check_portal(self, portal: Portal) -> None:
        """Check ``anlagennr`` in the address; there are no options.

        Raises:
            ConfigError: The number is missing, an option is given, or all services are wanted.
        """
        if not query_of(portal.url).get("anlagennr", "").isdecimal():
            raise ConfigError(
                f"portal {portal.id}: the url needs a number, as in .../index.php?anlagennr=39",
                portal=portal.id,
            )
        if portal.options:
            raise ConfigError(
                f"portal {portal.id}: tempus has no options ({', '.join(sorted(portal.options))});"
                " further parameters (anwendung, standort ...) belong in the url",
                portal=portal.id,
            )
        refuse_all(portal)

    async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
        """Read all categories of a portal at all of its offices.

        Raises:
            AmtspulsError: The entry page gave no answer that can be read.
        """
        return await read_portal(session, ask)


SYSTEM = Tempus()
