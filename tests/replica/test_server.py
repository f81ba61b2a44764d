"""The server: a port per real host, robots.txt, ready line, control port, log, clean start and stop."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from amtspuls.catalogue.portal import Portal
from amtspuls.clock import Clock, PacedClock, SimulatedClock, SystemClock
from amtspuls.errors import ConfigError
from amtspuls.replica.server import ReplicaServer
from support.practice import NOW, Offers, netappoint, slots, tempus

pytestmark = pytest.mark.sim

MELDE = ("meldewesen", "Meldewesen", ())
SONST = ("278/3295", "Sonstiges", ())
STOP_WITHIN_S = 120.0
"""What would be waited for whoever does not go."""
FREE = slots("2026-01-27 08:10")
HOST_A = "https://a.example/index.php?company="


def _town(**variant: object) -> Offers:
    availability = Offers(
        netappoint(MELDE, id="a1", url=f"{HOST_A}one", variant=variant),
        netappoint(MELDE, id="a2", url=f"{HOST_A}two"),
        netappoint(MELDE, id="a2-umtausch", url=f"{HOST_A}two&cur_cause=10"),
        netappoint(MELDE, id="b", url="https://b.example/ot/b/?company=b", name="Straße"),
        tempus(SONST, id="t1", portal_options={"layout": "x"}),
        tempus(SONST, id="t2", url="https://tempus.example/termine/index.php?anlagennr=902"),
    )
    availability.now = {key: {"meldewesen": FREE, "278/3295": FREE} for key in availability.portals}
    return availability


def _server(availability: Offers, clock: Clock | None = None, **given: Any) -> ReplicaServer:
    return ReplicaServer(availability, clock or SimulatedClock(NOW), **given)


def _port(url: str) -> int | None:
    return urlsplit(url).port


async def test_every_real_host_has_a_port_and_keeps_paths_and_queries() -> None:
    async with _server(_town()) as server:
        urls = {name: entry["url"] for name, entry in server.portals.items()}
    assert _port(urls["a1"]) == _port(urls["a2"]) == _port(urls["a2-umtausch"])
    assert _port(urls["t1"]) == _port(urls["t2"])
    assert len({_port(url) for url in urls.values()} | {_port(server.base)}) == 4
    assert urls["b"].endswith("/ot/b/?company=b")
    assert urls["a2-umtausch"].endswith("/index.php?company=two&cur_cause=10")


async def test_requests_find_their_portal_by_folder_and_parameters() -> None:
    async with _server(_town()) as server, httpx2.AsyncClient() as client:
        base = {name: entry["url"].partition("?")[0] for name, entry in server.portals.items()}
        asked = {
            f"{base['a1']}?company=one&cur_cause=3": "a1",
            f"{base['a1']}?company=two&cur_cause=3": "a2",
            f"{base['a1']}?step=3&cur_cause=10&company=two": "a2-umtausch",
            f"{base['a1'].removesuffix('index.php')}?company=one": "a1",
            f"{base['b']}index.php?company=b": "b",
            f"{base['t1']}?anr=902&page=tagesauswahl": "t2",
            f"{base['t1']}?anlagennr=901": "t1",
            f"{base['t1']}?anlagennr=77": "",
            f"{base['a1']}?company=three": "",
            f"{base['a1'].removesuffix('index.php')}other/?company=one": "",
        }
        for url, portal_id in asked.items():
            answer = await client.get(url)
            assert (answer.status_code, url) == (200 if portal_id else 404, url)
        assert [entry.portal_id for entry in server.log.requests] == list(asked.values())


async def test_portals_that_share_an_address_get_ports_of_their_own() -> None:
    same = "https://c.example/index.php?company=stva"
    availability = Offers(
        netappoint(MELDE, id="zl", url=same, name="Eins"),
        netappoint(MELDE, id="zl2", url=same, name="Zwei"),
    )
    async with _server(availability) as server, httpx2.AsyncClient() as client:
        for portal_id, name in (("zl", "Eins"), ("zl2", "Zwei")):
            assert name in (await client.get(server.portals[portal_id]["url"])).text


async def test_a_foreign_host_header_is_accepted() -> None:
    async with _server(_town()) as server, httpx2.AsyncClient() as client:
        answer = await client.get(server.portals["a1"]["url"], headers={"Host": "a.example"})
        assert "frm_casetype" in answer.text


async def test_header_and_body_come_in_one_packet() -> None:
    async with _server(_town()) as server:
        parts = urlsplit(server.portals["t1"]["url"])
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        writer.write(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        packet = await reader.read(65536)
        writer.close()
    head, _, body = packet.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert body.endswith(b"</html>\n")


async def test_head_is_answered_like_get_without_a_body() -> None:
    async with _server(_town()) as server, httpx2.AsyncClient() as client:
        answer = await client.head(server.portals["a1"]["url"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 500


@pytest.mark.parametrize(
    ("rule", "status", "text"),
    [
        (None, 404, None),
        ("User-agent: *\nDisallow:\n", 200, "User-agent: *\nDisallow:\n"),
        (503, 503, ""),
    ],
)
async def test_robots_txt_belongs_to_the_host(rule: object, status: int, text: str | None) -> None:
    availability = _town(**({} if rule is None else {"robots": rule}))
    async with _server(availability) as server, httpx2.AsyncClient() as client:
        port = _port(server.portals["a2"]["url"])
        answer = await client.get(f"http://127.0.0.1:{port}/robots.txt")
        assert answer.status_code == status
        assert text is None or answer.text == text
        other = _port(server.portals["b"]["url"])
        assert (await client.get(f"http://127.0.0.1:{other}/robots.txt")).status_code == 404
    assert [(entry.portal_id, entry.host) for entry in server.log.requests] == [
        ("", "a.example"),
        ("", "b.example"),
    ]


async def test_the_ready_line_holds_whole_portal_tables() -> None:
    async with _server(_town(), portal_ids=["t1", "b", "t1"]) as server:
        async with httpx2.AsyncClient() as client:
            told = (await client.get(f"{server.base}/portals")).json()
        assert told == server.ready() == json.loads(json.dumps(server.ready()))
    assert told["base"] == server.base
    assert list(told["portals"]) == ["t1", "b"]
    entry = told["portals"]["t1"]
    table = Portal.model_validate(entry["portal"])
    assert (table.id, table.system, table.url) == ("t1", entry["system"], entry["url"])
    assert (table.name, table.zone, table.options) == (
        "Gemeinde Auwinkel",
        "Europe/Berlin",
        {"layout": "x"},
    )


@pytest.mark.parametrize(
    ("clock", "speed"),
    [(SimulatedClock(NOW), 0.0), (PacedClock(NOW, speed=60.0), 60.0), (SystemClock(), 1.0)],
)
async def test_the_control_port_tells_the_time(clock: Clock, speed: float) -> None:
    async with _server(_town(), clock) as server, httpx2.AsyncClient() as client:
        before = clock.now()
        told = (await client.get(f"{server.base}/clock")).json()
    assert told["speed"] == speed
    assert before <= datetime.fromisoformat(told["now"]) <= clock.now()


async def test_a_clock_that_can_be_set_is_set_and_pages_follow() -> None:
    availability = _town()
    clock = SimulatedClock(NOW)
    async with _server(availability, clock) as server, httpx2.AsyncClient() as client:
        later = (NOW + timedelta(hours=3)).isoformat()
        told = await client.post(f"{server.base}/clock", json={"now": later})
        assert datetime.fromisoformat(told.json()["now"]) == clock.now() == NOW + timedelta(hours=3)
        await client.get(server.portals["a1"]["url"])
    assert server.log.requests[-1].at == NOW + timedelta(hours=3)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "the body is no JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"now": "morgen"}', "must be an ISO time"),
        (b'{"now": "2026-01-26T09:00"}', "with an offset"),
        (b'{"now": "2020-01-01T00:00+00:00"}', "does not run backwards"),
    ],
)
async def test_a_wrong_time_is_refused_with_the_reason(body: bytes, said: str) -> None:
    async with _server(_town()) as server, httpx2.AsyncClient() as client:
        answer = await client.post(f"{server.base}/clock", content=body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


async def test_a_clock_that_runs_by_itself_cannot_be_set() -> None:
    async with _server(_town(), SystemClock()) as server, httpx2.AsyncClient() as client:
        answer = await client.post(f"{server.base}/clock", json={"now": "2026-01-26T09:00+01:00"})
    assert answer.status_code == 400
    assert "cannot be set" in answer.json()["error"]


async def test_every_request_is_logged_with_what_politeness_needs() -> None:
    async with _server(_town()) as server, httpx2.AsyncClient() as client:
        url = server.portals["t1"]["url"]
        before = time.monotonic()
        await client.get(url, headers={"User-Agent": "probe/1"})
        await client.post(url, data={"Anliegen1-3295-mittermin": "1"})
        await client.get(f"{url}&page=dateneingabe")
        after = time.monotonic()
        told = (await client.get(f"{server.base}/log")).json()
        newest = (await client.get(f"{server.base}/log", params={"after": 2})).json()
        wrong = await client.get(f"{server.base}/log", params={"after": "x"})
    first, second, third = server.log.of("t1")
    assert (first.method, first.path, first.query) == ("GET", "/termine/index.php", "anlagennr=901")
    assert (first.user_agent, first.status, first.host) == ("probe/1", 200, "tempus.example")
    assert second.body == {"Anliegen1-3295-mittermin": "1"}
    assert [entry.reserving for entry in (first, second, third)] == [False, False, True]
    times = [stamp for entry in (first, second, third) for stamp in (entry.started, entry.finished)]
    assert times == sorted(times, key=lambda stamp: stamp or 0.0)
    assert before <= first.started
    assert third.finished is not None
    assert third.finished <= after
    assert first.at == NOW
    assert told == [entry.to_json() for entry in server.log.requests]
    assert [entry["number"] for entry in newest] == [3]
    assert wrong.status_code == 400
    server.log.clear()
    assert server.log.requests == ()


async def test_hundreds_of_requests_run_beside_a_client_in_the_same_loop() -> None:
    async with _server(_town()) as server, httpx2.AsyncClient() as client:
        url = server.portals["t1"]["url"]
        answers = await asyncio.gather(*(client.get(url) for _ in range(200)))
    assert {answer.status_code for answer in answers} == {200}
    assert [entry.number for entry in server.log.requests] == list(range(1, 201))


async def test_it_stops_at_once_with_connections_open_and_its_port_is_free_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("amtspuls.replica.server._STOP_WITHIN_S", STOP_WITHIN_S)
    async with httpx2.AsyncClient() as client:
        async with _server(_town()) as server:
            await client.get(f"{server.base}/clock")
            port = _port(server.base)
            began = time.monotonic()
        assert time.monotonic() - began < STOP_WITHIN_S / 2
        with pytest.raises(httpx2.ConnectError):
            await client.get(f"{server.base}/clock")
        async with _server(_town(), port=port) as again:
            assert again.base == server.base


async def test_a_port_in_use_is_a_clear_error() -> None:
    async with _server(_town()) as server:
        with pytest.raises(ConfigError, match=r"cannot listen on 127\.0\.0\.1:\d+: .*another port"):
            async with _server(_town(), port=_port(server.base)):
                raise AssertionError


def test_it_runs_in_a_thread_of_its_own() -> None:
    started, stop = threading.Event(), threading.Event()
    base: list[str] = []

    async def serve() -> None:
        async with _server(_town()) as server:
            base.append(server.base)
            started.set()
            await asyncio.to_thread(stop.wait, 120)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(60)
        assert "now" in httpx2.get(f"{base[0]}/clock").json()
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


def test_what_cannot_be_served_is_refused_before_it_starts() -> None:
    with pytest.raises(ConfigError, match="unknown portal 'c'; there are a1, a2"):
        _server(_town(), portal_ids=["c"])
    with pytest.raises(ConfigError, match="no replica of system 'papier'; there are "):
        _server(Offers(netappoint(MELDE, system="papier")))
    with pytest.raises(ConfigError, match="'nowhere' is no web address"):
        _server(Offers(netappoint(MELDE, url="nowhere")))


async def test_no_slot_is_invented_or_hidden_by_the_clock() -> None:
    """Recordings are shown as they are, past slots included."""
    availability = Offers(tempus(SONST))
    availability.now["auwinkel"] = {"278/3295": slots("2026-01-26 06:00")}
    async with _server(availability) as server, httpx2.AsyncClient() as client:
        url = server.portals["auwinkel"]["url"]
        assert datetime.now(UTC) != NOW
        page = (await client.get(f"{url}&page=tagesauswahl&tasks=3295&datum=2026-01-26")).text
    assert "06:00" in page
