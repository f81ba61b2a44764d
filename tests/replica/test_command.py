"""``amtspuls replica`` as people start it: a process, one JSON line, a signal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from amtspuls.cli.app import make_app
from amtspuls.errors import ConfigError

pytestmark = pytest.mark.sim

RUN = [sys.executable, "-c", "from amtspuls.cli.app import main; main()", "replica"]


@contextmanager
def _running(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    with subprocess.Popen(
        [*RUN, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            yield process, json.loads(line)
        finally:
            if process.poll() is None:
                process.kill()


def _run_wrong(*options: str) -> str:
    result = CliRunner().invoke(make_app(), ["replica", *options])
    assert isinstance(result.exception, ConfigError), result.output
    assert result.exception.exit_code == 2
    return str(result.exception)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_serves_a_town_until_a_signal(number: signal.Signals, code: int) -> None:
    at = "2026-01-26 06:00"
    with _running("--town", "7", "--portal", "lindenau", "--at", at, "--speed", "0") as (
        process,
        ready,
    ):
        assert list(ready["portals"]) == ["lindenau"]
        told = httpx2.get(f"{ready['base']}/clock").json()
        assert told == {"now": "2026-01-26T05:00:00+00:00", "speed": 0.0}
        assert httpx2.get(ready["portals"]["lindenau"]["url"]).status_code == 200
        assert httpx2.get(f"{ready['base']}/portals").json() == ready
        process.send_signal(number)
        assert process.wait(60) == code
        assert process.stdout is not None
        assert process.stdout.read() == "", "one line only"


def test_without_options_it_is_the_first_town_now() -> None:
    with _running() as (process, ready):
        assert len(ready["portals"]) >= 3
        told = httpx2.get(f"{ready['base']}/clock").json()
        assert abs(datetime.fromisoformat(told["now"]) - datetime.now(UTC)) < timedelta(minutes=30)
        assert told["speed"] == 1.0
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_it_serves_a_recorded_week(shared: Path) -> None:
    raw = shared / "data" / "office-schedule-data" / "raw"
    options = ["--recording", str(raw / "2026" / "2026-05.tar.gz")]
    options += ["--metadata", str(raw / "metadata.json"), "--portal", "wuppertalgw"]
    with _running(*options, "--speed", "0") as (process, ready):
        told = httpx2.get(f"{ready['base']}/clock").json()
        assert told["now"].startswith("2026-01-25T23:"), "starts with the recording"
        assert "nat_casetypelist" in httpx2.get(ready["portals"]["wuppertalgw"]["url"]).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at", "gestern"], "--at 'gestern' is no time"),
        (["--speed", "1e9"], "--speed is at most"),
        (["--portal", "nix"], "no portal 'nix' in the town"),
        (["--recording", "x.tar.gz"], "--recording and --metadata belong together"),
        (["--metadata", "m.json"], "--recording and --metadata belong together"),
        (["--recording", "x", "--metadata", "m", "--town", "1"], "exclude each other"),
    ],
)
def test_wrong_options_are_refused_with_what_to_do(options: list[str], said: str) -> None:
    assert said in _run_wrong(*options)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T02:30+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
    ],
)
def test_local_times_mean_the_first_pass_unless_an_offset_decides(
    text: str, instant: datetime
) -> None:
    from amtspuls.cli.replica import _parse_local

    assert _parse_local(text) == instant
