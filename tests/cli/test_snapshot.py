"""`amtspuls snapshot` as a user runs it: against a replica in a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amtspuls.archive.live import open_reader
from support.command import run_command, run_well

pytestmark = pytest.mark.sim


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """A replica of the town, standing still on a Monday morning."""
    command = [
        sys.executable, "-m", "amtspuls", "replica", "--town", "7", "--speed", "0",
        "--portal", "musterstadt", "--portal", "auwinkel", "--at", "2026-01-26 08:00",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())["base"]
        child.send_signal(signal.SIGINT)
        child.wait(60)


def set_fault(base: str, **fault: Any) -> None:
    request = urllib.request.Request(
        f"{base}/faults",
        json.dumps(fault).encode() if fault else None,
        method="POST" if fault else "DELETE",
    )
    urllib.request.urlopen(request, timeout=60).close()


def test_a_round_is_stored_and_summed_up(base: str, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    result = run_well("snapshot", "--replica", base, "--archive", archive)
    assert "auwinkel" in result.out
    assert "musterstadt" in result.out
    assert "2 ok" in result.err
    reader = open_reader(archive)
    assert [record.portal_id for record in reader.portals()] == ["auwinkel", "musterstadt"]
    assert reader.snapshots("auwinkel").period_s.tolist() == [900]
    reader.close()


def test_a_dry_run_prints_and_stores_nothing(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed = json.loads(run_well("snapshot", "--replica", base, "--dry-run", "-i", "must*").out)
    assert [one["portal"] for one in printed] == ["musterstadt"]
    assert {view["key"] for view in printed[0]["calendars"]} >= {"meldewesen"}
    assert all(
        free.startswith("2026-") for view in printed[0]["calendars"] for free in view["free"]
    )
    days = run_well(
        "snapshot", "--replica", base, "--dry-run", "-e", "aux", "--format", "day", "-w", "1"
    )
    assert "Stadt Musterstadt" in days.out
    assert "2026-01-2" in days.out
    assert not list(tmp_path.iterdir())


def test_weeks_bound_what_is_asked(base: str) -> None:
    def last_day(*options: str) -> str:
        printed = json.loads(run_well("snapshot", "--replica", base, "--dry-run", *options).out)
        shown: list[str] = [
            free for one in printed for view in one["calendars"] for free in view["free"]
        ]
        return max(shown)[:10]

    assert last_day("-w", "1") <= "2026-02-02"
    assert last_day() > "2026-02-02"


def test_one_failed_portal_gives_exit_code_3_and_leaves_the_other_alone(
    base: str, tmp_path: Path
) -> None:
    set_fault(base, portal="auwinkel", fault="changed")
    try:
        result = run_command("snapshot", "--replica", base, "--archive", tmp_path / "archive")
        days = run_command(
            "snapshot", "--replica", base, "-i", "auwinkel", "--dry-run", "--format", "day"
        )
    finally:
        set_fault(base)
    assert "UTC: changed (" in days.out  # with the reason, which no table shows there
    assert result.code == 3
    assert "1 ok" in result.err
    assert "1 changed" in result.err
    # Neither calendars nor free slots: no answer is not "nothing free".
    assert re.search(r"auwinkel +changed {20,}0", result.out)
    assert "docs/systems" in result.out.replace("\n", " ")


def test_a_refusal_stops_the_portal_until_a_person_lifts_it(base: str, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    set_fault(base, portal="auwinkel", fault="forbidden")
    try:
        assert run_command("snapshot", "--replica", base, "--archive", archive).code == 3
    finally:
        set_fault(base)
    (stop,) = json.loads(run_well("stops", "--archive", archive, "--format", "json").out)
    assert stop["portal"] == "auwinkel"
    assert run_command("stops", "--archive", archive, "--lift", "musterstadt").code == 2
    assert "asked again" in run_well("stops", "--archive", archive, "--lift", "auwinkel").err
    assert json.loads(run_well("stops", "--archive", archive, "--format", "json").out) == []


def test_filters_that_match_nothing_name_the_nearest(base: str) -> None:
    result = run_command("snapshot", "--replica", base, "--dry-run", "-i", "musterstat")
    assert result.code == 2
    assert "musterstadt" in result.err
