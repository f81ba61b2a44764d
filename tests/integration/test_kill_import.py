"""Killing an import and an export at any moment: started again they finish, nothing lost or doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from amtspuls.archive.sealed.read import list_weeks, open_week
from amtspuls.archive.week import IsoWeek
from amtspuls.files import PART
from support.bundles import write_bundle
from support.command import run_well
from support.killing import Runner, running
from support.quirky_bundles import a_busy_week, members_of

pytestmark = [pytest.mark.sim, pytest.mark.slow]

KILLS = 100 if os.environ.get("AMTSPULS_ENDURANCE") else 10


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with running() as started:
        yield started


def importing(archive: Path, folder: Path) -> tuple[object, ...]:
    return ("import", folder, "--archive", archive, "-p", 1)


def exporting(archive: Path, folder: Path) -> tuple[object, ...]:
    return ("export", "--format", "legacy", "--archive", archive, "--to", folder)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four weeks of bundles."""
    folder, week = tmp_path_factory.mktemp("raw"), IsoWeek.parse("2026-05")
    for _ in range(4):
        write_bundle(folder / f"{week}.tar.gz", a_busy_week(week, ["amt", "bau"]))
        week = week.following
    return folder


def kill_until_done(
    run: Callable[[int, float], int], check: Callable[[int, bool], None], limit_s: float
) -> tuple[int, int]:
    """Kill runs at random moments; ``check`` sees the number of the trial and whether it is done.

    Returns:
        How often a run was killed, and how many trials were killed before they were done.
    """
    rng = random.Random(20260126)
    killed = trial = hit = 0
    while killed < KILLS:
        before, code = killed, -1
        while code:
            code = run(trial, rng.uniform(0, limit_s))
            assert code in (0, -signal.SIGKILL)
            killed += code != 0
            limit_s *= 1.05 if code else 0.8  # it does not matter how busy the machine is by now
            check(trial, code == 0)
        hit += killed > before
        trial += 1
    return killed, hit


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_killed_import_is_started_again(runner: Runner, raw: Path, tmp_path: Path) -> None:
    runner.whole_s(*importing(tmp_path / "warm", raw))
    limit_s = runner.whole_s(*importing(tmp_path / "whole", raw))
    expected = files_of(tmp_path / "whole")

    def check(trial: int, done: bool) -> None:
        weeks = tmp_path / str(trial) / "weeks"
        for week in list_weeks(weeks):
            open_week(weeks, week).verify()
        if done:
            assert files_of(tmp_path / str(trial)) == expected
            assert not list(weeks.glob(f".*{PART}"))

    killed, hit = kill_until_done(
        lambda trial, limit: runner.run(*importing(tmp_path / str(trial), raw), limit_s=limit),
        check,
        limit_s,
    )

    assert killed >= KILLS
    assert hit


def test_a_killed_export_is_started_again(runner: Runner, raw: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    run_well("import", raw, "--archive", archive, "-p", 1)
    before = files_of(archive)
    runner.whole_s(*exporting(archive, tmp_path / "warm"))
    limit_s = runner.whole_s(*exporting(archive, tmp_path / "whole"))
    expected = files_of(tmp_path / "whole")
    for path in raw.glob("*.tar.gz"):
        assert members_of(tmp_path / "whole" / "2026" / path.name) == members_of(path)

    def check(trial: int, done: bool) -> None:
        for path in (tmp_path / str(trial)).rglob("[0-9]*.tar.gz"):
            assert path.read_bytes() == expected[f"2026/{path.name}"]
        if done:
            assert files_of(tmp_path / str(trial)) == expected

    killed, hit = kill_until_done(
        lambda trial, limit: runner.run(*exporting(archive, tmp_path / str(trial)), limit_s=limit),
        check,
        limit_s,
    )

    assert killed >= KILLS
    assert hit
    assert files_of(archive) == before


def test_no_worker_outlives_its_parent(raw: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "amtspuls", "import", raw, "--archive", tmp_path / "a", "-p", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as parent:
        family: list[psutil.Process] = []
        # Two workers, what they are copies of, and what keeps account of what they share.
        while len(family) < 4 and parent.poll() is None:
            family = psutil.Process(parent.pid).children(recursive=True)
            time.sleep(0.01)
        assert len(family) == 4
        parent.send_signal(signal.SIGKILL)

    _, alive = psutil.wait_procs(family, timeout=120)

    assert not alive
    run_well("import", raw, "--archive", tmp_path / "a", "-p", 2)
    weeks = tmp_path / "a" / "weeks"
    assert len(list_weeks(weeks)) == 4
    for week in list_weeks(weeks):
        open_week(weeks, week).verify()
