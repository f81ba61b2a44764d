"""``amtspuls probe`` as a user runs it: against a replica in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from amtspuls.archive.base import Stop
from amtspuls.archive.live import open_writer
from amtspuls.catalogue.load import load_catalogue
from amtspuls.systems.registry import require_system
from support.command import run_command, run_well
from support.http_server import HttpServer, Reply

pytestmark = pytest.mark.sim

PORTALS = ("birkenfurt", "ausfeld", "elsterland-impfen", "lindenau", "rosenau", "seehausen")
"""One portal of each system."""


@pytest.fixture(scope="module")
def ready() -> Iterator[dict[str, Any]]:
    """A replica of the town, standing still on a Monday morning."""
    chosen = [word for name in PORTALS for word in ("--portal", name)]
    command = [
        sys.executable, "-m", "amtspuls", "replica", "--town", "7", "--speed", "0",
        "--at", "2026-01-26 08:00", *chosen,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())
        child.send_signal(signal.SIGINT)
        child.wait(60)


def set_fault(base: str, **fault: Any) -> None:
    request = urllib.request.Request(
        f"{base}/faults",
        json.dumps(fault).encode() if fault else None,
        method="POST" if fault else "DELETE",
    )
    urllib.request.urlopen(request, timeout=60).close()


def probe(ready: dict[str, Any], portal: str, *options: str) -> Any:
    url = ready["portals"][portal]["url"]
    return run_command("probe", url, "--replica", ready["base"], "-w", "1", *options)


@pytest.mark.parametrize("portal", PORTALS)
def test_the_printed_table_loads_and_is_read(
    ready: dict[str, Any], portal: str, tmp_path: Path
) -> None:
    result = probe(ready, portal, "--format", "toml")
    assert result.code == 0, result.err
    assert f"already: {portal}" in result.err
    overlay = tmp_path / "overlay.toml"
    overlay.write_text(result.out, "utf-8")
    found = load_catalogue([overlay], check=lambda p: require_system(p.system).check_portal(p))
    assert found.require(portal).system == ready["portals"][portal]["system"]
    assert found.require(portal).last_seen == date(2026, 1, 26)


def test_the_table_for_people_shows_the_evidence(ready: dict[str, Any]) -> None:
    shown = probe(ready, "birkenfurt").out
    for part in ("tempus", "anlagennr=", "[[portal]]", "# calendar: 640/7001 = default"):
        assert part in shown


def test_json_holds_everything(ready: dict[str, Any]) -> None:
    shown = json.loads(probe(ready, "rosenau", "--format", "json").out)
    assert shown["candidates"][0]["system"] == "tevis"
    assert shown["candidates"][0]["evidence"]
    assert shown["portal"]["id"] == "rosenau"
    assert shown["calendars"][0]["key"] == "301"
    assert (shown["missing"], shown["outcome"]) == ("", "ok")
    assert shown["table"].startswith("# read 2026-01-26")


def test_a_portal_that_cannot_be_read_gives_exit_code_3(ready: dict[str, Any]) -> None:
    set_fault(ready["base"], portal="lindenau", fault="changed")
    try:
        result = probe(ready, "lindenau")
    finally:
        set_fault(ready["base"])
    assert result.code == 3
    assert "no table: " in result.err
    assert "[[portal]]" not in result.out


def test_a_refusal_gives_exit_code_1(ready: dict[str, Any]) -> None:
    set_fault(ready["base"], portal="lindenau", fault="robots_forbids")
    try:
        result = probe(ready, "lindenau")
    finally:
        set_fault(ready["base"])
    assert result.code == 1
    assert "robots.txt" in result.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name the URL of a page, or --catalogue"),
        (["https://a.example/", "--catalogue"], "name the URL of a page, or --catalogue"),
        (["--catalogue"], "--to DIR"),
        (["--catalogue", "--to", "x", "--format", "json"], "--format is for a single page"),
        (["https://a.example/", "--to", "x"], "--to is for --catalogue"),
        (["https://a.example/"], "no contact is set"),
        (["--catalogue", "--to", "x"], "no contact is set"),
    ],
)
def test_wrong_use_is_told_and_nobody_is_asked(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run_command("probe", *arguments)
    assert result.code == 2
    assert says in result.err
    assert not list(tmp_path.iterdir())


def test_with_a_replica_no_live_page_is_asked(ready: dict[str, Any]) -> None:
    result = run_command("probe", "https://tempus-termine.com/", "--replica", ready["base"])
    assert result.code == 2
    assert "is no page of that replica" in result.err


def test_a_survey_writes_overlay_and_report(ready: dict[str, Any], tmp_path: Path) -> None:
    set_fault(ready["base"], portal="lindenau", fault="forbidden")
    folder = tmp_path / "found"
    try:
        result = run_command(
            "probe", "--catalogue", "--replica", ready["base"], "-w", "1", "-e", "rosenau", "--to", folder
        )  # fmt: skip
    finally:
        set_fault(ready["base"])
    assert result.code == 3
    assert "5 of 5 portals read, 4 answered" in result.err
    known = load_catalogue([folder / "overlay.toml"])
    assert known.require("lindenau").note.startswith("probed 2026-01-26: refused: ")
    assert known.require("lindenau").status == "active"
    assert known.require("birkenfurt").last_seen == date(2026, 1, 26)
    assert "rosenau" not in known.portals
    run_well("list", "--catalogue", folder / "overlay.toml", "--match", "lindenau")
    report = (folder / "report.md").read_text("utf-8")
    assert '`amtspuls probe --catalogue -e "rosenau" -w 1 --replica BASE`' in report
    assert "| lindenau | active | active | refused |" in report
    assert "| birkenfurt | active | active | ok |  | 1 |" in report
    assert "Interrupted" not in report
    assert str(tmp_path) not in report


def test_filters_that_leave_nobody(ready: dict[str, Any], tmp_path: Path) -> None:
    result = run_command(
        "probe", "--catalogue", "--replica", ready["base"], "--system", "none", "--to", tmp_path / "x"
    )  # fmt: skip
    assert result.code == 2
    assert "no portal is left" in result.err
    assert not (tmp_path / "x").exists()


def test_an_interrupt_keeps_what_was_read(ready: dict[str, Any], tmp_path: Path) -> None:
    set_fault(ready["base"], portal="seehausen", fault="slow", delay_s=120)
    command = [
        sys.executable, "-m", "amtspuls", "--log-level", "info", "probe", "--catalogue",
        "--replica", ready["base"], "-w", "1", "-i", "seehausen", "-i", "birkenfurt", "--to", "found",
    ]  # fmt: skip
    try:
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as child:
            assert child.stderr is not None
            for line in child.stderr:
                if "snapshot_taken" in line:
                    break
            time.sleep(0.2)
            os.kill(child.pid, signal.SIGINT)
            said = child.stderr.read()
            assert child.wait(60) == 130
    finally:
        set_fault(ready["base"])
    assert "1 of 2 portals read" in said
    assert "birkenfurt" in (tmp_path / "found" / "overlay.toml").read_text("utf-8")
    report = (tmp_path / "found" / "report.md").read_text("utf-8")
    assert "**Interrupted: 1 of 2 portals were read.**" in report
    assert "seehausen" not in report.partition("## Totals")[2]


def settle(folder: Path, url: str) -> tuple[object, ...]:
    """A live installation beside a small server; returns the options of a command."""
    (folder / "amtspuls.toml").write_text('contact = "mail@example.org"\n', "utf-8")
    table = f'[[portal]]\nid = "aue"\nname = "Aue"\nsystem = "tempus"\nurl = "{url}"\n'
    (folder / "offices.toml").write_text(table, "utf-8")
    return (
        *("--config", folder / "amtspuls.toml", "--overlay", folder / "offices.toml"),
        *("--archive", folder / "archive"),
    )


async def test_the_contact_is_in_no_file(tmp_path: Path) -> None:
    async with HttpServer() as server:
        url = server.url("/mail@example.org?anlagennr=1")
        options = settle(tmp_path, url)[:4]
        command = ("probe", "--catalogue", "-i", "aue", "--to", tmp_path / "found", *options)
        result = await asyncio.to_thread(run_command, *command)
        assert "mail@example.org" in server.pages()[0].headers["user-agent"]
    assert result.code == 3, result.err
    known = load_catalogue([tmp_path / "found" / "overlay.toml"]).require("aue")
    assert known.url == url
    assert "(contact)" in known.note
    assert "mail@example.org" not in (tmp_path / "found" / "report.md").read_text("utf-8")


def test_a_stopped_portal_is_not_asked(tmp_path: Path) -> None:
    url = "https://aue.example/?anlagennr=1"
    options = settle(tmp_path, url)
    with closing(open_writer(tmp_path / "archive")) as archive:
        archive.stop(Stop("aue", datetime(2026, 1, 2, tzinfo=UTC), "captcha"))
    result = run_command("probe", url, *options)
    assert result.code == 1
    assert "aue is not asked: stopped since 2026-01-02 (captcha)" in result.err


async def test_a_host_that_wants_silence_gets_it_from_the_next_process_too(tmp_path: Path) -> None:
    answers = {"/x": Reply(429, b"slow down", (("Retry-After", "300"),))}
    async with HttpServer(answers) as server:
        options = settle(tmp_path, server.url("/?anlagennr=1"))
        open_writer(tmp_path / "archive").close()
        for expected in ("429", "asked not to be asked"):
            result = await asyncio.to_thread(run_command, "probe", server.url("/x"), *options)
            assert result.code == 1
            assert expected in result.err
        assert len(server.pages()) == 1


def test_an_archive_that_was_named_must_be_there(tmp_path: Path) -> None:
    result = run_command(
        "probe", "https://aue.example/", *settle(tmp_path, "https://aue.example/?anlagennr=1")
    )
    assert result.code == 1
    assert "archive" in result.err
