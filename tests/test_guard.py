from __future__ import annotations

import asyncio
import socket

import pytest

from support.guard import OffLoopbackError


def test_connections_off_loopback_are_refused() -> None:
    with socket.socket() as sock, pytest.raises(OffLoopbackError):
        sock.connect(("192.0.2.1", 80))


async def test_name_look_ups_are_refused_for_asyncio_too() -> None:
    with pytest.raises(OffLoopbackError):
        await asyncio.open_connection("amt.invalid", 80)
