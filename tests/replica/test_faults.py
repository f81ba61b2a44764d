"""Each fault switch, seen by an HTTP client; and when a fault hits."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from amtspuls.clock import SimulatedClock
from amtspuls.errors import ConfigError
from amtspuls.replica.faults import Fault, FaultBoard, FaultName, faulty_answer
from amtspuls.replica.server import ReplicaServer
from amtspuls.replica.wire import Asked
from support.practice import NOW, Offers, netappoint, slots, tempus

pytestmark = pytest.mark.sim

FREE = slots("2026-01-27 08:10")


@dataclass
class Bench:
    server: ReplicaServer
    client: httpx2.AsyncClient

    def url(self, portal_id: str = "musterstadt") -> str:
        return str(self.server.portals[portal_id]["url"])

    async def get(self, more: str = "", portal_id: str = "musterstadt") -> httpx2.Response:
        return await self.client.get(self.url(portal_id) + more)

    async def robots(self) -> httpx2.Response:
        return await self.client.get(httpx2.URL(self.url()).join("/robots.txt"))

    def set(self, name: FaultName, **given: Any) -> None:
        self.server.faults.set("musterstadt", Fault(name, **given))

    @property
    def last_fault(self) -> tuple[str, int | None]:
        entry = self.server.log.requests[-1]
        return entry.fault, entry.status


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    availability = Offers(
        netappoint(("meldewesen", "Meldewesen", ())), tempus(("278/3295", "Sonstiges", ()))
    )
    availability.now = {key: {"meldewesen": FREE, "278/3295": FREE} for key in availability.portals}
    async with (
        ReplicaServer(availability, SimulatedClock(NOW)) as server,
        httpx2.AsyncClient() as client,
    ):
        yield Bench(server, client)


@pytest.mark.parametrize(
    ("name", "given", "status", "retry_after"),
    [
        (FaultName.THROTTLE, {}, 429, "120"),
        (FaultName.THROTTLE, {"retry_after": "7"}, 429, "7"),
        (FaultName.THROTTLE, {"retry_after": ""}, 429, None),
        (FaultName.UNAVAILABLE, {}, 503, None),
        (FaultName.UNAVAILABLE, {"retry_after": "30"}, 503, "30"),
        (FaultName.FORBIDDEN, {}, 403, None),
        (FaultName.FORBIDDEN, {"status": 401}, 401, None),
        (FaultName.MAINTENANCE, {}, 200, None),
        (FaultName.MAINTENANCE, {"status": 502}, 502, None),
    ],
)
async def test_faults_of_status(
    bench: Bench, name: FaultName, given: dict[str, object], status: int, retry_after: str | None
) -> None:
    bench.set(name, **given)
    answer = await bench.get()
    assert answer.status_code == status
    assert answer.headers.get("retry-after") == retry_after
    assert "frm_casetype" not in answer.text
    assert bench.last_fault == (name.value, status)
    assert (await bench.get(portal_id="auwinkel")).status_code == 200, "another portal is well"


async def test_maintenance_says_so(bench: Bench) -> None:
    bench.set(FaultName.MAINTENANCE)
    assert "Wartungsarbeiten" in (await bench.get()).text


async def test_slow_holds_back_the_usual_answer(bench: Bench) -> None:
    bench.set(FaultName.SLOW, delay_s=0.05)
    began = time.monotonic()
    assert "frm_casetype" in (await bench.get()).text
    assert time.monotonic() - began >= 0.05
    entry = bench.server.log.requests[-1]
    assert entry.finished is not None
    assert entry.finished - entry.started >= 0.05
    assert Fault(FaultName.SLOW).wait_s == 1.0
    assert Fault(FaultName.EMPTY).wait_s == 0.0


async def test_any_fault_may_be_held_back(bench: Bench) -> None:
    bench.set(FaultName.UNAVAILABLE, delay_s=0.03)
    began = time.monotonic()
    assert (await bench.get()).status_code == 503
    assert time.monotonic() - began >= 0.03


async def test_truncated_announces_more_than_it_sends(bench: Bench) -> None:
    whole = (await bench.get()).content
    bench.set(FaultName.TRUNCATED)
    with pytest.raises(httpx2.RemoteProtocolError, match="without sending complete message"):
        await bench.get()
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx2.URL(bench.url()).port)
    writer.write(b"GET /netappoint/?company=musterstadt HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert 0 < len(body) < len(whole)
    assert int(re.findall(rb"content-length: (\d+)", head)[0]) > len(body)
    assert bench.last_fault == ("truncated", 200)


async def test_reset_is_seen_as_connection_reset(bench: Bench) -> None:
    bench.set(FaultName.RESET)
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx2.URL(bench.url()).port)
    writer.write(b"GET /netappoint/?company=musterstadt HTTP/1.1\r\nHost: x\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    with pytest.raises(httpx2.ReadError):
        await bench.get()
    assert bench.last_fault == ("reset", 0)
    bench.server.faults.clear("musterstadt")
    assert (await bench.get()).status_code == 200


@pytest.mark.parametrize("portal_id", ["musterstadt", "auwinkel"])
async def test_changed_keeps_texts_but_no_class_id_or_form_name(
    bench: Bench, portal_id: str
) -> None:
    usual = await bench.get(portal_id=portal_id)
    bench.server.faults.set(portal_id, Fault(FaultName.CHANGED))
    changed = await bench.get(portal_id=portal_id)
    names = re.compile(r'(?: class| id|<form name)="([^"]*)"')
    assert names.findall(usual.text)
    for name in names.findall(usual.text):
        assert f'="{name}"' not in changed.text.replace(f'for="{name}"', "").replace(
            f' name="{name}"', ""
        ) or name.startswith(("casetype_", "Anliegen1-"))
    strip = re.compile(r"<[^>]*>")
    assert strip.sub("", usual.text) == strip.sub("", changed.text)


async def test_session_lost_hits_only_what_needs_a_session(bench: Bench) -> None:
    bench.set(FaultName.SESSION_LOST, count=1)
    day = "&step=3&casetype_1001=1&year=2026&month=1&day=27"
    assert "Sitzung" not in (await bench.get()).text
    assert bench.last_fault == ("", 200), "the first page does not use the fault up"
    assert "Ihre Sitzung ist abgelaufen" in (await bench.get(day)).text
    assert "08:10" in (await bench.get(day)).text


async def test_captcha_stands_instead_of_the_page(bench: Bench) -> None:
    bench.set(FaultName.CAPTCHA)
    answer = await bench.get()
    assert answer.status_code == 200
    assert 'name="captcha_code"' in answer.text
    assert "frm_casetype" not in answer.text


async def test_oversized_and_empty(bench: Bench) -> None:
    bench.set(FaultName.OVERSIZED, size_bytes=200_000)
    answer = await bench.get()
    assert len(answer.content) == 200_000
    assert "frm_casetype" in answer.text
    bench.set(FaultName.EMPTY)
    empty = await bench.get()
    assert (empty.status_code, empty.content) == (200, b"")
    assert Fault(FaultName.OVERSIZED).size_bytes > 10 * 1024 * 1024


async def test_robots_forbids_only_changes_robots_txt(bench: Bench) -> None:
    bench.set(FaultName.ROBOTS_FORBIDS)
    assert (await bench.robots()).text == "User-agent: *\nDisallow: /\n"
    assert "frm_casetype" in (await bench.get()).text


async def test_robots_txt_is_spared_unless_the_fault_says_so(bench: Bench) -> None:
    bench.set(FaultName.UNAVAILABLE)
    assert (await bench.robots()).status_code == 404
    bench.set(FaultName.UNAVAILABLE, robots=True)
    assert (await bench.robots()).status_code == 503
    assert (await bench.get()).status_code == 503
    bench.set(FaultName.CHANGED, robots=True)
    assert (await bench.robots()).status_code == 404


async def test_faults_start_late_end_and_pick_their_requests(bench: Bench) -> None:
    bench.set(FaultName.UNAVAILABLE, after=1, count=2)
    assert [(await bench.get()).status_code for _ in range(5)] == [200, 503, 503, 200, 200]
    bench.set(FaultName.FORBIDDEN, where="day=27")
    assert (await bench.get()).status_code == 200
    day = "&step=3&casetype_1001=1&year=2026&month=1&day=27"
    assert (await bench.get(day)).status_code == 403
    bench.set(FaultName.FORBIDDEN, where="casetype_1001=1", after=1)
    for expected in (200, 403):
        posted = await bench.client.post(f"{bench.url()}&step=2", data={"casetype_1001": "1"})
        assert posted.status_code == expected
    bench.set(FaultName.FORBIDDEN, where="POST ")
    assert (await bench.get()).status_code == 200


async def test_the_first_fault_that_hits_wins_and_clear_ends_them_all(bench: Bench) -> None:
    bench.server.faults.set(
        "musterstadt", Fault(FaultName.THROTTLE, count=1), Fault(FaultName.UNAVAILABLE)
    )
    assert [(await bench.get()).status_code for _ in range(2)] == [429, 503]
    bench.server.faults.clear()
    assert (await bench.get()).status_code == 200


async def test_faults_can_be_set_from_outside(bench: Bench) -> None:
    control = f"{bench.server.base}/faults"
    body = {"portal": "musterstadt", "fault": "throttle", "retry_after": 9, "count": 1}
    assert (await bench.client.post(control, json=body)).status_code == 204
    assert (await bench.get()).headers["retry-after"] == "9"
    assert (await bench.get()).status_code == 200
    await bench.client.post(control, json={"portal": "auwinkel", "fault": "empty"})
    gone = await bench.client.delete(control, params={"portal": "auwinkel"})
    assert gone.status_code == 204
    assert (await bench.get(portal_id="auwinkel")).content
    await bench.client.post(control, json={"portal": "auwinkel", "fault": "empty"})
    await bench.client.delete(control)
    assert (await bench.get(portal_id="auwinkel")).content


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"portal": "musterstadt", "fault": "fire"}, "unknown fault 'fire'; known: slow"),
        ({"portal": "nowhere", "fault": "slow"}, "'nowhere' is not served here"),
        ({"portal": "musterstadt", "fault": "slow", "delay": 1}, "unknown key 'delay'"),
        ({"portal": "musterstadt", "fault": "slow", "delay_s": "1"}, "delay_s of a fault cannot"),
    ],
)
async def test_a_wrong_fault_is_refused_with_the_reason(
    bench: Bench, body: dict[str, object], said: str
) -> None:
    answer = await bench.client.post(f"{bench.server.base}/faults", json=body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


async def _first_request(server: ReplicaServer) -> None:
    while not server.log.requests:  # noqa: ASYNC110  # the log has no event to wait for
        await asyncio.sleep(0.005)


async def test_stopping_does_not_wait_for_slow_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amtspuls.replica.server._STOP_WITHIN_S", 120.0)
    availability = Offers(netappoint(("meldewesen", "Meldewesen", ())))
    async with httpx2.AsyncClient() as client:
        async with ReplicaServer(availability, SimulatedClock(NOW)) as server:
            server.faults.set("musterstadt", Fault(FaultName.SLOW, delay_s=600.0))
            waiting = asyncio.create_task(client.get(server.portals["musterstadt"]["url"]))
            await asyncio.wait_for(_first_request(server), 60)
            began = time.monotonic()
        assert time.monotonic() - began < 60
        with pytest.raises(httpx2.HTTPError):
            await waiting


def test_a_board_knows_its_portals() -> None:
    board = FaultBoard(frozenset({"a"}))
    with pytest.raises(ConfigError, match="there are a"):
        board.clear("b")
    assert board.take("a", Asked("GET", "/")) is None


def test_faults_of_pages_leave_robots_txt_without_pages_alone() -> None:
    asked = Asked("GET", "/robots.txt")
    assert faulty_answer(Fault(FaultName.SESSION_LOST), asked, None) is None
    padded = faulty_answer(Fault(FaultName.OVERSIZED, size_bytes=50), asked, None)
    assert padded is not None
    assert len(padded.body) == 50
