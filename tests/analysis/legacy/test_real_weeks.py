"""The predecessor's published metrics, from its published rows: every file, byte for byte."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from amtspuls.analysis.legacy.render import render_files
from amtspuls.analysis.legacy.series import calculate_series
from amtspuls.analysis.legacy.summary import read_weekly
from amtspuls.analysis.legacy.timespans import METRICS
from amtspuls.analysis.legacy.week import LegacyWeek, calculate_week
from amtspuls.archive.sealed.model import SealedPortal
from amtspuls.archive.week import IsoWeek
from amtspuls.bundle.finding import Found
from amtspuls.bundle.importing import load_metadata, read_week

pytestmark = pytest.mark.slow

ENDURANCE = bool(os.environ.get("AMTSPULS_ENDURANCE"))
ALONE = ("2026-05", "2026-13", "2026-29") if ENDURANCE else ("2026-29",)


def _data(shared: Path) -> Path:
    return shared / "data" / "office-schedule-data"


def _load(shared: Path, week: IsoWeek) -> Sequence[SealedPortal]:
    path = _data(shared) / "raw" / f"{week.year}" / f"{week}.tar.gz"
    return read_week(Found(path, week), load_metadata(None))


def _compare(shared: Path, legacy: LegacyWeek) -> None:
    name, folder = str(legacy.week), _data(shared) / "metrics"
    files = dict(render_files(legacy.tables))
    with tarfile.open(folder / name[:4] / f"{name}.tar.gz") as tar:
        members = tar.getmembers()
        assert [member.name for member in members] == list(files) == [f"{m}.csv" for m in METRICS]
        for member in members:
            stream = tar.extractfile(member)
            assert stream is not None
            assert stream.read() == files[member.name], f"{name}: {member.name}"
    weekly = folder / "summary-weekly.csv"
    published = [
        row for row in read_weekly(weekly.read_text("utf-8"), str(weekly)) if row.week == name
    ]
    assert published
    assert published == list(legacy.summary)


@pytest.mark.parametrize("name", ALONE)
def test_a_week_that_began_afresh(shared: Path, name: str) -> None:
    week = IsoWeek.parse(name)
    _compare(shared, calculate_week(week, _load(shared, week)))


def test_the_week_that_was_carried_into_and_the_one_before(shared: Path) -> None:
    before, carried = IsoWeek.parse("2021-28"), IsoWeek.parse("2021-29")
    known = {week: _load(shared, week) for week in (before, carried)}
    (fresh,) = calculate_series([before], known.__getitem__, carry=False)
    (legacy,) = calculate_series([carried], known.__getitem__, carry=True)
    _compare(shared, fresh)
    _compare(shared, legacy)
    # Without what 2021-28 left, these would differ from the published ones.
    afresh = dict(render_files(calculate_week(carried, known[carried]).tables))
    differing = [name for name, text in render_files(legacy.tables) if afresh[name] != text]
    assert len(differing) == 16
