"""The task boundary: whatever happens behind it becomes an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from amtspuls.catalogue.portal import Portal
from amtspuls.clock import SimulatedClock
from amtspuls.collect import take
from amtspuls.collect.round import Round, Taken
from amtspuls.errors import ConfigError, UnreachableError
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.gate import Gates
from amtspuls.model import Calendar, Outcome, Reading, Snapshot, View, Window, slot_from_local
from amtspuls.systems.base import Ask, Session
from support.practice import NOW

PORTALS = [
    Portal(id=f"amt-{n}", name=f"Amt {n}", system="fake", url=f"https://amt-{n}.example/")
    for n in range(3)
]


@dataclass
class Fake:
    """A system that does what a test tells it for one portal, and answers well for the others."""

    trouble: Exception | Reading
    name: str = "fake"
    version: int = 7

    def check_portal(self, portal: Portal) -> None:
        if portal.id == "amt-1" and isinstance(self.trouble, ConfigError):
            raise self.trouble

    async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
        if ask.portal.id == "amt-1":
            if isinstance(self.trouble, Reading):
                return self.trouble
            raise self.trouble
        return Reading((View(Calendar("a", "A"), Outcome.OK, ask.window.covered()),))


async def run(monkeypatch: pytest.MonkeyPatch, fake: Fake) -> list[Snapshot]:
    monkeypatch.setattr(take, "require_system", lambda name: fake)
    clock = SimulatedClock(NOW)
    seen: list[Taken] = []
    async with Fetcher(clock, Gates(clock, {}, {}), "amtspuls/test") as fetcher:
        taken: Sequence[Taken] = await Round(clock, fetcher).run(PORTALS, seen.append)
    assert {one.portal.id for one in seen} == {portal.id for portal in PORTALS}
    return [one.snapshot for one in taken]


@pytest.mark.parametrize(
    ("trouble", "outcome", "reason"),
    [
        (ZeroDivisionError("a bug"), Outcome.CHANGED, "please report"),
        (UnreachableError("no answer"), Outcome.UNREACHABLE, "no answer"),
        (ConfigError("options make no sense"), Outcome.SKIPPED, "options make no sense"),
        (Reading(()), Outcome.CHANGED, "names no calendar"),
    ],
)
async def test_one_portals_trouble_touches_no_other(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception | Reading, outcome: Outcome, reason: str
) -> None:
    first, bad, last = await run(monkeypatch, Fake(trouble))
    assert first.outcome is last.outcome is Outcome.OK
    assert first.parser == "fake/7"
    assert bad.outcome is outcome
    assert reason in bad.reason
    assert not bad.views


async def test_a_portal_whose_system_is_not_installed_is_skipped_unasked() -> None:
    portal = Portal(id="amt", name="Amt", system="nosuch", url="https://amt.example/")
    clock = SimulatedClock(NOW)
    async with Fetcher(clock, Gates(clock, {}, {}), "amtspuls/test") as fetcher:
        (taken,) = await Round(clock, fetcher).run([portal])
    assert taken.snapshot.outcome is Outcome.SKIPPED
    assert taken.snapshot.reason.startswith("no system is called 'nosuch'; there are: ")
    assert taken.snapshot.requests == 0


async def test_implausible_counts_are_not_stored_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    covered = Window.weeks_ahead(NOW.date(), 2).covered()
    many = tuple(slot_from_local(NOW.replace(tzinfo=None, day=28, minute=n)) for n in range(10))
    fake = Fake(Reading((View(Calendar("a", "A"), Outcome.OK, covered, many),)))
    strict = [portal.model_copy(update={"max_slots": 5}) for portal in PORTALS]
    monkeypatch.setattr(take, "require_system", lambda name: fake)
    clock = SimulatedClock(NOW)
    async with Fetcher(clock, Gates(clock, {}, {}), "amtspuls/test") as fetcher:
        (taken,) = await Round(clock, fetcher).run(strict[1:2])
    assert taken.snapshot.outcome is Outcome.IMPLAUSIBLE
    assert not taken.snapshot.views
    assert "10 free slots" in taken.snapshot.reason


async def test_a_portal_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Fake):
        async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
            await asyncio.sleep(60)
            raise AssertionError("never reached")

    monkeypatch.setattr(take, "LIMIT_S", 0.01)
    snapshots = await run(monkeypatch, Slow(Reading(())))
    assert {one.outcome for one in snapshots} == {Outcome.UNREACHABLE}
    assert "gave up" in snapshots[0].reason


async def test_a_portal_that_is_off_is_skipped_with_its_reason() -> None:
    clock = SimulatedClock(NOW)
    off = PORTALS[0].model_copy(update={"off": "moved to another system"})
    async with Fetcher(clock, Gates(clock, {}, {}), "amtspuls/test") as fetcher:
        (taken,) = await Round(clock, fetcher).run([off])
    assert taken.snapshot.outcome is Outcome.SKIPPED
    assert taken.snapshot.reason == "moved to another system"
    assert taken.snapshot.requests == 0
