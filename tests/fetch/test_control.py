from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest

from amtspuls.errors import ConfigError
from amtspuls.fetch.control import ReplicaInfo, fetch_replica_info
from support.http_server import HttpServer, Reply, page

CLOCK = page('{"now": "2026-01-26T06:00:00+00:00", "speed": 0}')
PORTALS = page(
    json.dumps({"portals": {"a": {"url": "http://127.0.0.1:1/", "portal": {"id": "a"}}}})
)


async def info(portals: Reply, clock: Reply) -> ReplicaInfo:
    async with HttpServer({"/portals": portals, "/clock": clock}) as server:
        return await asyncio.to_thread(fetch_replica_info, server.url(""))


async def test_replica_tells_portals_and_clock() -> None:
    got = await info(PORTALS, CLOCK)
    assert got.portals == {"a": {"id": "a"}}
    assert (got.now, got.speed) == (datetime(2026, 1, 26, 6, tzinfo=UTC), 0.0)


@pytest.mark.parametrize(
    ("portals", "clock"),
    [
        (Reply(404), CLOCK),
        (page("<html>"), CLOCK),
        (page("[]"), CLOCK),
        (page('{"portals": {"a": {}}}'), CLOCK),
        (PORTALS, page('{"now": "soon", "speed": 0}')),
        (PORTALS, page("{}")),
        (Reply(reset="before"), CLOCK),
    ],
)
async def test_what_is_no_replica_is_named(portals: Reply, clock: Reply) -> None:
    with pytest.raises(ConfigError, match="replica"):
        await info(portals, clock)


@pytest.mark.parametrize("base", ["http://192.0.2.1:80", "http://amt.example", "", "127.0.0.1:80"])
def test_a_replica_runs_on_this_machine(base: str) -> None:
    with pytest.raises(ConfigError, match="this machine"):
        fetch_replica_info(base)
