"""The booking system Tevis (TEVIS, Kommunix): see docs/systems/tevis.md."""

from __future__ import annotations

from amtspuls.catalogue.portal import Portal
from amtspuls.model import Reading
from amtspuls.systems.base import Ask, Session
from amtspuls.systems.marks import Fingerprint, Seen
from amtspuls.systems.tevis.marks import fingerprint
from amtspuls.systems.tevis.options import parse_options
from amtspuls.systems.tevis.read import read_portal


class Tevis:
    """The system as ``systems.registry`` finds it; stateless. The page tells the generation."""

    name = "tevis"
    version = 2
    asks_full_weeks = True

    def fingerprint(self, seen: Seen) -> Fingerprint:
        """Say what makes a page one of this system; see ``marks.py``."""
        return fingerprint(seen)

    def check_portal(self, portal: Portal) -> None:
        """Check the option ``filter_pages``.

        Raises:
            ConfigError: One is unknown or makes no sense.
        """
        parse_options(portal)

    async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
        """Read the chosen services of a portal at all of their locations.

        Raises:
            AmtspulsError: The entry page gave no answer that can be read.
        """
        return await read_portal(session, ask)


SYSTEM = Tevis()
