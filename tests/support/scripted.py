"""Replica portals whose truth a test writes down: at this instant, these calendars show these slots."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from datetime import datetime

from amtspuls.model import Slot
from amtspuls.replica.availability import ReplicaPortal

Offer = Mapping[str, tuple[Slot, ...]]


class Script:
    """An ``Availability`` that shows the newest written offer at or before an instant."""

    def __init__(
        self,
        portals: Sequence[ReplicaPortal],
        offers: Mapping[str, Sequence[tuple[datetime, Offer]]],
    ) -> None:
        self._portals = {portal.id: portal for portal in portals}
        self._at = {key: [at for at, _ in steps] for key, steps in offers.items()}
        self._offers = {key: [offer for _, offer in steps] for key, steps in offers.items()}

    @property
    def portals(self) -> Mapping[str, ReplicaPortal]:
        return self._portals

    def offer(self, portal_id: str, at: datetime) -> Offer:
        index = bisect.bisect_right(self._at[portal_id], at) - 1
        return self._offers[portal_id][index] if index >= 0 else {}
