"""A round that was taped, and the tape read again, say the same: every system, every fault."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.errors import OutputError
from amtspuls.fetch.tape.file import Record, TapeFile
from amtspuls.fetch.tape.visits import Tape
from amtspuls.model import Outcome
from amtspuls.replica.faults import Fault, FaultName
from support.collecting import QUICK, Collecting
from support.taping import NOW, PORTALS, by_portal, played, script, taped_rounds

pytestmark = [pytest.mark.sim, pytest.mark.slow]

USUAL = {FaultName.RESET, FaultName.FORBIDDEN, FaultName.CHANGED, FaultName.SESSION_LOST}
"""What is tried at every system; everything at one of them, or at all in an endurance run."""

TRIALS = [
    (system, name)
    for system in PORTALS
    for name in FaultName
    if name in USUAL or system == "tevis" or os.environ.get("AMTSPULS_ENDURANCE")
]


@pytest.mark.parametrize("system", PORTALS)
async def test_a_tape_read_again_gives_the_same_snapshots(system: str, tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    times = [NOW, NOW + timedelta(minutes=15)]
    taken = await taped_rounds(script(PORTALS[system]), times, path)
    assert [one.outcome for one in taken] == [Outcome.OK, Outcome.OK]
    assert taken[0].views != taken[1].views
    assert await played(path) == taken


@pytest.mark.parametrize(("system", "name"), TRIALS, ids=lambda value: str(value))
async def test_a_fault_is_on_the_tape_too(system: str, name: FaultName, tmp_path: Path) -> None:
    portal = PORTALS[system]
    path = tmp_path / "t.warc.gz"
    robots = name is FaultName.ROBOTS_FORBIDS

    def prepare(running: Collecting) -> None:
        running.server.faults.set(portal.id, Fault(name, after=0 if robots else 2))

    taken = await taped_rounds(
        script(portal), [NOW], path, prepare=prepare, limits=QUICK, advances=False
    )
    # The vaccination portal's answers are too plain for a change of markup to be seen.
    assert taken[0].outcome is not Outcome.OK or system == "impfthueringen"
    assert await played(path) == taken


@pytest.mark.parametrize(
    "name", [FaultName.RESET, FaultName.THROTTLE, FaultName.FORBIDDEN], ids=str
)
async def test_robots_that_cannot_be_had_read_the_same(name: FaultName, tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    portal = PORTALS["tevis"]

    def prepare(running: Collecting) -> None:
        running.server.faults.set(portal.id, Fault(name, robots=True))

    taken = await taped_rounds(script(portal), [NOW], path, prepare=prepare, limits=QUICK)
    assert taken[0].reason
    assert await played(path) == taken


async def test_a_request_that_works_the_second_time_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    portal = PORTALS["tempus"]

    def prepare(running: Collecting) -> None:
        running.server.faults.set(portal.id, Fault(FaultName.TRUNCATED, count=2))

    (taken,) = await taped_rounds(script(portal), [NOW], path, prepare=prepare)
    assert taken.outcome is Outcome.OK
    (visit,) = Tape(path).visits()
    assert sum(bool(entry.failure) for entry in visit.entries) == 2
    assert await played(path) == [taken]


async def test_rounds_over_all_systems_with_silent_hosts_and_stopped_portals(
    tmp_path: Path,
) -> None:
    """Two processes, one tape, an archive that remembers robots.txt, silences and stops."""
    path = tmp_path / "t.warc.gz"
    portals = [*PORTALS.values()]
    offers = script(*portals)

    def prepare(running: Collecting) -> None:
        running.server.faults.set(PORTALS["tevis"].id, Fault(FaultName.THROTTLE, after=1))
        running.server.faults.set(PORTALS["tempus"].id, Fault(FaultName.FORBIDDEN, after=1))

    taken = []
    for at in (NOW, NOW + timedelta(seconds=90)):
        writer = open_writer(tmp_path / "archive")
        taken += await taped_rounds(offers, [at], path, archive=writer, prepare=prepare)
        writer.close()
    outcomes = {one.outcome for one in taken}
    assert outcomes == {Outcome.OK, Outcome.THROTTLED, Outcome.REFUSED, Outcome.SKIPPED}
    assert by_portal(await played(path)) == by_portal(taken)


async def test_the_night_that_has_an_hour_twice(tmp_path: Path) -> None:
    at = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    path = tmp_path / "t.warc.gz"
    taken = await taped_rounds(
        script(*PORTALS.values(), at=at), [at, at + timedelta(hours=1)], path
    )
    assert by_portal(await played(path)) == by_portal(taken)


@pytest.mark.parametrize("good", range(1, 18, 4))
async def test_a_visit_that_cannot_be_taped_is_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    """The disk fills up somewhere in the round: what is stored is on the tape, and the reverse."""
    path = tmp_path / "t.warc.gz"
    left = [good]
    real = io.FileIO.write

    class Filling(io.FileIO):
        def write(self, content: Any) -> int:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            return real(self, content)

    monkeypatch.setattr(
        "amtspuls.fetch.tape.file.os.fdopen", lambda fd, *_args, **_given: Filling(fd, "r+b")
    )
    portals = [PORTALS["tempus"], PORTALS["impfthueringen"]]
    writer = open_writer(tmp_path / "archive")
    with pytest.raises(OutputError, match="intact"):
        await taped_rounds(script(*portals), [NOW], path, archive=writer)
    stored = {portal.id for portal in portals if writer.newest_snapshot_at(portal.id)}
    writer.close()
    ended = {visit.about.portal_id for visit in Tape(path).visits() if visit.ending}
    assert stored == ended
    assert len(stored) < len(portals)


async def test_a_full_disk_does_not_make_us_forget_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = PORTALS["tempus"]
    path = tmp_path / "t.warc.gz"
    real = TapeFile.write

    def write(self: TapeFile, records: Sequence[Record]) -> None:
        if any(b"403 " in record.block[:20] for record in records):
            self.broken = OutputError("no room")
        real(self, records)

    def prepare(running: Collecting) -> None:
        running.server.faults.set(portal.id, Fault(FaultName.FORBIDDEN))

    monkeypatch.setattr(TapeFile, "write", write)
    writer = open_writer(tmp_path / "archive")
    with pytest.raises(OutputError, match="no room"):
        await taped_rounds(script(portal), [NOW], path, archive=writer, prepare=prepare)
    assert list(writer.stops()) == [portal.id]
    assert writer.newest_snapshot_at(portal.id) is None
    writer.close()
