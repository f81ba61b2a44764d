"""Who is asked in a round, and how often a host can bear it.

A host that cannot finish all its portals within the period has their periods stretched evenly; the
stretched period is stored with each snapshot, so that coverage counts against what was planned. A period
that somebody set and that a portal could not keep even alone is refused. Both: docs/politeness.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from amtspuls.archive.base import ArchiveWriter
from amtspuls.catalogue.portal import HostRule, Portal
from amtspuls.collect.cost import HostCost, PortalCost, host_costs, host_of, whole_minutes
from amtspuls.errors import ConfigError
from amtspuls.model import HostState

__all__ = [
    "PeriodWish",
    "host_of",
    "is_due",
    "plan_schedule",
    "planned_periods",
    "require_bearable",
    "stretched_hosts",
]

LEFT_FOR_OTHERS = 0.1
"""Share of a host's gate that periods of single portals must leave to the other portals there."""


@dataclass(frozen=True, slots=True)
class PeriodWish:
    """How often portals shall be asked.

    Attributes:
        period_s: Seconds from one snapshot of a portal to its next.
        is_set: Whether somebody chose that; the default is nobody's wish.
        of_portal: Periods that were set for single portals, by id, in seconds.
    """

    period_s: int
    is_set: bool = False
    of_portal: Mapping[str, int] = field(default_factory=dict)

    @property
    def tick_s(self) -> int:
        """The shortest of all periods: rounds are as far apart, or further."""
        return min([self.period_s, *self.of_portal.values()])

    def set_for(self, portal: Portal) -> int | None:
        """The period that somebody set for a portal; None where the default holds."""
        return self.of_portal.get(portal.id, self.period_s if self.is_set else None)


def planned_periods(
    portals: Sequence[Portal],
    requests: Mapping[str, int],
    rules: Mapping[str, HostRule],
    wish: PeriodWish,
    states: Mapping[str, HostState] | None = None,
) -> dict[str, int]:
    """Return the planned period of each portal in seconds.

    Periods of single portals stay as they were set. The factor of the others on a host is the smallest
    whole number with which its gate can make all requests of a round within a period, and its daily budget
    lasts for the day.

    Args:
        portals: All portals of the schedule.
        requests: Requests of each portal's newest snapshot, by id; others are estimated.
        rules: Gates that differ from the usual one, by host name.
        wish: Wanted periods.
        states: What is remembered of origins.
    """
    periods: dict[str, int] = {}
    for host in host_costs(portals, requests, rules, states):
        others = [cost for cost in host.portals if cost.portal.id not in wish.of_portal]
        left = max(LEFT_FOR_OTHERS, 1 - _taken(host, wish))
        needed = sum(cost.shortest_s for cost in others) / (wish.period_s * left)
        factor = max(1, math.ceil(round(needed, 9)))
        periods.update((cost.portal.id, wish.period_s * factor) for cost in others)
    known = {portal.id for portal in portals}
    periods.update((key, period) for key, period in wish.of_portal.items() if key in known)
    return periods


def require_bearable(hosts: Iterable[HostCost], wish: PeriodWish) -> None:
    """Refuse periods that somebody set and that politeness does not allow.

    Raises:
        ConfigError: A portal could not keep the period that was set for it even alone on its host, or
            the portals of a host that have periods of their own could not keep them together.
    """
    for host in hosts:
        for cost in host.portals:
            wanted_s = wish.set_for(cost.portal)
            if wanted_s is not None and cost.shortest_s > wanted_s:
                raise _too_short(host, cost, wanted_s)
        chosen = [cost for cost in host.portals if cost.portal.id in wish.of_portal]
        most = 1.0 if len(chosen) == len(host.portals) else 1 - LEFT_FOR_OTHERS
        if round(_taken(host, wish), 9) > most:
            raise _too_many(host, chosen, wish, _taken(host, wish) / most)


def stretched_hosts(
    portals: Iterable[Portal], periods: Mapping[str, int], wish: PeriodWish
) -> dict[str, int]:
    """Return the hosts whose portals are asked less often than somebody wants, with the planned period."""
    return {
        host_of(portal): periods[portal.id]
        for portal in portals
        if portal.id not in wish.of_portal and wish.is_set and periods[portal.id] > wish.period_s
    }


def is_due(newest_at: datetime | None, period_s: int, base_period_s: int, now: datetime) -> bool:
    """Whether a portal's planned period has passed, with half a base period of tolerance.

    A portal with an unstretched period is always due: whoever calls more often wants it.
    """
    if newest_at is None or period_s <= base_period_s:
        return True
    return now - newest_at >= timedelta(seconds=period_s - base_period_s / 2)


def plan_schedule(
    portals: Sequence[Portal],
    archive: ArchiveWriter,
    rules: Mapping[str, HostRule],
    wish: PeriodWish,
    now: datetime,
) -> tuple[list[Portal], dict[str, int]]:
    """Return the portals that are due now, and the planned period of every portal.

    Raises:
        ConfigError: See ``require_bearable``.
    """
    requests = {p.id: n for p in portals if (n := archive.recent_requests(p.id)) is not None}
    states = archive.host_states()
    require_bearable(host_costs(portals, requests, rules, states), wish)
    periods = planned_periods(portals, requests, rules, wish, states)
    due = [
        portal
        for portal in portals
        if is_due(archive.newest_snapshot_at(portal.id), periods[portal.id], wish.tick_s, now)
    ]
    return due, periods


def _taken(host: HostCost, wish: PeriodWish) -> float:
    """Share of a host's gate that portals with periods of their own take."""
    return sum(
        cost.shortest_s / wish.of_portal[cost.portal.id]
        for cost in host.portals
        if cost.portal.id in wish.of_portal
    )


def _too_short(host: HostCost, cost: PortalCost, wanted_s: int) -> ConfigError:
    shortest = whole_minutes(cost.shortest_s)
    name = cost.portal.id
    known = "its newest snapshot" if cost.is_measured else "estimated"
    return ConfigError(
        f"portal {name!r}: a snapshot every {_minutes(wanted_s)} min is more than {host.host} is asked"
        f" to bear; the shortest period is {shortest} min ({cost.requests} requests a snapshot, {known};"
        f" {_pace_text(host)}). Write {name} = {shortest} (or more) under [schedule.portals] in"
        " amtspuls.toml, or choose a longer period_min; `amtspuls list --cost` shows every portal",
        portal=name,
        host=host.host,
    )


def _too_many(
    host: HostCost, chosen: Sequence[PortalCost], wish: PeriodWish, times: float
) -> ConfigError:
    set_for = {cost.portal.id: wish.of_portal[cost.portal.id] for cost in chosen}
    enough = "; ".join(
        f"{name} = {whole_minutes(period * times)} instead of {_minutes(period)}"
        for name, period in set_for.items()
    )
    return ConfigError(
        f"the periods under [schedule.portals] in amtspuls.toml are together more than {host.host} is"
        f" asked to bear ({_pace_text(host)}); all its portals share that. Enough would be: {enough}",
        host=host.host,
    )


def _pace_text(host: HostCost) -> str:
    pace = host.pace
    return f"{pace.concurrency} at a time, {pace.pause_s:g} s apart, {pace.requests_per_day:,} requests a day"


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:g}"
