"""Pages read per second, for every system: a whole snapshot of a portal of the town, from memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count

from amtspuls.collect.take import window_of
from amtspuls.fetch.page import Page
from amtspuls.model import Reading
from amtspuls.replica.town import make_town
from amtspuls.systems.base import Ask, Session
from amtspuls.systems.registry import require_system
from benchmarks.base import Claim, cpu_s
from support.collecting import collecting

AT = datetime(2026, 1, 28, 8, tzinfo=UTC)
AT_LEAST = 40
"""Eight portals at a time, the usual number, can fetch no more: five pages a second at the fastest gate."""

PORTALS = {
    "ekol": "seehausen",
    "etermin": "ausfeld",
    "impfthueringen": "elsterland-impfen",
    "netappoint": "musterstadt",
    "tempus": "auwinkel",
    "tevis": "rosenau",
}


@dataclass
class Keeping:
    """A session that keeps every page that another one fetches."""

    inner: Session
    pages: list[Page] = field(default_factory=list)

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        return self._keep(await self.inner.get(url, headers))

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Page:
        return self._keep(await self.inner.post(url, form, headers))

    def clear_cookies(self) -> None:
        self.inner.clear_cookies()

    def _keep(self, page: Page) -> Page:
        self.pages.append(page)
        return page


class Kept:
    """A session that gives the kept pages back in their order, as if just fetched."""

    def __init__(self, pages: list[Page]) -> None:
        self._pages = pages
        self._next = count()

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        page = self._pages[next(self._next)]
        return Page(page.url, page.status, page.headers, page.body, page.fetched_at)

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Page:
        return await self.get(url)

    def clear_cookies(self) -> None:
        """Nothing to forget."""


async def _fetch() -> dict[str, tuple[Ask, list[Page], Reading]]:
    """One snapshot of each portal, with its pages."""
    town = make_town(1, start=date(2026, 1, 26), days=4, portal_ids=[*PORTALS.values()])
    found = {}
    async with collecting(town, AT) as running:
        for name, portal_id in PORTALS.items():
            system, portal = require_system(name), running.portals[portal_id]
            ask = Ask(portal, window_of(system, AT.date(), None))
            async with running.job.fetcher.session(portal) as session:
                keeping = Keeping(session)
                reading = await system.fetch_portal(keeping, ask)
            found[name] = (ask, keeping.pages, reading)
    return found


def _claim(name: str, ask: Ask, pages: list[Page], expected: Reading) -> Claim:
    system = require_system(name)

    def read() -> Reading:
        return asyncio.run(system.fetch_portal(Kept(pages), ask))

    assert read() == expected, name
    rounds = max(1, 60 // len(pages))
    seconds = cpu_s(lambda: [read() for _ in range(rounds)])
    rate = rounds * len(pages) / seconds
    size = sum(len(page.body) for page in pages) / len(pages) / 1000
    return Claim(
        f"read a snapshot of {ask.portal.id} ({name}, {len(pages)} pages of {size:.0f} kB)",
        f"{rate:,.0f} pages per CPU second",
        f"{AT_LEAST}",
        rate >= AT_LEAST,
    )


def measure() -> list[Claim]:
    """Read the pages of each system again, requests left out; the reading must be the same."""
    return [_claim(name, *found) for name, found in asyncio.run(_fetch()).items()]
