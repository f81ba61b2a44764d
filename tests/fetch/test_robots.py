from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from amtspuls.clock import SimulatedClock
from amtspuls.errors import RefusedError, SkippedError
from amtspuls.fetch.client import Fetcher
from amtspuls.fetch.gate import Pace
from amtspuls.fetch.robots import ROBOTS_MAX_BYTES, Rules
from amtspuls.model import HostState
from support.fetching import HASTY, NOW, MakeFetcher, portal
from support.http_server import Answering, HttpServer, Reply, page, redirect

OK = page("<html>free</html>")
FORBIDS = page("User-agent: *\nDisallow: /private\n")


def serving(robots: Answering, **pages: Answering) -> HttpServer:
    return HttpServer(
        {"/robots.txt": robots, "/": OK, "/private": OK, **{f"/{k}": v for k, v in pages.items()}}
    )


async def ask(fetcher: Fetcher, server: HttpServer, target: str = "/", **fields: object) -> str:
    """How the request ends, in one word."""
    session = fetcher.session(portal(server.url(), **fields))
    try:
        await session.get(server.url(target))
    except RefusedError:
        return "refused"
    except SkippedError:
        return "skipped"
    return "page"


@pytest.mark.parametrize(
    ("robots", "outcome"),
    [
        (page(""), "page"),
        (page("User-agent: *\nDisallow:"), "page"),
        (Reply(204, b""), "page"),
        (page("<html>not a robots.txt at all</html>"), "page"),
        (Reply(body=b"\xff\xfe\x00 binary \x80"), "page"),
        (page("User-agent: *\nDisallow: /"), "refused"),
        (Reply(body=b"\xef\xbb\xbfUser-agent: *\nDisallow: /"), "refused"),
        (page("User-agent: amtspuls\nDisallow: /"), "refused"),
        (page("User-agent: AMTSPULS\nDisallow: /"), "refused"),
        (page("User-agent: *\nDisallow: /\n\nUser-agent: amtspuls\nDisallow:"), "page"),
        (page("User-agent: otherbot\nDisallow: /"), "page"),
        (Reply(404), "page"),
        (Reply(410), "page"),
        (Reply(401), "refused"),
        (Reply(403), "refused"),
        (Reply(400), "refused"),
        (Reply(451), "refused"),
        (Reply(408), "skipped"),
        (Reply(425), "skipped"),
        (Reply(429), "skipped"),
        (Reply(500), "skipped"),
        (Reply(502), "skipped"),
        (Reply(503), "skipped"),
        (Reply(reset="before"), "skipped"),
        (Reply(body=b"User-agent: *", cut_at=3), "skipped"),
        (Reply(302, b""), "skipped"),
        (Reply(304, b""), "skipped"),
        (redirect("http://elsewhere.example/robots.txt"), "skipped"),
        (redirect("/robots.txt"), "skipped"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.status}",
)
async def test_answer_for_robots_decides(fetcher: Fetcher, robots: Reply, outcome: str) -> None:
    async with serving(robots) as server:
        assert await ask(fetcher, server) == outcome
        assert server.paths()[0] == "/robots.txt"
        assert len(server.pages()) == (outcome == "page")


async def test_robots_that_do_not_come_mean_no_request(make_fetcher: MakeFetcher) -> None:
    async with serving(Reply(wait_s=60)) as server:
        assert await ask(make_fetcher(limits=HASTY), server) == "skipped"
        assert server.pages() == []


async def test_redirected_robots_are_followed_on_the_portals_hosts(fetcher: Fetcher) -> None:
    async with serving(redirect("/a"), a=redirect("/b", 301), b=FORBIDS) as server:
        assert await ask(fetcher, server, "/private") == "refused"
        assert server.paths() == ["/robots.txt", "/a", "/b"]


async def test_only_the_forbidden_part_is_refused(fetcher: Fetcher) -> None:
    async with serving(FORBIDS) as server:
        assert await ask(fetcher, server, "/private?day=1") == "refused"
        assert await ask(fetcher, server) == "page"
        assert server.paths() == ["/robots.txt", "/"]


async def test_refusal_by_robots_ends_the_session(fetcher: Fetcher) -> None:
    async with serving(FORBIDS) as server:
        session = fetcher.session(portal(server.url()))
        for target in ("/private", "/"):
            with pytest.raises(RefusedError, match="forbids"):
                await session.get(server.url(target))
        assert session.refusal is not None
        assert server.pages() == []


async def test_concurrent_portals_fetch_robots_once(fetcher: Fetcher) -> None:
    async with serving(FORBIDS) as server:
        outcomes = await asyncio.gather(*(ask(fetcher, server, id=f"amt-{n}") for n in range(8)))
        assert outcomes == ["page"] * 8
        assert server.paths().count("/robots.txt") == 1


async def test_failed_robots_are_shared_until_the_next_round(fetcher: Fetcher) -> None:
    async with serving(Reply(500)) as server:
        outcomes = await asyncio.gather(*(ask(fetcher, server, id=f"amt-{n}") for n in range(8)))
        assert outcomes == ["skipped"] * 8
        assert server.paths() == ["/robots.txt"] * 3  # one try and two retries, for all
        server.answers = {"/robots.txt": page(""), "/": OK}
        assert await ask(fetcher, server) == "skipped"
        fetcher.gates.new_round()
        assert await ask(fetcher, server) == "page"


async def test_failed_robots_are_forgotten_when_nobody_begins_a_round(
    fetcher: Fetcher, clock: SimulatedClock
) -> None:
    async with serving(Reply(500)) as server:
        assert await ask(fetcher, server) == "skipped"
        server.answers = {"/robots.txt": page(""), "/": OK}
        clock.set(clock.now() + timedelta(minutes=5))
        assert await ask(fetcher, server) == "page"


async def test_robots_are_kept_for_a_day_and_from_process_to_process(
    make_fetcher: MakeFetcher, clock: SimulatedClock
) -> None:
    async with serving(FORBIDS) as server:
        first = make_fetcher()
        assert await ask(first, server) == "page"
        clock.set(NOW + timedelta(hours=23, minutes=59))
        second = make_fetcher(states=first.gates.states())
        assert await ask(second, server) == "page"
        assert server.paths().count("/robots.txt") == 1
        clock.set(NOW + timedelta(hours=24, minutes=1))
        assert await ask(second, server) == "page"
        assert server.paths().count("/robots.txt") == 2


async def test_kept_robots_still_forbid(make_fetcher: MakeFetcher, clock: SimulatedClock) -> None:
    async with serving(FORBIDS) as server:
        first = make_fetcher()
        await ask(first, server)
        assert await ask(make_fetcher(states=first.gates.states()), server, "/private") == "refused"
        assert server.paths() == ["/robots.txt", "/"]


async def test_an_old_copy_is_checked_before_a_portal_stops(
    make_fetcher: MakeFetcher, clock: SimulatedClock
) -> None:
    async with serving([page("User-agent: *\nDisallow: /"), page("")]) as server:
        first = make_fetcher()
        assert await ask(first, server) == "refused"
        assert await ask(first, server) == "refused"
        clock.set(NOW + timedelta(hours=1))
        assert await ask(make_fetcher(states=first.gates.states()), server) == "page"
        assert server.paths() == ["/robots.txt", "/robots.txt", "/"]


async def test_a_refused_robots_is_asked_again_after_a_person_lifted_the_stop(
    make_fetcher: MakeFetcher,
) -> None:
    async with serving([Reply(403), page("")]) as server:
        first = make_fetcher()
        assert await ask(first, server) == "refused"
        states = first.gates.states()
        assert [state.robots_status for state in states.values()] == [403]
        assert await ask(make_fetcher(states=states), server) == "page"


async def test_text_and_status_are_kept_for_the_archive(fetcher: Fetcher) -> None:
    async with serving(FORBIDS) as server:
        await ask(fetcher, server)
        (state,) = fetcher.gates.states().values()
        assert (state.robots_status, state.robots_text) == (200, FORBIDS.body.decode())
        assert state.robots_at is not None
        assert state.robots_at >= NOW


async def test_what_lies_behind_the_size_limit_is_not_read(fetcher: Fetcher) -> None:
    filler = b"# filler\n" * (ROBOTS_MAX_BYTES // 9 + 1)
    rules = b"User-agent: *\nDisallow: /private\n"
    async with serving(Reply(body=rules + filler + b"Disallow: /\n")) as server:
        assert await ask(fetcher, server) == "page"
        assert await ask(fetcher, server, "/private") == "refused"
        (state,) = fetcher.gates.states().values()
        assert len(state.robots_text) == ROBOTS_MAX_BYTES


async def test_every_origin_has_its_own_robots(fetcher: Fetcher) -> None:
    async with serving(FORBIDS) as one, serving(page("User-agent: *\nDisallow: /")) as other:
        assert await ask(fetcher, one) == "page"
        assert await ask(fetcher, other) == "refused"


async def test_longer_crawl_delay_wins_over_the_pause(
    make_fetcher: MakeFetcher, clock: SimulatedClock
) -> None:
    async with serving(page("User-agent: *\nCrawl-delay: 30\n")) as server:
        fetcher = make_fetcher(pace=Pace(pause_s=1))
        await ask(fetcher, server)
        assert clock.now() == NOW + timedelta(seconds=30)
        later = make_fetcher(states=fetcher.gates.states(), pace=Pace(pause_s=45))
        assert later.gates.gate(server.url()).pause_s == 45


async def test_a_delay_no_round_can_wait_for_means_no_request(fetcher: Fetcher) -> None:
    async with serving(page("User-agent: *\nCrawl-delay: 61\n")) as server:
        assert await ask(fetcher, server) == "skipped"
        assert server.paths() == ["/robots.txt"]


@pytest.mark.parametrize(
    ("line", "delay_s"),
    [
        ("Crawl-delay: 10", 10),
        ("Crawl-delay: 0.1", 0.1),
        ("Crawl-delay: inf", 0),
        ("Crawl-delay: nan", 0),
        ("Crawl-delay: -3", 0),
        ("Crawl-delay: slowly", 0),
        ("Request-rate: 1/20", 20),
        ("Request-rate: 2/1m", 30),
    ],
)
def test_wishes_for_a_delay(line: str, delay_s: float) -> None:
    assert Rules(f"User-agent: *\n{line}\n").delay_s == delay_s


async def test_retry_after_of_robots_silences_the_host(
    fetcher: Fetcher, clock: SimulatedClock
) -> None:
    async with serving(Reply(429, headers=(("Retry-After", "3600"),))) as server:
        assert await ask(fetcher, server) == "skipped"
        fetcher.gates.new_round()
        clock.set(NOW + timedelta(minutes=50))
        assert await ask(fetcher, server) == "skipped"
        assert server.paths() == ["/robots.txt"]


async def test_stored_state_of_an_unknown_kind_is_asked_anew(make_fetcher: MakeFetcher) -> None:
    async with serving(page("")) as server:
        origin = f"http://127.0.0.1:{server.port}"
        states = {origin: HostState(origin, robots_status=200, robots_at=NOW + timedelta(days=9))}
        assert await ask(make_fetcher(states=states), server) == "page"
        assert server.paths() == ["/robots.txt", "/"]
