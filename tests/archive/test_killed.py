"""SIGKILL at any moment: nothing is half there, and going on gives the same archive."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from amtspuls.archive.live import open_reader, open_writer
from support.histories import PORTAL, effort, everything, made_up, scratch
from support.storing_child import store_on

pytestmark = [pytest.mark.slow]
TESTS = Path(__file__).parents[1]
COUNT = 400


def _kill_while_storing(folder: Path, delay_s: float) -> None:
    """Start a process that stores, wait until it begins, and kill it."""
    child = subprocess.Popen(
        [sys.executable, "-m", "support.storing_child", str(folder), str(COUNT)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == b"begins\n"
        time.sleep(delay_s)
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=120)


def _check_whole(folder: Path) -> int:
    """Look at the file as another program would; return the number of snapshots."""
    with closing(sqlite3.connect(folder / "live.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        views = database.execute(
            "SELECT s.number, count(v.calendar), s.opened FROM snapshots s"
            " LEFT JOIN views v ON v.snapshot = s.number GROUP BY s.number"
        ).fetchall()
        opened = dict(
            database.execute(
                "SELECT s.number, count(*) FROM spans p JOIN snapshots s ON s.taken_at = p.opened_at"
                " GROUP BY s.number"
            ).fetchall()
        )
    assert all(count == 3 for _, count, _ in views)
    assert {number: count for number, _, count in views if count} == opened
    return len(views)


def test_a_killed_writer_leaves_whole_snapshots_and_can_go_on() -> None:
    rng = random.Random(20260126)
    stored = []
    with scratch() as killed, scratch() as whole:
        for _ in range(effort(4)):
            _kill_while_storing(Path(killed), rng.uniform(0.0, 0.4))
            stored.append(_check_whole(Path(killed)))
        while not stored[-1] and len(stored) < effort(40):  # a machine too busy to store anything
            _kill_while_storing(Path(killed), 0.1 * len(stored))
            stored.append(_check_whole(Path(killed)))
        assert stored == sorted(stored)
        assert stored[-1] > 0
        store_on(Path(killed), COUNT)
        store_on(Path(whole), COUNT)
        with closing(open_reader(Path(killed))) as one, closing(open_reader(Path(whole))) as other:
            assert everything(one) == everything(other)
            at = made_up(COUNT)[COUNT // 2].taken_at
            assert list(one.state(PORTAL.id, at)) == list(other.state(PORTAL.id, at))


def test_a_writer_killed_while_making_the_archive_leaves_a_folder_that_can_be_opened() -> None:
    with scratch() as folder:
        # What a kill between opening the file and the first commit leaves behind.
        (Path(folder) / "live.sqlite").touch()
        (Path(folder) / "live.lock").write_text("1\n")
        open_writer(Path(folder)).close()
        with closing(open_reader(Path(folder))) as reader:
            assert list(reader.portals()) == []
