"""The gate: when a request to an origin may start.

One gate per origin (scheme, host, port). It lets a few requests through at a time, keeps a pause from
start to start, counts a daily budget and falls silent when the host asks for it. It sleeps on the
injected clock only: on a simulated clock a pause takes no real time, and on one that stands still a
pause is one call of ``sleep``, after which the request goes.

Rules: docs/politeness.md. Why it is written here: docs/decisions/0002-own-backoff-and-gate.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from amtspuls.catalogue.portal import HostRule
from amtspuls.clock import Clock
from amtspuls.errors import SkippedError
from amtspuls.fetch.robots import OriginRobots
from amtspuls.log import get_log
from amtspuls.model import HostState

DEFAULT_SILENCE_S = 600.0
"""Silence after a 429 or 503 that names no usable Retry-After: the rest of an ordinary round."""

MAX_SILENCE_S = 86_400.0
"""A longer Retry-After is cut to one day: one mistyped header must not silence a host for years."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an origin may be asked.

    Attributes:
        concurrency: Requests at a time.
        pause_s: Seconds from the start of one request to the start of the next.
        requests_per_day: Budget per UTC day, robots.txt and retries included.
    """

    concurrency: int = 1
    pause_s: float = 0.5
    requests_per_day: int = 50_000


DEFAULT_RULE = Pace()
"""The pace of every origin that no ``[[host]]`` table of the catalogue names."""


def origin_of(url: str | httpx2.URL) -> str:
    """Return ``scheme://host:port`` of an absolute address: lower case, punycode, port always named.

    Raises:
        httpx2.InvalidURL: It is no address.
    """
    parts = httpx2.URL(url)
    host = parts.raw_host.decode("ascii")
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}:{parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)}"


def parse_retry_after(text: str, now: datetime) -> float | None:
    """Read a Retry-After header: seconds, or an HTTP date.

    Args:
        text: Value of the header.
        now: Aware UTC.

    Returns:
        Seconds to wait, 0 to ``MAX_SILENCE_S``. None when it is neither form, or a date that is over:
        such a host has a wrong clock, and its wish is not known.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_SILENCE_S)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait_s = (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    return min(wait_s, MAX_SILENCE_S) if wait_s > 0 else None


class Gate:
    """The gate of one origin. Belongs to one event loop."""

    def __init__(self, clock: Clock, pace: Pace, state: HostState) -> None:
        self._clock = clock
        self._pace = pace
        self._slots = asyncio.Semaphore(pace.concurrency)
        self._starts = asyncio.Lock()
        self._last_start: datetime | None = None
        self.state = state
        self.robots = OriginRobots(clock, state)

    @property
    def pause_s(self) -> float:
        """Seconds from start to start: the pace's, or those of robots.txt where they are more."""
        return max(self._pace.pause_s, self.robots.delay_s)

    @asynccontextmanager
    async def turn(self, check: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
        """Wait for one's turn, first come first served; the request is made inside.

        Args:
            check: Raises when the request is not wanted any more; then it costs neither pause nor budget.

        Raises:
            SkippedError: The host asked for silence or the budget of the day is spent. It is raised
                before the wait where that is known before, else after it.
        """
        self._require_open()
        async with self._slots:
            async with self._starts:
                check()
                await self._keep_pause()
                check()
                self._require_open()
                self._charge()
            yield

    def mark_sent(self) -> None:
        """Note that the request of a turn goes on the wire now: the next pause counts from here.

        Connecting takes time; counted from the grant, the host would see shorter pauses than promised.
        """
        self._last_start = self._clock.now()

    def silence(self, retry_after: str | None) -> float:
        """Leave the host alone, for every portal on it.

        Args:
            retry_after: The header's value; without a usable one it is ``DEFAULT_SILENCE_S``.

        Returns:
            Seconds of silence from now on. A longer silence that was asked for before stays.
        """
        now = self._clock.now()
        wait_s = parse_retry_after(retry_after, now) if retry_after is not None else None
        until = now + timedelta(seconds=DEFAULT_SILENCE_S if wait_s is None else wait_s)
        if self.state.silent_until is None or self.state.silent_until < until:
            self.state.silent_until = until
        get_log().warning(
            "host_silenced", origin=self.state.origin, until=self.state.silent_until.isoformat()
        )
        return (self.state.silent_until - now).total_seconds()

    async def _keep_pause(self) -> None:
        if self._last_start is None:
            return
        pause_s = self.pause_s
        passed_s = (self._clock.now() - self._last_start).total_seconds()
        if passed_s < pause_s:
            # A wall clock that was set back must not make the wait longer than one pause.
            await self._clock.sleep(min(pause_s, pause_s - passed_s))

    def _require_open(self) -> None:
        now = self._clock.now()
        state = self.state
        if state.silent_until is not None and now < state.silent_until:
            raise SkippedError(
                f"{state.origin} asked not to be asked until {state.silent_until:%Y-%m-%d %H:%M:%S} UTC",
                host=state.origin,
            )
        if state.budget_on == now.date() and state.budget_spent >= self._pace.requests_per_day:
            raise SkippedError(
                f"the {self._pace.requests_per_day} requests a day for {state.origin} are spent;"
                " they start anew at 00:00 UTC",
                host=state.origin,
            )

    def _charge(self) -> None:
        now = self._clock.now()
        if self.state.budget_on != now.date():
            self.state.budget_on = now.date()
            self.state.budget_spent = 0
        self.state.budget_spent += 1
        self._last_start = now


class Gates:
    """All gates of a process.

    Args:
        clock: The only thing that gates sleep on.
        rules: ``[[host]]`` tables by host name.
        states: What earlier processes remembered, by origin.
        usual: Pace of the origins without a rule.
    """

    def __init__(
        self,
        clock: Clock,
        rules: Mapping[str, HostRule],
        states: Mapping[str, HostState],
        *,
        usual: Pace = DEFAULT_RULE,
    ) -> None:
        self._clock = clock
        self._rules = {name.lower(): rule for name, rule in rules.items()}
        self._known = dict(states)
        self._usual = usual
        self._gates: dict[str, Gate] = {}

    def gate(self, url: str | httpx2.URL) -> Gate:
        """Return the gate of an address's origin."""
        origin = origin_of(url)
        if origin not in self._gates:
            state = self._known.setdefault(origin, HostState(origin))
            self._gates[origin] = Gate(self._clock, self._pace(origin), state)
        return self._gates[origin]

    def states(self) -> Mapping[str, HostState]:
        """What must be remembered, by origin: hand it to the archive after a round."""
        return dict(self._known)

    def new_round(self) -> None:
        """Ask again for every robots.txt that could not be had in the round before."""
        for gate in self._gates.values():
            gate.robots.forget_failure()

    def _pace(self, origin: str) -> Pace:
        host = httpx2.URL(origin)
        rule = self._rules.get(host.raw_host.decode("ascii")) or self._rules.get(host.host)
        if rule is None:
            return self._usual
        return Pace(rule.concurrency, rule.pause_s, rule.requests_per_day)
