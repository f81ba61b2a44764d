"""Requests per snapshot beside 1 + 4 x calendars + days marked free, over the whole town."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from amtspuls.model import day_of_slot
from amtspuls.replica.town import make_town
from benchmarks.base import Claim
from support.collecting import collecting

PROMISED = {"netappoint", "tempus"}
"""Systems whose pages mark free days: one request for each. The others say in docs what they need."""

AT = datetime(2026, 1, 28, 8, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")


async def _count() -> list[Claim]:
    town = make_town(1, start=date(2026, 1, 26), days=4)
    claims = []
    async with collecting(town, AT) as running:
        for snapshot in await running.at(AT):
            offer = town.offer(snapshot.portal_id, AT)
            days = sum(len({day_of_slot(slot) for slot in slots}) for slots in offer.values())
            calendars = len(town.portals[snapshot.portal_id].calendars)
            robots = sum(
                request.path == "/robots.txt"
                and request.host in town.portals[snapshot.portal_id].url
                for request in running.server.log.requests
            )
            allowed = 1 + 4 * calendars + days
            needed = snapshot.requests - robots
            system = town.portals[snapshot.portal_id].system
            promised = system in PROMISED
            claims.append(
                Claim(
                    f"requests of {snapshot.portal_id} ({system}, {calendars} calendars, {days} days free)",
                    f"{needed} (robots.txt, once a day, not counted)",
                    f"{allowed}" if promised else f"docs/systems/{system}.md",
                    needed <= allowed or not promised,
                )
            )
    return claims


def measure() -> list[Claim]:
    """One snapshot of every portal of the town."""
    return asyncio.run(_count())
