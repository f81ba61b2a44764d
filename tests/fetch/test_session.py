from __future__ import annotations

import asyncio
import gzip
import time
from datetime import timedelta
from itertools import pairwise

import pytest

from amtspuls.clock import SimulatedClock, SystemClock
from amtspuls.errors import (
    AmtspulsError,
    PageChangedError,
    RefusedError,
    SkippedError,
    ThrottledError,
    UnreachableError,
)
from amtspuls.fetch.client import Fetcher, Limits, PortalSession
from amtspuls.fetch.gate import Gate, Pace
from amtspuls.systems.base import Session
from support.fetching import AGENT, HASTY, NOW, MakeFetcher, portal
from support.http_server import HttpServer, Reply, Seen, page, redirect

HTML = page("<html>free</html>")


def visit(fetcher: Fetcher, server: HttpServer, **fields: object) -> PortalSession:
    return fetcher.session(portal(server.url(), **fields))


async def test_session_is_what_systems_expect(fetcher: Fetcher) -> None:
    async with HttpServer({"/": HTML}) as server, visit(fetcher, server) as session:
        expected: Session = session
        got = await expected.get(server.url("/?a=ä b"))
        assert got.url == server.url("/?a=%C3%A4%20b")
        assert (got.status, got.body, got.text) == (200, HTML.body, "<html>free</html>")
        assert got.headers["content-length"] == str(len(HTML.body))
        assert got.fetched_at == NOW + timedelta(seconds=0.5)
        assert (session.requests, session.bytes) == (2, len(HTML.body))


async def test_request_says_who_we_are(fetcher: Fetcher) -> None:
    async with HttpServer({"/": HTML}) as server:
        await visit(fetcher, server).get(server.url())
        assert {seen.headers["user-agent"] for seen in server.seen} == {AGENT}
        assert server.seen[1].headers["accept-encoding"] == "gzip, deflate"
        assert "authorization" not in server.seen[1].headers


async def test_form_is_posted_url_encoded_in_utf8(fetcher: Fetcher) -> None:
    async with HttpServer({"/": HTML}) as server:
        await visit(fetcher, server).post(server.url(), {"töne": "ä & b", "x": ""})
        (seen,) = server.pages()
        assert seen.method == "POST"
        assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
        assert seen.body == b"t%C3%B6ne=%C3%A4+%26+b&x="


@pytest.mark.parametrize(
    ("reply", "error", "requests"),
    [
        (Reply(401), RefusedError, 1),
        (Reply(403), RefusedError, 1),
        (Reply(404), PageChangedError, 1),
        (Reply(410), PageChangedError, 1),
        (Reply(400), PageChangedError, 1),
        (Reply(429), ThrottledError, 1),
        (Reply(503), ThrottledError, 1),
        (Reply(500), UnreachableError, 3),
        (Reply(502), UnreachableError, 3),
        (Reply(504), UnreachableError, 3),
        (Reply(200, b""), PageChangedError, 1),
        (Reply(200, b" \r\n"), PageChangedError, 1),
        (Reply(204, b""), PageChangedError, 1),
        (Reply(206, b"part"), PageChangedError, 1),
        (Reply(304, b""), PageChangedError, 1),
        (Reply(300, b"choose"), PageChangedError, 1),
        (Reply(302, b""), PageChangedError, 1),
        (Reply(reset="before"), UnreachableError, 3),
        (Reply(reset="within", cut_at=5), UnreachableError, 3),
        (Reply(cut_at=5), UnreachableError, 3),
        (Reply(cut_at=5, framing="chunked"), UnreachableError, 3),
        (Reply(body=b"x" * 100_001), PageChangedError, 1),
        (Reply(body=b"x" * 200_000, framing="chunked"), PageChangedError, 1),
        (Reply(headers=(("Content-Encoding", "br"),)), PageChangedError, 1),
        (Reply(headers=(("Content-Encoding", "gzip"),)), UnreachableError, 3),
    ],
    ids=lambda value: repr(value)[:60],
)
async def test_each_trouble_has_its_error(
    fetcher: Fetcher, reply: Reply, error: type[AmtspulsError], requests: int
) -> None:
    async with HttpServer({"/": reply}) as server:
        session = visit(fetcher, server)
        with pytest.raises(error) as caught:
            await session.get(server.url())
        assert type(caught.value) is error
        assert len(server.pages()) == requests
        assert session.requests == requests + 1
        assert "127.0.0.1" in str(caught.value)


@pytest.mark.parametrize("reply", [Reply(wait_s=60), Reply(drip_s=0.1, body=b"x" * 1000)])
async def test_a_slow_server_is_unreachable(make_fetcher: MakeFetcher, reply: Reply) -> None:
    async with HttpServer({"/": reply}) as server:
        with pytest.raises(UnreachableError, match=r"ReadTimeout|within 2 s"):
            await visit(make_fetcher(limits=HASTY), server).get(server.url())
        assert len(server.pages()) == 2


async def test_nobody_listening_is_unreachable(fetcher: Fetcher) -> None:
    async with HttpServer({"/": HTML}) as server:
        await visit(fetcher, server).get(server.url())
    session = visit(fetcher, server)
    with pytest.raises(UnreachableError):
        await session.get(server.url())


async def test_largest_body_passes(make_fetcher: MakeFetcher) -> None:
    async with HttpServer({"/": Reply(body=b"x" * 100_000)}) as server:
        got = await visit(make_fetcher(), server).get(server.url())
        assert len(got.body) == 100_000


async def test_a_dripping_server_is_left_after_the_total_time(make_fetcher: MakeFetcher) -> None:
    limits = Limits(read_s=60, total_s=1.5, backoff_s=())
    async with HttpServer({"/": Reply(drip_s=0.1, body=b"x" * 1000)}) as server:
        session = visit(make_fetcher(limits=limits), server)
        before = time.monotonic()
        with pytest.raises(UnreachableError, match=r"1\.5 s"):
            await session.get(server.url())
        assert time.monotonic() - before < 60


async def test_unreachable_once_is_a_page_after_a_pause(
    fetcher: Fetcher, clock: SimulatedClock
) -> None:
    async with HttpServer({"/": [Reply(502), Reply(reset="before"), HTML]}) as server:
        session = visit(fetcher, server)
        assert (await session.get(server.url())).status == 200
        assert session.requests == 4
        waited_s = (clock.now() - NOW).total_seconds()
        assert 0.5 + 2 + 8 <= waited_s <= 0.5 + 3 + 12 + 1


async def test_post_without_any_answer_is_asked_again(fetcher: Fetcher) -> None:
    async with HttpServer({"/": [Reply(reset="before"), HTML]}) as server:
        got = await visit(fetcher, server).post(server.url(), {"a": "b"})
        assert got.status == 200
        assert [seen.body for seen in server.pages()] == [b"a=b", b"a=b"]


@pytest.mark.parametrize(
    "reply", [Reply(500), Reply(cut_at=3), Reply(reset="within", cut_at=5)], ids=repr
)
async def test_post_with_any_answer_is_never_asked_again(fetcher: Fetcher, reply: Reply) -> None:
    async with HttpServer({"/": reply}) as server:
        with pytest.raises(UnreachableError):
            await visit(fetcher, server).post(server.url(), {"a": "b"})
        assert len(server.pages()) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_after_a_refusal_no_request_arrives(fetcher: Fetcher, status: int) -> None:
    async with HttpServer({"/": HTML, "/no": Reply(status)}) as server:
        session = visit(fetcher, server)
        with pytest.raises(RefusedError) as first:
            await session.get(server.url("/no"))
        assert session.refusal is first.value
        for call in (session.get(server.url()), session.post(server.url(), {})):
            with pytest.raises(RefusedError) as again:
                await call
            assert again.value is first.value
        assert [seen.path for seen in server.pages()] == ["/no"]
        assert (await visit(fetcher, server, id="other").get(server.url())).status == 200


async def test_refusal_stops_calls_that_wait_already(
    fetcher: Fetcher, clock: SimulatedClock
) -> None:
    async with HttpServer({"/": HTML, "/no": Reply(403)}) as server:
        session = visit(fetcher, server)
        targets = ["/no", *["/"] * 5]
        ends = await asyncio.gather(
            *(session.get(server.url(target)) for target in targets), return_exceptions=True
        )
        assert [type(end) for end in ends] == [RefusedError] * 6
        assert [seen.path for seen in server.pages()] == ["/no"]
        (state,) = fetcher.gates.states().values()
        assert state.budget_spent == session.requests == 2
        assert clock.now() == NOW + timedelta(seconds=0.5)


async def test_retry_after_silences_every_portal_of_the_host(
    make_fetcher: MakeFetcher, clock: SimulatedClock
) -> None:
    busy = Reply(429, headers=(("Retry-After", "1800"),))
    async with HttpServer({"/": HTML, "/busy": busy}) as server:
        fetcher = make_fetcher()
        with pytest.raises(ThrottledError) as caught:
            await visit(fetcher, server).get(server.url("/busy"))
        assert caught.value.retry_after_s == 1800
        with pytest.raises(SkippedError, match="not to be asked until"):
            await visit(fetcher, server, id="other").get(server.url())
        next_process = make_fetcher(states=fetcher.gates.states())
        with pytest.raises(SkippedError):
            await visit(next_process, server).get(server.url())
        assert [seen.path for seen in server.pages()] == ["/busy"]
        clock.set(clock.now() + timedelta(seconds=1800))
        assert (await visit(next_process, server).get(server.url())).status == 200


async def test_those_who_wait_find_the_host_silent(fetcher: Fetcher) -> None:
    async with HttpServer({"/": Reply(503)}) as server:
        sessions = [visit(fetcher, server, id=f"amt-{n}") for n in range(6)]
        ends = await asyncio.gather(
            *(session.get(server.url()) for session in sessions), return_exceptions=True
        )
        assert [type(end) for end in ends].count(ThrottledError) == 1
        assert [type(end) for end in ends].count(SkippedError) == 5
        assert len(server.pages()) == 1


def cookie_page(seen: Seen) -> Reply:
    number = str(seen.connection)
    return Reply(
        body=seen.headers.get("cookie", "no cookie").encode(),
        headers=(("Set-Cookie", f"sid={number}; Path=/"), ("Set-Cookie", "lang=de")),
    )


async def test_cookies_stay_in_their_session(fetcher: Fetcher) -> None:
    async with HttpServer({"/": cookie_page}) as server:
        one, other = visit(fetcher, server), visit(fetcher, server, id="other")
        assert (await one.get(server.url())).text == "no cookie"
        assert "sid=" in (await one.get(server.url())).text
        assert "lang=de" in (await one.post(server.url(), {})).text
        assert (await other.get(server.url())).text == "no cookie"
        one.clear_cookies()
        assert (await one.get(server.url())).text == "no cookie"
        assert "sid=" in (await other.get(server.url())).text


async def test_cookie_of_a_redirect_is_sent_on(fetcher: Fetcher) -> None:
    start = Reply(302, b"", (("Location", "/in"), ("Set-Cookie", "sid=1; Path=/")))
    async with HttpServer({"/": start, "/in": cookie_page}) as server:
        assert (await visit(fetcher, server).get(server.url())).text == "sid=1"


@pytest.mark.parametrize(
    ("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")]
)
async def test_post_after_a_redirect(fetcher: Fetcher, status: int, method: str) -> None:
    async with HttpServer({"/": redirect("next?x=1", status), "/next": HTML}) as server:
        got = await visit(fetcher, server).post(server.url(), {"a": "b"})
        assert got.url == server.url("/next?x=1")
        last = server.seen[-1]
        assert (last.method, last.body) == (method, b"a=b" if method == "POST" else b"")


async def test_five_redirects_are_followed_and_a_sixth_is_not(fetcher: Fetcher) -> None:
    chain = {f"/{n}": redirect(f"/{n + 1}") for n in range(6)}
    async with HttpServer({**chain, "/6": HTML}) as server:
        assert (await visit(fetcher, server).get(server.url("/1"))).url == server.url("/6")
        with pytest.raises(PageChangedError, match="more than 5"):
            await visit(fetcher, server).get(server.url("/0"))


async def test_redirects_stay_with_the_portals_hosts(fetcher: Fetcher) -> None:
    async with (
        HttpServer({"/": HTML}, host="localhost") as other,
        HttpServer({"/": redirect(other.url("/?x"))}) as server,
    ):
        with pytest.raises(PageChangedError, match="localhost") as caught:
            await visit(fetcher, server).get(server.url())
        assert caught.value.context["url"] == other.url("/?x")
        assert other.seen == []
        got = await visit(fetcher, server, hosts=("localhost",)).get(server.url())
        assert got.url == other.url("/?x")
        assert other.paths() == ["/robots.txt", "/"]


async def test_redirect_to_another_port_passes_gate_and_robots_there(fetcher: Fetcher) -> None:
    forbids = page("User-agent: *\nDisallow: /x")
    async with (
        HttpServer({"/robots.txt": forbids, "/x": HTML, "/y": HTML}) as other,
        HttpServer({"/x": redirect(other.url("/x")), "/y": redirect(other.url("/y"))}) as server,
    ):
        assert (await visit(fetcher, server).get(server.url("/y"))).url == other.url("/y")
        with pytest.raises(RefusedError):
            await visit(fetcher, server).get(server.url("/x"))
        assert other.paths() == ["/robots.txt", "/y"]
        spent = {state.origin: state.budget_spent for state in fetcher.gates.states().values()}
        assert list(spent.values()) == [3, 2]


@pytest.mark.parametrize(
    "target",
    [
        "ftp://127.0.0.1/x",
        "javascript:alert(1)",
        "file:" + "///etc/passwd",
        "http://user:secret@127.0.0.1/",
        "http://127.0.0.1.evil.example/",
        "//evil.example/x",
        "http://[bad",
        "http://127.0.0.1:99999999/",
        "http://127.0.0.1:0/",
    ],
)
async def test_ways_out_are_not_taken(fetcher: Fetcher, target: str) -> None:
    async with HttpServer({"/": redirect(target)}) as server:
        session = visit(fetcher, server)
        with pytest.raises(PageChangedError):
            await session.get(server.url())
        assert len(server.pages()) == 1
        if not target.startswith("//"):
            with pytest.raises(PageChangedError):
                await session.get(target)
        assert len(server.pages()) == 1


async def test_what_is_no_address_leads_nowhere(fetcher: Fetcher) -> None:
    too_long = "/" + "x" * 70_000
    async with HttpServer({"/": redirect(too_long)}) as server:
        session = visit(fetcher, server)
        for url in (server.url(), server.url(too_long), server.url("/\x01"), "tempus", ""):
            with pytest.raises(PageChangedError):
                await session.get(url)
        assert len(server.pages()) == 1


async def test_packed_pages_are_unpacked_and_counted_as_received(fetcher: Fetcher) -> None:
    text = b"<html>" + b"frei " * 1000
    packed = Reply(body=gzip.compress(text), headers=(("Content-Encoding", "gzip"),))
    async with HttpServer({"/": packed}) as server:
        session = visit(fetcher, server)
        assert (await session.get(server.url())).body == text
        assert session.bytes == len(packed.body) < len(text)


async def test_connections_are_kept_and_shared_by_sessions(fetcher: Fetcher) -> None:
    async with HttpServer({"/robots.txt": page(""), "/": HTML}) as server:
        for number in range(5):
            async with visit(fetcher, server, id=f"amt-{number}") as session:
                await session.get(server.url())
        assert {seen.connection for seen in server.seen} == {1}


async def test_hundreds_of_requests_take_no_time_on_a_clock_that_stands_still(
    make_fetcher: MakeFetcher,
) -> None:
    standing = SimulatedClock(NOW, advances=False)
    async with HttpServer({"/": HTML}) as server:
        session = visit(make_fetcher(clock=standing), server)
        before = time.monotonic()
        for _ in range(200):
            await session.get(server.url())
        assert time.monotonic() - before < 90
        assert standing.now() == NOW


@pytest.mark.parametrize(("concurrency", "answer_s"), [(1, 0.0), (3, 1.2)])
async def test_server_sees_pauses_and_concurrency_kept(
    make_fetcher: MakeFetcher, concurrency: int, answer_s: float
) -> None:
    pause_s = 0.4
    fetcher = make_fetcher(clock=SystemClock(), pace=Pace(concurrency, pause_s))
    async with HttpServer({"/": Reply(wait_s=answer_s)}) as server:
        sessions = [visit(fetcher, server, id=f"amt-{n}") for n in range(4)]

        async def twice(session: PortalSession) -> None:
            await session.get(server.url())
            await session.get(server.url())

        await asyncio.gather(*(twice(session) for session in sessions))
        assert len(server.pages()) == 8
        assert server.paths()[0] == "/robots.txt"
        assert server.busiest <= concurrency
        assert min(server.gaps_s()) >= pause_s / 4  # a busy machine notes arrivals late
        ends = [seen.finished_at for seen in server.seen]
        if concurrency == 1:
            assert all(
                end <= later.started_at for end, later in zip(ends, server.seen[1:], strict=False)
            )


async def test_pause_counts_from_the_moment_each_request_is_sent(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(Gate, "mark_sent", lambda gate: sent.append(gate.state.origin))
    async with HttpServer({"/": HTML}) as server:
        await visit(fetcher, server).get(server.url())
        assert sent == [f"http://127.0.0.1:{server.port}"] * 2


async def test_budget_counts_every_request_and_then_skips(make_fetcher: MakeFetcher) -> None:
    async with HttpServer({"/": HTML}) as server:
        session = visit(make_fetcher(pace=Pace(requests_per_day=3)), server)
        for _ in range(2):
            await session.get(server.url())
        with pytest.raises(SkippedError, match="3 requests a day"):
            await session.get(server.url())
        assert len(server.seen) == session.requests == 3


async def test_requests_of_one_session_come_in_order(fetcher: Fetcher) -> None:
    async with HttpServer({f"/{n}": HTML for n in range(9)}) as server:
        session = visit(fetcher, server)
        await asyncio.gather(*(session.get(server.url(f"/{n}")) for n in range(9)))
        starts = [seen.started_at for seen in server.pages()]
        assert all(a < b for a, b in pairwise(starts))
        assert [seen.path for seen in server.pages()] == [f"/{n}" for n in range(9)]
