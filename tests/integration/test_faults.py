"""Every fault has its outcome, and none of them invents a change.

A run with a fault must end with exactly the spans that the same run gives when the snapshots of the
faulty time are simply missing: an honest gap, nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.fetch.client import Limits
from amtspuls.model import Outcome, Slot, slot_from_local, utc_from_slot
from amtspuls.replica.availability import ReplicaPortal
from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.portals import PAGES
from conftest import ROOT
from support.collecting import collecting, spans_of
from support.practice import netappoint, tempus
from support.practice_ekol import ekol
from support.practice_etermin import etermin
from support.practice_impf import impf
from support.practice_tevis import tevis
from support.scripted import Offer, Script

pytestmark = [pytest.mark.sim, pytest.mark.slow]

BERLIN = ZoneInfo("Europe/Berlin")
STEP = timedelta(minutes=15)

PORTALS = {
    "netappoint": netappoint(
        ("meldewesen", "Meldewesen", ("Ummeldung",)), ("passe", "Pässe", ("Reisepass",))
    ),
    "tempus": tempus(
        ("7/70", "Rathaus: Pässe", ("Reisepass",)), ("8/70", "Außenstelle: Pässe", ("Reisepass",))
    ),
    "tevis": tevis(
        ("301", "Bürgeramt / Mitte", ("Reisepass",)), ("302", "Bürgeramt / Nord", ("Reisepass",))
    ),
    "etermin": etermin(
        ("90701", "Pässe", ("Reisepass",)),
        ("90702", "Meldung", ("Ummeldung",)),
        variant={"priming": "page"},
    ),
    "ekol": ekol(
        ("1222936001", "Bürgeramt Mitte", ("Reisepass",)),
        ("1222936002", "Bürgeramt Nord", ("Reisepass",)),
    ),
    # Whole lists, as recordings are replayed: what a sample leaves out is no change either way.
    "impfthueringen": impf(("138", "Jena"), ("140", "Gera"), variant={"answers": "whole"}),
}

WITHOUT_SESSION = ("impfthueringen",)

# How each fault ends. Faults that leave no time for a page end the whole portal.
OUTCOMES = {
    FaultName.SLOW: Outcome.UNREACHABLE,
    FaultName.THROTTLE: Outcome.THROTTLED,
    FaultName.UNAVAILABLE: Outcome.THROTTLED,
    FaultName.FORBIDDEN: Outcome.REFUSED,
    FaultName.MAINTENANCE: Outcome.UNREACHABLE,
    FaultName.TRUNCATED: Outcome.UNREACHABLE,
    FaultName.RESET: Outcome.UNREACHABLE,
    FaultName.CHANGED: Outcome.CHANGED,
    FaultName.SESSION_LOST: Outcome.CHANGED,
    FaultName.CAPTCHA: Outcome.REFUSED,
    FaultName.OVERSIZED: Outcome.CHANGED,
    FaultName.EMPTY: Outcome.CHANGED,
}

# Local start of a run of two hours; the fault lasts from step 2 to step 6.
SPANNING = {
    "midnight": datetime(2026, 1, 26, 22, 45),
    "spring": datetime(2026, 3, 29, 1, 0),
    "autumn": datetime(2026, 10, 25, 1, 45),
    "a-slots-start": datetime(2026, 1, 26, 9, 15),
}
STEPS, FAULTY = 8, range(2, 6)


def test_every_fault_is_tried() -> None:
    assert {*OUTCOMES, FaultName.ROBOTS_FORBIDS} == set(FaultName)


def test_every_fault_has_its_documented_outcome_for_every_system() -> None:
    page = (ROOT / "docs" / "how-to" / "practise-on-replicas.md").read_text("utf-8")
    documented = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| `(\w+)`", page, re.MULTILINE))
    tried = {**OUTCOMES, FaultName.ROBOTS_FORBIDS: Outcome.REFUSED}
    assert {name: documented[name] for name in tried} == tried
    assert set(PORTALS) == set(PAGES)


@pytest.mark.parametrize("system", WITHOUT_SESSION)
async def test_a_portal_without_sessions_cannot_lose_one(system: str) -> None:
    script = town_of(PORTALS[system], start_of("midnight"), 2)
    (portal_id,) = script.portals
    async with collecting(script, start_of("midnight")) as running:
        running.server.faults.set(portal_id, Fault(FaultName.SESSION_LOST))
        (snapshot,) = await running.at(start_of("midnight"))
    assert snapshot.outcome is Outcome.OK


def town_of(portal: ReplicaPortal, start: datetime, steps: int) -> Script:
    """Slots that come and go: each step books one, now and then one returns, and time takes its own."""
    first = start.astimezone(BERLIN).replace(tzinfo=None, minute=0, second=0)
    ahead = [first + timedelta(minutes=30 * n) for n in (*range(2, 9), 50, 52, 75)]
    times = [slot_from_local(local) for local in ahead]
    offers: list[tuple[datetime, Offer]] = []
    for step in range(steps):
        at = start + step * STEP
        offer: dict[str, tuple[Slot, ...]] = {}
        for nth, calendar in enumerate(portal.calendars):
            gone = {times[(step * 5 + nth) % len(times)], times[(step // 2 + nth) % len(times)]}
            offer[calendar.key] = tuple(
                slot
                for slot in times
                if slot not in gone and utc_from_slot(slot, BERLIN) > at + STEP
            )
        offers.append((at, offer))
    return Script([portal], {portal.id: offers})


async def run_through(
    script: Script,
    folder: Path,
    start: datetime,
    steps: int,
    faulty: Sequence[int],
    fault: Fault | None,
) -> list[Outcome]:
    """Take a snapshot at each step; in the faulty ones the fault is on, or, without one, none is taken."""
    (portal_id,) = script.portals
    outcomes = []
    writer = open_writer(folder)
    try:
        limits = HASTY if fault == SLOW else None
        async with collecting(script, start, writer, limits=limits) as running:
            for step in range(steps):
                at = start + step * STEP + timedelta(seconds=1)
                if step in faulty and fault is None:
                    continue
                if step in faulty and fault is not None:
                    running.server.faults.set(portal_id, fault)
                    # A portal that refused us before stays stopped: that is tested elsewhere.
                    writer.lift_stop(portal_id, at)
                else:
                    running.server.faults.clear(portal_id)
                    writer.lift_stop(portal_id, at)
                (snapshot,) = await running.at(at)
                if step in faulty:
                    outcomes.append(snapshot.outcome)
                    assert snapshot.reason
                else:
                    assert snapshot.outcome is Outcome.OK, snapshot.reason
    finally:
        writer.close()
    return outcomes


SLOW = Fault(FaultName.SLOW, delay_s=300.0)
HASTY = Limits(connect_s=30.0, read_s=2.0, total_s=5.0, backoff_s=())
"""Nobody waits for what is that slow, and everybody for a machine that is busy."""


def start_of(when: str) -> datetime:
    return SPANNING[when].replace(tzinfo=BERLIN).astimezone(UTC)


# Slots of the hour that spring leaves out cannot be written in eKOL's values, and no office has any.
NO_SUCH = {("spring", "ekol")}
TRIALS = [
    (when, system, name)
    for when in SPANNING
    for system in PORTALS
    for name in OUTCOMES
    if (when == "midnight" or name in {FaultName.RESET, FaultName.CHANGED, FaultName.THROTTLE})
    and (when, system) not in NO_SUCH
    and not (name is FaultName.SESSION_LOST and system in WITHOUT_SESSION)
]
GAPS: dict[tuple[str, str, range], list[tuple[str, int, int, int]]] = {}
"""Spans of the runs without a snapshot in the faulty time: the same for every fault."""


@pytest.mark.parametrize(
    ("when", "system", "name"),
    TRIALS,
    ids=[f"{name}-{when}-{system}" for when, system, name in TRIALS],
)
async def test_a_fault_leaves_a_gap_and_no_change(
    tmp_path: Path, when: str, system: str, name: FaultName
) -> None:
    start = start_of(when)
    script = town_of(PORTALS[system], start, STEPS)
    (portal_id,) = script.portals
    slow = name is FaultName.SLOW
    fault, faulty = (SLOW, FAULTY[:1]) if slow else (Fault(name), FAULTY)
    outcomes = await run_through(script, tmp_path / "fault", start, STEPS, faulty, fault)
    if (when, system, faulty) not in GAPS:
        await run_through(script, tmp_path / "gap", start, STEPS, faulty, None)
        GAPS[when, system, faulty] = spans_of(tmp_path / "gap", portal_id)
    assert set(outcomes) == {OUTCOMES[name]}
    spans = spans_of(tmp_path / "fault", portal_id)
    assert spans == GAPS[when, system, faulty]
    assert any(opened > start.timestamp() + 1 for _, _, opened, _ in spans), "nothing ever changed"


@pytest.mark.parametrize("system", PORTALS)
async def test_robots_that_forbid_us_are_the_only_page_we_read(tmp_path: Path, system: str) -> None:
    start = start_of("midnight")
    script = town_of(PORTALS[system], start, 4)
    (portal_id,) = script.portals
    writer = open_writer(tmp_path)
    async with collecting(script, start, writer) as running:
        running.server.faults.set(portal_id, Fault(FaultName.ROBOTS_FORBIDS))
        (first,) = await running.at(start)
        running.server.faults.clear(portal_id)
        (second,) = await running.at(start + STEP)
        paths = [request.path for request in running.server.log.requests]
    assert first.outcome is Outcome.REFUSED
    assert second.outcome is Outcome.SKIPPED
    assert "--lift" in second.reason
    assert paths == ["/robots.txt"]
    assert list(writer.stops()) == [portal_id]
    writer.close()


@pytest.mark.parametrize("name", [FaultName.RESET, FaultName.CHANGED, FaultName.CAPTCHA], ids=str)
@pytest.mark.parametrize(("system", "where"), [("netappoint", "day="), ("tempus", "datum=")])
async def test_one_broken_day_leaves_only_that_day_unknown(
    tmp_path: Path, system: str, where: str, name: FaultName
) -> None:
    start = start_of("a-slots-start")
    script = town_of(PORTALS[system], start, 4)
    (portal_id,) = script.portals
    writer = open_writer(tmp_path)
    async with collecting(script, start, writer) as running:
        (whole,) = await running.at(start)
        running.server.faults.set(portal_id, Fault(name, where=where, after=1, count=3))
        (half,) = await running.at(start + STEP)
        running.server.faults.clear(portal_id)
        (again,) = await running.at(start + 2 * STEP)
    writer.close()
    assert whole.outcome is Outcome.OK
    assert half.outcome is Outcome.PARTIAL
    assert again.outcome is Outcome.OK
    truth = script.offer(portal_id, start + STEP)
    read = {view.calendar.key: view for view in half.views}
    assert set(read) == set(truth)
    for key, view in read.items():
        inside = [
            slot
            for slot in truth[key]
            if any(low <= slot < high for low, high in view.covered.slot_bounds())
        ]
        assert list(view.slots) == inside
    broken = [view for view in half.views if view.outcome is not Outcome.OK]
    assert broken
    assert all(view.reason for view in broken)


@pytest.mark.parametrize("name", [FaultName.RESET, FaultName.UNAVAILABLE], ids=str)
async def test_a_host_that_is_down_from_the_start_is_unreachable_not_skipped(
    name: FaultName,
) -> None:
    script = town_of(PORTALS["tempus"], start_of("midnight"), 2)
    (portal_id,) = script.portals
    async with collecting(script, start_of("midnight")) as running:
        running.server.faults.set(portal_id, Fault(name, robots=True))
        (snapshot,) = await running.at(start_of("midnight"))
        paths = {request.path for request in running.server.log.requests}
    assert snapshot.outcome is Outcome.UNREACHABLE
    assert "robots.txt" in snapshot.reason
    assert paths == {"/robots.txt"}
