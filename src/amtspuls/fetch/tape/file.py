"""The file of a tape: one gzip member for each record, whole members or none."""

from __future__ import annotations

import fcntl
import io
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from amtspuls.errors import ConfigError, OutputError, TapeError

ENDING = ".warc.gz"
VERSION = "WARC/1.1"
RECORD_LIMIT_BYTES = 64 * 1024 * 1024
"""No record of ours comes near: pages are dropped at 10 MiB. More is a damaged or a hostile file."""

_CHUNK_BYTES = 1 << 18
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record.

    Attributes:
        kind: ``WARC-Type``.
        headers: Named fields, names in lower case.
        block: Undecoded content.
        offset: Byte of the file at which its member begins.
    """

    kind: str
    headers: Mapping[str, str]
    block: bytes
    offset: int = 0


class TapeFile:
    """A tape that is being written; locked against other writers until ``close``.

    Args:
        path: Ends in ``.warc.gz``.
        append: Add to a tape that exists; what a crash left of a last member is cut off.

    Attributes:
        cut_bytes: So many bytes of an unfinished last member were cut off.
        broken: Set when a record could not be written; then nothing more is.

    Raises:
        ConfigError: The file exists (without ``append``), or is called otherwise.
        OutputError: It cannot be written, or another process records on it.
        TapeError: What shall be added to is no intact tape.
    """

    def __init__(self, path: Path, *, append: bool = False) -> None:
        if not path.name.endswith(ENDING):
            raise ConfigError(f"a tape is a {ENDING} file, {path} is called otherwise")
        self.path = path
        self.broken: OutputError | None = None
        self._stream = _open(path, append=append)
        try:
            self._end = _end_of_whole_members(self._stream, path)
            self.cut_bytes = self._stream.seek(0, os.SEEK_END) - self._end
            self._cut()
        except BaseException:
            self._stream.close()
            raise

    def write(self, records: Sequence[Record]) -> None:
        """Add records that belong together; if that fails, none of them stays.

        Raises:
            OutputError: The disk is full or gone. The tape is readable up to here.
        """
        if self.broken is not None:
            raise self.broken
        content = b"".join(map(_member, records))
        try:
            left = memoryview(content)
            while left:  # a disk that is nearly full takes a part before it says so
                left = left[self._stream.write(left) :]
        except OSError as error:
            self.broken = OutputError(
                f"{self.path} cannot be written: {error.strerror or error};"
                " what was taped before is intact",
                path=str(self.path),
            )
            self._give_up()
            raise self.broken from error
        self._end += len(content)

    def close(self) -> None:
        """Make the disk remember what was written, and let others record."""
        if not self._stream.closed:
            try:
                if self.broken is None:
                    os.fsync(self._stream.fileno())
            finally:
                self._stream.close()

    def _cut(self) -> None:
        try:
            self._stream.truncate(self._end)
            self._stream.seek(self._end)
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {error.strerror}") from error

    def _give_up(self) -> None:
        try:
            self._cut()
        except OutputError:
            return  # the reader finds the last whole member by itself


def _open(path: Path, *, append: bool) -> IO[bytes]:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | (0 if append else os.O_EXCL)
    try:
        handle = os.open(path, flags, 0o600)
    except FileExistsError:
        raise ConfigError(
            f"{path} exists: choose another name, or add --append to record behind what is on it"
        ) from None
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
    stream = os.fdopen(handle, "r+b", buffering=0)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        stream.close()
        raise OutputError(f"another process records on {path}: wait for it, or stop it") from error
    return stream


def _end_of_whole_members(stream: IO[bytes], path: Path) -> int:
    members = Members(stream, path)
    end = 0
    for start, content in members:
        if start == 0:
            require_ours(parse_record(content, 0, path), path)
        end = members.position
    return end


def require_ours(record: Record, path: Path) -> None:
    """Check that a file begins as a tape of ours does.

    Raises:
        TapeError: Another program wrote it.
    """
    if record.kind != "warcinfo" or b"software: amtspuls/" not in record.block:
        raise TapeError(f"{path} was not recorded by Amtspuls, so it cannot be read as a tape")


class Members:
    """The gzip members of a file as (offset, content), one at a time.

    Attributes:
        position: Byte behind the last whole member.
        cut_bytes: Bytes behind it that are the beginning of one more; known at the end.
    """

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream, self._path = stream, path
        self._ahead = b""
        self.position = 0
        self.cut_bytes = 0

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        while (content := self._next()) is not None:
            start, self.position = self.position, self.position + self._used
            yield start, content

    def _next(self) -> bytes | None:
        """Return the content of the next member; None at the end of the file."""
        inflate = zlib.decompressobj(_GZIP)
        content = bytearray()
        self._used = 0
        while not inflate.eof:
            data = self._ahead or self._stream.read(_CHUNK_BYTES)
            self._ahead = b""
            if not data:
                self.cut_bytes = self._used
                return None
            try:
                content += inflate.decompress(data, RECORD_LIMIT_BYTES + 1 - len(content))
            except zlib.error as error:
                raise self._damaged(str(error)) from error
            if len(content) > RECORD_LIMIT_BYTES:
                raise self._damaged("a record is larger than any of ours")
            self._ahead = inflate.unused_data
            self._used += len(data) - len(self._ahead)
        return bytes(content)

    def _damaged(self, reason: str) -> TapeError:
        return TapeError(
            f"{self._path} is damaged from byte {self.position} on ({reason}), or is no tape",
            path=str(self._path),
        )


def parse_record(content: bytes, offset: int, path: Path) -> Record:
    """Read the one record of a member.

    Raises:
        TapeError: It is no WARC record, or its block is not the one that its digest was made of.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    where = f"{path} is damaged at byte {offset}"
    try:
        found = next(iter(ArchiveIterator(io.BytesIO(content), no_record_parse=True)), None)
        if found is None or found.format != "warc":
            raise TapeError(f"{where}: no record is there")
        block = bytes(found.raw_stream.read())
    except (ArchiveLoadFailed, EOFError, ValueError, TypeError) as error:
        raise TapeError(f"{where}: {error}") from error
    headers = {name.lower(): value for name, value in found.rec_headers.headers}
    if headers.get("warc-block-digest") != _digest(block):
        raise TapeError(f"{where}: the record is not what was written")
    return Record(found.rec_type or "", headers, block, offset)


def _member(record: Record) -> bytes:
    from warcio.recordloader import ArcWarcRecord
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    fields = dict(record.headers)
    kind = fields.pop("Content-Type")
    fields["WARC-Block-Digest"] = _digest(record.block)
    if record.kind in {"request", "response"}:
        fields["WARC-Payload-Digest"] = _digest(record.block.partition(b"\r\n\r\n")[2])
    head = StatusAndHeaders("", [("WARC-Type", record.kind), *fields.items()], protocol=VERSION)
    # Handed over as one block: taken apart, the fields of HTTP would be re-encoded.
    made = ArcWarcRecord(
        "warc", record.kind, head, io.BytesIO(record.block), None, kind, len(record.block)
    )
    made.payload_length = len(record.block)
    content = io.BytesIO()
    WARCWriter(content, gzip=True, warc_version=VERSION).write_record(made)
    return content.getvalue()


def _digest(block: bytes) -> str:
    from warcio.utils import Digester

    digest: Any = Digester("sha1")
    digest.update(block)
    return str(digest)
