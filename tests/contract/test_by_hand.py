"""The lines of curl in docs/systems, taken out of the pages and run against the replicas of town 7."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from conftest import ROOT
from support.contract_portals import PORTALS

pytestmark = [pytest.mark.sim, pytest.mark.slow]

START = ["replica", "--town", "7", "--at", "2026-01-26 06:00", "--speed", "0", "--port", "0"]

# What must come out of a visit, in this order, and how many requests it takes.
SHOWS = {
    "ekol": (["ekolCalendarTimeSelect"], 9),
    "etermin": (['"appfuture"', '"sgid"', '"calendarid"', '"available"', '"start"'], 9),
    "impfthueringen": (["select-ort-area", "data-folge-termin"], 2),
    "netappoint": (["frm_casetype", "nat_calendar_weekday_bookable", "nat_timeslist"], 3),
    "tempus": (['id="formular"', 'class="cal"', 'class="termine"'], 4),
    "tevis": (["select2?md=1", 'name="mdt"', "select_location", "suggestion_form"], 7),
}
CURL = "plain" if shutil.which("curl") is None else "curl"
VISITS = [*((system, CURL) for system in sorted(SHOWS)), ("tempus", "plain"), ("etermin", "plain")]


@pytest.fixture(scope="module")
def town() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-c", "from amtspuls.cli.app import main; main()", *START]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def lines_of(system: str) -> str:
    text = (ROOT / "docs" / "systems" / f"{system}.md").read_text("utf-8")
    by_hand = text.partition("\n## By hand\n")[2].partition("\n## ")[0]
    return "".join(re.findall(r"```sh\n(.*?)```", by_hand, re.DOTALL))


def aimed(lines: str, town: dict[str, Any], system: str) -> tuple[str, str]:
    """Put the port of today into the first line; return the lines, and the id of the portal."""
    (base,) = re.findall(r"^U=(http://127\.0\.0\.1:\d+)", lines, re.MULTILINE)
    first = next(key for key, entry in town["portals"].items() if entry["system"] == system)
    now = urlsplit(town["portals"][first]["url"])
    return lines.replace(base, f"http://{now.netloc}"), first


def with_client(client: str, folder: Path) -> dict[str, str]:
    """Variables with which ``curl`` is the real one, or our few lines of Python."""
    if client == "curl":
        return dict(os.environ)
    own = folder / "bin"
    own.mkdir()
    python = f"PYTHONPATH={shlex.quote(str(ROOT / 'tests'))} {shlex.quote(sys.executable)}"
    (own / "curl").write_text(f'#!/bin/sh\n{python} -m support.curl "$@"\n', "utf-8")
    (own / "curl").chmod(0o755)
    return {**os.environ, "PATH": f"{own}:{os.environ['PATH']}"}


def requests_of(town: dict[str, Any], portal: str, after: int) -> list[dict[str, Any]]:
    with urlopen(f"{town['base']}/log?after={after}") as answer:
        log = json.load(answer)
    entries: list[dict[str, Any]] = log["requests"] if isinstance(log, dict) else log
    return [entry for entry in entries if entry["portal_id"] == portal]


def test_every_system_is_visited() -> None:
    assert set(SHOWS) == set(PORTALS)


@pytest.mark.parametrize(("system", "client"), sorted(set(VISITS)))
def test_the_lines_of_the_docs_walk_through_a_visit(
    town: dict[str, Any], system: str, client: str, tmp_path: Path
) -> None:
    lines, portal = aimed(lines_of(system), town, system)
    seen = max((entry["number"] for entry in requests_of(town, portal, 0)), default=0)
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", lines],
        cwd=tmp_path,
        env=with_client(client, tmp_path),
        capture_output=True,
        check=False,
    )
    out = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, done.stderr.decode()
    shows, count = SHOWS[system]
    at = 0
    for text in shows:
        at = out.find(text, at)
        assert at >= 0, (text, out[-3000:])
    asked = requests_of(town, portal, seen)
    assert len(asked) == count
    assert {entry["status"] for entry in asked} <= {200, 301, 302}
    assert not any(entry["reserving"] for entry in asked)


@pytest.mark.parametrize("system", sorted(PORTALS))
def test_a_foreign_host_header_and_no_cookie_are_fine(town: dict[str, Any], system: str) -> None:
    url = next(one["url"] for one in town["portals"].values() if one["system"] == system)
    with urlopen(url) as answer:
        usual = answer.read()
    with urlopen(Request(url, headers={"Host": "termine.stadt.example"})) as answer:
        assert answer.status == 200
        foreign = answer.read()
    assert _without_tokens(foreign) == _without_tokens(usual)


def _without_tokens(page: bytes) -> bytes:
    """Sessions and tokens differ between two visitors."""
    return re.sub(rb'jsessionid=\w+|sna=\w+|value="[^"]{30,}"', b"", page)
