"""Histories of portals for tests of the archive: drawn by hypothesis, or made up by a seeded generator."""

from __future__ import annotations

import os
import random
import tempfile
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st

from amtspuls.archive.base import ArchiveReader
from amtspuls.catalogue.portal import Portal
from amtspuls.model import (
    Calendar,
    Covered,
    Outcome,
    Slot,
    Snapshot,
    View,
    slot_from_local,
)

BERLIN = ZoneInfo("Europe/Berlin")
PORTAL = Portal(id="demo", name="Stadt Demo", system="tempus", url="https://demo.example/")
OTHER = Portal(
    id="other", name="Stadt Anders", system="netappoint", url="https://other.example/", zone="UTC"
)

# A plain evening, spring's lost hour, autumn's repeated hour: each shortly before midnight UTC.
STARTS = (
    datetime(2026, 1, 26, 21, tzinfo=UTC),
    datetime(2026, 3, 28, 22, tzinfo=UTC),
    datetime(2026, 10, 24, 22, tzinfo=UTC),
)
STEPS = tuple(timedelta(minutes=m) for m in (1 / 60, 15, 15, 15, 60, 90, 480, 1560))
# Keys whose office is learned later are among them, and ones that sort differently by case and umlaut.
KEYS = ("k", "Ä", "-/t", "o1/t", "o2/t", "-/u", "o1/u/x")
WALL_TIMES = (time(0), time(1, 59), time(2), time(2, 30), time(3), time(8, 15), time(23, 45))
FAILED = tuple(o for o in Outcome if not o.answered)


def effort(normal: int) -> int:
    """How often to try: a tenth in the normal run, all of it in `make endurance`."""
    return normal * 10 if os.environ.get("AMTSPULS_ENDURANCE") else normal


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for one archive, in memory where the machine has such a place."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)


def _slots_of(day: date) -> list[Slot]:
    return [slot_from_local(datetime.combine(day, wall)) for wall in WALL_TIMES]


@st.composite
def views(draw: st.DrawFn, key: str, days: tuple[date, ...]) -> View:
    """Any view of a calendar that answers for some of ``days``, or fails."""
    name = draw(st.sampled_from(["Name", "Neuer Name"]))
    calendar = Calendar(key, name, draw(st.sampled_from([(), ("Paß",)])))
    outcome = draw(st.sampled_from([Outcome.OK, Outcome.OK, Outcome.PARTIAL, *FAILED[:2]]))
    if not outcome.answered:
        return View(calendar, outcome, reason="refused")
    asked = draw(st.sets(st.sampled_from(days)) | st.just(set(days)))
    possible = [slot for day in sorted(asked) for slot in _slots_of(day)]
    slots = tuple(sorted(draw(st.sets(st.sampled_from(possible))))) if possible else ()
    shown = draw(st.dictionaries(st.sampled_from(slots), st.integers(1, 3))) if slots else {}
    return View(
        calendar,
        outcome,
        Covered.from_days(asked),
        slots,
        asked=("Paß",),
        duration_min=draw(st.none() | st.just(15)),
        capacities=shown,
    )


@st.composite
def histories(
    draw: st.DrawFn,
    max_size: int = 8,
    known_keys: tuple[str, ...] = KEYS,
    steps: tuple[timedelta, ...] = STEPS,
) -> list[tuple[Portal, Snapshot]]:
    """Snapshots of two portals in the order they are stored: failures, gaps, learned keys and all.

    With other steps than the usual ones, the days on offer move along with time.
    """
    start = draw(st.sampled_from(STARTS))
    first = start.astimezone(BERLIN).date()
    days = tuple(first + timedelta(days=n) for n in range(4))
    history = []
    at = start
    for step in draw(st.lists(st.sampled_from(steps), min_size=1, max_size=max_size)):
        at += step
        if steps is not STEPS:
            first = at.astimezone(BERLIN).date()
            days = tuple(first + timedelta(days=n) for n in (0, 1, 2, 6, 7, 15))
        portal = draw(st.sampled_from([PORTAL, PORTAL, PORTAL, OTHER]))
        outcome = draw(st.sampled_from([Outcome.OK, Outcome.OK, *FAILED]))
        keys = draw(st.lists(st.sampled_from(known_keys), unique=True)) if outcome.answered else []
        history.append(
            (
                portal,
                Snapshot(
                    portal.id,
                    at,
                    at + timedelta(seconds=30),
                    outcome,
                    tuple(draw(views(key, days)) for key in keys),
                    requests=draw(st.integers(0, 50)),
                    bytes=1234,
                    period_s=draw(st.none() | st.just(900)),
                    parser="tempus/1",
                ),
            )
        )
    return history


def made_up(count: int, *, seed: int = 1, calendars: int = 3, slots: int = 40) -> list[Snapshot]:
    """A plain seeded history of ``PORTAL``: every quarter of an hour, a few slots come and go.

    The dumps of older schemas hold one: what it draws must stay the same.
    """
    rng = random.Random(seed)
    start = datetime(2026, 1, 26, 5, tzinfo=UTC)
    days = [date(2026, 1, 26) + timedelta(days=n) for n in range(5)]
    offered = [
        slot_from_local(datetime.combine(day, time(7)) + timedelta(minutes=15 * n))
        for day in days
        for n in range(slots)
    ]
    free = [set(rng.sample(offered, slots)) for _ in range(calendars)]
    history = []
    for n in range(count):
        for kept in free:
            kept ^= set(rng.sample(offered, 4))
        at = start + timedelta(minutes=15 * n)
        history.append(
            Snapshot(
                PORTAL.id,
                at,
                at + timedelta(seconds=40),
                Outcome.OK,
                tuple(
                    View(
                        Calendar(f"k{i}", f"Kalender {i}", ("Anliegen",)),
                        Outcome.OK,
                        Covered.from_days(days),
                        tuple(sorted(kept)),
                    )
                    for i, kept in enumerate(free)
                ),
                requests=7,
                bytes=70_000,
                period_s=900,
                parser="tempus/1",
            )
        )
    return history


def moments(history: list[tuple[Portal, Snapshot]]) -> list[datetime]:
    """Moments worth looking at: before, at, just around and between the snapshots, and long after."""
    taken = sorted({snapshot.taken_at for _portal, snapshot in history})
    second = timedelta(seconds=1)
    between = [a + (b - a) / 2 for a, b in pairwise(taken)]
    around = [t + d for t in taken for d in (-second / 2, -second, 0 * second, second / 2, second)]
    return [*around, *between, taken[-1] + timedelta(hours=6), taken[-1] + timedelta(days=9)]


def listed(columns: tuple[np.ndarray[Any, Any], ...]) -> list[Any]:
    """Columns as plain lists with their types, so that two of them can be compared."""
    return [(column.dtype.str, column.tolist()) for column in columns]


def everything(
    reader: ArchiveReader, from_at: datetime | None = None, until_at: datetime | None = None
) -> dict[str, Any]:
    """All that a reader says of a range of time, except single moments."""
    return {
        "portals": list(reader.portals()),
        **{
            portal.id: [
                list(reader.calendars(portal.id)),
                listed(reader.snapshots(portal.id, from_at, until_at)),
                listed(reader.views(portal.id, from_at, until_at)),
                listed(reader.answers(portal.id, from_at, until_at)),
                listed(reader.spans(portal.id, from_at, until_at)),
            ]
            for portal in (PORTAL, OTHER)
        },
    }
