"""One CSV of a weekly bundle: bytes to rows. Pure, and fast because rows repeat themselves.

Four of five rows equal the previous row of their calendar byte for byte; only the others are decoded.
Source of the format: docs/reference/bundle.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amtspuls.errors import BundleError
from amtspuls.model import Slot, slot_from_local

HEAD = ("date", "source_id", "location_id")
"""The first three columns; the slots follow."""

_HEAD_TEXT = ",".join(HEAD)
_DATE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_DATE_LENGTH = 19
_COMMA, _ONE = ord(","), ord("1")
_NEWLINE = b"\r\n"
_SHOWN_BYTES = 40


_MEMBER = re.compile(r"([a-z0-9][a-z0-9_-]*)\.csv")


def portal_of_member(name: str) -> str | None:
    """The portal whose file a member is; None for a name that is no portal's."""
    match = _MEMBER.fullmatch(name)
    return match[1] if match else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where bytes come from, so that an error can name file, member and line."""

    bundle: Path
    member: str

    def error(self, line: int, text: str) -> BundleError:
        """A ``BundleError`` that names this place and a line (1 is the header)."""
        return BundleError(
            f"{self.bundle}: {self.member}, line {line}: {text}",
            path=str(self.bundle),
            member=self.member,
            line=line,
        )


@dataclass(frozen=True, slots=True)
class RecordedPortal:
    """The rows of one portal in one week, in the order of the file.

    Equal rows share one tuple. Rows may repeat (date, calendar); nothing is merged here.

    Attributes:
        portal_id: Its id.
        columns: All slots of the file, ascending.
        times: Naive local row times, one per row.
        keys: Calendar keys, one per row.
        free: Free slots, ascending, one tuple per row.
    """

    portal_id: str
    columns: tuple[Slot, ...]
    times: tuple[datetime, ...]
    keys: tuple[str, ...]
    free: tuple[tuple[Slot, ...], ...]

    def groups(self) -> Iterator[tuple[datetime, slice]]:
        """Naive local time and rows of each group of rows that follow one another with one date."""
        start = 0
        for row in range(1, len(self.times) + 1):
            if row == len(self.times) or self.times[row] != self.times[start]:
                yield self.times[start], slice(start, row)
                start = row


def parse_portal(data: bytes, portal_id: str, place: Place) -> RecordedPortal:
    """Read the CSV of one portal.

    Args:
        data: The whole file.
        portal_id: What its ``source_id`` column must say.
        place: For error messages.

    Returns:
        Every row. A file without slot columns has rows without free slots.

    Raises:
        BundleError: Anything differs from the format; names the line.
    """
    lines = data.split(_NEWLINE)
    if lines.pop():
        raise place.error(len(lines) + 1, "the line has no CRLF at its end: the file is cut off")
    if not lines:
        raise place.error(1, "the file is empty: the header is missing")
    columns = _parse_header(lines[0], place)
    rows = _RowReader(portal_id, columns, place)
    for number, line in enumerate(islice(lines, 1, None), start=2):
        rows.read(number, line)
    return RecordedPortal(portal_id, columns, tuple(rows.times), tuple(rows.keys), tuple(rows.free))


def _parse_header(line: bytes, place: Place) -> tuple[Slot, ...]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise place.error(1, "the header is not UTF-8") from error
    if text != _HEAD_TEXT and not text.startswith(_HEAD_TEXT + ","):
        raise place.error(1, f"the header must begin with {_HEAD_TEXT!r}, not {_show(line)}")
    columns: list[Slot] = []
    for name in text.split(",")[len(HEAD) :]:
        local = _parse_local(name.encode())
        if local is None or local.second:
            raise place.error(1, f"the column {name!r} is no time in whole minutes")
        slot = slot_from_local(local)
        if columns and slot <= columns[-1]:
            raise place.error(1, f"the columns do not ascend at {name!r}")
        columns.append(slot)
    return tuple(columns)


class _RowReader:
    """Reads rows one after another and remembers what it has decoded."""

    def __init__(self, portal_id: str, columns: tuple[Slot, ...], place: Place) -> None:
        self.times: list[datetime] = []
        self.keys: list[str] = []
        self.free: list[tuple[Slot, ...]] = []
        self._place = place
        self._source = b"," + portal_id.encode("ascii")
        self._key_starts = _DATE_LENGTH + len(self._source) + 1
        self._columns: NDArray[Any] = np.array(columns, dtype=object)
        self._date, self._local = b"", datetime(1, 1, 1)
        self._names: dict[bytes, str] = {}
        self._previous: dict[bytes, tuple[bytes, tuple[Slot, ...]]] = {}
        self._decoded: dict[bytes, tuple[Slot, ...]] = {}

    def read(self, number: int, line: bytes) -> None:
        """Take one line without its end; ``number`` counts from 1, the header."""
        if line[:_DATE_LENGTH] != self._date:
            self._read_date(number, line)
        starts = self._key_starts
        if line[_DATE_LENGTH:starts] != self._source + b",":
            raise self._place.error(
                number,
                f"source_id must be {self._source[1:].decode()!r} as in the file's name,"
                f" the line is {_show(line)}",
            )
        ends = line.find(b",", starts)
        ends = len(line) if ends < 0 else ends
        raw_key, cells = line[starts:ends], line[ends:]
        known = self._previous.get(raw_key)
        if known is None or known[0] != cells:
            known = (cells, self._decode(number, cells))
            self._previous[raw_key] = known
        self.times.append(self._local)
        self.keys.append(self._names.get(raw_key) or self._read_key(number, raw_key))
        self.free.append(known[1])

    def _read_date(self, number: int, line: bytes) -> None:
        date = line[:_DATE_LENGTH]
        local = _parse_local(date)
        if local is None:
            raise self._place.error(
                number, f"the date must be YYYY-MM-DD HH:MM:SS, not {_show(date)}"
            )
        self._date, self._local = date, local

    def _read_key(self, number: int, raw_key: bytes) -> str:
        try:
            key = raw_key.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._place.error(number, "location_id is not UTF-8") from error
        if not key or '"' in key:
            raise self._place.error(number, f"{key!r} is no location_id")
        self._names[raw_key] = key
        return key

    def _decode(self, number: int, cells: bytes) -> tuple[Slot, ...]:
        found = self._decoded.get(cells)
        if found is None:
            found = self._decoded[cells] = tuple(self._columns[self._ones(number, cells)])
        return found

    def _ones(self, number: int, cells: bytes) -> NDArray[np.int64]:
        """Numbers of the columns that hold a ``1``; ``cells`` begins with a comma if there is any."""
        array = np.frombuffer(cells, dtype=np.uint8)
        places = np.flatnonzero(array == _ONE)
        commas = int(np.count_nonzero(array == _COMMA))
        columns = places - np.arange(len(places)) - 1
        if len(places) + commas != len(array) or bool((np.diff(columns) == 0).any()):
            raise self._place.error(number, _say_bad_cell(cells))
        if commas != len(self._columns):
            raise self._place.error(
                number,
                f"has {commas + len(HEAD)} fields, the header has {len(self._columns) + len(HEAD)}",
            )
        return columns


def _say_bad_cell(cells: bytes) -> str:
    for column, cell in enumerate(cells.split(b",")[1:], start=len(HEAD) + 1):
        if cell not in {b"", b"1"}:
            return f"field {column} must be 1 or empty, not {_show(cell)}"
    raise AssertionError("every cell is 1 or empty")


def _parse_local(text: bytes) -> datetime | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.decode("ascii"))
    except ValueError:
        return None


def _show(raw: bytes) -> str:
    text = raw[:_SHOWN_BYTES].decode("utf-8", errors="backslashreplace")
    return repr(text + ("…" if len(raw) > _SHOWN_BYTES else ""))
