"""Who is asked in a round, and how often a host can bear it.

A host that cannot finish all its portals within the period has their periods stretched evenly; the
stretched period is stored with each snapshot, so that coverage counts against what was planned.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from amtspuls.archive.base import ArchiveWriter
from amtspuls.catalogue.portal import HostRule, Portal
from amtspuls.fetch.gate import DEFAULT_RULE

_SECONDS_PER_DAY = 86_400
GUESSED_REQUESTS = 40
"""Requests of a snapshot while no snapshot of the portal tells better."""


def host_of(portal: Portal) -> str:
    """Host name and port of a portal's entry page: portals that share it share a gate."""
    return urlsplit(portal.url).netloc


def planned_periods(
    portals: Sequence[Portal],
    requests: Mapping[str, int],
    rules: Mapping[str, HostRule],
    period_s: int,
) -> dict[str, int]:
    """Return the planned period of each portal in seconds.

    The factor of a host is the smallest whole number with which (a) its gate can make all requests
    of one round within a period and (b) its daily budget lasts for the day.

    Args:
        portals: All portals of the schedule.
        requests: Requests of each portal's newest snapshot, by id; others are guessed.
        rules: Gates that differ from the usual one, by host name.
        period_s: Wanted period.
    """
    by_host: dict[str, list[Portal]] = {}
    for portal in portals:
        by_host.setdefault(host_of(portal), []).append(portal)
    periods: dict[str, int] = {}
    for group in by_host.values():
        rule = rules.get(urlsplit(group[0].url).hostname or "", DEFAULT_RULE)
        count = sum(requests.get(portal.id, GUESSED_REQUESTS) for portal in group)
        by_pause = count * rule.pause_s / period_s
        by_budget = count * _SECONDS_PER_DAY / period_s / rule.requests_per_day
        factor = max(1, math.ceil(by_pause), math.ceil(by_budget))
        periods.update((portal.id, period_s * factor) for portal in group)
    return periods


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
    period_s: int,
    now: datetime,
) -> tuple[list[Portal], dict[str, int]]:
    """Return the portals that are due now, and the planned period of every portal."""
    requests = {p.id: n for p in portals if (n := archive.recent_requests(p.id)) is not None}
    periods = planned_periods(portals, requests, rules, period_s)
    due = [
        portal
        for portal in portals
        if is_due(archive.newest_snapshot_at(portal.id), periods[portal.id], period_s, now)
    ]
    return due, periods
