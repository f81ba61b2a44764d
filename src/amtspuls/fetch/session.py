"""One visit to one portal: how a call becomes requests, and how answers are judged."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol, Self
from urllib.parse import urlencode

import httpx2

from amtspuls.catalogue.portal import Portal
from amtspuls.clock import Clock
from amtspuls.errors import (
    AmtspulsError,
    PageChangedError,
    RefusedError,
    SkippedError,
    ThrottledError,
    UnreachableError,
)
from amtspuls.fetch.gate import Gate, Gates
from amtspuls.fetch.headers import checked_headers
from amtspuls.fetch.page import Page
from amtspuls.fetch.redirects import Territory
from amtspuls.fetch.robots import ROBOTS_MAX_BYTES
from amtspuls.fetch.transfer import Answer, Hop, Limits, Traffic, exchange
from amtspuls.log import get_log

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SENT = "http11.send_request_headers.started"
_EMPTY = frozenset({204, 205, 206})


@dataclass(frozen=True, slots=True)
class Means:
    """What all sessions of a fetcher share; see ``Fetcher``."""

    clock: Clock
    gates: Gates
    limits: Limits
    rng: random.Random


class Line(Protocol):
    """What may lie between a session and the wire: a tape that records, or one that is played."""

    def transport(self, real: Callable[[], httpx2.AsyncBaseTransport]) -> httpx2.AsyncBaseTransport:
        """Return what carries the session's requests; ``real`` makes the way to the network."""
        ...

    def check(self, request: httpx2.Request) -> None:
        """Raise when a request must not be made."""
        ...

    def not_asked(self, request: httpx2.Request, error: AmtspulsError) -> None:
        """Learn that a request was not made, and why."""
        ...

    def answered_at(self) -> datetime:
        """Return when the newest answer was complete, aware UTC."""
        ...


class PortalSession:
    """One visit to one portal; implements ``systems.base.Session``.

    Made by ``Fetcher.session``; an async context manager. Calls may run concurrently.

    Attributes:
        portal: Whom it visits.
        refusal: Set by a 401, a 403 or robots.txt; then every call raises it without a request.
    """

    def __init__(
        self, means: Means, portal: Portal, client: httpx2.AsyncClient, line: Line | None = None
    ) -> None:
        self.portal = portal
        self.refusal: RefusedError | None = None
        self._means = means
        self._client = client
        self._line = line
        self._territory = Territory(portal)
        self._traffic = Traffic()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        # The connections belong to the fetcher and stay open for the next portal of the host.
        self.clear_cookies()

    @property
    def requests(self) -> int:
        """Requests made so far, those for robots.txt and retries included."""
        return self._traffic.requests

    @property
    def bytes(self) -> int:
        """Bytes of bodies received so far, before decompression."""
        return self._traffic.bytes

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        """GET an absolute address; redirects that stay with the portal are followed.

        Args:
            url: Where to ask.
            headers: What the portal must be told beside it; see ``fetch.headers``.

        Raises:
            ConfigError: A header that nobody may set.
            UnreachableError: No whole answer, or 500, 502, 504, after three attempts.
            ThrottledError: 429 or 503; the host is now silent.
            RefusedError: 401, 403, or robots.txt.
            PageChangedError: Another status (context ``status``), an empty or too large page, or a way
                out of the portal.
            SkippedError: No request was made: silence, budget, or robots.txt unknown.
        """
        target = self._territory.require_inside(url)
        told = checked_headers(headers or {}, self._territory)
        return await self._call(Hop("GET", target, headers=told))

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Page:
        """POST a form, url-encoded in UTF-8.

        The forms that systems post only search. So a POST that got no answer at all is sent again; one
        that got any answer never is.

        Raises:
            AmtspulsError: As for ``get``.
        """
        target = self._territory.require_inside(url)
        told = checked_headers(headers or {}, self._territory)
        return await self._call(Hop("POST", target, urlencode(form).encode("ascii"), told))

    def clear_cookies(self) -> None:
        """Forget all cookies: the portal then sees a new visitor."""
        self._client.cookies.clear()

    async def _call(self, hop: Hop) -> Page:
        try:
            return await self._follow(hop)
        except RefusedError as error:
            if self.refusal is None:
                get_log().warning("portal_refused", portal=self.portal.id, reason=error.message)
                self.refusal = error
            raise

    async def _follow(self, first: Hop) -> Page:
        hop = first
        for _ in range(self._means.limits.redirects + 1):
            self._require_unrefused()
            gate = self._means.gates.gate(hop.url)
            try:
                await gate.robots.require_allowed(str(hop.url), partial(self._ask_robots, hop.url))
                answer = await self._ask(hop, gate)
            except (SkippedError, RefusedError) as error:
                if self._line is not None:
                    self._line.not_asked(self._build(hop, gate), error)
                raise
            following = self._territory.next_hop(hop, answer)
            if following is None:
                return self._page(hop, answer)
            hop = following
        raise self._too_many_redirects(first)

    async def _ask_robots(self, url: httpx2.URL) -> Answer:
        """Fetch robots.txt of an address's origin; on the way no other robots.txt is asked."""
        first = hop = Hop("GET", url.copy_with(raw_path=b"/robots.txt", fragment=None))
        for _ in range(self._means.limits.redirects + 1):
            answer = await self._ask(hop, self._means.gates.gate(hop.url), ROBOTS_MAX_BYTES)
            following = self._territory.next_hop(hop, answer)
            if following is None:
                return answer
            hop = following
        raise self._too_many_redirects(first)

    async def _ask(self, hop: Hop, gate: Gate, cut_at: int | None = None) -> Answer:
        """Make a request, and again after a pause while the host is unreachable."""
        for backoff_s in self._means.limits.backoff_s:
            try:
                return await self._ask_once(hop, gate, cut_at)
            except UnreachableError as error:
                if hop.method != "GET" and error.context.get("answered"):
                    raise
                get_log().info("request_retried", portal=self.portal.id, reason=error.message)
            await self._means.clock.sleep(backoff_s * self._means.rng.uniform(1.0, 1.5))
        return await self._ask_once(hop, gate, cut_at)

    async def _ask_once(self, hop: Hop, gate: Gate, cut_at: int | None) -> Answer:
        async with gate.turn(partial(self._require_wanted, hop, gate)):
            answer = await exchange(
                self._client,
                self._build(hop, gate),
                self._traffic,
                limits=self._means.limits,
                cut_at=cut_at,
            )
            # Inside the turn: whoever waits behind us must find the host silent already.
            if answer.status in {429, 503}:
                raise self._throttled(hop, gate, answer)
        if answer.status >= 500:
            raise UnreachableError(
                f"{hop.url.host} answers {answer.status}", answered=True, **self._context(hop)
            )
        return answer

    def _build(self, hop: Hop, gate: Gate) -> httpx2.Request:
        async def trace(event: str, _info: Mapping[str, Any]) -> None:
            if event == _SENT:
                gate.mark_sent()

        return self._client.build_request(
            hop.method,
            hop.url,
            content=hop.content,
            headers={**hop.headers, **(_FORM if hop.content is not None else {})},
            extensions={
                "trace": trace,
                "timeout": self._client.timeout.as_dict(),
                "told": hop.headers,
            },
        )

    def _throttled(self, hop: Hop, gate: Gate, answer: Answer) -> ThrottledError:
        wait_s = gate.silence(answer.headers.get("retry-after"))
        return ThrottledError(
            f"{hop.url.host} answers {answer.status}: no request there for {wait_s:.0f} s",
            retry_after_s=wait_s,
            **self._context(hop),
        )

    def _page(self, hop: Hop, answer: Answer) -> Page:
        url, status = str(hop.url), answer.status
        if status in {401, 403}:
            raise RefusedError(
                f"{hop.url.host} answers {status} for {url}: ask the office before lifting the stop",
                **self._context(hop),
            )
        if not 200 <= status < 300:
            raise PageChangedError(f"{url} answers {status}", status=status, **self._context(hop))
        if status in _EMPTY or not answer.body.strip():
            raise PageChangedError(
                f"{url} answers {status} with no page", status=status, **self._context(hop)
            )
        at = self._means.clock.now() if self._line is None else self._line.answered_at()
        return Page(url, status, answer.headers, answer.body, at)

    def _require_wanted(self, hop: Hop, gate: Gate) -> None:
        self._require_unrefused()
        if self._line is not None:
            self._line.check(self._build(hop, gate))

    def _require_unrefused(self) -> None:
        if self.refusal is not None:
            raise self.refusal.with_traceback(None)

    def _too_many_redirects(self, hop: Hop) -> PageChangedError:
        return PageChangedError(
            f"{hop.url} leads on more than {self._means.limits.redirects} times",
            **self._context(hop),
        )

    def _context(self, hop: Hop) -> dict[str, Any]:
        return {"portal": self.portal.id, "host": hop.url.host, "url": str(hop.url)}
