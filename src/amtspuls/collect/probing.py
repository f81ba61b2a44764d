"""Probing a page: which booking system it is, and whether that system's client can read it.

One page is asked for, then the portal is read once as in a round: through ``fetch``, with its gates and
robots.txt. Nothing is stored. See docs/how-to/probe.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from amtspuls.catalogue.portal import Portal
from amtspuls.clock import Clock
from amtspuls.collect.proposing import find_known, propose_id, propose_name, title_of
from amtspuls.collect.take import Plan, take_snapshot
from amtspuls.errors import (
    ConfigError,
    PageChangedError,
    RefusedError,
    SessionLostError,
    SkippedError,
)
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.page import Page
from amtspuls.model import Outcome, Snapshot
from amtspuls.systems.base import System
from amtspuls.systems.fingerprint import Candidate, Lead, find_leads, rank
from amtspuls.systems.foreign import FOREIGN
from amtspuls.systems.marks import Seen
from amtspuls.systems.markup import Markup

_PROBE_ID = "probe"

ADVICE = {
    Outcome.UNREACHABLE: "nothing answers there now: try again later",
    Outcome.THROTTLED: "the host asks for silence: try again tomorrow",
    Outcome.REFUSED: "the office does not want it read, or guards it: ask the office",
    Outcome.CHANGED: "compare the page with docs/systems/{system}.md; the portal may need options"
    " named there, or the vendor changed its pages",
    Outcome.IMPLAUSIBLE: "correct min_slots and max_slots of the portal",
    Outcome.SKIPPED: "give the address and options that docs/systems/{system}.md asks for",
}
"""What to do when a portal of a known system could not be read."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of a page.

    Attributes:
        url: Address that was given.
        candidates: Systems it may belong to, the likeliest first.
        leads: Booking pages that it leads to, where it is none itself.
        known_as: Id of the portal if the catalogue has it already; empty if not.
        portal: What to enter; None when it could not be read.
        snapshot: What was read; None when nothing was tried.
        requests: All requests, robots.txt included.
        missing: Why there is no portal; empty when there is one.
        advice: What to do then.
    """

    url: str
    candidates: tuple[Candidate, ...] = ()
    leads: tuple[Lead, ...] = ()
    known_as: str = ""
    portal: Portal | None = None
    snapshot: Snapshot | None = None
    requests: int = 0
    missing: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Prober:
    """Everything that probing pages needs.

    Attributes:
        clock: The clock.
        fetcher: Client with its gates.
        systems: Installed systems by name.
        known: Portals of the catalogue: a known address keeps its id and options.
        barred: Why portals must not be asked, by id: off in the catalogue, or stopped.
        weeks: Weeks to look ahead; None for everything, at most nine.
    """

    clock: Clock
    fetcher: Fetcher
    systems: Mapping[str, System]
    known: Sequence[Portal] = ()
    barred: Mapping[str, str] = field(default_factory=dict)
    weeks: int | None = None

    async def probe(self, url: str) -> Probe:
        """Find out what a page is, and read its portal once.

        Raises:
            ConfigError: The address is none.
            SkippedError: Its portal must not be asked.
            AmtspulsError: The page cannot be had, is none, or asks for a captcha or a login.
        """
        # A known portal may lead to other hosts of its own, and may have a certificate that fails.
        first = self._require_on(url, url) or _first_portal(url)
        async with self.fetcher.session(first) as session:
            try:
                page = await session.get(url)
            except PageChangedError as error:
                if _leads_elsewhere(url, error):
                    raise _led_elsewhere(url, error) from error
                raise
        candidates = rank(page, self.systems)
        likely = next((one for one in candidates if one.is_sure), None)
        if likely is None:
            return self._unknown(url, page, candidates, session.requests)
        _require_no_captcha(page, likely.system)
        if not likely.readable:
            return _no_client(url, likely.system, candidates, session.requests)
        return await self._read(url, page, candidates, likely, session.requests)

    def _require_on(self, url: str, entry: str) -> Portal | None:
        """Return the portal that has the address already.

        Raises:
            SkippedError: It must not be asked.
        """
        portal = find_known(url, entry, self.known)
        if portal is not None and portal.id in self.barred:
            raise SkippedError(f"{portal.id} is not asked: {self.barred[portal.id]}", url=url)
        return portal

    def _unknown(
        self, url: str, page: Page, candidates: tuple[Candidate, ...], requests: int
    ) -> Probe:
        _require_html(page)
        leads = find_leads(page, self.systems)
        if leads:
            missing = "it is no booking page itself, but leads to some"
            advice = "probe one of these addresses: " + ", ".join(lead.url for lead in leads)
            return Probe(url, candidates, leads, requests=requests, missing=missing, advice=advice)
        _require_open(page)
        maybe = ", ".join(one.system for one in candidates)
        missing = "no booking system that is known" + (f"; perhaps {maybe}" if maybe else "")
        advice = (
            "give the address of the page on which a visitor chooses a service; if it is that,"
            " docs/how-to/add-a-system.md says how to add a system"
        )
        return Probe(url, candidates, requests=requests, missing=missing, advice=advice)

    async def _read(
        self,
        url: str,
        page: Page,
        candidates: tuple[Candidate, ...],
        likely: Candidate,
        requests: int,
    ) -> Probe:
        entry = likely.found.url or page.url
        known = self._require_on(url, entry)
        if known is not None and known.system != likely.system:
            known = None
        try:
            portal = known or self._proposal(entry, page, likely)
        except ValueError as error:
            raise ConfigError(f"{entry} makes no portal: {error}", url=entry) from error
        async with self.fetcher.session(portal) as session:
            snapshot = await take_snapshot(Plan(portal, self.weeks), session, self.clock)
        answered = snapshot.outcome.answered
        advice = ADVICE.get(snapshot.outcome, "").format(system=likely.system)
        return Probe(
            url=url,
            candidates=candidates,
            known_as=known.id if known else "",
            portal=as_answered(portal, snapshot) if answered else None,
            snapshot=snapshot,
            requests=requests + snapshot.requests,
            missing="" if answered else f"{snapshot.outcome}: {snapshot.reason}",
            advice=advice,
        )

    def _proposal(self, entry: str, page: Page, likely: Candidate) -> Portal:
        title, short_name = title_of(Seen(page)), likely.found.short_name
        return Portal(
            id=propose_id(title, short_name, entry, {portal.id for portal in self.known}),
            name=propose_name(title, short_name, entry),
            system=likely.system,
            url=entry,
            options=dict(likely.found.options),
        )


def as_answered(portal: Portal, snapshot: Snapshot) -> Portal:
    """Return a portal as one that answered: active, seen on the local day of the snapshot."""
    day = snapshot.taken_at.astimezone(portal.zone_info).date()
    count = len(snapshot.views)
    note = f"probed {day}: {snapshot.outcome}, {count} calendar{'' if count == 1 else 's'}"
    if portal.status in {"active", "silent"} and (kept := without_probe(portal.note)):
        note = f"{kept}; {note}"
    return portal.model_copy(update={"status": "active", "last_seen": day, "note": note})


def without_probe(note: str) -> str:
    """Return a note without what an earlier probe wrote at its end."""
    return note.partition("probed 2")[0].rstrip("; ")


def _first_portal(url: str) -> Portal:
    """A portal as which the page is asked for before anything is known of it."""
    try:
        return Portal(id=_PROBE_ID, name=_PROBE_ID, system=_PROBE_ID, url=url)
    except ValueError as error:
        raise ConfigError(
            f"{url!r} is no address: give that of a page, as in https://www.example.org/termine",
            url=url,
        ) from error


def _leads_elsewhere(url: str, error: PageChangedError) -> bool:
    host = error.context.get("host")
    return host is not None and host != urlsplit(url).hostname


def _led_elsewhere(url: str, error: PageChangedError) -> PageChangedError:
    return PageChangedError(
        f"{url} leads to another host, which was not asked: {error.context.get('url')};"
        " probe that address if it is the booking page",
        **error.context,
    )


def _no_client(url: str, system: str, candidates: tuple[Candidate, ...], requests: int) -> Probe:
    foreign = FOREIGN[system]
    because = f" ({foreign.why})" if foreign.why else ""
    return Probe(
        url,
        candidates,
        requests=requests,
        missing=f"recognised as {foreign.title}, for which there is no client yet{because}",
        advice=f"amtspuls new-system {system} writes the files of a client to begin with",
    )


def _require_html(page: Page) -> None:
    kind = page.headers.get("content-type", "").lower()
    if "html" in kind or (not kind and page.body.lstrip()[:1] == b"<"):
        return
    raise PageChangedError(
        f"{page.url} answers {kind or 'something'}, which is no page: give the address that people open"
        " in a browser",
        url=page.url,
    )


def _require_no_captcha(page: Page, system: str) -> None:
    try:
        Markup(page, f"recognised as {system}")
    except RefusedError as error:
        raise RefusedError(f"{page.url}: {error}", **error.context) from error


def _require_open(page: Page) -> None:
    """Refuse a page that shows a captcha or a login, and one that says it is under maintenance."""
    error = Markup(page, page.url).unreadable("marks of a booking system")
    if not isinstance(error, PageChangedError | SessionLostError):
        raise error
