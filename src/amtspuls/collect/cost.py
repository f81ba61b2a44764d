"""What a round costs each host, and how often its gate lets a round through; pure.

All portals of a host share its gate. Rules: docs/politeness.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from amtspuls.archive.base import ArchiveReader
from amtspuls.catalogue.portal import HostRule, Portal
from amtspuls.fetch.gate import DEFAULT_RULE, Pace, origin_of
from amtspuls.fetch.robots import wanted_delay_s
from amtspuls.model import HostState, Outcome
from amtspuls.systems.cost import estimate_requests

_SECONDS_PER_DAY = 86_400
_SECONDS_PER_MINUTE = 60

ANSWER_S = 0.5
"""Seconds that an answer is taken to need: with few requests at a time, waiting for it is a pause too."""


def host_of(portal: Portal) -> str:
    """Host name and port of a portal's entry page: portals that share it share a gate."""
    return urlsplit(portal.url).netloc


@dataclass(frozen=True, slots=True)
class PortalCost:
    """What one snapshot of a portal costs.

    Attributes:
        portal: Which one.
        requests: Requests, measured or estimated.
        is_measured: Whether they are those of its newest snapshot.
        request_s: Seconds that one request takes up at its host's gate.
    """

    portal: Portal
    requests: int
    is_measured: bool
    request_s: float

    @property
    def shortest_s(self) -> float:
        """Shortest period in seconds if the portal were alone on its host."""
        return self.requests * self.request_s


@dataclass(frozen=True, slots=True)
class HostCost:
    """What one round costs a host.

    Attributes:
        host: Host name and port.
        pace: Its gate, with the pause that robots.txt wants where that is longer.
        portals: Its portals.
    """

    host: str
    pace: Pace
    portals: tuple[PortalCost, ...]

    @property
    def requests(self) -> int:
        """Requests of a round."""
        return sum(cost.requests for cost in self.portals)

    @property
    def shortest_s(self) -> float:
        """Shortest period in seconds with which all its portals can be asked."""
        return sum(cost.shortest_s for cost in self.portals)


def seconds_per_request(pace: Pace) -> float:
    """Seconds of a period that one request takes up: by pause, by waiting for answers, by the day's budget."""
    return max(pace.pause_s, ANSWER_S / pace.concurrency, _SECONDS_PER_DAY / pace.requests_per_day)


def whole_minutes(seconds: float) -> int:
    """Minutes of a period that is long enough, at least one."""
    return max(1, math.ceil(round(seconds, 6) / _SECONDS_PER_MINUTE))


def host_costs(
    portals: Iterable[Portal],
    measured: Mapping[str, int],
    rules: Mapping[str, HostRule],
    states: Mapping[str, HostState] | None = None,
) -> list[HostCost]:
    """Sort portals by host and say what a round over them costs each.

    Args:
        portals: All that are asked.
        measured: Requests of each portal's newest snapshot, by id; others are estimated.
        rules: Gates that differ from the usual one, by host name.
        states: What is remembered of origins: the pauses that their robots.txt want.
    """
    by_host: dict[str, list[Portal]] = {}
    for portal in portals:
        by_host.setdefault(host_of(portal), []).append(portal)
    return [
        _host_cost(host, group, measured, rules, states or {}) for host, group in by_host.items()
    ]


def measured_requests(reader: ArchiveReader, portals: Iterable[Portal]) -> dict[str, int]:
    """Requests of the newest answered snapshot of each portal that an archive has one of, by id.

    Those that came from bundles do not say how many there were.
    """
    there = {record.portal_id for record in reader.portals()}
    found: dict[str, int] = {}
    for portal in portals:
        if portal.id not in there:
            continue
        columns = reader.snapshots(portal.id)
        for outcome, requests in zip(columns.outcome[::-1], columns.requests[::-1], strict=True):
            if Outcome(outcome).answered and requests >= 0:
                found[portal.id] = int(requests)
                break
    return found


def _host_cost(
    host: str,
    portals: Sequence[Portal],
    measured: Mapping[str, int],
    rules: Mapping[str, HostRule],
    states: Mapping[str, HostState],
) -> HostCost:
    pace = _pace(portals, rules, states)
    request_s = seconds_per_request(pace)
    costs = tuple(
        PortalCost(
            portal,
            measured.get(portal.id, 0) or estimate_requests(portal),
            bool(measured.get(portal.id)),
            request_s,
        )
        for portal in portals
    )
    return HostCost(host, pace, costs)


def _pace(
    portals: Sequence[Portal], rules: Mapping[str, HostRule], states: Mapping[str, HostState]
) -> Pace:
    rule = rules.get(urlsplit(portals[0].url).hostname or "")
    pace = (
        Pace(rule.concurrency, rule.pause_s, rule.requests_per_day)
        if rule is not None
        else DEFAULT_RULE
    )
    origins = {origin_of(portal.url) for portal in portals}
    delays = [wanted_delay_s(states[origin]) for origin in origins if origin in states]
    return replace(pace, pause_s=max([pace.pause_s, *delays]))
