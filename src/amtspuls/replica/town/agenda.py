"""The agenda of one portal: what will happen when, what has happened, and its stream of chance."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from random import Random

from amtspuls.model import Slot, utc_from_slot
from amtspuls.replica.town.model import TOWN_ZONE, Counter, Truth, TruthKind

Event = Callable[[int], None]
"""Something that happens at an instant (Unix seconds)."""


class Agenda:
    """Events in the order of their instants; those of one instant in the order they were planned.

    Attributes:
        random: The portal's own stream, so that portals do not disturb each other.
        truth: What has happened, ascending by instant.
    """

    def __init__(self, portal_id: str, seed: int, refresh_min: int = 0) -> None:
        """Begin with nothing planned.

        Args:
            portal_id: The portal.
            seed: That of the town.
            refresh_min: Minutes between two updates of the page; 0: it always shows what is.
        """
        self._refresh_s = 60 * refresh_min
        self.random = Random(f"{portal_id} {seed}")
        self.truth: list[Truth] = []
        self._portal_id = portal_id
        self._queue: list[tuple[int, int, Event]] = []
        self._planned = 0

    def plan(self, at_s: int, event: Event) -> None:
        """Let something happen at an instant."""
        self._planned += 1
        heapq.heappush(self._queue, (at_s, self._planned, event))

    def log(
        self,
        kind: TruthKind,
        at_s: int,
        counter: Counter,
        slots: tuple[Slot, ...],
        citizen: int = 0,
    ) -> None:
        """Write what happened as a line of truth; as several where the page shows it piece by piece."""
        at = datetime.fromtimestamp(at_s, UTC)
        key = counter.calendar.key
        if not self._refresh_s or not kind.effect:
            self.truth.append(Truth(kind, at, self._portal_id, key, slots, citizen))
            return
        pieces: dict[datetime, list[Slot]] = {}
        for slot in slots:
            pieces.setdefault(self._page_at(at_s, slot), []).append(slot)
        self.truth += [
            Truth(kind, at, self._portal_id, key, tuple(piece), citizen, shown_at)
            for shown_at, piece in pieces.items()
        ]

    def _page_at(self, at_s: int, slot: Slot) -> datetime:
        """When a page that is updated now and then shows a change; a slot that begins leaves at once."""
        update_s = -(-at_s // self._refresh_s) * self._refresh_s
        return min(datetime.fromtimestamp(update_s, UTC), utc_from_slot(slot, TOWN_ZONE))

    def run(self, until_s: float = inf) -> None:
        """Work off all events up to an instant (Unix seconds), those that they plan included."""
        while self._queue and self._queue[0][0] <= until_s:
            at_s, _, event = heapq.heappop(self._queue)
            event(at_s)
