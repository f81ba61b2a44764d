"""Which portal of a real host a request is for, and under which address the replica serves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from amtspuls.errors import ConfigError
from amtspuls.replica.availability import ReplicaPortal
from amtspuls.replica.wire import Answer, Asked, ClaimingPages, Pages

_OTHER_NAMES: Mapping[str, str] = {"anr": "anlagennr"}
"""Parameters that a system writes differently in its links."""


@dataclass(frozen=True, slots=True)
class ServedPortal:
    """A portal, its pages, and how its requests are told from others on the same host."""

    portal: ReplicaPortal
    pages: Pages
    folder: str
    marks: frozenset[tuple[str, str]]


class ReplicaHost:
    """One real host: its portals and its robots.txt."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.portals: list[ServedPortal] = []

    def add(self, portal: ReplicaPortal, pages: Pages) -> bool:
        """Add a portal; False when it cannot be told from one that is there already."""
        parts = urlsplit(portal.url)
        marks = frozenset(_marks(parse_qsl(parts.query, keep_blank_values=True)))
        served = ServedPortal(portal, pages, _folder(parts.path), marks)
        if any(has.folder == served.folder and has.marks == marks for has in self.portals):
            return False
        self.portals.append(served)
        return True

    def find(self, asked: Asked) -> ServedPortal | None:
        """Return the portal that a request is for: who claims it most, or whom its parameters name."""
        claims = [
            (has.pages.claim(asked), has)
            for has in self.portals
            if isinstance(has.pages, ClaimingPages)
        ]
        sure, claimant = max(claims, key=lambda claim: claim[0], default=(0, None))
        return claimant if sure else self._named(asked)

    def _named(self, asked: Asked) -> ServedPortal | None:
        given = frozenset(_marks(asked.parameters.items()))
        folder = _folder(asked.path)
        plain = (has for has in self.portals if not isinstance(has.pages, ClaimingPages))
        fitting = (has for has in plain if has.folder == folder and has.marks <= given)
        return max(fitting, key=lambda has: len(has.marks), default=None)

    def robots(self) -> Answer:
        """Return robots.txt: 404 unless a portal's variant ``robots`` is a text or a status."""
        for served in self.portals:
            rule = served.portal.variant.get("robots")
            if isinstance(rule, str):
                return Answer(rule.encode(), content_type="text/plain")
            if isinstance(rule, int):
                return Answer(b"", status=rule, content_type="text/plain")
        return not_found()


def group_by_host(portals: Iterable[tuple[ReplicaPortal, Pages]]) -> list[ReplicaHost]:
    """Sort portals by real host; two that share one address get hosts of their own.

    Raises:
        ConfigError: A portal's address has no host.
    """
    hosts: list[ReplicaHost] = []
    for portal, pages in portals:
        name = urlsplit(portal.url).hostname
        if not name:
            raise ConfigError(f"replica portal {portal.id}: {portal.url!r} is no web address")
        if not any(host.name == name and host.add(portal, pages) for host in hosts):
            host = ReplicaHost(name)
            host.add(portal, pages)
            hosts.append(host)
    return hosts


def loopback_url(url: str, host: str, port: int) -> str:
    """Return a portal's address with scheme, host and port of the replica."""
    parts = urlsplit(url)
    return urlunsplit(("http", f"{host}:{port}", parts.path or "/", parts.query, ""))


def not_found() -> Answer:
    """Return the answer for an address that nothing is served under."""
    return Answer(b"<html><body><h1>Not Found</h1></body></html>\n", status=404)


def _folder(path: str) -> str:
    """The script may be left out: its folder is what counts."""
    return path.rpartition("/")[0] if path.endswith(".php") else path.rstrip("/")


def _marks(parameters: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return ((_OTHER_NAMES.get(name, name), value) for name, value in parameters)
