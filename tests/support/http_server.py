"""A raw HTTP/1.1 server on loopback that can also misbehave: drip, cut, reset, inflate, redirect.

It logs every request with monotonic times, so that politeness can be judged from the server's side.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit


@dataclass
class Seen:
    """One request as the server saw it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    started_at: float
    finished_at: float = float("nan")

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass(frozen=True)
class Reply:
    """What to answer, and how badly.

    Attributes:
        status: HTTP status.
        body: Bytes of the body as sent (already packed).
        headers: Further header fields; a name may occur more than once.
        framing: "length", "chunked" or "close" (body ends with the connection).
        wait_s: Pause before the status line.
        drip_s: Pause after every byte of the body.
        cut_at: Close the connection after so many bytes of the body.
        reset: Reset the connection: "before" the status line or "within" the body.
    """

    status: int = 200
    body: bytes = b"<html>ok</html>"
    headers: tuple[tuple[str, str], ...] = ()
    framing: str = "length"
    wait_s: float = 0.0
    drip_s: float = 0.0
    cut_at: int | None = None
    reset: str = ""


NOT_FOUND = Reply(404, b"none")
Answering = Reply | list[Reply] | Callable[[Seen], Reply]


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status, b"", (("Location", location),))


def page(text: str, **kwargs: str) -> Reply:
    return Reply(body=text.encode(), headers=tuple(kwargs.items()))


@dataclass
class HttpServer:
    """Serves ``answers`` by path; a list is used up one by one, its last one stays.

    ``host`` is only the name in the addresses that ``url`` gives; it listens on 127.0.0.1.
    """

    answers: Mapping[str, Answering] = field(default_factory=dict)
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    busiest: int = 0

    async def __aenter__(self) -> Self:
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = 0
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, target: str = "/") -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}{target}"

    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    def pages(self) -> list[Seen]:
        """Requests other than those for robots.txt."""
        return [seen for seen in self.seen if seen.path != "/robots.txt"]

    def gaps_s(self) -> list[float]:
        """Seconds from the start of each request to the start of the next."""
        starts = sorted(seen.started_at for seen in self.seen)
        return [later - earlier for earlier, later in itertools.pairwise(starts)]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        task = asyncio.create_task(self._serve(reader, writer, len(self._writers)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> None:
        try:
            while (seen := await _read_request(reader, connection)) is not None:
                self.seen.append(seen)
                self._open += 1
                self.busiest = max(self.busiest, self._open)
                try:
                    kept = await _send(writer, self._reply(seen))
                finally:
                    self._open -= 1
                    seen.finished_at = time.monotonic()
                if not kept:
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _reply(self, seen: Seen) -> Reply:
        answering = self.answers.get(seen.path, NOT_FOUND)
        if isinstance(answering, Reply):
            return answering
        if isinstance(answering, list):
            return answering.pop(0) if len(answering) > 1 else answering[0]
        return answering(seen)


async def _read_request(reader: asyncio.StreamReader, connection: int) -> Seen | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    started_at = time.monotonic()
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.split(":", 1) for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, target, headers, body, connection, started_at)


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> bool:
    """Answer one request; whether the connection stays open."""
    if reply.wait_s:
        await asyncio.sleep(reply.wait_s)
    if reply.reset == "before":
        _reset(writer)
        return False
    writer.write(_head(reply))
    body = reply.body if reply.cut_at is None else reply.body[: reply.cut_at]
    for part in _parts(body, reply):
        writer.write(part)
        await writer.drain()
        if reply.drip_s:
            await asyncio.sleep(reply.drip_s)
    if reply.reset == "within":
        _reset(writer)
        return False
    if reply.framing == "chunked" and reply.cut_at is None:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return reply.cut_at is None and reply.framing != "close"


def _head(reply: Reply) -> bytes:
    fields = list(reply.headers)
    if reply.framing == "length" and reply.status not in (204, 304):
        fields.append(("Content-Length", str(len(reply.body))))
    if reply.framing == "chunked":
        fields.append(("Transfer-Encoding", "chunked"))
    if reply.framing == "close":
        fields.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {reply.status} X", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _parts(body: bytes, reply: Reply) -> Iterable[bytes]:
    size = 1 if reply.drip_s else 1 << 16
    for start in range(0, len(body), size):
        part = body[start : start + size]
        yield b"%x\r\n%s\r\n" % (len(part), part) if reply.framing == "chunked" else part


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN: what a firewall or a crashed worker does."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
