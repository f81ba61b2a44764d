"""TOML files that people write: read them, and say exactly which line is wrong.

Catalogue and settings share this; every mistake becomes a ``ConfigError`` that begins with
``file:line:``.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from amtspuls.errors import ConfigError
from amtspuls.positions import KeyPath, find_break, find_positions

_SYNTAX_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
_SYNTAX_END = " (at end of document)"
_VALUE_SHOWN_CHARS = 60
_WRONG_TYPE = {
    "string_type": "must be text in quotes",
    "path_type": "must be a path in quotes",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "tuple_type": "must be a list in brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table",
}
"""What pydantic calls a wrong type, in the words of TOML."""


class ReadsBytes(Protocol):
    """A file on disk or inside the installed package (``Path`` and ``Traversable`` are some)."""

    def read_bytes(self) -> bytes:
        """Return the whole file."""
        ...


@dataclass(frozen=True)
class TomlFile:
    """A TOML file that was read.

    Attributes:
        name: What messages call it: the path as the user gave it.
        text: Its text, with line feeds only.
        data: Its content.
    """

    name: str
    text: str
    data: Mapping[str, Any]

    @cached_property
    def _lines(self) -> Mapping[KeyPath, int]:
        return find_positions(self.text)

    def line_of(self, path: KeyPath) -> int:
        """Return the line of a key or table, or of the innermost table around it that is written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 1

    def error(self, path: KeyPath, message: str) -> ConfigError:
        """Make an error that names this file and the line of ``path``."""
        line = self.line_of(path)
        return ConfigError(f"{self.name}:{line}: {message}", path=self.name, line=line)

    def invalid(
        self, error: ValidationError, model: type[BaseModel], *, at: KeyPath = (), label: str = ""
    ) -> ConfigError:
        """Turn pydantic's findings into one error: the first mistake in the order of the file.

        Args:
            error: What pydantic found.
            model: Model that was to be filled; its fields are proposed for unknown keys.
            at: Where the table stands in the file.
            label: What the table is called in the message, e.g. ``portal "demo"``.
        """
        first = first_finding(error, lambda loc: self.line_of((*at, *loc)))
        message = explain(first, model)
        return self.error((*at, *first["loc"]), f"{label}: {message}" if label else message)


def read_toml(file: ReadsBytes, name: str) -> TomlFile:
    """Read a TOML file.

    Args:
        file: What to read.
        name: What messages call it.

    Raises:
        ConfigError: It is missing, unreadable, not UTF-8 or no TOML; with the line where there is one.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{name}: cannot be read: {error.strerror or error}", path=name
        ) from error
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{name}:{line}: is not UTF-8: save the file in that encoding", path=name, line=line
        ) from error
    return parse_toml(text, name)


def parse_toml(text: str, name: str) -> TomlFile:
    """Parse TOML text; see ``read_toml``."""
    try:
        return TomlFile(name, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        match = _SYNTAX_LINE.search(message)
        line = int(match.group(1)) if match else find_break(text)
        message = _SYNTAX_LINE.sub("", message).removesuffix(_SYNTAX_END)
        raise ConfigError(f"{name}:{line}: is no TOML: {message}", path=name, line=line) from error
    except RecursionError as error:
        raise ConfigError(f"{name}: is nested too deeply", path=name) from error


def did_you_mean(word: str, known: Iterable[str], *, count: int = 1) -> str:
    """Return ``; did you mean "x"?`` with the nearest known words, or nothing when none is near."""
    near = difflib.get_close_matches(word, list(known), n=count, cutoff=0.6)
    if not near:
        return ""
    return "; did you mean " + " or ".join(f'"{candidate}"' for candidate in near) + "?"


def first_finding(error: ValidationError, order: Callable[[KeyPath], int] = len) -> ErrorDetails:
    """Pick the finding to show: an unknown key says more than the missing one that it was meant for."""
    findings = error.errors(include_url=False)
    return min(findings, key=lambda found: (found["type"] == "missing", order(found["loc"])))


def explain(finding: ErrorDetails, model: type[BaseModel]) -> str:
    """Say one of pydantic's findings in the words of somebody who writes TOML."""
    key = ".".join(str(part) for part in finding["loc"] if part != "[key]")
    match finding["type"]:
        case "extra_forbidden":
            known = _fields_around(model, finding["loc"])
            unknown = str(finding["loc"][-1])
            return f'unknown key "{key}"{did_you_mean(unknown, known)}'
        case "missing":
            return f'"{key}" is missing'
        case "literal_error":
            return f'"{key}" must be {_expected(finding)}, not {_shown(finding["input"])}'
        case "value_error" | "assertion_error":
            reason = finding["msg"].partition(", ")[2]
            return f'"{key}" {reason}' if key else reason
        case kind if kind in _WRONG_TYPE:
            return f'"{key}" {_WRONG_TYPE[kind]}, not {_shown(finding["input"])}'
        case _:
            reason = finding["msg"][:1].lower() + finding["msg"][1:]
            return f'"{key}": {reason}, not {_shown(finding["input"])}'


def _expected(finding: ErrorDetails) -> str:
    return str(finding.get("ctx", {}).get("expected", "another value"))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _VALUE_SHOWN_CHARS else text[:_VALUE_SHOWN_CHARS] + "…"


def _fields_around(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the field names of the (sub-)model in which ``loc`` was found."""
    for part in loc[:-1]:
        field = model.model_fields.get(str(part))
        if field is None:
            break
        for candidate in _types_in(field.annotation):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
    return list(model.model_fields)


def _types_in(annotation: Any) -> Iterator[Any]:
    """An annotation and all that stands in its brackets."""
    yield annotation
    for part in get_args(annotation):
        yield from _types_in(part)
