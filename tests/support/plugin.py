"""A distribution of another author, installed for a test; its portal, served on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from support.http_server import HttpServer, Reply

PLUGIN = Path(__file__).resolve().parents[1] / "plugins" / "schalter"
_INSTALL = (
    *("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"),
    *("--no-compile", "--disable-pip-version-check"),
)


def install(distribution: Path, target: Path) -> None:
    """Build and install a distribution into a folder of its own, without network."""
    command = [sys.executable, *_INSTALL, "--target", str(target), str(distribution)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def environment(target: Path) -> dict[str, str]:
    """Variables with which a process sees what is installed there."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AMTSPULS_")}
    return kept | {"PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1"}


def run_its_tests(folder: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the contract test of an installed distribution."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    return subprocess.run(
        command, cwd=folder, env=environment(target), capture_output=True, text=True, check=False
    )


def serve_schalter(first: date) -> HttpServer:
    """The invented portal with two desks; the second one is booked up."""
    until = first + timedelta(days=13)
    free = first + timedelta(days=2)
    entry = (PLUGIN / "tests" / "pages" / "full" / "body.html").read_bytes()
    shown = {"17": f'<tr data-day="{free}"><td>08:00</td><td>13:30 Uhr</td></tr>', "23": ""}

    def times(desk: str) -> Reply:
        table = f'<table class="schalter-zeiten" data-from="{first}" data-until="{until}">'
        page = f'<main id="schalter">{table}{shown[desk]}</table></main>'
        return Reply(body=page.encode(), headers=(("Content-Type", "text/html"),))

    return HttpServer(
        {
            "/schalter/": Reply(
                body=entry, headers=(("Content-Type", "text/html; charset=utf-8"),)
            ),
            "/schalter/zeiten": lambda seen: times(seen.target.rpartition("=")[2]),
        }
    )
