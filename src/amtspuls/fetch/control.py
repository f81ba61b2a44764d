"""Asking a replica what it serves; the only requests that no gate guards, and they never leave loopback."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from amtspuls.errors import ConfigError

_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class ReplicaInfo:
    """What a replica says of itself.

    Attributes:
        base: Its control address.
        portals: A complete ``[[portal]]`` table by id, with the replica's address.
        now: Its clock, aware UTC.
        speed: Simulated seconds per real second; 0 when its clock stands still.
    """

    base: str
    portals: dict[str, dict[str, Any]]
    now: datetime
    speed: float


def fetch_replica_info(base: str) -> ReplicaInfo:
    """Ask a replica for its portals and its clock.

    Args:
        base: Control address as printed by ``amtspuls replica``, e.g. ``http://127.0.0.1:8123``.

    Raises:
        ConfigError: It is not on loopback, does not answer, or answers something else.
    """
    _require_loopback(base)
    try:
        with httpx2.Client(base_url=base, timeout=_LIMIT_S, trust_env=False) as client:
            portals = client.get("/portals").raise_for_status().json()
            clock = client.get("/clock").raise_for_status().json()
        return ReplicaInfo(
            base=base,
            portals={key: entry["portal"] for key, entry in portals["portals"].items()},
            now=datetime.fromisoformat(clock["now"]),
            speed=float(clock["speed"]),
        )
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ConfigError(
            f"no replica answers at {base} ({error}); start one with: amtspuls replica", base=base
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"what answers at {base} is no replica of Amtspuls", base=base) from error


def _require_loopback(base: str) -> None:
    host = urlsplit(base).hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigError(
            f"a replica runs on this machine, {base!r} does not: give the address that `amtspuls replica` printed",
            base=base,
        )
