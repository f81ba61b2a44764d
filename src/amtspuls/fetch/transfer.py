"""One request and its answer, within limits of time and size."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpx2

from amtspuls.errors import PageChangedError, UnreachableError

_PIECE_BYTES = 1 << 18
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
NETWORK_ERRORS = (httpx2.HTTPError, httpx2.StreamError, OSError, UnicodeError)


class TapedError(httpx2.TransportError):
    """A failure that a tape holds; its text is the reason as it was given then."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may cost; real seconds, for the network does not run on a simulated clock.

    Attributes:
        connect_s: Until the connection stands, TLS included.
        read_s: Longest silence between two parts of an answer.
        total_s: The whole request; a server that drips cannot hold us longer.
        body_bytes: Size of a body after decompression.
        redirects: Redirects followed for one call.
        backoff_s: Pauses (seconds of the injected clock, before jitter) before the second, third ... attempt.
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    total_s: float = 60.0
    body_bytes: int = 10 * 1024 * 1024
    redirects: int = 5
    backoff_s: tuple[float, ...] = (2.0, 8.0)


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a call: the first one, or one that a redirect asks for.

    ``headers`` are those of ``fetch.headers``; they stay with the call when it is redirected.
    """

    method: str
    url: httpx2.URL
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, header (names in lower case) and body; the body is read for 2xx and 3xx only."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Traffic:
    """Counts what a session has caused.

    Attributes:
        requests: Requests made, those for robots.txt and retries included.
        bytes: Bytes of bodies as received, before decompression.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.bytes = 0


async def exchange(
    client: httpx2.AsyncClient,
    request: httpx2.Request,
    traffic: Traffic,
    *,
    limits: Limits,
    cut_at: int | None = None,
) -> Answer:
    """Send one request and read its answer.

    Args:
        client: Holds cookies and connections.
        request: What to send.
        traffic: Is added to.
        limits: Of time and size.
        cut_at: Read so many bytes of the body and drop the rest, instead of failing.

    Raises:
        UnreachableError: No whole answer; context ``answered`` tells whether one had begun.
        PageChangedError: The body is too large or packed in a way that nobody asked for.
    """
    traffic.requests += 1
    answered = False
    try:
        async with asyncio.timeout(limits.total_s):
            response = await client.send(request, stream=True, auth=None, follow_redirects=False)
            answered = True
            try:
                body = b""
                if 200 <= response.status_code < 400:
                    body = await _receive(
                        response, cut_at or limits.body_bytes, cut=cut_at is not None
                    )
            finally:
                traffic.bytes += response.num_bytes_downloaded
                await response.aclose()
    except TimeoutError:
        raise _unreachable(request, say_too_slow(limits), answered) from None
    except NETWORK_ERRORS as error:
        raise _unreachable(request, say_error(error), answered) from error
    return Answer(response.status_code, dict(response.headers.items()), body)


def _unreachable(request: httpx2.Request, reason: str, answered: bool) -> UnreachableError:
    host = request.url.host
    return UnreachableError(f"{host}: {reason}", url=str(request.url), host=host, answered=answered)


def say_too_slow(limits: Limits) -> str:
    """Say that a request was given up."""
    return f"no whole answer within {limits.total_s:g} s"


def say_error(error: Exception) -> str:
    """Say why there is no answer, for the message of an ``UnreachableError``."""
    if isinstance(error, TapedError):
        return str(error)
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return (
            "its certificate cannot be verified; if the office confirms it, set"
            ' tls = {verify = false, reason = "..."} for the portal'
        )
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


async def _receive(response: httpx2.Response, limit: int, *, cut: bool) -> bytes:
    unpack = _Unpacker(response)
    body = bytearray()
    async with aclosing(response.aiter_raw()) as chunks:
        async for chunk in chunks:
            for piece in unpack.feed(chunk):
                body += piece
                if len(body) > limit:
                    if cut:
                        return bytes(body[:limit])
                    raise PageChangedError(
                        f"{response.url} is larger than {limit} bytes", url=str(response.url)
                    )
    if not unpack.is_whole:
        raise httpx2.DecodingError("the packed body is cut off", request=response.request)
    return bytes(body)


def unpacked(fields: Iterable[tuple[bytes, bytes]], body: bytes) -> bytes:
    """Unpack a body that was received whole.

    Args:
        fields: Header fields of the answer.
        body: As it was received.

    Raises:
        httpx2.DecodingError: It is cut off or damaged.
        PageChangedError: It is packed in a way that nobody asked for.
    """
    request = httpx2.Request("GET", "http://tape.invalid/")
    unpack = _Unpacker(httpx2.Response(200, headers=list(fields), request=request))
    content = b"".join(unpack.feed(body)) if body else b""
    if not unpack.is_whole:
        raise httpx2.DecodingError("the packed body is cut off", request=request)
    return content


class _Unpacker:
    """Unpacks gzip and deflate in bounded pieces, so that a small body cannot become a huge one.

    httpx2 unpacks too, but does not tell whether a packed body was whole.
    """

    def __init__(self, response: httpx2.Response) -> None:
        self._request = response.request
        self._packing = response.headers.get("content-encoding", "").strip().lower()
        if self._packing not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise PageChangedError(
                f"{response.url} is packed as {self._packing!r}, which we did not offer to read",
                url=str(response.url),
            )
        self._plain = self._packing in {"", "identity"}
        self._inflate: Any = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._begun = False

    @property
    def is_whole(self) -> bool:
        """Whether the body may end here."""
        return self._plain or not self._begun or bool(self._inflate.eof)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Unpack what a chunk holds."""
        if self._plain:
            yield chunk
            return
        data, has_more = self._begin(chunk), False
        while data or has_more:
            try:
                piece = self._inflate.decompress(data, _PIECE_BYTES)
            except zlib.error as error:
                raise httpx2.DecodingError(str(error), request=self._request) from error
            if piece:
                yield piece
            data, has_more = self._inflate.unconsumed_tail, len(piece) == _PIECE_BYTES
            if self._inflate.eof:
                data, has_more = self._begin(self._inflate.unused_data), False

    def _begin(self, data: bytes) -> bytes:
        """Choose the decompressor for what follows; what comes after the last gzip member is dropped."""
        if not self._begun:
            self._begun = True
            if self._packing == "deflate" and data[0] & 0x0F != zlib.DEFLATED:
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        elif self._inflate.eof:
            if not data.startswith(_GZIP_MAGIC):
                return b""
            self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        return data
