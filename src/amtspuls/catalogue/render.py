"""Write a portal as the ``[[portal]]`` table that loads as the same portal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from amtspuls.catalogue.portal import Portal
from amtspuls.errors import ConfigError

_ALWAYS = frozenset({"id", "name", "system", "url", "status"})
_ONE_LINE = frozenset({"place"})
"""Tables that are short enough to stand in one line."""

_ONE_A_LINE = frozenset({"services"})
"""Lists of tables that are easier to read with one table a line."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_MUST_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')


def portal_mapping(portal: Portal) -> dict[str, Any]:
    """Return the keys of a portal's table in the form of JSON; defaults are left out.

    ``portal_from_mapping`` turns it back into the same portal.
    """
    fields = portal.model_dump(mode="json")
    return {key: fields[key] for key in _written_keys(portal)}


def portal_table(portal: Portal) -> str:
    """Return a complete ``[[portal]]`` table; keys that equal their default are left out.

    Raises:
        ConfigError: An option holds something that TOML cannot, such as None.
    """
    fields = portal.model_dump()
    try:
        lines = _body("portal", {key: fields[key] for key in _written_keys(portal)})
    except TypeError as error:
        raise ConfigError(f'portal "{portal.id}": {error}', portal=portal.id) from error
    return "\n".join(["[[portal]]", *lines, ""])


def to_toml(portals: Iterable[Portal]) -> str:
    """Return the text of a catalogue file with these portals."""
    return "\n".join(portal_table(portal) for portal in portals)


def _written_keys(portal: Portal) -> list[str]:
    differing = portal.model_dump(exclude_defaults=True)
    return [key for key in type(portal).model_fields if key in _ALWAYS or key in differing]


def _body(header: str, content: Mapping[str, Any]) -> list[str]:
    """Lines of a table: its own keys first, as they would otherwise belong to the table before them."""
    tables = {
        key: value
        for key, value in content.items()
        if isinstance(value, Mapping) and key not in _ONE_LINE
    }
    lines = [
        line for key, value in content.items() if key not in tables for line in _lines(key, value)
    ]
    for key, value in tables.items():
        table = f"{header}.{_key(key)}"
        lines += ["", f"[{table}]", *_body(table, value)]
    return lines


def _lines(key: str, value: object) -> list[str]:
    """The lines of a key and its value."""
    if key in _ONE_A_LINE and isinstance(value, list | tuple) and value:
        return [f"{_key(key)} = [", *(f"    {inline_value(one)}," for one in value), "]"]
    return [f"{_key(key)} = {inline_value(value)}"]


def _key(key: object) -> str:
    text = str(key)
    return text if _BARE_KEY.fullmatch(text) else _text(text)


def inline_value(value: object) -> str:
    """Return a value as TOML writes it in one line; raises TypeError for what TOML cannot hold."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case int() | float():
            return repr(value)
        case datetime() | date() | time():
            return value.isoformat()
        case list() | tuple():
            return "[" + ", ".join(map(inline_value, value)) + "]"
        case Mapping():
            pairs = ", ".join(f"{_key(key)} = {inline_value(item)}" for key, item in value.items())
            return "{ " + pairs + " }" if pairs else "{}"
        case _:
            raise TypeError(f"TOML cannot hold {value!r}")


def _text(text: str) -> str:
    def escape(match: re.Match[str]) -> str:
        mark = match.group()
        if "\ud800" <= mark <= "\udfff":
            raise TypeError(f"TOML cannot hold the text {text!r}")
        return "\\" + mark if mark in '"\\' else f"\\u{ord(mark):04x}"

    return f'"{_MUST_ESCAPE.sub(escape, text)}"'
