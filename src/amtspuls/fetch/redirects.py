"""Where a request may go: the hosts of its portal, over http or https, and nowhere else."""

from __future__ import annotations

import httpx2

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import PageChangedError
from amtspuls.fetch.transfer import Answer, Hop

_KEEPS_METHOD = frozenset({307, 308})
_REDIRECTS = frozenset({301, 302, 303}) | _KEEPS_METHOD


class Territory:
    """The hosts of one portal. A host is allowed on every port: replicas live on many."""

    def __init__(self, portal: Portal) -> None:
        self._portal_id = portal.id
        self._hosts = frozenset(_ascii_host(host) for host in portal.allowed_hosts)

    def require_inside(self, url: str | httpx2.URL) -> httpx2.URL:
        """Return the address as an object.

        Raises:
            PageChangedError: It is no http(s) address, carries a user name, or lies on another host.
        """
        try:
            target = httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise PageChangedError(f"{url!r} is no address: {error}", url=str(url)) from error
        if target.scheme not in {"http", "https"} or target.userinfo or not _is_port(target.port):
            raise PageChangedError(f"{target} is no plain http(s) address", url=str(target))
        if target.raw_host not in self._hosts:
            raise PageChangedError(
                f"the portal {self._portal_id} leads to {target}; if that host belongs to it, add it to"
                " hosts in the catalogue",
                url=str(target),
                host=target.host,
            )
        return target

    def next_hop(self, hop: Hop, answer: Answer) -> Hop | None:
        """Return the request that a redirect asks for; None when the answer is none.

        After 301, 302 and 303 a POST becomes a GET, after 307 and 308 it stays one.

        Raises:
            PageChangedError: It leads outside, from https to http, or nowhere.
        """
        if answer.status not in _REDIRECTS:
            return None
        location = answer.headers.get("location", "")
        if not location:
            raise PageChangedError(
                f"{hop.url} answers {answer.status} without saying where to go", url=str(hop.url)
            )
        try:
            target = self.require_inside(hop.url.join(location))
        except httpx2.InvalidURL as error:
            raise PageChangedError(
                f"{hop.url} leads to {location!r}, which is no address", url=str(hop.url)
            ) from error
        if hop.url.scheme == "https" and target.scheme == "http":
            raise PageChangedError(
                f"{hop.url} leads to {target}, which is not encrypted any more", url=str(hop.url)
            )
        if answer.status in _KEEPS_METHOD:
            return Hop(hop.method, target, hop.content, hop.headers)
        return Hop("GET", target, headers=hop.headers)


def _ascii_host(host: str) -> bytes:
    return httpx2.URL(scheme="http", host=host).raw_host


def _is_port(port: int | None) -> bool:
    return port is None or 0 < port < 65_536
