"""Killing the collector at any moment: the archive opens, holds whole snapshots only, and goes on."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from amtspuls.archive.live import open_reader
from amtspuls.errors import ArchiveError
from support.bundles import csv_text, write_bundle, write_metadata
from support.collecting import spans_of
from support.command import run_well
from support.killing import running

pytestmark = [pytest.mark.sim, pytest.mark.slow]

KILLS = 200 if os.environ.get("AMTSPULS_ENDURANCE") else 20
PORTALS = ("auwinkel", "musterstadt")


def make_week(folder: Path) -> tuple[Path, Path]:
    """A recorded Monday morning of two portals in which slots go and come back."""
    first = datetime(2026, 1, 26, 6, 3, 10)
    columns = [
        f"{first + timedelta(days=d):%Y-%m-%d} {h:02d}:{m:02d}:00"
        for d in (1, 2)
        for h in (9, 10, 14)
        for m in (0, 20, 40)
    ]
    keys = {"auwinkel": ["7/70", "7/71"], "musterstadt": ["meldewesen", "passe"]}
    rng = random.Random(7)
    members = {}
    for portal_id in PORTALS:
        rows = []
        for step in range(16):
            at = first + timedelta(minutes=15 * step, seconds=PORTALS.index(portal_id))
            rows += [
                (f"{at}", key, [c for c in columns if rng.random() < 0.8])
                for key in keys[portal_id]
            ]
        members[f"{portal_id}.csv"] = csv_text(portal_id, columns, rows)
    names = {"7/70": "Meldewesen", "7/71": "Pässe", "meldewesen": "Meldewesen", "passe": "Pässe"}
    metadata = write_metadata(
        folder / "metadata.json",
        {
            portal_id: (system, {key: names[key] for key in keys[portal_id]})
            for portal_id, system in zip(PORTALS, ("tempus", "netappoint"), strict=True)
        },
    )
    text = metadata.read_text("utf-8")
    metadata.write_text(
        text.replace("index.php?company=auwinkel", "termine/index.php?anlagennr=901"), "utf-8"
    )
    return write_bundle(folder / "2026-05.tar.gz", members), metadata


def content_of(archive: Path) -> object:
    """Everything an archive says, but for what a new process does again: robots.txt and its bytes."""
    reader = open_reader(archive)
    said = {}
    for portal in reader.portals():
        names = {
            record.number: record.calendar.key for record in reader.calendars(portal.portal_id)
        }
        shots = reader.snapshots(portal.portal_id)
        views = reader.views(portal.portal_id)
        said[portal.portal_id] = {
            "snapshots": [
                list(column)
                for column in (shots.taken_at, shots.outcome, shots.opened, shots.closed)
            ],
            "views": [
                [names[int(number)] for number in views.calendar],
                *(
                    list(column)
                    for column in (views.taken_at, views.outcome, views.covered, views.free)
                ),
            ],
            "spans": spans_of(reader, portal.portal_id),
        }
    reader.close()
    return said


def check_whole(archive: Path) -> None:
    """No snapshot is half there: each has its views and exactly the changes that it says it made."""
    if not (archive / "live.sqlite").exists():
        return
    with sqlite3.connect(archive / "live.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    try:
        reader = open_reader(archive)
    except ArchiveError:  # killed before the empty archive was complete: the next writer makes it
        return
    for portal in reader.portals():
        shots = reader.snapshots(portal.portal_id)
        views = reader.views(portal.portal_id)
        spans = reader.spans(portal.portal_id)
        assert sorted(set(views.snapshot.tolist())) == shots.number.tolist()
        assert len(views.snapshot) == 2 * len(shots.number)
        assert set(shots.outcome) == {"ok"}
        for taken_at, opened in zip(shots.taken_at.tolist(), shots.opened.tolist(), strict=True):
            assert int((spans.opened_at == taken_at).sum()) == opened
        assert set(spans.opened_at.tolist()) <= set(shots.taken_at.tolist())
    reader.close()


def test_killed_at_any_moment_and_gone_on(tmp_path: Path) -> None:
    bundle, metadata = make_week(tmp_path)

    def replaying(archive: Path) -> tuple[object, ...]:
        return ("replay", bundle, "--metadata", metadata, "--archive", archive)

    run_well(*replaying(tmp_path / "whole"))
    expected = content_of(tmp_path / "whole")
    with running() as runner:
        whole_s = runner.whole_s(*replaying(tmp_path / "timed"))
        rng = random.Random(20260126)
        killed = finished = 0
        archive = tmp_path / "killed-0"
        while killed < KILLS or not finished:
            limit_s = rng.uniform(0, 0.8 * whole_s) if killed < KILLS else None
            code = runner.run(*replaying(archive), limit_s=limit_s)
            assert code in (0, -signal.SIGKILL)
            whole_s *= 1.05 if code else 0.8  # it does not matter how busy the machine is by now
            check_whole(archive)
            if code == 0:
                assert content_of(archive) == expected
                finished += 1
                archive = tmp_path / f"killed-{finished}"
            else:
                killed += 1
    assert killed >= KILLS
    assert finished
