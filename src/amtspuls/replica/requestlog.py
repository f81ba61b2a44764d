"""What was asked of a replica server: the record from which politeness is judged."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from amtspuls.replica.wire import Asked

_KEPT = 500_000


@dataclass(slots=True)
class LoggedRequest:
    """One request; ``status`` and ``finished`` are None while it is being answered.

    Attributes:
        number: Counts all requests of the server, from 1.
        portal_id: The portal; empty for robots.txt and for addresses of no portal.
        host: Host name of the real portal.
        method: HTTP method.
        path: Path.
        query: Query string as it came.
        user_agent: Value of User-Agent.
        body: Fields of a posted form.
        started: Monotonic seconds when it was read.
        at: Instant of the replica's clock, aware UTC.
        finished: Monotonic seconds when it was answered.
        status: HTTP status; 0 where the connection was reset before any.
        fault: The fault that hit it; empty when none did.
        reserving: Whether a real portal might have reserved a slot.
    """

    number: int
    portal_id: str
    host: str
    method: str
    path: str
    query: str
    user_agent: str
    body: Mapping[str, str]
    started: float
    at: datetime
    finished: float | None = None
    status: int | None = None
    fault: str = ""
    reserving: bool = False

    def finish(self, status: int) -> None:
        """Write down how it ended."""
        self.status, self.finished = status, time.monotonic()

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "body": dict(self.body), "at": self.at.isoformat()}


class RequestLog:
    """Requests of one server, oldest first; the newest 500,000 are kept."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=_KEPT)
        self._count = 0

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """All requests so far, in the order they came."""
        return tuple(self._requests)

    def of(self, portal_id: str) -> tuple[LoggedRequest, ...]:
        """Requests to one portal."""
        return tuple(entry for entry in self._requests if entry.portal_id == portal_id)

    def open(self, asked: Asked, *, portal_id: str, host: str, at: datetime) -> LoggedRequest:
        """Write down a request that has just been read."""
        self._count += 1
        entry = LoggedRequest(
            number=self._count,
            portal_id=portal_id,
            host=host,
            method=asked.method,
            path=asked.path,
            query=asked.query,
            user_agent=asked.headers.get("user-agent", ""),
            body=asked.fields,
            started=time.monotonic(),
            at=at,
        )
        self._requests.append(entry)
        return entry

    def clear(self) -> None:
        """Forget all requests; numbers go on."""
        self._requests.clear()
