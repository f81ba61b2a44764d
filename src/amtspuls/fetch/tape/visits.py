"""Reading a tape: the records of a file become visits again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amtspuls.errors import OutputError, TapeError
from amtspuls.fetch.tape.file import Members, Record, parse_record, require_ours
from amtspuls.fetch.tape.layout import ORIGINAL, About, Ending, Entry, Key, Received, Visit
from amtspuls.fetch.transfer import Limits
from amtspuls.model import KnownCalendar

_Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(slots=True)
class _Open:
    """A visit whose end has not come yet."""

    about: About
    entries: list[Entry] = field(default_factory=list)
    pending: list[Record] = field(default_factory=list)

    def visit(self, ending: Ending | None) -> Visit:
        self.close_entry()
        return Visit(self.about, tuple(self.entries), ending)

    def add(self, record: Record) -> None:
        if record.kind == "request":
            self.close_entry()
        self.pending.append(record)

    def close_entry(self) -> None:
        # A request alone is what a crash left: its answer was not written any more.
        if len(self.pending) > 1:
            self.entries.append(_entry(self.pending))
        self.pending = []


class Tape:
    """A tape that is read from front to back.

    Args:
        path: File that ``Recorder`` wrote.

    Attributes:
        cut_bytes: Bytes of an unfinished last record, left out; known when all visits were read.

    Raises:
        TapeError: There is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut_bytes = 0
        if not path.is_file():
            raise TapeError(f"{path} is no file: record one with `amtspuls snapshot --tape FILE`")

    def visits(self) -> Iterator[Visit]:
        """Yield the visits in the order in which they ended, those without an end last of their run.

        Only the visits that run at the same time are held in memory.

        Raises:
            TapeError: The tape is damaged; everything before was yielded.
        """
        open_visits: dict[str, _Open] = {}
        for record in self._records():
            if record.kind == "warcinfo":
                yield from (one.visit(None) for one in open_visits.values())
                open_visits = {}
                continue
            try:
                ended = _take(record, open_visits)
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                raise TapeError(
                    f"{self.path}: the record at byte {record.offset} is none of ours ({error!r})"
                ) from error
            if ended is not None:
                yield ended
        yield from (one.visit(None) for one in open_visits.values())

    def _records(self) -> Iterator[Record]:
        try:
            stream = self.path.open("rb")
        except OSError as error:
            raise OutputError(f"{self.path} cannot be read: {error.strerror or error}") from error
        with stream:
            members = Members(stream, self.path)
            for offset, content in members:
                record = parse_record(content, offset, self.path)
                if offset == 0:
                    require_ours(record, self.path)
                yield record
            self.cut_bytes = members.cut_bytes


def _take(record: Record, open_visits: dict[str, _Open]) -> Visit | None:
    """File a record; return the visit that it ends."""
    number = record.headers["amtspuls-visit"]
    part = record.headers.get("amtspuls-part", "")
    if part == "begin":
        open_visits[number] = _Open(about_from_json(json.loads(record.block)))
        return None
    if part == "end":
        said = json.loads(record.block)
        said["finished_at"] = datetime.fromisoformat(said["finished_at"])
        return open_visits.pop(number).visit(Ending(**said))
    open_visits[number].add(record)
    return None


def about_from_json(said: Mapping[str, Any]) -> About:
    """Turn the JSON of ``record.about_json`` back."""
    limits = {**said["limits"], "backoff_s": tuple(said["limits"]["backoff_s"])}
    known = tuple(
        KnownCalendar(one["key"], one["name"], datetime.fromisoformat(one["seen_at"]))
        for one in said["known"]
    )
    return About(
        portal=said["portal"],
        taken_at=datetime.fromisoformat(said["taken_at"]),
        parser=said["parser"],
        limits=Limits(**limits),
        weeks=said["weeks"],
        period_s=said["period_s"],
        known=known,
    )


def _entry(records: list[Record]) -> Entry:
    request, *rest = records
    received, failure, refusal = None, "", None
    for record in rest:
        if record.kind == "response":
            received = _received(record.block)
        else:
            said = json.loads(record.block)
            failure = said.get("failure", "")
            refusal = (said["error"], said["message"]) if "error" in said else None
    return Entry(
        key=_key(request),
        sequence=int(request.headers["amtspuls-sequence"]),
        done_at=_instant(rest[-1].headers["warc-date"]),
        received=received,
        failure=failure,
        refusal=refusal,
    )


def _key(record: Record) -> Key:
    first, fields, content = _split(record.block)
    told = set(record.headers.get("amtspuls-told", "").lower().split(",")) - {""}
    pairs = sorted(
        (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in fields
    )
    return (
        first.split(b" ")[0].decode("ascii"),
        record.headers["warc-target-uri"],
        content,
        tuple(pair for pair in pairs if pair[0] in told),
    )


def _received(block: bytes) -> Received:
    first, fields, body = _split(block)
    version, status, reason = first.split(b" ", 2)
    return Received(version.decode("ascii"), int(status), reason.decode("latin-1"), fields, body)


def _split(block: bytes) -> tuple[bytes, _Fields, bytes]:
    head, _, body = block.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    fields = []
    for line in lines:
        name, _, value = line.partition(b": ")
        fields.append((name.removeprefix(ORIGINAL), value))
    return first, tuple(fields), body


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
