"""The agenda of one portal: what will happen when, what has happened, and its stream of chance."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from amtspuls.model import Slot
from amtspuls.replica.town.model import Counter, Truth, TruthKind

Event = Callable[[int], None]
"""Something that happens at an instant (Unix seconds)."""


class Agenda:
    """Events in the order of their instants; those of one instant in the order they were planned.

    Attributes:
        random: The portal's own stream, so that portals do not disturb each other.
        truth: What has happened, ascending by instant.
    """

    def __init__(self, portal_id: str, seed: int) -> None:
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
        """Write a line of truth."""
        at = datetime.fromtimestamp(at_s, UTC)
        self.truth.append(Truth(kind, at, self._portal_id, counter.calendar.key, slots, citizen))

    def run(self) -> None:
        """Work off all events, those that they plan included."""
        while self._queue:
            at_s, _, event = heapq.heappop(self._queue)
            event(at_s)
