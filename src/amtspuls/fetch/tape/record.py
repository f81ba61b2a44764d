"""Recording: every request of a round, with the bytes that came back."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from amtspuls import __version__
from amtspuls.clock import Clock
from amtspuls.errors import AmtspulsError, OutputError
from amtspuls.fetch.robots import ROBOTS_NAME
from amtspuls.fetch.tape.file import Record, TapeFile
from amtspuls.fetch.tape.layout import ORIGINAL, TOLD, About, Ending, about_json, plain, warc_date
from amtspuls.fetch.transfer import NETWORK_ERRORS, Limits, say_error, say_too_slow
from amtspuls.model import Snapshot

AGENT = f"{ROBOTS_NAME}/{__version__}"
"""How we are called on a tape: without the contact, which is a person's address."""


class Recorder:
    """A tape that is recorded on, for the visits of one process.

    Args:
        path: See ``TapeFile``; its errors come before any request.
        clock: Dates the records.
        append: Add to a tape that exists.
    """

    def __init__(self, path: Path, clock: Clock, *, append: bool = False) -> None:
        self.clock = clock
        self._file = TapeFile(path, append=append)
        self._visits = 0
        info = (
            f"software: {AGENT}\r\nformat: WARC File Format 1.1\r\n"
            f"http-header-user-agent: {AGENT}\r\nrobots: obeyed\r\n"
        )
        fields = {"Content-Type": "application/warc-fields", "WARC-Filename": path.name}
        try:
            self.write([self.record("warcinfo", info.encode(), clock.now(), fields)])
        except BaseException:
            self.close()
            raise

    @property
    def cut_bytes(self) -> int:
        """Bytes of an unfinished last record that were cut off before recording went on."""
        return self._file.cut_bytes

    def begin(self, about: About) -> RecordedVisit:
        """Begin a visit; hand the result to ``Fetcher.session``.

        Raises:
            OutputError: The tape cannot be written.
        """
        self._visits += 1
        return RecordedVisit(self, about, self._visits)

    def leave_out(self, about: About, snapshot: Snapshot) -> None:
        """Note that a portal was not asked in this round, and why.

        Raises:
            OutputError: The tape cannot be written.
        """
        self.begin(about).end(snapshot, asked=False)

    def write(self, records: list[Record]) -> None:
        """Add records that belong together.

        Raises:
            OutputError: The tape cannot be written, now or at an earlier record.
        """
        self._file.write(records)

    def record(self, kind: str, block: bytes, at: datetime, fields: Mapping[str, str]) -> Record:
        """Make a record of ``fields`` with an id of its own."""
        named = {"WARC-Record-ID": f"<urn:uuid:{uuid.uuid4()}>", "WARC-Date": warc_date(at)}
        return Record(kind, {**named, **fields}, block)

    def close(self) -> None:
        """Finish the tape."""
        self._file.close()


class RecordedVisit:
    """One visit that is being recorded; a ``fetch.session.Line``."""

    def __init__(self, recorder: Recorder, about: About, number: int) -> None:
        self._recorder, self._about = recorder, about
        self._sequence = 0
        self._answered_at = about.taken_at
        self._fields = {
            "Amtspuls-Portal": about.portal_id,
            "Amtspuls-Visit": str(number),
            "Amtspuls-Parser": about.parser,
            "Amtspuls-Taken-At": warc_date(about.taken_at),
        }
        recorder.write([self._note("begin", about_json(about), about.taken_at)])

    def transport(self, real: Callable[[], httpx2.AsyncBaseTransport]) -> httpx2.AsyncBaseTransport:
        """Return the way to the network, with a tape beside it."""
        return _Recording(self, real(), self._about.limits)

    def check(self, request: httpx2.Request) -> None:
        """Let every request pass while the tape can be written.

        Raises:
            OutputError: It could not be written before.
        """
        self._recorder.write([])

    def not_asked(self, request: httpx2.Request, error: AmtspulsError) -> None:
        """Record that a request was not made."""
        now = self._recorder.clock.now()
        said = {"error": type(error).__name__, "message": str(error)}
        self.keep([self._request(request, now), self._failure("not-asked", said, request, now)])

    def now(self) -> datetime:
        """Return the instant, aware UTC."""
        return self._recorder.clock.now()

    def answered_at(self) -> datetime:
        """Return when the newest answer was complete, as the tape has it."""
        return self._answered_at

    def end(self, snapshot: Snapshot, *, asked: bool = True) -> None:
        """Record how the visit ended.

        Raises:
            OutputError: The tape cannot be written, now or during the visit.
        """
        ending = Ending(
            str(snapshot.outcome), snapshot.reason, snapshot.finished_at, snapshot.requests,
            snapshot.bytes, asked,
        )  # fmt: skip
        self._recorder.write([self._note("end", plain(asdict(ending)), snapshot.finished_at)])

    def done(
        self, request: httpx2.Request, began_at: datetime, came: httpx2.Response | None,
        body: bytes, failure: str,
    ) -> None:  # fmt: skip
        """Record a request and what came of it."""
        now = self._answered_at = self._recorder.clock.now()
        records = [self._request(request, began_at)]
        if came is not None:
            cut = {"WARC-Truncated": "disconnect"} if failure else {}
            records.append(self._http("response", _head(came) + body, request, now, cut))
        if failure:
            records.append(self._failure("failure", {"failure": failure}, request, now))
        self.keep(records)

    def keep(self, records: list[Record]) -> None:
        """Number and write the records of one request.

        If that fails, the next ``check`` and ``end`` say so: an answer that came is judged all the same,
        for a portal that refuses us must be left alone.
        """
        self._sequence += 1
        number = {"Amtspuls-Sequence": str(self._sequence)}
        ids = {"WARC-Concurrent-To": records[0].headers["WARC-Record-ID"]}
        numbered = [
            Record(one.kind, {**one.headers, **number, **(ids if nth else {})}, one.block)
            for nth, one in enumerate(records)
        ]
        with suppress(OutputError):
            self._recorder.write(numbered)

    def _request(self, request: httpx2.Request, at: datetime) -> Record:
        told = {"Amtspuls-Told": ",".join(sorted(request.extensions.get(TOLD, {})))}
        fields = [
            (name, AGENT.encode() if name.lower() == b"user-agent" else value)
            for name, value in request.headers.raw
        ]
        line = request.method.encode() + b" " + request.url.raw_path + b" HTTP/1.1\r\n"
        block = line + _lines(fields) + request.content
        return self._http("request", block, request, at, told)

    def _http(
        self, kind: str, block: bytes, request: httpx2.Request, at: datetime,
        more: Mapping[str, str],
    ) -> Record:  # fmt: skip
        fields = {
            "Content-Type": f"application/http; msgtype={kind}",
            "WARC-Target-URI": str(request.url),
            **self._fields,
            **more,
        }
        return self._recorder.record(kind, block, at, fields)

    def _failure(
        self, part: str, said: Mapping[str, Any], request: httpx2.Request, at: datetime
    ) -> Record:
        return self._note(part, said, at, {"WARC-Target-URI": str(request.url)})

    def _note(
        self,
        part: str,
        said: Mapping[str, Any],
        at: datetime,
        more: Mapping[str, str] | None = None,
    ) -> Record:
        fields = {
            "Content-Type": "application/json",
            "Amtspuls-Part": part,
            **self._fields,
            **(more or {}),
        }
        block = json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return self._recorder.record("metadata", block, at, fields)


class _Recording(httpx2.AsyncBaseTransport):
    """Carries requests to the network and tells a visit what came back."""

    def __init__(
        self, visit: RecordedVisit, real: httpx2.AsyncBaseTransport, limits: Limits
    ) -> None:
        self.visit, self._real, self.limits = visit, real, limits

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        began_at = self.visit.now()
        try:
            response = await self._real.handle_async_request(request)
        except asyncio.CancelledError:
            self.visit.done(request, began_at, None, b"", say_too_slow(self.limits))
            raise
        except NETWORK_ERRORS as error:
            self.visit.done(request, began_at, None, b"", say_error(error))
            raise
        response.stream = _Listening(self, request, began_at, response)
        return response

    async def aclose(self) -> None:
        """Leave the connections open: they belong to the fetcher."""


class _Listening(httpx2.AsyncByteStream):
    """A body that is written down while it is read, and recorded when it is closed."""

    def __init__(
        self, way: _Recording, request: httpx2.Request, began_at: datetime,
        response: httpx2.Response,
    ) -> None:  # fmt: skip
        self._way, self._request, self._began_at = way, request, began_at
        self._response, self._stream = response, response.stream
        self._body, self._failure, self._told = bytearray(), "", False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if not isinstance(self._stream, httpx2.AsyncByteStream):
            raise TypeError("an answer of the network is read asynchronously")
        try:
            async for chunk in self._stream:
                self._body += chunk
                yield chunk
        except asyncio.CancelledError:
            self._failure = say_too_slow(self._way.limits)
            raise
        except NETWORK_ERRORS as error:
            self._failure = say_error(error)
            raise

    async def aclose(self) -> None:
        if isinstance(self._stream, httpx2.AsyncByteStream):
            await self._stream.aclose()
        if not self._told:
            self._told = True
            self._way.visit.done(
                self._request, self._began_at, self._response, bytes(self._body), self._failure
            )


def _head(response: httpx2.Response) -> bytes:
    version = response.extensions.get("http_version", b"HTTP/1.1")
    reason = response.extensions.get("reason_phrase", b"")
    fields = [
        (ORIGINAL + name if name.lower() == b"transfer-encoding" else name, value)
        for name, value in response.headers.raw
    ]
    return b"%s %d %s\r\n" % (version, response.status_code, reason) + _lines(fields)


def _lines(fields: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%s: %s\r\n" % field for field in fields) + b"\r\n"
