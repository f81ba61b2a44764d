"""The Python that pages show is run, on a small archive in the folder that they name."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amtspuls.archive.live import open_writer
from amtspuls.model import Calendar
from support.command import run_well
from support.measure_archive import BONN, KIEL, morning_snapshots
from support.sealing import seal

# The pages name a portal and a calendar of the predecessor's published weeks; so does the archive here.
CALENDAR = Calendar("564/10180", "Photovoltaik-Beratung")
DOCS = Path(__file__).parents[1] / "docs" / "how-to"


def blocks(page: str) -> list[str]:
    """The Python of a page, block by block."""
    text = (DOCS / page).read_text("utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive of two weeks, the first one sealed, and the predecessor's metrics of it."""
    folder = tmp_path / "amtspuls-archive"
    with closing(open_writer(folder)) as writer:
        for week in range(2):
            for portal in (BONN, KIEL):
                for snapshot in morning_snapshots(portal.id):
                    at = snapshot.taken_at + timedelta(days=7 * week)
                    views = tuple(replace(view, calendar=CALENDAR) for view in snapshot.views)
                    writer.store(
                        portal, replace(snapshot, taken_at=at, finished_at=at, views=views)
                    )
    seal(folder, datetime(2026, 2, 3, tzinfo=UTC))
    monkeypatch.chdir(tmp_path)
    run_well("legacy-metrics", "--to", ".", "--week", "2026-05")
    return tmp_path


def _run(page: str) -> dict[str, Any]:
    """Run all blocks of a page as one script; what it left behind."""
    found = blocks(page)
    assert found
    names: dict[str, Any] = {}
    exec(compile("\n".join(found), page, "exec"), names)  # the pages are ours
    return names


def test_reading_an_archive(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = _run("read-an-archive.md")
    assert len(left["frame"]) == left["views"].height // 2
    assert left["per_day"].height == 2
    assert left["free"].num_rows > 0
    assert "next_free" in capsys.readouterr().out


def test_what_takes_the_place_of_the_predecessors_classes(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = _run("from-office-schedule-data.md")
    assert left["name"] == "Photovoltaik-Beratung"
    assert left["columns"][:2] == ["date", "location_id"]
    assert {cell for row in left["rows"] for cell in row[2:]} == {0, 1}
    assert left["views"].column("portal").unique().to_pylist() == ["kielsw"]
    assert left["frame"].index.names == ["date", "source_id", "location_id", "location_name"]
    assert set(left["shown"].stack()) == {"-", "1"}
    assert left["summary_weekly"].loc[("2026-05", "kielsw"), "num_snapshots"] == len(left["rows"])
    assert left["appointments"].columns.names == ["source", "location", "metric"]
    assert ("kielsw", "Photovoltaik-Beratung", "appointments") in left["appointments"]
    assert "2026-06 kielsw" in capsys.readouterr().out
