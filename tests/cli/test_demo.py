from __future__ import annotations

from pathlib import Path

import pytest

from amtspuls.cli.demo import MARKER
from support.command import run_command, run_well

pytestmark = pytest.mark.sim


def test_the_demo_shows_everything_and_replaces_only_its_own_folder(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / MARKER).touch()
    (folder / "of the demo before").touch()
    result = run_well("demo", "--days", "0.06", "--to", folder)
    assert not (folder / "of the demo before").exists()
    for part in (
        "musterstadt",
        "quellental-kfz",
        "coverage",
        "X",
        "cancellation-rate",
        "report.html",
    ):
        assert part in result.out
    assert (folder / "bundles" / "2026" / "2026-05.tar.gz").is_file()
    assert (folder / "bundles" / "metadata.json").is_file()
    assert "<svg" in (folder / "report.html").read_text("utf-8")
    assert (folder / MARKER).is_file()

    (folder / MARKER).unlink()
    refused = run_command("demo", "--days", "0.06", "--to", folder)
    assert refused.code == 2
    assert "--to" in refused.err
    assert (folder / "report.html").is_file()


def test_a_scenario_is_collected_at_its_own_pace_and_drawn(tmp_path: Path) -> None:
    folder, out = tmp_path / "demo", tmp_path / "vaccination.svg"
    result = run_well("demo", "--scenario", "vaccination", "--days", "0.05", "--to", folder)
    assert "a snapshot every minute" in result.err
    assert "plot activity --rule successor" in result.out
    run_well(
        "plot", "activity", "--rule", "successor", "--out", out, "--archive", folder / "archive"
    )
    assert "a later offer books the one before" in out.read_text("utf-8")


def test_an_unknown_scenario_is_told_before_anything_is_made(tmp_path: Path) -> None:
    refused = run_command("demo", "--scenario", "busycity", "--to", tmp_path / "demo")
    assert refused.code == 2
    assert "busy-city" in refused.err
    assert not (tmp_path / "demo").exists()
