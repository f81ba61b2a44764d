"""Load the catalogue: the packaged files, then the user's overlays.

A catalogue file holds ``[[portal]]`` and ``[[host]]`` tables. An overlay's table replaces the whole earlier
one of the same id (portals) or host name (hosts); later overlays win over earlier ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from amtspuls.catalogue.portal import HostRule, Kind, Portal, Status
from amtspuls.errors import ConfigError
from amtspuls.tomlfile import TomlFile, did_you_mean, explain, first_finding, read_toml

_TABLES = ("portal", "host")
_NEAREST = 3
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Catalogue:
    """All known portals and the hosts whose gate differs from the usual one.

    Attributes:
        portals: By id, in the order of ids.
        hosts: By host name.
    """

    portals: Mapping[str, Portal]
    hosts: Mapping[str, HostRule]

    def require(self, portal_id: str) -> Portal:
        """Return one portal.

        Raises:
            ConfigError: There is none with this id; the message names the nearest ids.
        """
        try:
            return self.portals[portal_id]
        except KeyError:
            hint = did_you_mean(portal_id, self.portals, count=_NEAREST)
            raise ConfigError(
                f'no portal has the id "{portal_id}"{hint or "; see `amtspuls list`"}',
                portal=portal_id,
            ) from None

    def select(
        self,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        systems: Sequence[str] = (),
        statuses: Sequence[Status] = (),
        kinds: Sequence[Kind] = (),
    ) -> tuple[Portal, ...]:
        """Pick portals by glob patterns on their ids, by system, by status and by kind.

        Args:
            include: Patterns such as ``bonn*``; none means all portals.
            exclude: Patterns of portals to leave out.
            systems: Names of systems; none means all.
            statuses: None means all.
            kinds: None means all.

        Returns:
            Portals in the order of ids; empty when the filters together leave none.

        Raises:
            ConfigError: A pattern of ``include`` matches no portal of the catalogue.
        """
        for pattern in include:
            self._require_match(pattern)
        return tuple(
            portal
            for portal in self.portals.values()
            if (not include or _matches(portal.id, include))
            and not _matches(portal.id, exclude)
            and (not systems or portal.system in systems)
            and (not statuses or portal.status in statuses)
            and (not kinds or portal.kind in kinds)
        )

    def _require_match(self, pattern: str) -> None:
        if any(fnmatchcase(portal_id, pattern) for portal_id in self.portals):
            return
        hint = did_you_mean(pattern, self.portals, count=_NEAREST)
        raise ConfigError(
            f'no portal id matches "{pattern}"{hint or "; see `amtspuls list`"}', pattern=pattern
        )


def make_catalogue(portals: Iterable[Portal], hosts: Iterable[HostRule] = ()) -> Catalogue:
    """Build a catalogue of portals that did not come from files; a later id replaces an earlier one."""
    by_id = {portal.id: portal for portal in portals}
    return Catalogue(
        portals=MappingProxyType(dict(sorted(by_id.items()))),
        hosts=MappingProxyType({rule.host: rule for rule in hosts}),
    )


def load_catalogue(
    overlays: Sequence[Path] = (), *, check: Callable[[Portal], None] | None = None
) -> Catalogue:
    """Load the packaged catalogue and lay the user's files over it.

    Args:
        overlays: TOML files in the form of the packaged ones; later ones win.
        check: Raises ``ConfigError`` for a portal of an overlay that its system cannot use. Handed in,
            because the catalogue knows no systems.

    Raises:
        ConfigError: A file is missing or wrong; the message begins with ``file:line:``.
    """
    portals, hosts = _packaged()
    portals, hosts = dict(portals), dict(hosts)
    read: list[tuple[TomlFile, dict[str, Portal]]] = []
    for path in overlays:
        toml = read_toml(path, str(path))
        more_portals, more_hosts = read_catalogue_file(toml, check)
        read.append((toml, more_portals))
        portals.update(more_portals)
        hosts.update(more_hosts)
    for toml, more_portals in read:
        _require_successors(toml, more_portals, portals)
    return make_catalogue(portals.values(), hosts.values())


def portal_from_mapping(mapping: Mapping[str, Any], *, source: str) -> Portal:
    """Make a portal of a mapping that did not come from TOML, e.g. what a replica says of itself.

    Args:
        mapping: The keys of a ``[[portal]]`` table; days may be ISO text.
        source: Where it comes from, for messages.

    Raises:
        ConfigError: It is no valid portal; the message begins with ``source``.
    """
    try:
        return Portal.model_validate(dict(mapping))
    except ValidationError as error:
        label = f'portal "{mapping.get("id", "?")}"'
        raise ConfigError(
            f"{source}: {label}: {explain(first_finding(error), Portal)}", source=source
        ) from error


@cache
def _packaged() -> tuple[Mapping[str, Portal], Mapping[str, HostRule]]:
    portals: dict[str, Portal] = {}
    hosts: dict[str, HostRule] = {}
    folder = resources.files("amtspuls.catalogue") / "data"
    files = (entry for entry in folder.iterdir() if entry.name.endswith(".toml"))
    for file in sorted(files, key=lambda entry: entry.name):
        more_portals, more_hosts = read_catalogue_file(read_toml(file, f"catalogue/{file.name}"))
        portals.update(more_portals)
        hosts.update(more_hosts)
    return portals, hosts


def read_catalogue_file(
    toml: TomlFile, check: Callable[[Portal], None] | None = None
) -> tuple[dict[str, Portal], dict[str, HostRule]]:
    """Check one catalogue file and return its portals by id and its host rules by host name.

    Args:
        toml: The file.
        check: See ``load_catalogue``.

    Raises:
        ConfigError: The first mistake, with file and line.
    """
    for name in toml.data:
        if name not in _TABLES:
            hint = did_you_mean(name, _TABLES) or "; a catalogue has [[portal]] and [[host]]"
            raise toml.error((name,), f'unknown table "{name}"{hint}')
    portals = _read_tables(toml, Portal, "portal", "id")
    hosts = _read_tables(toml, HostRule, "host", "host")
    for index, portal in enumerate(portals.values()):
        try:
            if check:
                check(portal)
        except ConfigError as error:
            key = "system" if "system" in error.context else "id"
            raise toml.error(("portal", index, key), str(error)) from error
    return portals, hosts


def _require_successors(
    toml: TomlFile, portals: Mapping[str, Portal], known: Mapping[str, Portal]
) -> None:
    """Refuse a ``replaced_by`` that names no portal; ids of all files count, so it is checked last."""
    for index, portal in enumerate(portals.values()):
        if portal.successor_id and portal.successor_id not in known:
            hint = did_you_mean(portal.successor_id, known)
            raise toml.error(
                ("portal", index, "replaced_by"),
                f'portal "{portal.id}": "replaced_by" names no portal: "{portal.successor_id}"{hint}',
            )


def _read_tables(toml: TomlFile, model: type[_Model], table: str, key: str) -> dict[str, _Model]:
    found: dict[str, _Model] = {}
    places: dict[str, int] = {}
    for index, entry in enumerate(_require_array(toml, table)):
        path = (table, index)
        name = entry.get(key)
        label = f'{table} "{name}"' if isinstance(name, str) else f"{table} number {index + 1}"
        try:
            item = model.model_validate(entry)
        except ValidationError as error:
            raise toml.invalid(error, model, at=path, label=label) from error
        name = getattr(item, key)
        if name in found:
            line = toml.line_of((table, places[name], key))
            raise toml.error((*path, key), f"{label} is already in line {line} of this file")
        found[name] = item
        places[name] = index
    return found


def _require_array(toml: TomlFile, table: str) -> Sequence[dict[str, Any]]:
    entries = toml.data.get(table, [])
    if not isinstance(entries, list):
        raise toml.error((table,), f"write [[{table}]], with two brackets, before each {table}")
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise toml.error((table, index), f"a {table} is a table [[{table}]], not {entry!r}")
    return entries


def _matches(portal_id: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(portal_id, pattern) for pattern in patterns)
