"""One portal of every system in one round, through the two commands as a user runs them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from amtspuls.archive.live import open_reader
from amtspuls.model import Outcome, Slot, day_of_slot
from amtspuls.replica.town import make_town
from support.collecting import collecting
from support.command import run_well

pytestmark = pytest.mark.sim

AT = "2026-01-27 09:00"
"""A Tuesday in Berlin: full weeks and N x 7 days are told apart."""

PORTALS = {
    "ekol": "seehausen",
    "etermin": "ausfeld",
    "impfthueringen": "elsterland-impfen",
    "netappoint": "quellental-kfz",
    "tempus": "hohenau-aus",
    "tevis": "rosenau",
}


@contextmanager
def replica(*portal_ids: str) -> Iterator[dict[str, Any]]:
    """The town in a process of its own, its clock standing still; yields the ready line."""
    chosen = [part for portal_id in portal_ids for part in ("--portal", portal_id)]
    command = [
        sys.executable, "-m", "amtspuls", "replica", "--town", "7", "--speed", "0",
        *chosen, "--at", AT,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())
        child.send_signal(signal.SIGINT)
        child.wait(60)


@pytest.fixture(scope="module")
def ready() -> Iterator[dict[str, Any]]:
    with replica(*PORTALS.values()) as line:
        yield line


def test_the_town_has_every_system_that_is_installed(ready: dict[str, Any]) -> None:
    ours = {
        entry.name
        for entry in entry_points(group="amtspuls.systems")
        if entry.value.startswith("amtspuls.")
    }
    assert PORTALS.keys() == ours
    assert {key: one["system"] for key, one in ready["portals"].items()} == {
        portal_id: system for system, portal_id in PORTALS.items()
    }


def test_one_round_over_all_systems_is_ok_and_stored(ready: dict[str, Any], tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    result = run_well("snapshot", "--replica", ready["base"], "--archive", archive)
    assert f"{len(PORTALS)} ok" in result.err
    town = make_town(7, start=date(2026, 1, 27), days=1, portal_ids=[*PORTALS.values()])
    at = datetime(2026, 1, 27, 8, tzinfo=UTC)
    with closing(open_reader(archive)) as reader:
        for portal_id in PORTALS.values():
            assert list(reader.snapshots(portal_id).outcome) == [Outcome.OK]
            offer = town.offer(portal_id, at)
            assert offer, portal_id
            (taken_at,) = reader.snapshots(portal_id).taken_at
            assert taken_at == at.timestamp()
            read = {one.calendar.key: one for one in reader.state(portal_id, at)}
            if portal_id == PORTALS["impfthueringen"]:
                continue  # an answer is a sample; see below
            for key, slots in offer.items():
                inside = [slot for slot in slots if day_of_slot(slot) in read[key].covered]
                assert list(read[key].slots) == inside
                assert inside


def test_weeks_are_seven_days_each_and_full_ones_at_tevis(ready: dict[str, Any]) -> None:
    options = ["-w", "1", "-i", "rosenau", "-i", "quellental-kfz"]
    printed = json.loads(
        run_well("snapshot", "--replica", ready["base"], "--dry-run", *options).out
    )
    last = {
        one["portal"]: {view["covered"].rpartition("..")[2] for view in one["calendars"]}
        for one in printed
    }
    assert last == {"rosenau": {"2026-02-08"}, "quellental-kfz": {"2026-02-03"}}


async def test_minute_by_minute_the_vaccination_portal_shows_everything() -> None:
    portal_id = PORTALS["impfthueringen"]
    at = datetime(2026, 1, 27, 3, tzinfo=UTC)  # at night nobody books
    town = make_town(7, start=date(2026, 1, 27), days=1, portal_ids=[portal_id])
    offered = town.offer(portal_id, at)
    seen: dict[str, set[Slot]] = {}
    async with collecting(town, at) as running:
        for minute in range(60):
            now = at + timedelta(minutes=minute)
            if town.offer(portal_id, now) != offered:
                break
            (snapshot,) = await running.at(now)
            assert snapshot.outcome is Outcome.OK
            for view in snapshot.views:
                assert len(view.slots) <= 3
                assert all(day_of_slot(slot) in view.covered for slot in view.slots)
                seen.setdefault(view.calendar.key, set()).update(view.slots)
        else:
            minute = 60
    assert minute >= 30
    assert {key: tuple(sorted(slots)) for key, slots in seen.items()} == dict(offered)
