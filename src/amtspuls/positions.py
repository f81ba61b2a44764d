"""Where things stand in a TOML file: the line of every table, key and array element.

``tomllib`` reads a file but forgets its lines. This scanner runs only when a mistake is to be shown, over
text that ``tomllib`` has accepted; it therefore needs to know where statements and values begin and end,
not whether they are allowed.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from contextlib import suppress

KeyPath = tuple[str | int, ...]
"""Keys and array indexes from the root: ``("portal", 2, "tls", "reason")``."""

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANKS = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|(?!""")[^\\])*"""(?:"{1,2}(?!"))?'
    r"|'''(?:(?!''').)*'''(?:'{1,2}(?!'))?"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def find_positions(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) of every table, key and array element of a valid TOML text.

    A table that is opened several times, or only implied by a longer name, stands where it was first
    named. Elements of arrays of tables carry their index: ``("portal", 0)`` is the first one's header.
    """
    return _scan(text).found


def find_break(text: str) -> int:
    """Return the line of the statement or value at which a text stops being TOML.

    For the cases in which ``tomllib`` only says that the end of the document came too early, such as a
    quote that is never closed.
    """
    return _scan(text).line


def _scan(text: str) -> _Scanner:
    scanner = _Scanner(text)
    # Text that tomllib would refuse as well: what was found so far still serves as an answer.
    with suppress(_UnexpectedError, tomllib.TOMLDecodeError, RecursionError):
        scanner.scan()
    return scanner


class _UnexpectedError(Exception):
    """The scanner met text that is no TOML."""


class _Scanner:
    """One pass over a text; ``found`` fills up on the way."""

    def __init__(self, text: str) -> None:
        self.found: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._table_counts: dict[KeyPath, int] = {}

    @property
    def line(self) -> int:
        """Line that the scanner has come to."""
        return bisect_right(self._line_starts, self._at)

    def scan(self) -> None:
        """Read all statements."""
        table: KeyPath = ()
        self._skip_gap()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip_gap()

    def _header(self) -> KeyPath:
        begin = self._at
        is_array = self._text.startswith("[[", begin)
        self._at += 2 if is_array else 1
        names = self._dotted_key()
        self._expect("]]" if is_array else "]")
        path: KeyPath = ()
        for name in names[:-1]:
            path = self._enter((*path, name), begin)
        path = (*path, names[-1])
        if is_array:
            self._note(path, begin)
            self._table_counts[path] = self._table_counts.get(path, 0) + 1
        return self._enter(path, begin)

    def _enter(self, path: KeyPath, begin: int) -> KeyPath:
        """Note a table; where it is an array of tables, step into its newest element."""
        self._note(path, begin)
        if path in self._table_counts:
            path = (*path, self._table_counts[path] - 1)
            self._note(path, begin)
        return path

    def _pair(self, table: KeyPath) -> None:
        begin = self._at
        path = table
        for name in self._dotted_key():
            path = (*path, name)
            self._note(path, begin)
        self._expect("=")
        self._skip_blanks()
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        opening = self._text[self._at : self._at + 1]
        if opening == "[":
            self._items("]", path, keyed=False)
        elif opening == "{":
            self._items("}", path, keyed=True)
        else:
            self._take(_STRING if opening in {'"', "'"} else _SCALAR)

    def _items(self, closing: str, path: KeyPath, *, keyed: bool) -> None:
        self._at += 1
        index = 0
        self._skip_gap()
        while not self._text.startswith(closing, self._at):
            if keyed:
                self._pair(path)
            else:
                self._note((*path, index), self._at)
                self._value((*path, index))
            index += 1
            self._skip_gap()
            if not self._text.startswith(closing, self._at):
                self._expect(",")
                self._skip_gap()
        self._at += 1

    def _dotted_key(self) -> list[str]:
        names = [self._key()]
        while self._text.startswith(".", self._at):
            self._at += 1
            names.append(self._key())
        return names

    def _key(self) -> str:
        self._skip_blanks()
        if self._text[self._at : self._at + 1] in {'"', "'"}:
            quoted = self._take(_STRING)
            name = str(tomllib.loads(f"key = {quoted}")["key"])
        else:
            name = self._take(_BARE_KEY)
        self._skip_blanks()
        return name

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise _UnexpectedError
        self._at = match.end()
        return match.group()

    def _expect(self, mark: str) -> None:
        if not self._text.startswith(mark, self._at):
            raise _UnexpectedError
        self._at += len(mark)

    def _skip_gap(self) -> None:
        self._take(_GAP)

    def _skip_blanks(self) -> None:
        self._take(_BLANKS)

    def _note(self, path: KeyPath, offset: int) -> None:
        self.found.setdefault(path, bisect_right(self._line_starts, offset))
