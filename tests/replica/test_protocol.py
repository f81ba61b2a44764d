"""Header and body leave in one packet; a connection can be closed, aborted and reset."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from amtspuls.replica.protocol import Connection


class Wire(asyncio.Transport):
    """A transport that writes down what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[object] = []
        self.options: list[tuple[Any, ...]] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.done.append(bytes(data))

    def close(self) -> None:
        self.done.append("closed")

    def abort(self) -> None:
        self.done.append("aborted")

    def is_closing(self) -> bool:
        return "closed" in self.done or "aborted" in self.done

    def pause_reading(self) -> None:
        self.done.append("paused")

    def resume_reading(self) -> None:
        self.done.append("resumed")

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self if name == "socket" else default

    def setsockopt(self, *option: Any) -> None:
        self.options.append(option)


async def _turn() -> None:
    await asyncio.sleep(0)


async def test_what_is_written_in_one_turn_is_one_packet() -> None:
    connection = Connection(wire := Wire())
    for piece in (b"head", b"", b"body"):
        connection.write(piece)
    assert wire.done == []
    await _turn()
    connection.write(b"next")
    await _turn()
    assert wire.done == [b"headbody", b"next"]


async def test_close_sends_what_waits_and_abort_does_not() -> None:
    connection = Connection(wire := Wire())
    connection.write(b"last")
    connection.close()
    connection.write(b"too late")
    await _turn()
    assert wire.done == [b"last", "closed"]
    assert connection.is_closing()
    connection = Connection(wire := Wire())
    connection.write(b"lost")
    connection.abort()
    await _turn()
    assert wire.done == ["aborted"]


async def test_reset_lets_the_socket_linger_no_time() -> None:
    connection = Connection(wire := Wire())
    connection.write(b"lost")
    connection.reset()
    await _turn()
    assert wire.done == ["aborted"]
    assert [option[:2] for option in wire.options] == [(socket.SOL_SOCKET, socket.SO_LINGER)]


def test_reading_can_be_paused() -> None:
    connection = Connection(wire := Wire())
    connection.pause_reading()
    connection.resume_reading()
    assert wire.done == ["paused", "resumed"]
