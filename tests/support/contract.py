"""What every booking system owes the house, as checks that a plug-in's own tests can use too.

A system is run by hand here, without an event loop: it may wait for nothing but the session it was given.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urljoin, urlsplit
from zoneinfo import ZoneInfo

from amtspuls.catalogue.portal import Portal
from amtspuls.clock import SimulatedClock
from amtspuls.errors import PageChangedError, RefusedError, ThrottledError, UnreachableError
from amtspuls.fetch.page import Page
from amtspuls.model import KnownCalendar, Reading, Window
from amtspuls.replica.availability import ReplicaPortal
from amtspuls.replica.portals import make_pages
from amtspuls.replica.wire import Answer, Asked
from amtspuls.systems.base import Ask, System
from support.practice import NOW, Offer, Offers

REACHES_OUT = frozenset(
    [
        "aiohttp",
        "asyncio",
        "ctypes",
        "ftplib",
        "http",
        "httpx",
        "httpx2",
        "io",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "requests",
        "secrets",
        "shutil",
        "signal",
        "socket",
        "socketserver",
        "ssl",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "trio",
        "anyio",
        "urllib3",
        "urllib.request",
        "urllib.robotparser",
        "warcio",
        "concurrent",
        "amtspuls.archive",
        "amtspuls.clock",
        "amtspuls.collect",
        "amtspuls.replica",
        "amtspuls.settings",
        "amtspuls.fetch.client",
        "amtspuls.fetch.session",
        "amtspuls.fetch.gate",
        "amtspuls.fetch.transfer",
    ]
)
"""Modules through which a system could reach around the session, or learn what time it is."""
_CLOCKS = frozenset({"now", "today", "utcnow"})
_BUILTINS = frozenset({"open", "exec", "eval", "__import__", "input", "print"})
_REFUSALS = {401: RefusedError, 403: RefusedError, 429: ThrottledError, 503: ThrottledError}
_MOST_REDIRECTS = 5


def ways_out(source: str, package: str = "") -> list[str]:
    """Name what a module imports or calls that only ``fetch`` may use.

    Args:
        source: Its text.
        package: Its package, for relative imports.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        found += [
            f"imports {name}"
            for name in _imported(node, package)
            if any(name == way or name.startswith(f"{way}.") for way in REACHES_OUT)
        ]
        if isinstance(node, ast.Call):
            call = node.func
            if isinstance(call, ast.Name) and call.id in _BUILTINS:
                found.append(f"calls {call.id}() (line {node.lineno})")
            if isinstance(call, ast.Attribute) and call.attr in _CLOCKS:
                found.append(f"calls .{call.attr}() (line {node.lineno})")
    return found


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = f"{package}.{node.module or ''}" if node.level else node.module or ""
        yield from (f"{base}.{alias.name}" for alias in node.names)


def modules_of(system: System) -> list[Path]:
    """The source files of a system's package."""
    module = inspect.getmodule(type(system))
    assert module is not None
    found = find_spec(module.__package__ or module.__name__)
    assert found is not None
    assert found.origin is not None
    return sorted(Path(found.origin).parent.glob("**/*.py"))


@dataclass
class PagesSession:
    """Implements ``systems.base.Session`` on replica pages in this process: no socket, no loop.

    Attributes:
        portal: The replica portal.
        offer: What it shows.
        now: Its time.
        log: Requests, and whether a real portal might have reserved a slot for them.
    """

    portal: ReplicaPortal
    offer: Offer
    now: datetime = NOW
    log: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        availability = Offers(self.portal)
        availability.now[self.portal.id] = self.offer
        self._pages = make_pages(self.portal, availability, SimulatedClock(self.now))
        self._cookies: dict[str, str] = {}

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        return self._follow("GET", url, b"", headers or {})

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Page:
        return self._follow("POST", url, urlencode(form).encode(), headers or {})

    def clear_cookies(self) -> None:
        self._cookies.clear()

    def _follow(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Page:
        for _ in range(_MOST_REDIRECTS):
            answer = self._ask(method, url, body, headers)
            to = dict(answer.headers).get("location")
            if to is None or not 300 <= answer.status < 400:
                return self._page(url, answer)
            url, method, body = urljoin(url, to), "GET", b""
        raise AssertionError(f"{url} redirects for ever")

    def _ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        own, parts = urlsplit(self.portal.url), urlsplit(url)
        assert (own.scheme, own.netloc) == (parts.scheme, parts.netloc), f"{url} leaves the portal"
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        told = {key.lower(): value for key, value in headers.items()} | {"cookie": cookie}
        answer = self._pages.answer(
            Asked(method, unquote(parts.path) or "/", parts.query, told, body)
        )
        self.log.append((f"{method} {url} {body.decode()}", answer.reserving))
        for name, value in answer.headers:
            if name == "set-cookie":
                self._cookies |= {key: one.value for key, one in SimpleCookie(value).items()}
        return answer

    def _page(self, url: str, answer: Answer) -> Page:
        if answer.status in _REFUSALS:
            raise _REFUSALS[answer.status](f"{url}: {answer.status}", url=url)
        if answer.status >= 500:
            raise UnreachableError(f"{url}: {answer.status}", url=url)
        if answer.status >= 400 or not answer.body:
            raise PageChangedError(f"{url}: {answer.status}", url=url, status=answer.status)
        headers = {"content-type": answer.content_type} if answer.content_type else {}
        return Page(url, answer.status, headers, answer.body, self.now.astimezone(UTC))


def catalogue_portal(portal: ReplicaPortal) -> Portal:
    """The catalogue entry of a replica portal, at its real address."""
    return Portal(
        id=portal.id, name=portal.name, system=portal.system, url=portal.url, zone=portal.zone,
        options=dict(portal.portal_options),
    )  # fmt: skip


def read_by_hand(
    system: System, session: PagesSession, known: tuple[KnownCalendar, ...] = ()
) -> Reading:
    """Let a system read a portal without an event loop.

    It fails when the system waits for anything else than the session: a pause, a task, a socket.
    """
    today = session.now.astimezone(ZoneInfo(session.portal.zone)).date()
    ask = Ask(catalogue_portal(session.portal), Window.weeks_ahead(today, 9), known)
    return finish(system.fetch_portal(session, ask))


def finish(reading: Coroutine[Any, Any, Reading]) -> Reading:
    """Run a coroutine that waits for nothing."""
    try:
        waited_for = reading.send(None)
    except StopIteration as ended:
        read: Reading = ended.value
        return read
    reading.close()
    raise AssertionError(f"the system waits for something else than its session: {waited_for!r}")
