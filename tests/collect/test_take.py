"""The task boundary: whatever happens behind it becomes an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from amtspuls.catalogue.portal import Portal
from amtspuls.clock import SimulatedClock
from amtspuls.collect import take
from amtspuls.collect.round import Round, Taken
from amtspuls.collect.take import window_of
from amtspuls.errors import ConfigError, UnreachableError
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.gate import Gates
from amtspuls.model import Calendar, Outcome, Reading, Snapshot, View, Window, slot_from_local
from amtspuls.systems.base import Ask, Session
from amtspuls.systems.registry import load_systems
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


@pytest.mark.parametrize(
    ("now", "weeks", "last"),
    [
        ("2026-07-26T22:00", 1, "2026-08-02"),  # Monday in Berlin, still Sunday in UTC
        ("2026-07-26T21:59", 1, "2026-08-02"),
        ("2026-07-25T21:59", 1, "2026-08-02"),
        ("2026-03-29T21:59", 2, "2026-04-12"),  # clocks went forward this Sunday
        ("2026-03-29T22:00", 2, "2026-04-12"),
        ("2026-10-25T22:59", 2, "2026-11-08"),  # and back on this one
        ("2026-10-25T23:00", 2, "2026-11-08"),
        ("2026-10-26T23:00", 2, "2026-11-15"),
        ("2026-01-28T08:00", None, "2026-04-01"),
    ],
)
async def test_a_system_of_calendar_weeks_is_asked_for_full_ones(
    monkeypatch: pytest.MonkeyPatch, now: str, weeks: int | None, last: str
) -> None:
    asked: dict[bool, Window] = {}

    class Weekly(Fake):
        asks_full_weeks = True

        async def fetch_portal(self, session: Session, ask: Ask) -> Reading:
            asked[self.asks_full_weeks] = ask.window
            return await super().fetch_portal(session, ask)

    clock = SimulatedClock(datetime.fromisoformat(now).replace(tzinfo=UTC))
    today = clock.now().astimezone(PORTALS[0].zone_info).date()
    for full in (True, False):
        fake = Weekly(Reading(()))
        fake.asks_full_weeks = full
        monkeypatch.setattr(take, "require_system", lambda name, fake=fake: fake)
        async with Fetcher(clock, Gates(clock, {}, {}), "amtspuls/test") as fetcher:
            await Round(clock, fetcher, weeks=weeks).run(PORTALS[:1])
    assert asked[True] == Window(today, date.fromisoformat(last))
    assert asked[False] == Window(today, today + timedelta(days=7 * (weeks or 9)))


def test_only_tevis_is_asked_for_full_weeks() -> None:
    monday, tuesday = date(2026, 1, 26), date(2026, 1, 27)
    ends = {
        name: (window_of(one, monday, 1).last, window_of(one, tuesday, 1).last)
        for name, one in load_systems().items()
    }
    assert ends.pop("tevis") == (date(2026, 2, 1), date(2026, 2, 8))
    assert set(ends.values()) == {(date(2026, 2, 2), date(2026, 2, 3))}


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
