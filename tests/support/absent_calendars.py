"""Portals whose calendars are now and then absent from a snapshot, and their absences by a plain walk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np

from amtspuls.analysis.evidence import Evidence, load_evidence
from amtspuls.analysis.selection import Selection
from amtspuls.model import Slot
from support.tiny_archive import TinyPortal, TinyReader, TinySnapshot, TinySpan, TinyView, slot

NEVER = np.iinfo(np.int64).max
BEGIN = datetime(2026, 1, 26, tzinfo=UTC)
FIRST = slot("2026-01-26 06:00")


def at(number: int) -> datetime:
    return BEGIN + timedelta(minutes=15 * number)


def evidence_of(
    shown: Sequence[set[int]], spans: Sequence[TinySpan], system: str = "tempus"
) -> Evidence:
    """A portal that showed these calendars in one snapshot after the other; an empty one did not answer."""
    taken = tuple(
        TinySnapshot(
            at(number),
            tuple(TinyView(calendar) for calendar in sorted(calendars)),
            "ok" if calendars else "unreachable",
        )
        for number, calendars in enumerate(shown)
    )
    portal = TinyPortal("a", taken, tuple(spans), system=system)
    (found,) = load_evidence(TinyReader(portal), Selection())
    return found


def free_spans(random: Random, count: int) -> list[TinySpan]:
    """Lives of start times of three calendars, in the archive's order; calendar 3 never shows many."""
    spans = []
    for calendar, cells in ((1, 30), (2, 6), (3, 2)):
        for cell in range(cells):
            edges = sorted(random.sample(range(count), 4))
            start = Slot(FIRST + 60 * random.randrange(1, 40) + cell)
            spans += [
                TinySpan(calendar, start, at(edges[0]), at(edges[1])),
                TinySpan(calendar, start, at(edges[2]), random.choice([None, at(edges[3])])),
            ]
    return sorted(spans, key=lambda one: (one.calendar, one.slot, one.opened))


def gaps(evidence: Evidence) -> Iterator[tuple[int, int, int, int]]:
    """Each absence by a walk over the snapshots: calendar, last view, first snapshot without it, next view."""
    views, shots = evidence.views, evidence.snapshots
    taken = shots.taken_at[shots.outcome == "ok"].tolist()
    for calendar in np.unique(views.calendar).tolist():
        seen = views.taken_at[views.calendar == calendar].tolist()
        for place, last in enumerate(seen):
            back = seen[place + 1] if place + 1 < len(seen) else NEVER
            missed = [one for one in taken if last < one < back]
            if missed:
                yield calendar, last, missed[0], back
