"""Playing: a visit is answered from a tape; there is no way to the network in here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime

import httpx2

from amtspuls import errors
from amtspuls.clock import Clock
from amtspuls.errors import AmtspulsError, FetchError, NotOnTapeError, ParseError
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.gate import (
    DEFAULT_RULE,
    DEFAULT_SILENCE_S,
    Gate,
    Gates,
    origin_of,
    parse_retry_after,
)
from amtspuls.fetch.robots import AskRobots, OriginRobots
from amtspuls.fetch.tape.layout import Entry, Key, Received, Visit, key_of
from amtspuls.fetch.tape.record import AGENT
from amtspuls.fetch.transfer import TapedError
from amtspuls.model import HostState

_PATIENCE_S = 3600.0
"""Bounds the reading of a tape, whatever the time limit of the request was."""


class TapedClock:
    """Shows the moments of a tape: it moves only when an answer is played. A ``clock.Clock``."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the taped moment, aware UTC."""
        return self._now

    async def sleep(self, delay_s: float) -> None:
        """Yield to other tasks: what was waited for is on the tape."""
        await asyncio.sleep(0.0 * delay_s)

    def move(self, instant: datetime) -> None:
        """Show a later moment; an earlier one changes nothing."""
        self._now = max(self._now, instant)


class PlayedVisit:
    """Answers one visit from a tape; a ``fetch.session.Line``.

    Each request is answered once, by the first answer to that request that was not given yet.
    """

    def __init__(self, visit: Visit) -> None:
        self.clock = TapedClock(visit.about.taken_at)
        self._portal_id = visit.about.portal_id
        self._left: dict[Key, list[Entry]] = {}
        for entry in visit.entries:
            self._left.setdefault(entry.key, []).append(entry)
        self._asked_then = frozenset(self._left)
        limits = replace(
            visit.about.limits, connect_s=_PATIENCE_S, read_s=_PATIENCE_S, total_s=_PATIENCE_S
        )
        self.fetcher = Fetcher(self.clock, _OpenGates(self), AGENT, limits=limits)

    def transport(self, real: Callable[[], httpx2.AsyncBaseTransport]) -> httpx2.AsyncBaseTransport:
        """Return the tape as a transport; ``real`` is never called."""
        del real
        return _Playing(self)

    def check(self, request: httpx2.Request) -> None:
        """Raise what kept us from this request when the tape was recorded.

        Raises:
            AmtspulsError: The error of that time.
            NotOnTapeError: The request was not made then, or not so often.
        """
        key = key_of(request)
        left = self._left.get(key)
        if not left:
            again = " so often" if key in self._asked_then else ""
            form = f" with the form {request.content!r}" if request.content else ""
            raise NotOnTapeError(
                f"not on the tape: {request.method} {request.url}{form} was not asked{again} when"
                " it was recorded; the parser now asks another address",
                portal=self._portal_id,
                url=str(request.url),
                where="tape",
            )
        refusal = left[0].refusal
        if refusal is not None:
            self.clock.move(left.pop(0).done_at)
            raise _error_of(*refusal)

    def not_asked(self, request: httpx2.Request, error: AmtspulsError) -> None:
        """Nothing is learnt from playing."""

    def answered_at(self) -> datetime:
        """Return the taped moment, aware UTC."""
        return self.clock.now()

    def take(self, request: httpx2.Request) -> Entry:
        """Use up the answer to a request, and move the clock to when it was complete."""
        entry = self._left[key_of(request)].pop(0)
        self.clock.move(entry.done_at)
        return entry

    def robots_came_before(self, url: str) -> bool:
        """Whether robots.txt of this origin was asked for before the next request to ``url``."""
        nexts = [left[0].sequence for key, left in self._left.items() if left and key[1] == url]
        origin = origin_of(url)
        return any(
            left[0].sequence < min(nexts, default=0)
            for key, left in self._left.items()
            if left and _is_robots(key[1]) and origin_of(key[1]) == origin
        )


def _is_robots(url: str) -> bool:
    return httpx2.URL(url).path == "/robots.txt"


def _error_of(name: str, message: str) -> AmtspulsError:
    kind = getattr(errors, name, None)
    known = isinstance(kind, type) and issubclass(kind, AmtspulsError)
    return kind(message) if known and kind is not None else FetchError(message)


class _OpenGates(Gates):
    """Gates that let everything pass: offline nobody is disturbed."""

    def __init__(self, visit: PlayedVisit) -> None:
        super().__init__(visit.clock, {}, {})
        self._visit = visit

    def gate(self, url: str | httpx2.URL) -> Gate:
        """Return the open gate of an address's origin."""
        return _OpenGate(self._visit, origin_of(url))


class _OpenGate(Gate):
    def __init__(self, visit: PlayedVisit, origin: str) -> None:
        super().__init__(visit.clock, DEFAULT_RULE, HostState(origin))
        self.robots = _TapedRobots(visit, self.state)

    @asynccontextmanager
    async def turn(self, check: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
        """Let a request pass that the tape can answer."""
        check()
        yield

    def silence(self, retry_after: str | None) -> float:
        """Say how long the host wanted to be left alone."""
        wait_s = parse_retry_after(retry_after, self._clock.now()) if retry_after else None
        return DEFAULT_SILENCE_S if wait_s is None else wait_s


class _TapedRobots(OriginRobots):
    """robots.txt as it was asked for; what it forbade then is on the tape as a refusal."""

    def __init__(self, visit: PlayedVisit, state: HostState) -> None:
        clock: Clock = visit.clock
        super().__init__(clock, state)
        self._visit = visit

    async def require_allowed(self, url: str, ask: AskRobots) -> None:
        """Use up the taped robots.txt; whether ``url`` was allowed, its own entry says."""
        while self._visit.robots_came_before(url):
            with suppress(FetchError, ParseError):
                await ask()


class _Playing(httpx2.AsyncBaseTransport):
    """A tape as httpx2 sees it."""

    def __init__(self, visit: PlayedVisit) -> None:
        self._visit = visit

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        entry = self._visit.take(request)
        if entry.received is None:
            raise TapedError(entry.failure)
        came = entry.received
        return httpx2.Response(
            came.status,
            headers=list(came.fields),
            stream=_Body(came, entry.failure),
            extensions={
                "http_version": came.version.encode("ascii"),
                "reason_phrase": came.reason.encode("latin-1"),
            },
        )


class _Body(httpx2.AsyncByteStream):
    def __init__(self, came: Received, failure: str) -> None:
        self._came, self._failure = came, failure

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._came.body:
            yield self._came.body
        if self._failure:
            raise TapedError(self._failure)
