"""A round over the 104 seed portals on replicas, with the gates of the catalogue, beside what these allow.

Every real host is one replica host; the gates pause as long as they would on the network. So this takes as
long as a round takes, some minutes.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from amtspuls.archive.live import open_writer
from amtspuls.catalogue.load import load_catalogue, portal_from_mapping
from amtspuls.catalogue.portal import HostRule, Portal
from amtspuls.clock import PacedClock
from amtspuls.collect.round import Round, Taken
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.gate import DEFAULT_RULE, Gates, Pace
from amtspuls.log import configure_log
from amtspuls.settings import Settings
from benchmarks.base import Claim
from benchmarks.practice import served
from support.practice import NOW

IDS = Path(__file__).with_name("seed_portals.txt")
LATENCY_S = 0.1
TIMES = 1.3
MEMORY_MB = 300

Rules = Mapping[str, HostRule]
"""Rules by ``host:port`` of a replica."""


@dataclass(frozen=True)
class Measured:
    """What the collecting process found: seconds, its peak memory, and requests by portal id."""

    seconds: float
    peak_mb: float
    requests: dict[str, int]
    outcomes: dict[str, str]


class _HostGates(Gates):
    """Gates that take a replica's port for the host that it stands for."""

    def __init__(self, clock: PacedClock, by_port: Rules) -> None:
        super().__init__(clock, {}, {})
        self._by_port = by_port

    def _pace(self, origin: str) -> Pace:
        return _pace_of(self._by_port.get(urlsplit(origin).netloc))


class _HostRound(Round):
    """A round that does the same for its lanes; its rules are by port."""

    def _concurrency(self, portal: Portal) -> int:
        return _pace_of(self.rules.get(urlsplit(portal.url).netloc)).concurrency


def _pace_of(rule: HostRule | None) -> Pace:
    if rule is None:
        return DEFAULT_RULE
    return Pace(rule.concurrency, rule.pause_s, rule.requests_per_day)


def least_s(
    requests: Mapping[str, int], hosts: Mapping[str, str], paces: Mapping[str, Pace]
) -> float:
    """The shortest round that the gates allow, in seconds.

    A host's requests start a pause apart, or as its answers set requests free; those of one portal follow
    each other. The last answer has to come, too.

    Args:
        requests: Requests by portal id, robots.txt included.
        hosts: Host of each portal.
        paces: Gate of each host.
    """
    bounds = [0.0]
    for host in set(hosts.values()):
        pace = paces[host]
        own = [count for key, count in requests.items() if hosts[key] == host]
        apart_s = max(pace.pause_s, LATENCY_S / pace.concurrency)
        bounds.append((sum(own) - 1) * apart_s + LATENCY_S)
        bounds.append((max(own) - 1) * max(pace.pause_s, LATENCY_S) + LATENCY_S)
    return max(bounds)


async def _round(
    tables: Mapping[str, Any], by_port: Rules, folder: Path
) -> tuple[float, list[Taken]]:
    portals = [portal_from_mapping(table, source="replica") for table in tables.values()]
    clock = PacedClock(NOW)
    archive = open_writer(folder)
    try:
        async with Fetcher(
            clock, _HostGates(clock, by_port), "amtspuls/bench (practice)"
        ) as fetcher:
            job = _HostRound(clock, fetcher, archive, rules=by_port, parallel=Settings().parallel)
            began = time.perf_counter()
            taken = await job.run(portals)
            return time.perf_counter() - began, taken
    finally:
        archive.close()


def _collect(pipe: Connection, tables: Mapping[str, Any], by_port: Rules) -> None:
    """The collecting process: one round, stored."""
    configure_log()
    with tempfile.TemporaryDirectory() as folder:
        seconds, taken = asyncio.run(_round(tables, by_port, Path(folder) / "archive"))
    pipe.send(
        Measured(
            seconds,
            _peak_mb(),
            {one.portal.id: one.snapshot.requests for one in taken},
            {one.portal.id: f"{one.snapshot.outcome} {one.snapshot.reason}" for one in taken},
        )
    )


def _peak_mb() -> float:
    """Peak memory of this process since it started; what a parent had does not count."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    assert found is not None
    return int(found.group(1)) / 1024


def run(portals: list[Portal]) -> tuple[Measured, float]:
    """Take one round over replicas of some portals; also return what the gates allow, in seconds."""
    rules = load_catalogue().hosts
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with served(portals, LATENCY_S) as tables:
        real = {one.id: urlsplit(one.url).hostname or "" for one in portals}
        hosts = {key: urlsplit(table["url"]).netloc for key, table in tables.items()}
        by_port = {hosts[key]: rules[real[key]] for key in hosts if real[key] in rules}
        child = context.Process(target=_collect, args=(theirs, tables, by_port))
        child.start()
        theirs.close()
        measured = ours.recv()
        child.join()
    paces = {host: _pace_of(by_port.get(host)) for host in hosts.values()}
    return measured, least_s(measured.requests, hosts, paces)


def measure() -> list[Claim]:
    """One round over all of them."""
    lines = IDS.read_text("utf-8").splitlines()
    catalogue = load_catalogue()
    portals = [catalogue.require(line) for line in lines if not line.startswith("#")]
    measured, least = run(portals)
    failed = {key: how for key, how in measured.outcomes.items() if how.strip() != "ok"}
    assert not failed, failed
    count = sum(measured.requests.values())
    return [
        Claim(
            f"a round over the {len(portals)} seed portals with 100 ms latency each ({count} requests)",
            f"{measured.seconds:.1f} s, {measured.seconds / least:.2f} times what the gates allow"
            f" ({least:.1f} s)",
            f"{TIMES} times",
            measured.seconds <= TIMES * least,
        ),
        Claim(
            "peak memory of the process that collects them",
            f"{measured.peak_mb:.0f} MB",
            f"{MEMORY_MB} MB",
            measured.peak_mb < MEMORY_MB,
        ),
    ]
