"""``metadata.json`` beside the bundles: names, systems and addresses of the portals in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amtspuls.errors import BundleError

_CUSTOM = "custom"
_CUSTOM_SYSTEMS: Mapping[str, str] = {"impfthueringen": "impfthueringen"}
"""Systems of the portals whose metadata only says that they have one of their own."""


@dataclass(frozen=True, slots=True)
class CalendarNames:
    """What metadata.json says of one calendar.

    Attributes:
        name: Its name; the key where the file names none.
        services: Texts of its services; nameless ones are left out.
    """

    name: str
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PortalNames:
    """What metadata.json says of one portal.

    Attributes:
        name: Name for people.
        system: Its booking system (``scraper`` in the file).
        url: Its entry page.
        calendars: By calendar key (``locations`` in the file).
    """

    name: str
    system: str
    url: str
    calendars: Mapping[str, CalendarNames]


@dataclass(frozen=True, slots=True)
class Metadata:
    """A metadata.json that has been read.

    Attributes:
        path: Where it was.
        portals: By portal id.
    """

    path: Path
    portals: Mapping[str, PortalNames]

    def system(self, portal_id: str) -> str:
        """The booking system of a portal; empty for an unknown one."""
        known = self.portals.get(portal_id)
        system = known.system if known else ""
        return _CUSTOM_SYSTEMS.get(portal_id, system) if system == _CUSTOM else system


def read_metadata(path: Path) -> Metadata:
    """Read a metadata.json.

    Raises:
        BundleError: It is missing, no UTF-8, no JSON (with the line), or lacks a field (with its place).
    """
    tables = read_metadata_json(path)
    return Metadata(path, {key: _portal(path, key, table) for key, table in tables.items()})


def read_metadata_json(path: Path) -> dict[str, Any]:
    """Read a metadata.json without looking at its fields, so that it can be merged and kept.

    Raises:
        BundleError: It is missing, no UTF-8, no JSON, or no object.
    """
    try:
        tables = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}", path=str(path)) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BundleError(
            f"{path}, line {line}: is not UTF-8", path=str(path), line=line
        ) from error
    except json.JSONDecodeError as error:
        raise BundleError(
            f"{path}, line {error.lineno}: is no JSON: {error.msg}",
            path=str(path),
            line=error.lineno,
        ) from error
    if not isinstance(tables, dict):
        raise BundleError(f"{path}, line 1: must be an object of portals", path=str(path), line=1)
    return tables


def merge_metadata(known: Mapping[str, Any], portals: Mapping[str, PortalNames]) -> dict[str, Any]:
    """Lay the names of portals over what a metadata.json says already.

    Calendars and portals that are only in ``known`` stay; where both know a calendar the new name
    wins, its services only if there are any.

    Args:
        known: What ``read_metadata_json`` returned; it is left as it is.
        portals: Names by portal id.

    Returns:
        The merged file, portals by id and calendars by key.
    """
    merged = dict(known)
    for portal_id, names in portals.items():
        locations = dict(known.get(portal_id, {}).get("locations", {}))
        for key, calendar in names.calendars.items():
            before = locations.get(key, {}).get("services", [])
            locations[key] = {"name": calendar.name, "services": list(calendar.services) or before}
        merged[portal_id] = {
            "name": names.name,
            "scraper": names.system,
            "url": names.url,
            "locations": dict(sorted(locations.items())),
        }
    return dict(sorted(merged.items()))


def metadata_bytes(tables: Mapping[str, Any]) -> bytes:
    """The bytes of a metadata.json: UTF-8, readable, the same for the same content."""
    return (json.dumps(tables, ensure_ascii=False, indent=1) + "\n").encode()


def _portal(path: Path, portal_id: str, table: Any) -> PortalNames:
    name, system, url = (
        _field(path, portal_id, table, key, str) for key in ("name", "scraper", "url")
    )
    locations = _field(path, portal_id, table, "locations", dict)
    calendars = {
        key: _calendar(path, f"{portal_id}.locations.{key}", key, entry)
        for key, entry in locations.items()
    }
    return PortalNames(name, system, url, calendars)


def _calendar(path: Path, where: str, key: str, entry: Any) -> CalendarNames:
    services = _field(path, where, entry, "services", list)
    name = entry.get("name") or key
    if not isinstance(name, str) or not all(isinstance(s, str | None) for s in services):
        raise BundleError(f"{path}: {where}: name and services must be texts", path=str(path))
    return CalendarNames(name, tuple(service for service in services if service))


def _field(path: Path, where: str, table: Any, key: str, kind: type) -> Any:
    if not isinstance(table, dict) or not isinstance(table.get(key), kind):
        raise BundleError(f"{path}: {where}: {key!r} must be a {kind.__name__}", path=str(path))
    return table[key]
