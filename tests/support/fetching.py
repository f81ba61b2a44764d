"""What the tests of fetching share: a portal, small limits, how a test asks for a fetcher."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import settings

from amtspuls.catalogue.portal import Portal
from amtspuls.fetch.client import Fetcher, Limits, user_agent

NOW = datetime(2026, 1, 26, 6, tzinfo=UTC)
AGENT = user_agent("https://amtspuls.example", "post@amtspuls.example")
LIMITS = Limits(connect_s=5.0, read_s=10.0, total_s=20.0, body_bytes=100_000)
HASTY = Limits(connect_s=30.0, read_s=1.5, total_s=2.0, backoff_s=(2.0,))
"""For servers that are slow on purpose; answers of others come in time on a busy machine too."""

unhurried = settings(max_examples=60, deadline=None)
"""For properties: machines that do other things too are slow now and then."""

MakeFetcher = Callable[..., Fetcher]


def portal(url: str, **fields: Any) -> Portal:
    return Portal(
        **{"id": "musterstadt", "name": "Musterstadt", "system": "tempus", "url": url} | fields
    )
