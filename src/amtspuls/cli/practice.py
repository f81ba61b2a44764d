"""A collector for replicas in the same process, used by ``replay`` and ``demo``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amtspuls.archive.base import ArchiveWriter
    from amtspuls.clock import Clock
    from amtspuls.collect.round import Round


@asynccontextmanager
async def practice_round(clock: Clock, archive: ArchiveWriter) -> AsyncIterator[Round]:
    """A round over replicas that share ``clock``: everything a portal offers is asked.

    Replicas have the usual gate but the largest budget: a recorded day of a portal with many
    calendars may be replayed as often as one likes.
    """
    from amtspuls import __version__
    from amtspuls.catalogue.portal import HostRule
    from amtspuls.collect.replay import REPLAY_WEEKS
    from amtspuls.collect.round import Round
    from amtspuls.fetch.client import Fetcher
    from amtspuls.fetch.gate import Gates

    rule = HostRule(
        host="127.0.0.1",
        concurrency=1,
        pause_s=0.5,
        requests_per_day=200_000,
        reason="a replica of ours",
    )
    gates = Gates(clock, {rule.host: rule}, {})
    async with Fetcher(clock, gates, f"amtspuls/{__version__} (practice on a replica)") as fetcher:
        yield Round(clock, fetcher, archive, weeks=REPLAY_WEEKS)
