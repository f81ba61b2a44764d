"""``amtspuls list --cost``: what a snapshot costs an office, and how often politeness allows one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amtspuls.cli.output import Format, print_rows, say

if TYPE_CHECKING:
    from amtspuls.catalogue.portal import HostRule, Portal
    from amtspuls.collect.cost import HostCost, PortalCost
    from amtspuls.model import HostState
    from amtspuls.settings import Settings

_PORTAL = ("id", "system", "host", "requests", "source", "alone_min", "host_min")
_HOST = (
    *("host", "portals", "requests", "at_a_time", "pause_s", "requests_a_day", "shortest_min"),
)
_EVERYTHING = (*_PORTAL, "host_portals", "host_requests", "at_a_time", "pause_s", "requests_a_day")
_TITLES = {
    "alone_min": "shortest period alone, min",
    "host_min": "with all on its host, min",
    "shortest_min": "shortest period, min",
    "at_a_time": "at a time",
    "pause_s": "pause s",
    "requests_a_day": "requests a day",
}


def print_costs(
    portals: Sequence[Portal],
    rules: Mapping[str, HostRule],
    settings: Settings,
    archive: Path | None,
    form: Format,
) -> None:
    """Print requests per snapshot and the shortest period, per portal and per host.

    Portals that nobody asks are left out: those that are off, and those of systems that are not installed.
    CSV and JSON are one table, in which each portal has the figures of its host.

    Raises:
        ArchiveError: ``archive`` names no archive.
    """
    from importlib.metadata import entry_points

    from amtspuls.collect.cost import host_costs
    from amtspuls.systems.registry import ENTRY_POINT_GROUP

    installed = entry_points(group=ENTRY_POINT_GROUP).names
    asked = [one for one in portals if not one.off and one.system in installed]
    measured, states = _remembered(asked, settings, archive)
    hosts = host_costs(asked, measured, rules, states)
    rows = [_portal_row(host, cost) for host in hosts for cost in host.portals]
    rows.sort(key=lambda row: str(row["id"]))
    if form in (Format.CSV, Format.JSON):
        print_rows(rows, _EVERYTHING, form)
        return
    title = f"{len(rows)} portals, {sum(host.requests for host in hosts)} requests a round"
    print_rows(rows, _PORTAL, form, title=title, titles=_TITLES)
    print()
    heavy = sorted(map(_host_row, hosts), key=lambda row: (-row["shortest_min"], row["host"]))
    print_rows(heavy, _HOST, form, title=f"{len(heavy)} hosts", titles=_TITLES)
    estimated = len(asked) - len(measured)
    if estimated:
        say(f"{estimated} portals have no snapshot yet: their requests are estimated")


def _remembered(
    portals: Sequence[Portal], settings: Settings, archive: Path | None
) -> tuple[dict[str, int], Mapping[str, HostState]]:
    """What an archive tells; nothing when none was named and the usual one is not there yet."""
    from amtspuls.archive.hosts import load_hosts
    from amtspuls.archive.live import open_reader
    from amtspuls.archive.week import DATABASE_NAME
    from amtspuls.collect.cost import measured_requests

    folder = archive or settings.archive
    if archive is None and not (folder / DATABASE_NAME).is_file():
        return {}, {}
    with closing(open_reader(folder)) as reader:
        return measured_requests(reader, portals), load_hosts(folder)


def _portal_row(host: HostCost, cost: PortalCost) -> dict[str, Any]:
    from amtspuls.collect.cost import whole_minutes

    shared = _host_row(host)
    return {
        **shared,
        "id": cost.portal.id,
        "system": cost.portal.system,
        "host_requests": host.requests,
        "host_portals": len(host.portals),
        "requests": cost.requests,
        "source": "measured" if cost.is_measured else "estimated",
        "alone_min": whole_minutes(cost.shortest_s),
        "host_min": shared["shortest_min"],
    }


def _host_row(host: HostCost) -> dict[str, Any]:
    from amtspuls.collect.cost import whole_minutes

    return {
        "host": host.host,
        "portals": len(host.portals),
        "requests": host.requests,
        "at_a_time": host.pace.concurrency,
        "pause_s": host.pace.pause_s,
        "requests_a_day": host.pace.requests_per_day,
        "shortest_min": whole_minutes(host.shortest_s),
    }
