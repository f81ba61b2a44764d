"""Which systems there are: every distribution may bring some through an entry point."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType

from amtspuls.errors import ConfigError
from amtspuls.systems.base import System

ENTRY_POINT_GROUP = "amtspuls.systems"


@cache
def load_systems() -> Mapping[str, System]:
    """Return all registered systems by name.

    Raises:
        ConfigError: Two distributions bring the same name, or one does not load.
    """
    found: dict[str, System] = {}
    for entry in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: e.name):
        if entry.name in found:
            raise ConfigError(
                f"two installed packages bring the system {entry.name!r}: remove one of them",
                system=entry.name,
            )
        try:
            found[entry.name] = entry.load()
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"the system {entry.name!r} does not load: {error}", system=entry.name
            ) from error
    return MappingProxyType(found)


def require_system(name: str) -> System:
    """Return one system.

    Raises:
        ConfigError: No installed package brings it.
    """
    systems = load_systems()
    try:
        return systems[name]
    except KeyError:
        raise ConfigError(
            f"no system is called {name!r}; there are: {', '.join(systems)}", system=name
        ) from None
