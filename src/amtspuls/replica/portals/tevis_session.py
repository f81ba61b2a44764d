"""What a tevis server remembers of a visitor: unit, services, location; idle sessions are forgotten.

Source of all wire facts: docs/systems/tevis.md.
"""

from __future__ import annotations

import secrets
import string
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from amtspuls.replica.portals.tevis_map import Location, Service, Unit

IDLE_S = 1440
"""Seconds without a request after which a session is forgotten."""

_SESSIONS_KEPT = 10_000
_ID_LETTERS = string.ascii_lowercase + string.digits
_ID_LENGTH = 26
_COUNT_DIGITS = 4


Chosen = tuple[tuple[Service, int], ...]
"""Services with their number."""


@dataclass(slots=True)
class Session:
    """One current selection.

    Attributes:
        used_at: Last request, aware UTC.
        unit: Set by step 2.
        chosen: Services with their number, set by the page after step 2.
        place: Location, set by its form.
    """

    used_at: datetime
    unit: Unit | None = None
    chosen: Chosen = ()
    place: Location | None = None

    @property
    def services(self) -> tuple[Service, ...]:
        """The chosen services."""
        return tuple(service for service, _ in self.chosen)

    @property
    def query(self) -> str:
        """The chosen services as they stand in links, e.g. ``cnc-344=1``."""
        return "&".join(f"{service.field}={count}" for service, count in self.chosen)


def chosen_of(parameters: Mapping[str, str], unit: Unit | None) -> Chosen:
    """Read which services of a unit a query asks for; what is 0 or no number is not chosen."""
    services = unit.services if unit else []
    counts = ((service, parameters.get(service.field, "")) for service in services)
    return tuple((service, int(text)) for service, text in counts if _is_count(text))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < _COUNT_DIGITS and int(text) > 0


class Sessions:
    """All sessions of a portal by id."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Session] = OrderedDict()

    def find(self, name: str, now: datetime) -> Session | None:
        """Return a session that is still alive, and keep it alive."""
        session = self._known.get(name)
        if session is None or now - session.used_at > timedelta(seconds=IDLE_S):
            self._known.pop(name, None)
            return None
        session.used_at = now
        return session

    def start(self, now: datetime) -> tuple[str, Session]:
        """Start a session; returns its id, 26 lower-case letters and digits."""
        name = new_id()
        self._known[name] = Session(now)
        while len(self._known) > _SESSIONS_KEPT:
            self._known.popitem(last=False)
        return name, self._known[name]


def new_id() -> str:
    """Draw a session id."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
