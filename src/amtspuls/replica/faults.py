"""Fault switches: what can go wrong at a portal, on demand.

A fault concerns one portal. It may start after some requests, end after some, and be limited to requests
that contain a text, so that a portal can fail in the middle of being read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from amtspuls.errors import ConfigError
from amtspuls.replica.wire import Answer, Asked, Pages

_CLASS_OR_ID = re.compile(rb'(\s(?:class|id)=")([^"]+)(")')
_JSON_KEY = re.compile(rb'"([A-Za-z_][A-Za-z_0-9]*)"(\s*:)')
_FORM_NAME = re.compile(rb'(<form name=")')


class FaultName(StrEnum):
    """What can go wrong."""

    SLOW = "slow"
    THROTTLE = "throttle"
    UNAVAILABLE = "unavailable"
    FORBIDDEN = "forbidden"
    MAINTENANCE = "maintenance"
    TRUNCATED = "truncated"
    RESET = "reset"
    CHANGED = "changed"
    SESSION_LOST = "session_lost"
    CAPTCHA = "captcha"
    OVERSIZED = "oversized"
    EMPTY = "empty"
    ROBOTS_FORBIDS = "robots_forbids"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault switch.

    Attributes:
        name: What goes wrong.
        after: So many matching requests pass first.
        count: So many requests are hit, then it is over; None hits all that follow.
        where: Only requests whose "METHOD path?query" and body contain this text.
        robots: Whether /robots.txt of the portal's host is hit too (``robots_forbids`` always is).
        delay_s: Real seconds that an answer is held back; ``slow`` waits 1 s when it is 0. Works beside
            every other fault.
        retry_after: Value of Retry-After (seconds or an HTTP date) for throttle and unavailable; empty
            leaves it out. Throttle sends 120 unless told otherwise.
        status: HTTP status where it differs from the usual one (a maintenance page has 200).
        size_bytes: Size of an oversized body.
    """

    name: FaultName
    after: int = 0
    count: int | None = None
    where: str = ""
    robots: bool = False
    delay_s: float = 0.0
    retry_after: str | None = None
    status: int | None = None
    size_bytes: int = 11 * 1024 * 1024

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """Build from ``{"fault": name, "after": ...}``; other keys are this class's attributes.

        Raises:
            ConfigError: An unknown name or key, or a value of the wrong kind.
        """
        name = data.get("fault")
        if name not in list(FaultName):
            raise ConfigError(f"unknown fault {name!r}; known: {', '.join(FaultName)}")
        known = {field.name for field in fields(cls)} - {"name"}
        given = {key: value for key, value in data.items() if key not in {"fault", "portal"}}
        unknown = sorted(set(given) - known)
        if unknown:
            raise ConfigError(f"unknown key {unknown[0]!r} of a fault; known: {', '.join(known)}")
        kinds: dict[str, type | tuple[type, ...]] = {
            "after": int, "where": str, "robots": bool, "delay_s": (int, float), "size_bytes": int,
            "retry_after": (str, int, type(None)), "status": (int, type(None)),
            "count": (int, type(None)),
        }  # fmt: skip
        for key, value in given.items():
            if not isinstance(value, kinds[key]):
                raise ConfigError(f"{key} of a fault cannot be {value!r}")
        if isinstance(given.get("retry_after"), int):
            given["retry_after"] = str(given["retry_after"])
        return cls(name=FaultName(name), **given)

    @property
    def wait_s(self) -> float:
        """Real seconds that the answer is held back."""
        return self.delay_s or (1.0 if self.name is FaultName.SLOW else 0.0)

    def hits_path(self, path: str) -> bool:
        """Whether a request for this path can be hit at all."""
        is_robots = path == "/robots.txt"
        if self.name is FaultName.ROBOTS_FORBIDS:
            return is_robots
        return self.robots or not is_robots


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0

    def take(self, asked: Asked, pages: Pages | None) -> bool:
        """Count a request if it matches, and say whether it is hit."""
        fault = self.fault
        if not fault.hits_path(asked.path) or (fault.where and fault.where not in asked.line):
            return False
        if fault.name is FaultName.SESSION_LOST and (not pages or not pages.session_lost(asked)):
            return False
        self.seen += 1
        last = None if fault.count is None else fault.after + fault.count
        return self.seen > fault.after and (last is None or self.seen <= last)


class FaultBoard:
    """The fault switches of all portals of a server."""

    def __init__(self, portal_ids: frozenset[str]) -> None:
        self._portal_ids = portal_ids
        self._armed: dict[str, list[_Armed]] = {}

    def set(self, portal_id: str, *faults: Fault) -> None:
        """Let these faults, and only these, happen at a portal; the first that hits wins.

        Raises:
            ConfigError: The portal is not served.
        """
        self._require(portal_id)
        self._armed[portal_id] = [_Armed(fault) for fault in faults]

    def clear(self, portal_id: str | None = None) -> None:
        """End the faults of a portal, or all of them.

        Raises:
            ConfigError: The portal is not served.
        """
        if portal_id is None:
            self._armed.clear()
        else:
            self._require(portal_id)
            self._armed.pop(portal_id, None)

    def take(self, portal_id: str, asked: Asked, pages: Pages | None = None) -> Fault | None:
        """Return the fault that hits a request, if one does, and count it.

        Args:
            portal_id: The portal.
            asked: The request; one that needs no session is neither hit nor counted by session_lost.
            pages: The portal's pages; None for robots.txt.
        """
        for armed in self._armed.get(portal_id, ()):
            if armed.take(asked, pages):
                return armed.fault
        return None

    def _require(self, portal_id: str) -> None:
        if portal_id not in self._portal_ids:
            raise ConfigError(
                f"portal {portal_id!r} is not served here; there are "
                f"{', '.join(sorted(self._portal_ids))}"
            )


def faulty_answer(fault: Fault, asked: Asked, pages: Pages | None) -> Answer | None:
    """Draw what a portal answers under a fault.

    Args:
        fault: What goes wrong.
        asked: The request.
        pages: The portal's pages; None for robots.txt.

    Returns:
        The answer; None where the usual one is sent (slow, and reset and truncated, which concern how it
        is sent).
    """
    name = fault.name
    if name is FaultName.CHANGED:
        return _with_other_markup(pages.answer(asked)) if pages else None
    if name is FaultName.SESSION_LOST:
        return pages.session_lost(asked) if pages else None
    if name is FaultName.ROBOTS_FORBIDS:
        return Answer(b"User-agent: *\nDisallow: /\n", content_type="text/plain")
    if name is FaultName.OVERSIZED:
        return _oversized(pages.answer(asked) if pages else Answer(b""), fault.size_bytes)
    return _plain_fault(fault)


def _plain_fault(fault: Fault) -> Answer | None:
    """Answers that do not depend on the page."""
    pages = {
        FaultName.THROTTLE: (429, "Zu viele Anfragen"),
        FaultName.UNAVAILABLE: (503, "Dienst vorübergehend nicht verfügbar"),
        FaultName.FORBIDDEN: (403, "Zugriff verweigert"),
        FaultName.MAINTENANCE: (200, "Wartungsarbeiten"),
        FaultName.CAPTCHA: (200, "Sicherheitsabfrage"),
        FaultName.EMPTY: (200, ""),
    }
    if fault.name not in pages:
        return None
    status, title = pages[fault.name]
    if fault.status is not None:
        status = fault.status
    body = _page(title, _CONTENT_DE.get(fault.name, "")) if title else b""
    usual = "120" if fault.name is FaultName.THROTTLE else ""
    wait = usual if fault.retry_after is None else fault.retry_after
    return Answer(body, status=status, headers=(("retry-after", wait),) if wait else ())


_CONTENT_DE: Mapping[FaultName, str] = {
    FaultName.MAINTENANCE: "<p>Wegen Wartungsarbeiten ist die Terminvergabe zurzeit nicht "
    "erreichbar. Bitte versuchen Sie es später erneut.</p>",
    FaultName.CAPTCHA: '<form method="post" action="?"><p>Bitte geben Sie die Zeichen aus dem Bild '
    'ein.</p><img src="captcha.png" alt="Captcha"><input type="text" name="captcha_code" '
    'id="captcha_code"><input type="submit" value="Weiter"></form>',
}


def _page(title: str, content: str) -> bytes:
    return (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><h1>{title}</h1>{content}</body></html>\n"
    ).encode()


def _with_other_markup(answer: Answer) -> Answer:
    """Rename every class, every id and the form (JSON: every key), as after a new release."""
    if answer.content_type.startswith("application/json"):
        keys = _JSON_KEY.sub(lambda found: b'"neu_' + found[1][::-1] + b'"' + found[2], answer.body)
        return replace(answer, body=keys)
    body = _CLASS_OR_ID.sub(
        lambda found: (
            found[1] + b" ".join(b"neu-" + word[::-1] for word in found[2].split()) + found[3]
        ),
        answer.body,
    )
    return Answer(
        _FORM_NAME.sub(rb"\1neu_", body), answer.status, answer.content_type, answer.headers
    )


def _oversized(answer: Answer, size_bytes: int) -> Answer:
    padding = b"<!--" + b"x" * max(0, size_bytes - len(answer.body) - 7) + b"-->"
    return Answer(answer.body + padding, answer.status, answer.content_type, answer.headers)
