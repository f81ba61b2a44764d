"""HTTP as the replica portals see it: a question that was read whole, and an answer to send whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from typing import Protocol, runtime_checkable
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

_BODY_LIMIT_BYTES = 1_000_000
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Asked:
    """One request, its body read.

    Attributes:
        method: HTTP method; HEAD is answered like GET.
        path: Decoded path.
        query: Query string as it came.
        headers: Header fields, names in lower case; the last one of a name wins.
        body: Undecoded body.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Parameters of the query, decoded; the last one of a name wins."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """Fields of an urlencoded body; a field that is not there counts as not chosen."""
        text = self.body.decode("utf-8", errors="replace")
        return dict(parse_qsl(text, keep_blank_values=True)) if self.method == "POST" else {}

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """Cookies that were sent; a header that is no cookie header counts as none."""
        jar = SimpleCookie()
        try:
            jar.load(self.headers.get("cookie", ""))
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in jar.items()}

    @property
    def line(self) -> str:
        """Method, path, query and body in one text, for switches that look for a part of it."""
        body = self.body.decode("utf-8", errors="replace")
        return f"{self.method} {self.path}?{self.query}\n{body}"


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        body: Undecoded body.
        status: HTTP status.
        content_type: Value of the header; empty leaves the header out.
        headers: Further header fields.
        reserving: Whether a real portal might have reserved a slot for this request.
    """

    body: bytes
    status: int = 200
    content_type: str = HTML
    headers: tuple[tuple[str, str], ...] = ()
    reserving: bool = False

    def header_list(self, *, length_bytes: int | None = None) -> list[tuple[bytes, bytes]]:
        """Return the header fields for ASGI.

        Args:
            length_bytes: Content-Length to announce; that of the body when None.
        """
        length = len(self.body) if length_bytes is None else length_bytes
        fields = [("content-length", str(length)), *self.headers]
        if self.content_type:
            fields.insert(0, ("content-type", self.content_type))
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


class Pages(Protocol):
    """The pages of one replica portal: pure but for its clock and its sessions."""

    def answer(self, asked: Asked) -> Answer:
        """Draw the page that was asked for, as of now."""
        ...

    def session_lost(self, asked: Asked) -> Answer | None:
        """Draw what the portal shows when it forgot the session; None where none is needed yet."""
        ...


@runtime_checkable
class ClaimingPages(Pages, Protocol):
    """Pages that know better than folder and parameters which requests of a host are theirs."""

    def claim(self, asked: Asked) -> int:
        """Say how surely a request is for this portal; 0 is not at all, the greatest one gets it."""
        ...


async def read_asked(scope: Scope, receive: Receive) -> Asked:
    """Read one HTTP request whole; what exceeds a megabyte of body is dropped."""
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        if len(body) < _BODY_LIMIT_BYTES:
            body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    return Asked(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
    )


async def send_answer(send: Send, answer: Answer) -> None:
    """Send one answer."""
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": answer.header_list()}
    )
    await send({"type": "http.response.body", "body": answer.body})


def asgi_app(pages: Pages) -> ASGIApp:
    """Make an ASGI application of a portal's pages."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send_answer(send, pages.answer(await read_asked(scope, receive)))

    return app
