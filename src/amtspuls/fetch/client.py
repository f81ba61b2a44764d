"""The client: one session per portal over connections shared by all.

Every request of the project is made here, behind the gate and the robots.txt of its origin. What a
session may do and how answers are judged: docs/politeness.md and docs/architecture.md (outcomes).
"""

from __future__ import annotations

import random
import ssl
from functools import cache, partial
from typing import Self

import httpx2

from amtspuls import __version__
from amtspuls.catalogue.portal import Portal
from amtspuls.clock import Clock
from amtspuls.errors import ConfigError
from amtspuls.fetch.gate import Gates
from amtspuls.fetch.robots import ROBOTS_NAME
from amtspuls.fetch.session import Line, Means, PortalSession
from amtspuls.fetch.transfer import Limits

__all__ = ["Fetcher", "Limits", "PortalSession", "user_agent"]

_KEEPALIVE_S = 4.0
"""Shorter than the 5 s after which common servers close an idle connection: else we would write into one
that is just being closed."""

_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "de",
}


def user_agent(project_url: str, contact: str) -> str:
    """Return how we introduce ourselves: ``amtspuls/<version> (+<project_url>; <contact>)``.

    Args:
        project_url: Where a web master reads what we do.
        contact: Where a web master reaches us, e.g. a mail address.

    Raises:
        ConfigError: One of them is empty or holds characters that would break the header.
    """
    for name, value in (("project_url", project_url), ("contact", contact)):
        if not value.strip():
            raise ConfigError(
                f"{name} is empty: set it in amtspuls.toml, offices must be able to reach us"
            )
        if not value.isascii() or not value.isprintable() or set(value) & set("()\\"):
            raise ConfigError(
                f"{name} {value!r} may hold printable ASCII characters only, no brackets and no backslash"
            )
    return f"{ROBOTS_NAME}/{__version__} (+{project_url.strip()}; {contact.strip()})"


class Fetcher:
    """Hands out sessions; an async context manager that belongs to one event loop.

    Args:
        clock: Gates and back-off sleep on it.
        gates: One gate per origin, shared by all portals of the process.
        user_agent: See ``user_agent()``.
        limits: Time and size of a request.
        rng: Jitter of the back-off.
    """

    def __init__(
        self,
        clock: Clock,
        gates: Gates,
        user_agent: str,
        *,
        limits: Limits | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.gates = gates
        rng = rng or random.Random()  # noqa: S311 - only stretches pauses before a retry, no secret
        self._means = Means(clock, gates, limits or Limits(), rng)
        self._headers = {"User-Agent": user_agent, **_HEADERS}
        self._transports: dict[bool, httpx2.AsyncHTTPTransport] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    @property
    def limits(self) -> Limits:
        """Time and size of a request."""
        return self._means.limits

    def session(self, portal: Portal, line: Line | None = None) -> PortalSession:
        """Return a new visitor of a portal: no cookies, nothing counted yet.

        Args:
            portal: Whom it visits.
            line: A tape that records the visit, or one that answers instead of the network.
        """
        limits = self._means.limits
        real = partial(self._transport, verify=portal.tls is None)
        timeout = httpx2.Timeout(limits.read_s, connect=limits.connect_s, pool=None)
        client = httpx2.AsyncClient(
            transport=real() if line is None else line.transport(real),
            headers=self._headers,
            timeout=timeout,
            trust_env=False,
        )
        return PortalSession(self._means, portal, client, line)

    def _transport(self, *, verify: bool) -> httpx2.AsyncHTTPTransport:
        if verify not in self._transports:
            # The gates bound the number of connections; a second bound here could only block.
            limits = httpx2.Limits(
                max_connections=None, max_keepalive_connections=None, keepalive_expiry=_KEEPALIVE_S
            )
            self._transports[verify] = httpx2.AsyncHTTPTransport(
                verify=_tls_context(verify), trust_env=False, limits=limits
            )
        return self._transports[verify]


@cache
def _tls_context(verify: bool) -> ssl.SSLContext:
    """Certificates take 20 ms to load: once per process is enough."""
    return httpx2.create_ssl_context(verify=verify, trust_env=False)
