"""What a booking system is to the rest of the house.

A system turns one portal into a ``Reading``. ``read.py`` says which requests to make, ``parse.py`` turns
bytes into the model and knows neither network nor clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import AmtspulsError
from amtspuls.fetch.page import Page
from amtspuls.model import Calendar, KnownCalendar, Outcome, Problem, Reading, View, Window


@dataclass(frozen=True, slots=True)
class Ask:
    """What a snapshot wants to know.

    Attributes:
        portal: Catalogue entry.
        window: Local days to ask about.
        known: Calendars of this portal that the archive remembers, newest first; a system uses them
            only to find the key of a calendar whose page does not name it.
    """

    portal: Portal
    window: Window
    known: tuple[KnownCalendar, ...] = ()


class Session(Protocol):
    """The part of a client session that systems use; ``fetch.client.PortalSession`` implements it.

    Pauses, retries, robots.txt, budgets and redirects happen behind it. Every error is an
    ``AmtspulsError``; after a refusal each further call raises it again without a request.
    """

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        """GET an absolute address; ``headers`` as ``fetch.headers`` allows them.

        A status that is no page is a ``PageChangedError`` with ``status`` in its context.
        """
        ...

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Page:
        """POST a form, url-encoded in UTF-8."""
        ...

    def clear_cookies(self) -> None:
        """Forget all cookies: the portal then sees a new visitor."""
        ...


class System(Protocol):
    """A booking system. Instances are stateless and found through ``systems.registry``."""

    @property
    def name(self) -> str:
        """The name that portals use, e.g. ``tempus``."""
        ...

    @property
    def version(self) -> int:
        """Counts up when the parser reads the same bytes differently; stored with each snapshot."""
        ...

    def check_portal(self, portal: Portal) -> None:
        """Raise ``ConfigError`` when the portal's options make no sense for this system."""
        ...

    async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
        """Read what a portal offers in the window.

        One view for every calendar that the portal names. What failed is a view (or a problem) with
        its outcome, never a view with fewer slots. Only when nothing at all could be told does it raise.

        Raises:
            AmtspulsError: The portal as a whole gave no answer.
        """
        ...


@runtime_checkable
class FullWeeks(Protocol):
    """What a system has besides when its pages show calendar weeks.

    Attributes:
        asks_full_weeks: Whether "N weeks ahead" means N weeks from Monday to Sunday, and not N x 7 days.
    """

    asks_full_weeks: bool


def failed_view(calendar: Calendar, error: AmtspulsError, asked: tuple[str, ...] = ()) -> View:
    """A view that says why nothing is known of this calendar."""
    return View(calendar, Outcome(error.outcome), asked=asked, reason=str(error))


def problem_of(where: str, error: AmtspulsError) -> Problem:
    """A problem that says what could not be read, for parts whose calendar key is unknown."""
    return Problem(where, Outcome(error.outcome), str(error))
