"""robots.txt: fetched first, obeyed, kept for a day.

| answer | meaning |
|---|---|
| 2xx | rules, kept for 24 hours |
| 404, 410 | no rules, kept for 24 hours |
| 408, 425, 429, 5xx, time-out, network error, a redirect that leads nowhere | no request this round |
| every other 4xx, 401 and 403 above all | refused |

RFC 9309 would let us in after any 4xx; where it leaves a choice, we take the stricter one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from protego import Protego

from amtspuls.clock import Clock
from amtspuls.errors import (
    FetchError,
    PageChangedError,
    RefusedError,
    RobotsUnknownError,
    SkippedError,
    ThrottledError,
    UnreachableError,
)
from amtspuls.fetch.transfer import Answer
from amtspuls.log import get_log
from amtspuls.model import HostState

ROBOTS_NAME = "amtspuls"
"""Our name in robots.txt: ``User-agent: amtspuls``."""

ROBOTS_MAX_BYTES = 500 * 1024
"""What lies behind this much of a robots.txt is not read (RFC 9309, 2.5)."""

KEPT_FOR = timedelta(hours=24)
FAILURE_KEPT_FOR = timedelta(minutes=5)
"""How long portals of one origin share a failed robots.txt when nobody begins a new round."""
CHECKED_AGAIN_AFTER = timedelta(minutes=10)
"""Before a portal stops because of a rule, a copy older than this is fetched anew."""

MAX_DELAY_S = 60.0
"""A host that wants longer pauses is not asked at all: no round can wait so long, and shortening a wish
would be ignoring it."""

_NO_RULES = frozenset({404, 410})
_PASSING = frozenset({408, 425, 429})

AskRobots = Callable[[], Awaitable[Answer]]
"""Fetches robots.txt and returns its answer; raises the errors of a fetch."""


class Rules:
    """One robots.txt, as far as it concerns us."""

    def __init__(self, text: str) -> None:
        self._protego = Protego.parse(text)

    def allows(self, url: str) -> bool:
        """Whether a request to this absolute address is allowed."""
        return bool(self._protego.can_fetch(url, ROBOTS_NAME))

    @property
    def delay_s(self) -> float:
        """Seconds it wants between requests (Crawl-delay or Request-rate, the longer); 0: no wish."""
        delay_s = self._protego.crawl_delay(ROBOTS_NAME) or 0.0
        rate = self._protego.request_rate(ROBOTS_NAME)
        return max(float(delay_s), rate.seconds / rate.requests if rate else 0.0)


class OriginRobots:
    """robots.txt of one origin, shared by all portals there.

    Args:
        clock: Says how old the kept copy is.
        state: Where the copy is kept from process to process.
    """

    def __init__(self, clock: Clock, state: HostState) -> None:
        self._clock = clock
        self._state = state
        self._lock = asyncio.Lock()
        self._failure: tuple[type[FetchError], str] | None = None
        self._failed_at: datetime | None = None
        self._rules = Rules(state.robots_text) if _gives_rules(state.robots_status) else None
        self.delay_s = self._rules.delay_s if self._rules else 0.0

    async def require_allowed(self, url: str, ask: AskRobots) -> None:
        """Return when the rules allow a request to ``url``; they are fetched first where unknown.

        Args:
            url: Absolute address on this origin.
            ask: Fetches this origin's robots.txt; called at most once for concurrent callers.

        Raises:
            RefusedError: A rule forbids it, or robots.txt itself is refused.
            RobotsUnknownError: robots.txt cannot be had now.
            SkippedError: It wants pauses that no round can keep.
        """
        rules = await self._current(ask, KEPT_FOR)
        if not rules.allows(url):
            rules = await self._current(ask, CHECKED_AGAIN_AFTER)
        if not rules.allows(url):
            raise RefusedError(
                f"robots.txt of {self._state.origin} forbids {url}: ask the office before lifting the stop",
                url=url,
                host=self._state.origin,
            )
        if rules.delay_s > MAX_DELAY_S:
            raise SkippedError(
                f"robots.txt of {self._state.origin} wants {rules.delay_s:g} s between requests,"
                f" more than the {MAX_DELAY_S:g} s that a round can wait",
                url=url,
                host=self._state.origin,
            )

    def forget_failure(self) -> None:
        """Forget that robots.txt could not be had, or was refused: it is asked for again."""
        self._failure = None

    async def _current(self, ask: AskRobots, max_age: timedelta) -> Rules:
        if not self._is_known(max_age):
            async with self._lock:
                if not self._is_known(max_age):
                    await self._renew(ask)
        if self._failure is not None:
            kind, message = self._failure
            raise kind(message, host=self._state.origin)
        if self._rules is None:
            raise AssertionError("robots.txt is either known or failed")
        return self._rules

    def _is_known(self, max_age: timedelta) -> bool:
        now = self._clock.now()
        if self._failure is not None and self._failed_at is not None:
            return timedelta(0) <= now - self._failed_at < FAILURE_KEPT_FOR
        fetched_at = self._state.robots_at
        if self._rules is None or fetched_at is None:
            return False
        return timedelta(0) <= now - fetched_at < max_age

    async def _renew(self, ask: AskRobots) -> None:
        self._failure = None
        try:
            answer = await ask()
        except (UnreachableError, ThrottledError, PageChangedError) as error:
            self._fail(RobotsUnknownError, f"robots.txt cannot be had this round: {error}")
            return
        status = answer.status
        if _gives_rules(status):
            self._keep(status, answer.body)
        elif 400 <= status < 500 and status not in _PASSING:
            self._state.robots_status = status
            self._state.robots_at = self._clock.now()
            self._state.robots_text = ""
            self._fail(
                RefusedError,
                f"{self._state.origin} answers {status} for robots.txt: ask the office before lifting the stop",
            )
        else:
            self._fail(RobotsUnknownError, f"robots.txt cannot be had this round: status {status}")

    def _keep(self, status: int, body: bytes) -> None:
        text = "" if status in _NO_RULES else body.decode("utf-8-sig", errors="replace")
        self._rules = Rules(text)
        self.delay_s = self._rules.delay_s
        self._state.robots_status = status
        self._state.robots_text = text
        self._state.robots_at = self._clock.now()

    def _fail(self, kind: type[FetchError], message: str) -> None:
        self._rules = None
        self._failure = (kind, message)
        self._failed_at = self._clock.now()
        get_log().warning("robots_unknown", origin=self._state.origin, reason=message)


def _gives_rules(status: int | None) -> bool:
    return status is not None and (200 <= status < 300 or status in _NO_RULES)


def wanted_delay_s(state: HostState) -> float:
    """Seconds between requests that the kept robots.txt of an origin wants; 0 where it has no wish."""
    return Rules(state.robots_text).delay_s if _gives_rules(state.robots_status) else 0.0
