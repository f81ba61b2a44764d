"""HTTP/1.1 on loopback through uvicorn, with two additions that a replica needs.

Header and body of an answer leave in one packet (apart they cost 40 ms a request on loopback), and an
application can cut or reset its connection.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTION = "amtspuls.connection"
"""Key of the ``Connection`` in an ASGI scope's ``state``."""

_LINGER_NOT = struct.pack("ii", 1, 0)


class Connection(asyncio.Transport):
    """A transport that joins what is written within one turn of the loop, and can be cut."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._waiting: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write at the end of this turn of the loop, together with what else is written."""
        if not data:
            return
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(bytes(data))

    def _flush(self) -> None:
        if self._waiting:
            together, self._waiting = b"".join(self._waiting), []
            if not self._transport.is_closing():
                self._transport.write(together)

    def close(self) -> None:
        """Send what waits, then close."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what waits is lost."""
        self._waiting.clear()
        self._transport.abort()

    def reset(self) -> None:
        """Close so that the other side sees "connection reset by peer"."""
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.abort()

    def is_closing(self) -> bool:
        """Whether it is closed or closing."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Ask the transport below."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Pass on."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Pass on."""
        self._transport.resume_reading()


class ReplicaProtocol(H11Protocol):
    """uvicorn's protocol on a ``Connection`` that applications find in ``scope["state"]``."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio says BaseTransport; uvicorn is only ever given a Transport
        """Put a ``Connection`` between the protocol and the socket."""
        connection = Connection(transport)
        self.app_state = {**self.app_state, CONNECTION: connection}
        super().connection_made(connection)
