"""A tevis portal to practise on: sessions, addresses, and which generation draws the pages.

Written from docs/systems/tevis.md alone; shares nothing with the reading side.

How ``ReplicaPortal.calendars`` become the wire:

* v3, v2, v2b: the key is the calendar id, ``cal`` in the form of each free time, and must be a number. The
  name is ``unit / location`` (split at the last slash; a name without one is both). Units are numbered
  ``md`` 1, 2 ... in the order in which they first appear, ``mdt`` is another number; locations are
  numbered ``loc`` 41, 42 ... in the same way. A service of unit 2 is ``cnc-2001``, ``cnc-2002`` ...; equal
  texts within a unit are one service of several calendars. A calendar without services has one,
  "Anliegen 1". The times of a service at a location are those of all calendars there that offer it; a time
  that two of them offer stands there twice. Several services together need a calendar that does all.
* v1: the key is the calendar id of ``data-tevis-calendars`` and ``caldiv?cal=``, as in the recorded weeks, and
  the name is that of the unit; calendars of equal names are one unit. A calendar that is missing from the
  offer is not drawn (nor a service or a unit that has no other); an empty one has weeks without times.
* Lists: whether a calendar is missing from the offer or empty makes no difference: nothing is free there.

No number depends on what is free, so links stay good while a portal is read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from amtspuls.clock import Clock
from amtspuls.replica.availability import Availability, ReplicaPortal
from amtspuls.replica.portals.tevis_calendar import CalendarFlow
from amtspuls.replica.portals.tevis_frame import REFUSED_DE, Frame, error_page
from amtspuls.replica.portals.tevis_map import wire_of
from amtspuls.replica.portals.tevis_session import Session, Sessions, new_id
from amtspuls.replica.portals.tevis_suggest import SuggestFlow
from amtspuls.replica.wire import Answer, Asked, asgi_app

_COOKIES: Mapping[str, str] = {
    "v3": "tvo_session",
    "v2": "TVWebSession",
    "v2b": "TVWebSession",
    "v1": "TVWebSession",
}

_BUDGET_SPAN = timedelta(minutes=1)


class Flow(Protocol):
    """The pages of one generation."""

    @property
    def scripts(self) -> frozenset[str]:
        """Addresses that it serves, below the portal's folder."""
        ...

    def answer(self, script: str, asked: Asked, session: Session) -> Answer:
        """Draw a page, and change the session as the page does."""
        ...

    def lost(self, script: str, asked: Asked) -> Answer | None:
        """Draw what is shown without a session; None where none is needed."""
        ...


class TevisPages:
    """Pages of one tevis portal; see ``amtspuls.replica.wire.Pages``."""

    def __init__(self, portal: ReplicaPortal, availability: Availability, clock: Clock) -> None:
        wire = wire_of(portal)
        self._clock = clock
        self._folder = urlsplit(portal.url).path.rstrip("/")
        draws = CalendarFlow if wire.generation == "v1" else SuggestFlow
        self._flow: Flow = draws(portal, availability, clock, wire)
        self._sessions = Sessions()
        self._generation = wire.generation
        self._frame = Frame(portal.name, 0, wire.release)
        self._budget = wire.budget_per_min
        self._answered: deque[datetime] = deque()

    def claim(self, asked: Asked) -> int:
        """Claim the pages below the portal's folder; the deeper the folder, the surer."""
        folder, _, script = asked.path.rpartition("/")
        here = folder == self._folder and script in self._flow.scripts
        return 1 + len(self._folder) if here or asked.path == self._folder else 0

    def answer(self, asked: Asked) -> Answer:
        """Draw the page that was asked for, as of now."""
        if asked.path == self._folder and self._folder:
            return self._with_slash(asked)
        name = _COOKIES[self._generation]
        now = self._clock.now()
        if self._is_over_budget(now):
            return Answer(error_page(self._frame, REFUSED_DE).encode("utf-8"))
        session = self._sessions.find(_first_cookie(asked, name), now)
        if session is not None and "rs" not in asked.parameters:
            return self._flow.answer(self._script(asked), asked, session)
        known, session = self._sessions.start(now)
        drawn = self._flow.answer(self._script(asked), asked, session)
        return replace(drawn, headers=(*self._cookies(name, known), *drawn.headers))

    def session_lost(self, asked: Asked) -> Answer | None:
        """Draw the error page of a session that ran out; steps 1 and 2 need no session."""
        if asked.path == self._folder:
            return None
        return self._flow.lost(self._script(asked), asked)

    def _is_over_budget(self, now: datetime) -> bool:
        """Count a request; whether more came within a minute than are answered."""
        if self._budget is None:
            return False
        while self._answered and now - self._answered[0] >= _BUDGET_SPAN:
            self._answered.popleft()
        if len(self._answered) >= self._budget:
            return True
        self._answered.append(now)
        return False

    def _script(self, asked: Asked) -> str:
        return asked.path.rpartition("/")[2]

    def _with_slash(self, asked: Asked) -> Answer:
        query = f"?{asked.query}" if asked.query else ""
        return Answer(b"", status=301, headers=(("location", f"{self._folder}/{query}"),))

    def _cookies(self, name: str, session: str) -> tuple[tuple[str, str], ...]:
        """Return Set-Cookie fields; v2 sends two, of which the second is valid."""
        two = self._generation in {"v2", "v2b"}
        ids = (new_id(), session) if two else (session,)
        return tuple(("set-cookie", f"{name}={one}; path={self._folder}/") for one in ids)


def make_app(portal: ReplicaPortal, availability: Availability, clock: Clock) -> ASGIApp:
    """Make the ASGI application of one tevis portal.

    Raises:
        ConfigError: A variant switch of the portal is unknown, or a calendar key is no number.
    """
    return asgi_app(TevisPages(portal, availability, clock))


def _first_cookie(asked: Asked, name: str) -> str:
    """Return the first cookie of a name: that of the deepest folder, where portals share a host."""
    pairs = (part.strip().partition("=") for part in asked.headers.get("cookie", "").split(";"))
    return next((value for key, _, value in pairs if key == name), "")
