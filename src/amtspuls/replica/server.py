"""Serves replica portals on loopback: one port per real host, one control port.

Several ports, one event loop: a collector in the same process can read from it. Nothing here imports the
reading side; the two describe the same wire independently.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from amtspuls.catalogue.portal import Portal
from amtspuls.clock import Clock
from amtspuls.errors import ConfigError
from amtspuls.replica.availability import Availability, ReplicaPortal
from amtspuls.replica.control import control_app
from amtspuls.replica.faults import Fault, FaultBoard, FaultName, faulty_answer
from amtspuls.replica.hosts import (
    ReplicaHost,
    ServedPortal,
    group_by_host,
    loopback_url,
    not_found,
)
from amtspuls.replica.portals import make_pages
from amtspuls.replica.protocol import CONNECTION, Connection, ReplicaProtocol
from amtspuls.replica.requestlog import LoggedRequest, RequestLog
from amtspuls.replica.wire import Answer, Asked, Pages, read_asked, send_answer

_STOP_WITHIN_S = 5.0
_KEEP_ALIVE_S = 75
_BACKLOG = 512


class ReplicaServer:
    """Replica portals on loopback; use it as ``async with ReplicaServer(...) as server``.

    Attributes:
        faults: Fault switches, e.g. ``server.faults.set("bonn", Fault(FaultName.SLOW))``.
        log: Every request to a portal or a robots.txt.
        clock: What the portals take for now.
    """

    def __init__(
        self,
        availability: Availability,
        clock: Clock,
        *,
        portal_ids: Collection[str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Prepare; nothing listens before the context is entered.

        Args:
            availability: What the portals offer.
            clock: What they take for now.
            portal_ids: Portals to serve; None for all of them.
            host: Loopback address to listen on.
            port: Control port; 0 for any free one. Portals always get free ones.

        Raises:
            ConfigError: A portal is unknown, its system has no replica, or a variant is unknown.
        """
        self.clock = clock
        self.log = RequestLog()
        chosen = _choose(availability.portals, portal_ids)
        self.faults = FaultBoard(frozenset(portal.id for portal in chosen))
        self._host, self._port = host, port
        self._hosts = group_by_host(
            (portal, make_pages(portal, availability, clock)) for portal in chosen
        )
        self._by_port: dict[int, ReplicaHost] = {}
        self._control = control_app(self)
        self._state = ServerState()
        self._listeners: list[asyncio.Server] = []
        self._stopping = asyncio.Event()

    @property
    def base(self) -> str:
        """Address of the control port, without a slash at the end."""
        return f"http://{self._host}:{self._port}"

    @property
    def portals(self) -> Mapping[str, Mapping[str, Any]]:
        """What is served, by portal id: ``system``, ``url`` and ``portal``, a whole ``[[portal]]`` table."""
        return {
            served.portal.id: _ready_portal(
                served.portal, loopback_url(served.portal.url, self._host, port)
            )
            for port, host in self._by_port.items()
            for served in host.portals
        }

    def ready(self) -> dict[str, Any]:
        """Return the ready line: ``{"base": ..., "portals": {...}}``."""
        return {"base": self.base, "portals": dict(self.portals)}

    async def __aenter__(self) -> Self:
        config = uvicorn.Config(
            self, lifespan="off", log_config=None, log_level="error", access_log=False,
            server_header=False, date_header=False, timeout_keep_alive=_KEEP_ALIVE_S, ws="none",
        )  # fmt: skip
        config.load()
        self._stopping.clear()
        try:
            self._port = await self._listen(config, self._port)
            for host in self._hosts:
                self._by_port[await self._listen(config, 0)] = host
        except OSError as error:
            await self._stop()
            raise ConfigError(
                f"cannot listen on {self._host}:{self._port}: {error.strerror or error}; "
                "choose another port"
            ) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stop()

    async def _listen(self, config: uvicorn.Config, port: int) -> int:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self._host, port))
            server = await asyncio.get_running_loop().create_server(
                lambda: ReplicaProtocol(config, self._state, {}), sock=listening, backlog=_BACKLOG
            )
        except OSError:
            listening.close()
            raise
        self._listeners.append(server)
        return int(listening.getsockname()[1])

    async def _stop(self) -> None:
        """Close everything; answers under way are cut."""
        self._stopping.set()
        for listener in self._listeners:
            listener.close()
        for connection in list(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        if self._state.tasks:
            _, left = await asyncio.wait(set(self._state.tasks), timeout=_STOP_WITHIN_S)
            for task in left:
                task.cancel()
        for listener in self._listeners:
            await asyncio.wait_for(listener.wait_closed(), _STOP_WITHIN_S)
        self._listeners.clear()
        self._by_port.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as an ASGI application; the port says which host is meant."""
        host = self._by_port.get(scope["server"][1])
        if host is None:
            await self._control(scope, receive, send)
            return
        asked = await read_asked(scope, receive)
        is_robots = asked.path == "/robots.txt"
        served = None if is_robots else host.find(asked)
        entry = self.log.open(
            asked,
            portal_id=served.portal.id if served else "",
            host=host.name,
            at=self.clock.now(),
        )
        fault = self._fault(host, served, asked)
        exchange = _Exchange(scope, receive, send, entry)
        if fault is None:
            await exchange.send(_usual_answer(host, served, asked))
        else:
            entry.fault = fault.name
            await self._hold_back(fault.wait_s)
            await exchange.send_under(fault, host, served, asked)

    def _fault(self, host: ReplicaHost, served: ServedPortal | None, asked: Asked) -> Fault | None:
        """Return the fault that hits; robots.txt is hit by those of any portal of its host."""
        concerned = [served] if served else host.portals
        pages = served.pages if served else None
        hits = (self.faults.take(one.portal.id, asked, pages) for one in concerned)
        return next((fault for fault in hits if fault is not None), None)

    async def _hold_back(self, delay_s: float) -> None:
        if delay_s > 0:
            try:
                await asyncio.wait_for(self._stopping.wait(), delay_s)
            except TimeoutError:
                return


class _Exchange:
    """How one request is answered and written down."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, entry: LoggedRequest) -> None:
        self._connection: Connection = scope["state"][CONNECTION]
        self._receive = receive
        self._send = send
        self._entry = entry

    async def send(self, answer: Answer) -> None:
        """Send an answer whole."""
        self._entry.reserving = answer.reserving
        self._entry.finish(answer.status)
        await send_answer(self._send, answer)

    async def send_under(
        self, fault: Fault, host: ReplicaHost, served: ServedPortal | None, asked: Asked
    ) -> None:
        """Send what comes of an answer under a fault."""
        if fault.name is FaultName.RESET:
            self._entry.finish(0)
            self._connection.reset()
            await self._until_gone()
            return
        pages: Pages | None = served.pages if served else None
        answer = faulty_answer(fault, asked, pages) or _usual_answer(host, served, asked)
        if fault.name is FaultName.TRUNCATED:
            await self._send_half(answer)
        else:
            await self.send(answer)

    async def _send_half(self, answer: Answer) -> None:
        """Announce the whole body, send half of it and close."""
        self._entry.finish(answer.status)
        headers = answer.header_list(length_bytes=len(answer.body) + 1000)
        start: Message = {"type": "http.response.start", "status": answer.status}
        await self._send({**start, "headers": headers})
        half = answer.body[: len(answer.body) // 2]
        await self._send({"type": "http.response.body", "body": half, "more_body": True})
        self._connection.close()
        await self._until_gone()

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue


def _usual_answer(host: ReplicaHost, served: ServedPortal | None, asked: Asked) -> Answer:
    if asked.path == "/robots.txt":
        return host.robots()
    return served.pages.answer(asked) if served else not_found()


def _choose(
    portals: Mapping[str, ReplicaPortal], portal_ids: Collection[str] | None
) -> list[ReplicaPortal]:
    if portal_ids is None:
        return list(portals.values())
    for portal_id in portal_ids:
        if portal_id not in portals:
            raise ConfigError(
                f"unknown portal {portal_id!r}; there are {', '.join(sorted(portals))}"
            )
    return [portals[portal_id] for portal_id in dict.fromkeys(portal_ids)]


def _ready_portal(portal: ReplicaPortal, url: str) -> dict[str, Any]:
    table = Portal(
        id=portal.id,
        name=portal.name,
        system=portal.system,
        url=url,
        zone=portal.zone,
        options=dict(portal.portal_options),
    )
    return {"system": portal.system, "url": url, "portal": table.model_dump(mode="json")}
