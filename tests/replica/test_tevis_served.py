"""Tevis portals on loopback: several on one host, a foreign Host header, cookies, faults."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from amtspuls.clock import SimulatedClock
from amtspuls.replica.faults import Fault, FaultName
from amtspuls.replica.server import ReplicaServer
from support.practice import NOW, Offers, slots
from support.practice_tevis import concerns, error_of, form_link, heading, listed, panels, tevis

pytestmark = pytest.mark.sim

HOST = "https://termine-reservieren.example"
MELDE = ("197", "Bürgerbüro / Rathaus", ("Anmeldung",))
FREE = slots("2026-01-27 08:10")


@pytest.fixture
async def server() -> AsyncIterator[ReplicaServer]:
    portals = (
        tevis(MELDE, id="aue", name="Aue", url=f"{HOST}/termine/aue"),
        tevis(MELDE, id="ried", name="Ried", url=f"{HOST}/termine/aue/ried/"),
        tevis(MELDE, id="wurzel", name="Wurzel", url=HOST, variant={"generation": "v1"}),
    )
    availability = Offers(*portals)
    availability.now = {portal.id: {"197": FREE} for portal in portals}
    async with ReplicaServer(availability, SimulatedClock(NOW)) as running:
        yield running


async def _at_locations(client: httpx2.AsyncClient, base: str) -> tuple[str, httpx2.Response]:
    await client.get(base)
    page = (await client.get(f"{base}/select2?md=1")).text
    link = f"{base}/{form_link(page, concerns(page)['Anmeldung'])}"
    return link, await client.get(link)


async def test_portals_of_one_host_have_sessions_of_their_own(server: ReplicaServer) -> None:
    urls = {key: httpx2.URL(entry["url"]) for key, entry in server.portals.items()}
    assert len({url.port for url in urls.values()}) == 1
    async with httpx2.AsyncClient(follow_redirects=True) as client:
        for key in ("aue", "ried"):
            base = str(urls[key]).rstrip("/")
            link, answer = await _at_locations(client, base)
            (panel,) = panels(answer.text)
            times = await client.post(link, data=panel.fields)
            assert [step.status_code for step in times.history] == [302]
            assert str(times.url) == f"{base}/suggest"
            assert [slot for _, slot in listed(times.text)] == list(FREE)
        assert len([cookie for cookie in client.cookies.jar if cookie.name == "tvo_session"]) == 2
        root = await client.get(f"{str(urls['wurzel']).rstrip('/')}/select2?md=1")
        assert "data-tevis-calendars" in root.text
    assert {entry.portal_id for entry in server.log.requests} == {"aue", "ried", "wurzel"}
    assert not any(entry.reserving for entry in server.log.requests)


async def test_other_addresses_and_hosts(server: ReplicaServer) -> None:
    base = server.portals["aue"]["url"]
    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"{base}/", headers={"Host": "termine-reservieren.de"})
        assert heading(answer.text)[0] == 1
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        first = await client.get(base)
        assert (first.status_code, first.headers["location"]) == (301, "/termine/aue/")
        assert "set-cookie" not in first.headers
        for path in ("/app/js/pow.js", "/select3", "/ried/x/select2"):
            assert (await client.get(f"{base}{path}")).status_code == 404, path


async def test_a_lost_session_hits_only_what_needs_one(server: ReplicaServer) -> None:
    server.faults.set("aue", Fault(FaultName.SESSION_LOST, count=1))
    base = server.portals["aue"]["url"]
    async with httpx2.AsyncClient(follow_redirects=True) as client:
        link, answer = await _at_locations(client, base)
        assert error_of(answer.text) == "Kein gültiger Mandant gefunden. (0)"
        assert heading((await client.get(link)).text)[0] == 3
    assert [entry.fault for entry in server.log.requests].count("session_lost") == 1


@pytest.mark.parametrize(
    ("fault", "status", "part"),
    [
        (FaultName.CAPTCHA, 200, "captcha_code"),
        (FaultName.MAINTENANCE, 200, "Wartungsarbeiten"),
        (FaultName.THROTTLE, 429, ""),
        (FaultName.FORBIDDEN, 403, ""),
        (FaultName.CHANGED, 200, 'class="neu-'),
    ],
)
async def test_faults(server: ReplicaServer, fault: FaultName, status: int, part: str) -> None:
    server.faults.set("ried", Fault(fault, where="location"))
    base = server.portals["ried"]["url"].rstrip("/")
    async with httpx2.AsyncClient() as client:
        _, answer = await _at_locations(client, base)
    assert answer.status_code == status
    assert part in answer.text
    assert "suggest_location_panel" not in answer.text
