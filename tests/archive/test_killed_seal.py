"""SIGKILL at any moment of a seal: nothing is lost, nothing is there twice, and the next run finishes it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

import pytest

from amtspuls.archive.check import Severity, check_archive
from amtspuls.archive.live import open_reader, open_writer
from amtspuls.archive.week import sealed_weeks
from amtspuls.model import Snapshot
from support.histories import PORTAL, effort, made_up, scratch
from support.sealing import seal, told
from support.sealing_child import NOW

pytestmark = [pytest.mark.slow]
TESTS = Path(__file__).parents[1]
TRIALS = 10


class _Sealer:
    """A process that seals in children; started once, since starting takes longer than sealing."""

    def __init__(self, asked: IO[bytes], told_by: IO[bytes]) -> None:
        self._asked, self._told = asked, told_by

    def seal(self, folder: Path, kill_after_s: float | None) -> tuple[int, float]:
        """Seal an archive, or kill that after a while; exit code and seconds."""
        self._asked.write(f"{folder}\n".encode())
        self._asked.flush()
        child = int(self._told.readline())
        began = time.monotonic()
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        code = int(self._told.readline())
        return code, time.monotonic() - began


@contextmanager
def _sealer() -> Iterator[_Sealer]:
    process = subprocess.Popen(
        [sys.executable, "-m", "support.sealing_child"],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout:
        with process.stdin:
            yield _Sealer(process.stdin, process.stdout)
        process.wait(timeout=60)


def _make(folder: Path) -> Path:
    """Three weeks and a bit of a fourth."""
    with closing(open_writer(folder)) as writer:
        for week in range(4):
            for snapshot in made_up(30 if week < 3 else 3, seed=week, slots=25):
                at = snapshot.taken_at + timedelta(days=7 * week)
                views = snapshot.views
                writer.store(
                    PORTAL, Snapshot(PORTAL.id, at, at, snapshot.outcome, views, 1, 2, 900, "t/1")
                )
    return folder


def test_a_killed_seal_loses_nothing_and_is_finished_by_the_next() -> None:
    rng = random.Random(20260131)
    with scratch() as place, _sealer() as sealer:
        unsealed = _make(Path(place) / "unsealed")
        with closing(open_reader(unsealed)) as reader:
            before = told(reader)
        _, whole_s = sealer.seal(shutil.copytree(unsealed, Path(place) / "whole"), None)
        weeks_seen: set[int] = set()
        killed, limit_s = 0, 1.1 * whole_s
        for trial in range(10 * effort(TRIALS)):
            if trial >= effort(TRIALS) and killed >= effort(TRIALS) // 4 and len(weeks_seen) > 1:
                break
            folder = shutil.copytree(unsealed, Path(place) / f"trial{trial}")
            code, _ = sealer.seal(folder, rng.uniform(0.0, limit_s))
            assert code in {0, -signal.SIGKILL}
            killed += code != 0
            limit_s *= 1.05 if code else 0.8  # it does not matter how busy the machine is by now
            weeks_seen.add(len(sealed_weeks(folder / "weeks")))
            with closing(open_reader(folder)) as reader:
                assert told(reader) == before
            assert not [f for f in check_archive(folder) if f.severity is Severity.ERROR]
            seal(folder, NOW)
            assert check_archive(folder) == []
            assert len(sealed_weeks(folder / "weeks")) == 4
            with closing(open_reader(folder)) as reader:
                assert told(reader) == before
            shutil.rmtree(folder)
        assert killed >= effort(TRIALS) // 4
        assert len(weeks_seen) > 1


def test_readers_see_the_same_all_the_time_while_weeks_are_sealed() -> None:
    with scratch() as place:
        folder = _make(Path(place) / "archive")
        with closing(open_reader(folder)) as reader:
            before = told(reader)
            done = threading.Event()

            def work() -> None:
                try:
                    seal(folder, NOW)
                finally:
                    done.set()

            thread = threading.Thread(target=work)
            thread.start()
            looks = 0
            while not done.is_set():
                assert told(reader) == before
                looks += 1
            thread.join()
            assert told(reader) == before
        assert looks > 1
        assert len(sealed_weeks(folder / "weeks")) == 4
