"""The control port of a replica server: what is served, what time it is, what was asked, what goes wrong."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from amtspuls.clock import Clock, PacedClock, SimulatedClock
from amtspuls.errors import AmtspulsError, ConfigError
from amtspuls.replica.faults import Fault

if TYPE_CHECKING:
    from amtspuls.replica.server import ReplicaServer


@runtime_checkable
class SettableClock(Protocol):
    """A clock that can be moved, like ``SimulatedClock``."""

    def set(self, instant: datetime) -> None:
        """Move it to an aware instant, not before now."""
        ...


def clock_speed(clock: Clock) -> float:
    """Return simulated seconds per real second: 1 for the machine's clock, 0 for one that stands still."""
    if isinstance(clock, PacedClock):
        return clock.speed
    return 0.0 if isinstance(clock, SimulatedClock) else 1.0


def control_app(server: ReplicaServer) -> Starlette:
    """Make the application of the control port."""

    async def portals(_: Request) -> Response:
        return JSONResponse(server.ready())

    async def clock(request: Request) -> Response:
        if request.method == "POST":
            _set_clock(server.clock, await _json_object(request))
        now = server.clock.now().isoformat()
        return JSONResponse({"now": now, "speed": clock_speed(server.clock)})

    async def log(request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            raise ConfigError(f"after must be the number of a request, not {after!r}")
        entries = (entry for entry in server.log.requests if entry.number > int(after))
        return JSONResponse([entry.to_json() for entry in entries])

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            server.faults.clear(request.query_params.get("portal"))
        else:
            data = await _json_object(request)
            server.faults.set(str(data.get("portal", "")), Fault.from_json(data))
        return Response(status_code=204)

    async def refused(_: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, status_code=400)

    return Starlette(
        routes=[
            Route("/portals", portals),
            Route("/clock", clock, methods=["GET", "POST"]),
            Route("/log", log),
            Route("/faults", faults, methods=["POST", "DELETE"]),
        ],
        exception_handlers={AmtspulsError: refused},
    )


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        data = json.loads(await request.body())
    except ValueError as error:
        raise ConfigError(f"the body is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError("the body must be a JSON object")
    return data


def _set_clock(clock: Clock, data: dict[str, Any]) -> None:
    if not isinstance(clock, SettableClock):
        raise ConfigError("this replica's clock cannot be set: it runs by itself")
    try:
        instant = datetime.fromisoformat(str(data.get("now", "")))
    except ValueError as error:
        raise ConfigError(f"now must be an ISO time: {error}") from error
    if instant.tzinfo is None:
        raise ConfigError("now must be an ISO time with an offset, e.g. 2026-01-26T06:00:00+01:00")
    try:
        clock.set(instant)
    except ValueError as error:
        raise ConfigError(str(error)) from error
