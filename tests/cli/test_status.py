from __future__ import annotations

import csv
import io
import json
import sys
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from amtspuls import __version__
from amtspuls.archive.base import Stop
from amtspuls.archive.live import open_writer
from amtspuls.catalogue.portal import Portal
from amtspuls.cli import output
from amtspuls.model import Outcome, Snapshot
from support.measure_archive import make_archive, make_empty_archive
from support.portals import run
from support.tiny_archive import utc


@pytest.fixture
def archive(tmp_path: Path) -> str:
    return str(make_archive(tmp_path / "a"))


def test_json_tells_everything(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "status", "--archive", archive, "--format", "json")
    assert (code, err) == (0, "")
    bonn, kiel = json.loads(out)
    origin = {key: bonn.pop(key) for key in ("weeks", "version", "archive_digest", "command")}
    assert origin.items() <= kiel.items()
    assert (origin["weeks"], origin["version"]) == ("2026-05", __version__)
    assert origin["command"] == "amtspuls status --format json"
    code, answer, _ = run(capsys, "measure", "coverage", "--archive", archive, "--format", "json")
    assert (code, json.loads(answer)[0]["archive_digest"]) == (0, origin["archive_digest"])
    assert bonn == {
        "portal": "bonn",
        "name": "Stadt Bonn",
        "system": "tevis",
        "snapshots": 5,
        "changed_share": 0.8,
        "outcomes": {"ok": 5},
        "coverage": 1.0,
        "calendars": 1,
        "free_slots": 2,
        "newest_at": "2026-01-26 07:00:00+01:00",
        "newest_outcome": "ok",
        "period_s": 900,
        "period_assumed": False,
        "from": "2026-01-26 06:00:00+01:00",
        "until": "2026-01-26 07:15:00+01:00",
        "stopped_since": None,
        "stop_reason": None,
    }
    assert kiel["outcomes"] == {"ok": 5, "unreachable": 1}
    assert (kiel["newest_outcome"], kiel["free_slots"]) == ("unreachable", 2)


def test_csv_is_flat(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "status", "--archive", archive, "--format", "csv", "-i", "k*")
    (row,) = csv.DictReader(io.StringIO(out))
    assert row["outcomes"] == "ok=5 unreachable=1"


def test_the_table_fits_and_shows_stops(
    archive: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_writer(Path(archive))) as writer:
        long = Portal(
            id="amt-" + "x" * 50, name="Amt", system="netappoint", url="https://amt.example/"
        )
        for minute, outcome in enumerate(Outcome):
            at = utc(f"2026-01-26 05:{minute:02d}")
            writer.store(long, Snapshot(long.id, at, at, outcome))
        writer.stop(Stop("bonn", utc("2026-01-26 06:00"), "captcha"))
    _, piped, _ = run(capsys, "status", "--archive", archive)
    assert any(long.id in line and "1 implausible" in line for line in piped.splitlines())
    assert "2026-01-26 07:00 ok" in piped  # with the year: an archive holds many
    monkeypatch.setattr(
        output,
        "console",
        lambda: Console(file=sys.stdout, width=120, force_terminal=True, color_system=None),
    )
    code, out, err = run(capsys, "status", "--archive", archive)
    assert code == 0
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 120
    for text in ("stopped", "2026-01-26", "1 implausible", "kielsw", "100", "83"):
        assert text in out
    assert "median distance" in err


def test_markdown_is_not_wrapped(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "status", "--archive", archive, "--format", "markdown")
    assert "| kielsw | 6 | 80.0 | 5 ok, 1 unreachable | 83 | 1 | 2 |" in out


def test_an_empty_archive_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_empty_archive(tmp_path / "empty")
    code, out, err = run(capsys, "status", "--archive", str(folder))
    assert (code, out) == (1, "")
    assert "holds no snapshot yet" in err
