"""Weeks of snapshots for round trips: what was stored, and the rows it must become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from amtspuls.archive.week import IsoWeek
from amtspuls.catalogue.portal import Portal
from amtspuls.model import (
    Calendar,
    Covered,
    Outcome,
    Slot,
    Snapshot,
    View,
    day_of_slot,
    local_from_slot,
    slot_from_local,
    utc_from_slot,
)
from support.bundles import csv_text
from support.memory_archive import MemoryArchive

BERLIN = ZoneInfo("Europe/Berlin")
WEEKS = ("2026-05", "2026-13", "2025-43")
"""An ordinary week, and those in which the clocks change."""

_KEYS = ("1/2", "1/10", "-/7", "burger-büro", "Z", "a")
_DAYS = 5


@dataclass(frozen=True)
class Stored:
    """One portal and its snapshots."""

    portal: Portal
    snapshots: tuple[Snapshot, ...]

    def rows(self) -> list[tuple[str, str, list[str]]]:
        """The rows of whole views: date, key, free columns; slots that had begun are not free."""
        found = []
        for snapshot in self.snapshots:
            date = f"{snapshot.taken_at.astimezone(BERLIN):%Y-%m-%d %H:%M:%S}"
            for view in sorted(snapshot.views, key=lambda view: view.calendar.key.encode()):
                if view.outcome is Outcome.OK:
                    ahead = [s for s in view.slots if utc_from_slot(s, BERLIN) > snapshot.taken_at]
                    found.append(
                        (date, view.calendar.key, [str(local_from_slot(s)) for s in ahead])
                    )
        return found

    def csv(self) -> str:
        """The whole CSV, put together without anything clever."""
        rows = self.rows()
        return csv_text(self.portal.id, sorted({c for row in rows for c in row[2]}), rows)


def archive_of(weeks: Sequence[Stored]) -> MemoryArchive:
    """An archive that holds them."""
    archive = MemoryArchive()
    for stored in weeks:
        for snapshot in stored.snapshots:
            archive.store(stored.portal, snapshot)
    return archive


def a_portal(portal_id: str) -> Portal:
    return Portal(
        id=portal_id,
        name=f"Stadt {portal_id.title()}",
        system="tempus",
        url=f"https://{portal_id}.example/termine/index.php?anlagennr=1",
    )


def a_view(key: str, at: datetime, slots: Sequence[str] = (), days: int = _DAYS) -> View:
    """A whole view of the next days; slots are local text."""
    today = at.astimezone(BERLIN).date()
    return View(
        Calendar(key, f"Amt {key}", ("Ausweis",)),
        Outcome.OK,
        Covered.from_ranges([(today, today + timedelta(days=days))]),
        tuple(sorted(slot_from_local(datetime.fromisoformat(slot)) for slot in slots)),
    )


def a_snapshot(portal_id: str, at: datetime, *views: View) -> Snapshot:
    return Snapshot(portal_id, at, at, Outcome.OK, views)


@st.composite
def _views(draw: st.DrawFn, key: str, at: datetime, grid: Sequence[Slot]) -> View | None:
    kind = draw(st.sampled_from(["ok", "ok", "ok", "missing", "partial", "changed"]))
    if kind == "missing":
        return None
    calendar = Calendar(key, f"Amt {key}", ())
    if kind == "changed":
        return View(calendar, Outcome.CHANGED, reason="another page")
    whole = a_view(key, at, days=draw(st.sampled_from([2, _DAYS, _DAYS])))
    wanted = draw(st.sets(st.sampled_from(grid), max_size=6))
    slots = tuple(sorted(slot for slot in wanted if day_of_slot(slot) in whole.covered))
    return replace(whole, calendar=calendar, slots=slots, outcome=Outcome(kind))


@st.composite
def _snapshots(draw: st.DrawFn, portal_id: str, at: datetime, keys: Sequence[str]) -> Snapshot:
    if draw(st.integers(0, 7)) == 0:
        return Snapshot(portal_id, at, at, Outcome.UNREACHABLE, reason="time-out")
    today = at.astimezone(BERLIN).replace(hour=0, minute=0, second=0, tzinfo=None)
    grid = [
        slot_from_local(today + timedelta(days=day, hours=hour, minutes=minute))
        for day in range(4)
        for hour in (1, 2, 3, 8)
        for minute in (0, 15, 30)
    ]
    views = [view for key in keys if (view := draw(_views(key, at, grid)))]
    whole = all(view.outcome is Outcome.OK for view in views)
    return Snapshot(portal_id, at, at, Outcome.OK if whole else Outcome.PARTIAL, tuple(views))


@st.composite
def stored_weeks(draw: st.DrawFn) -> tuple[IsoWeek, list[Stored]]:
    """A week and some portals with snapshots in it, many of them around its clock change."""
    week = IsoWeek.parse(draw(st.sampled_from(WEEKS)))
    from_at, until_at = week.bounds(BERLIN)
    sunday_at = until_at - timedelta(hours=24)
    stored = []
    for portal_id in draw(
        st.lists(st.sampled_from(["amt", "amt-2", "bau"]), unique=True, min_size=1)
    ):
        keys = draw(st.lists(st.sampled_from(_KEYS), unique=True, max_size=4))
        at = draw(st.sampled_from([from_at, sunday_at])) + timedelta(
            seconds=draw(st.integers(0, 900))
        )
        snapshots = []
        for step_s in draw(st.lists(st.integers(600, 3000), max_size=12)):
            if at < until_at:
                snapshots.append(draw(_snapshots(portal_id, at, keys)))
            at += timedelta(seconds=step_s)
        stored.append(Stored(a_portal(portal_id), tuple(snapshots)))
    return week, stored
