"""What is on a tape: visits to portals, and in a visit the requests with what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import httpx2

from amtspuls.fetch.transfer import Limits
from amtspuls.model import KnownCalendar

TOLD = "told"
"""Extension of a request: the header fields that a system set for it (``fetch.headers``)."""

ORIGINAL = b"X-Archive-Orig-"
"""Stands before ``Transfer-Encoding``: on a tape the body is without chunks, so the field would lie."""

Key = tuple[str, str, bytes, tuple[tuple[str, str], ...]]
"""What makes two requests the same: method, address, form, and the header fields a system set."""


def key_of(request: httpx2.Request) -> Key:
    """Return what a taped request is found by; cookies and who we are do not matter."""
    told: Mapping[str, str] = request.extensions.get(TOLD, {})
    fields = tuple(sorted((name.lower(), value) for name, value in told.items()))
    return request.method, str(request.url), request.content, fields


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came: the body without chunks, but still packed (``Content-Encoding``)."""

    version: str
    status: int
    reason: str
    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One request of a visit and what came of it.

    Attributes:
        key: Which request.
        sequence: Its place in the visit, counted from 1.
        done_at: When the answer was complete or given up, aware UTC.
        received: The answer, or what there was of it; None when none had begun.
        failure: Why there is no whole answer; empty when there is.
        refusal: (name of the error class, message) when we did not ask at all.
    """

    key: Key
    sequence: int
    done_at: datetime
    received: Received | None = None
    failure: str = ""
    refusal: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a visit was for; everything that reading it again needs besides the answers.

    Attributes:
        portal: Complete ``[[portal]]`` table of that day.
        taken_at: When it began, aware UTC, whole seconds.
        parser: System and version, e.g. ``tempus/1``.
        limits: Of time, size and attempts.
        weeks: How far was asked; None for everything.
        period_s: Planned distance to the next snapshot.
        known: Calendars that the archive remembered.
    """

    portal: Mapping[str, Any]
    taken_at: datetime
    parser: str
    limits: Limits = field(default_factory=Limits)
    weeks: int | None = None
    period_s: int | None = None
    known: tuple[KnownCalendar, ...] = ()

    @property
    def portal_id(self) -> str:
        """Id of the portal."""
        return str(self.portal["id"])


@dataclass(frozen=True, slots=True)
class Ending:
    """How a visit ended.

    Attributes:
        outcome: Value of ``model.Outcome``.
        reason: Why it is not ok.
        finished_at: Aware UTC, whole seconds.
        requests: Requests made.
        bytes: Bytes of bodies received.
        asked: False when the portal was left out of the round (switched off, or stopped).
    """

    outcome: str
    reason: str
    finished_at: datetime
    requests: int
    bytes: int
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit to one portal.

    Attributes:
        about: What it was for.
        entries: Requests in the order in which they were finished.
        ending: None when the process died before.
    """

    about: About
    entries: tuple[Entry, ...]
    ending: Ending | None


def warc_date(at: datetime) -> str:
    """Write an instant (aware UTC) as WARC 1.1 does, to the microsecond."""
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"


def about_json(about: About) -> dict[str, Any]:
    """Return what ``visits`` turns back into the same ``About``."""
    said: dict[str, Any] = plain(asdict(about))
    return said


def plain(value: Any) -> Any:
    """Turn what ``asdict`` gives into JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
