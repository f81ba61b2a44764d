"""One CSV of a weekly bundle: bytes to arrays. Pure, and fast because rows repeat themselves.

Four of five rows equal the previous row of their calendar byte for byte: they are only compared; the others
are decoded. Source of the format: docs/reference/bundle.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amtspuls.errors import BundleError
from amtspuls.model import Slot, slot_from_local

HEAD = ("date", "source_id", "location_id")
"""The first three columns; the slots follow."""

_HEAD_TEXT = ",".join(HEAD)
_DATE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_DATE_LENGTH = 19
_EPOCH = datetime(1970, 1, 1)
_SECOND = timedelta(seconds=1)
_ONE = ord("1")
_CUT_OFF = "the line has no CRLF at its end: the file is cut off"
_NEWLINE = b"\r\n"
_SHOWN_BYTES = 40


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
class ScannedPortal:
    """The rows of one portal in one week as arrays, in the order of the file.

    Attributes:
        portal_id: Its id.
        columns: All slots of the file, ascending.
        dates: Date of each group of rows that follow one another with one date: seconds of naive
            local time since 1970-01-01 00:00.
        keys: Calendar keys by first appearance.
        group: For each row the number of its date.
        key: For each row the number of its key.
        state: For each row the number of its cells in ``states``.
        states: Numbers of the columns that are free, ascending. Rows with equal cells share one.
    """

    portal_id: str
    columns: NDArray[np.int32]
    dates: NDArray[np.int64]
    keys: tuple[str, ...]
    group: NDArray[np.int32]
    key: NDArray[np.int32]
    state: NDArray[np.int32]
    states: tuple[NDArray[np.int64], ...]


def scan_portal(data: bytes, portal_id: str, place: Place) -> ScannedPortal:
    """Read the CSV of one portal into arrays: the fast way.

    Args:
        data: The whole file.
        portal_id: What its ``source_id`` column must say.
        place: For error messages.

    Returns:
        Every row. A file without slot columns has rows without free slots.

    Raises:
        BundleError: Anything differs from the format; names the line.
    """
    ends = data.find(_NEWLINE)
    if ends < 0:
        raise place.error(1, _CUT_OFF if data else "the file is empty: the header is missing")
    columns = _parse_header(data[:ends], place)
    scanner = _Scanner(data, portal_id, len(columns), place)
    scanner.scan(ends + len(_NEWLINE))
    lengths = np.diff([*scanner.starts, len(scanner.key)])
    return ScannedPortal(
        portal_id=portal_id,
        columns=np.array(columns, dtype=np.int32),
        dates=np.array(scanner.dates, dtype=np.int64),
        keys=tuple(scanner.keys),
        group=np.repeat(np.arange(len(lengths), dtype=np.int32), lengths),
        key=np.array(scanner.key, dtype=np.int32),
        state=np.array(scanner.state, dtype=np.int32),
        states=tuple(scanner.states),
    )


def _parse_header(line: bytes, place: Place) -> tuple[Slot, ...]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise place.error(1, "the header is not UTF-8") from error
    if text != _HEAD_TEXT and not text.startswith(_HEAD_TEXT + ","):
        raise place.error(1, f"the header must begin with {_HEAD_TEXT!r}, not {_show(line)}")
    columns: list[Slot] = []
    for name in text.split(",")[len(HEAD) :]:
        slot = _parse_column(name)
        if slot is None:
            raise place.error(1, f"the column {name!r} is no time in whole minutes")
        if columns and slot <= columns[-1]:
            raise place.error(1, f"the columns do not ascend at {name!r}")
        columns.append(slot)
    return tuple(columns)


@lru_cache(maxsize=1 << 16)
def _parse_column(name: str) -> Slot | None:
    local = _parse_local(name.encode())
    return None if local is None or local.second else slot_from_local(local)


class _Known(NamedTuple):
    """The newest row of a calendar: all that follows its key, CRLF included, and the numbers of both."""

    tail: bytes
    key: int
    state: int


class _Scanner:
    """Goes through the rows once; a row that equals its calendar's previous one is only compared."""

    def __init__(self, data: bytes, portal_id: str, columns: int, place: Place) -> None:
        self.dates: list[int] = []
        self.keys: list[str] = []
        self.starts: list[int] = []
        self.key: list[int] = []
        self.state: list[int] = []
        self.states: list[NDArray[np.int64]] = []
        self._data, self._columns, self._place = data, columns, place
        self._source = b"," + portal_id.encode("ascii") + b","
        self._known: dict[bytes, _Known] = {}
        self._numbers: dict[bytes, int] = {}
        self._counting = np.arange(1, columns + 2)

    def scan(self, begins: int) -> None:
        """Take all rows from the place of the first one on."""
        data, known_keys = self._data, self._known
        take_key, take_state = self.key.append, self.state.append
        ends_key = b"," if self._columns else b"\r"
        # The first bytes of a row up to its key: the same in all rows of one date.
        head, length = b"\n", _DATE_LENGTH + len(self._source)
        while begins < len(data):
            if not data.startswith(head, begins):
                head = self._read_head(begins)
            starts = begins + length
            ends = data.find(ends_key, starts)
            known = known_keys.get(data[starts:ends])
            if known is None or not data.startswith(known.tail, ends):
                known, ends = self._read_row(starts)
            take_key(known.key)
            take_state(known.state)
            begins = ends + len(known.tail)

    def _read_head(self, begins: int) -> bytes:
        """Take the date of a row, which begins a group, and check the portal's id."""
        line = self._line(begins)
        date = line[:_DATE_LENGTH]
        local = _parse_local(date)
        if local is None:
            raise self._error(f"the date must be YYYY-MM-DD HH:MM:SS, not {_show(date)}")
        head = date + self._source
        if not line.startswith(head):
            raise self._error(
                f"source_id must be {self._source[1:-1].decode()!r} as in the file's name,"
                f" the line is {_show(line)}"
            )
        second = (local - _EPOCH) // _SECOND
        if not self.dates or self.dates[-1] != second:
            self.dates.append(second)
            self.starts.append(len(self.key))
        return head

    def _read_row(self, starts: int) -> tuple[_Known, int]:
        """Take a row that differs from its calendar's previous one; its key starts at ``starts``."""
        rest = self._line(starts)
        raw_key, comma, cells = rest.partition(b",")
        before = self._known.get(raw_key)
        key = self._read_key(raw_key) if before is None else before.key
        tail = comma + cells + _NEWLINE
        known = self._known[raw_key] = _Known(tail, key, self._read_state(comma + cells))
        return known, starts + len(raw_key)

    def _read_key(self, raw_key: bytes) -> int:
        try:
            key = raw_key.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._error("location_id is not UTF-8") from error
        if not key or '"' in key:
            raise self._error(f"{key!r} is no location_id")
        self.keys.append(key)
        return len(self.keys) - 1

    def _read_state(self, cells: bytes) -> int:
        number = self._numbers.get(cells)
        if number is None:
            self.states.append(self._ones(cells))
            number = self._numbers[cells] = len(self.states) - 1
        return number

    def _ones(self, cells: bytes) -> NDArray[np.int64]:
        """Numbers of the columns that hold a ``1``; ``cells`` begins with a comma if there is any.

        Every byte before the k-th ``1`` is a comma or an earlier ``1``, so its place tells its column.
        """
        places = np.flatnonzero(np.frombuffer(cells, dtype=np.uint8) == _ONE)
        commas = cells.count(b",")
        if len(places) + commas != len(cells) or b"11" in cells:
            raise self._error(_say_bad_cell(cells))
        if commas != self._columns:
            raise self._error(
                f"has {commas + len(HEAD)} fields, the header has {self._columns + len(HEAD)}"
            )
        return places - self._counting[: len(places)]

    def _line(self, begins: int) -> bytes:
        """The rest of the line without its end."""
        ends = self._data.find(_NEWLINE, begins)
        if ends < 0:
            raise self._error(_CUT_OFF)
        return self._data[begins:ends]

    def _error(self, text: str) -> BundleError:
        """An error in the row that is being taken."""
        return self._place.error(len(self.key) + 2, text)


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
