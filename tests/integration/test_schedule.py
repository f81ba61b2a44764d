"""Periods that politeness does not allow, through the commands: refused without a request, or kept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from amtspuls.archive.live import open_reader
from amtspuls.catalogue.load import portal_from_mapping
from amtspuls.catalogue.render import portal_table
from support.command import run_command, run_well

pytestmark = pytest.mark.sim

PORTAL = "elsterland-impfen"
"""Estimated at 53 requests, 1.53 minutes of a day's budget; really four with robots.txt."""


@pytest.fixture(scope="module")
def ready() -> Iterator[dict[str, Any]]:
    """A replica that goes with the time of day: live commands do, too."""
    command = [sys.executable, "-m", "amtspuls", "replica", "--town", "7", "--portal", PORTAL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())
        child.send_signal(signal.SIGINT)
        child.wait(60)


def asked(ready: dict[str, Any]) -> int:
    with urllib.request.urlopen(f"{ready['base']}/log", timeout=60) as answer:
        return len(json.load(answer))


def test_a_period_is_refused_without_a_request_or_kept(
    ready: dict[str, Any], tmp_path: Path
) -> None:
    portal = portal_from_mapping(ready["portals"][PORTAL]["portal"], source="replica")
    (tmp_path / "offices.toml").write_text(portal_table(portal), encoding="utf-8")
    settings = tmp_path / "amtspuls.toml"

    def snapshot_every(minutes: int) -> list[str | Path]:
        settings.write_text(
            'contact = "mail@example.org"\narchive = "archive"\ncatalogue = ["offices.toml"]\n'
            f"[schedule.portals]\n{PORTAL} = {minutes}\n",
            encoding="utf-8",
        )
        return ["snapshot", "-i", PORTAL, "--config", settings]

    refused = run_command(*snapshot_every(1))
    assert refused.code == 2
    message = " ".join(refused.err.split())
    assert f"portal '{PORTAL}': a snapshot every 1 min is more than 127.0.0.1:" in message
    assert "the shortest period is 2 min (53 requests a snapshot, estimated; 1 at a time" in message
    assert f"Write {PORTAL} = 2 (or more) under [schedule.portals]" in message
    assert asked(ready) == 0

    assert "1 ok" in run_well(*snapshot_every(2)).err
    few = asked(ready)
    assert 2 <= few <= 4
    # Now its newest snapshot tells better than the estimate.
    assert "1 ok" in run_well(*snapshot_every(1)).err
    with closing(open_reader(tmp_path / "archive")) as reader:
        columns = reader.snapshots(PORTAL)
        assert columns.period_s.tolist() == [120, 60]
        assert columns.requests[0] == few
    cost = json.loads(
        run_well("list", "--cost", "--match", PORTAL, "--config", settings, "--format", "json").out
    )
    assert [(one["requests"], one["source"], one["alone_min"]) for one in cost] == [
        (few - 1, "measured", 1)  # robots.txt is kept for a day
    ]
