"""Shared fixtures: the network guard, and where the shared recordings are."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from support.guard import OffLoopbackError

ROOT = Path(__file__).resolve().parents[1]

# Where a test does not say how many examples: what CI has time for, and the same ones every time, so that a red run
# speaks of the commit. The long runs try ten times as many, others each time. No example has to be quick: a machine
# that does other things too is slow now and then.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("usual", UNHURRIED, max_examples=40, derandomize=True)
settings.register_profile("endurance", UNHURRIED, max_examples=400)
if os.environ.get("AMTSPULS_ENDURANCE"):
    settings.load_profile("endurance")
else:
    settings.load_profile("usual")
    # Hypothesis also tries constants of whatever local modules are loaded by then: other examples in every worker and
    # after every commit. Only the long runs do.
    patch.object(providers, "_get_local_constants", lambda: providers._local_constants).start()

# What a shell starts in the background ignores an interruption, and so does what that starts: tests would wait for it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of generated examples are many small ones: they run without being traced, like slow ones."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("property")


@pytest.fixture(autouse=True)
def _loopback_only(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse name look-ups and connections that leave loopback."""
    if request.node.get_closest_marker("live") is not None:
        return
    resolve = socket.getaddrinfo

    def guarded_resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host  # anyio asks with bytes
        if name not in {None, "localhost", "127.0.0.1", "::1"}:
            raise OffLoopbackError(f"name look-up of {host!r}")
        return resolve(host, *args, **kwargs)

    def guard(name: str) -> None:
        real = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any) -> Any:
            if isinstance(address, tuple) and not ipaddress.ip_address(address[0]).is_loopback:
                raise OffLoopbackError(f"connection to {address!r}")
            return real(self, address)

        monkeypatch.setattr(socket.socket, name, guarded)

    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)
    guard("connect")
    guard("connect_ex")


def shared_folder() -> Path | None:
    """Folder with real weeks and recorded pages, or None where a clone has none."""
    named = os.environ.get("AMTSPULS_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared"
    return folder if (folder / "data").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared folder; skips with the reason where it is absent."""
    folder = shared_folder()
    if folder is None:
        pytest.skip(
            "no shared data: set AMTSPULS_SHARED to a folder with real weeks and recorded pages"
        )
    return folder
